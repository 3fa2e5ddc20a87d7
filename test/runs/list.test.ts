import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type ListedRun, listRuns } from '../../runs/list.ts';
import { lockRun } from '../../runs/lock.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from './command.ts';
import { metrics } from './plots/records.ts';

const folder = folderOfFile();

/** A run folder with metrics up to `step`, last changed `age` seconds ago. */
function run(name: string, config: object, step: number, error: number, age: number) {
  mkdirSync(join(folder, name));
  const files = {
    'config.json': JSON.stringify({ ...tiny, training: { steps: 100 }, ...config }),
    'metrics.jsonl': `${JSON.stringify({ ...metrics(1)[0], step, error_average: error })}\n`,
  };
  const when = Date.now() / 1000 - age;
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(folder, name, file), text);
    utimesSync(join(folder, name, file), when, when);
  }
}

beforeAll(() => {
  run('done', {}, 100, 2.5, 7200);
  run('half', { network: { name: 'mlp' } }, 50, 1.25, 100);
  run('busy', { task: { name: 'mnist' } }, 10, 30, 5);
  run('bad', { sed: 1 }, 10, 1, 50);
  mkdirSync(join(folder, 'no run'));
});

const list = async (...argv: string[]): Promise<ListedRun[]> =>
  JSON.parse((await ebmm(['list', folder, '--json', ...argv])).out).runs;
const names = async (...argv: string[]) => (await list(...argv)).map(({ name }) => name);

test('state, progress, error and age of every run, the latest first', async () => {
  const lease = await lockRun(join(folder, 'busy'));
  const runs = await list();
  lease.release();
  expect(runs).toMatchObject([
    { name: 'busy', state: 'running', task: 'mnist', steps: 10, of: 100, error: 30, unit: 'squared error' },
    {
      name: 'bad',
      state: 'damaged',
      problem: expect.stringMatching(/unknown key "sed"; did you mean "seed"/),
    },
    { name: 'half', state: 'stopped', task: 'binary', network: 'mlp', error: 1.25, unit: 'bits' },
    { name: 'done', state: 'finished', network: 'hopfield-site' },
  ]);
  expect(runs[3].age).toBeGreaterThan(7199);
  expect(runs[3].age).toBeLessThan(7300);
});

test('as a table', async () => {
  const { out, err, status } = await ebmm(['list', folder]);
  expect(status).toBe(0);
  const [head, ...rows] = out.split('\n');
  expect(head).toMatch(/^run +state +task +network +updates +error +changed$/);
  expect(rows[3]).toMatch(/^done +finished +binary +hopfield-site +100\/100 +2\.50 bits +2 h 0 min ago$/);
  expect(err).toMatch(/^bad: .*unknown key/);
});

test('sorted by any key, either way; what is not known comes last', async () => {
  expect(await names('--sort', 'error')).toEqual(['half', 'done', 'busy', 'bad']);
  expect(await names('--sort', '-error')).toEqual(['busy', 'done', 'half', 'bad']);
  expect(await names('--sort', 'name')).toEqual(['bad', 'busy', 'done', 'half']);
});

test('filtered by text and by number', async () => {
  expect(await names('--filter', 'task=binary')).toEqual(['half', 'done']);
  expect(await names('--filter', 'error<10', '--filter', 'steps>60')).toEqual(['done']);
  expect((await ebmm(['list', folder, '--filter', 'task=cifar'])).out).toBe('no run is like that');
});

test('a run cut off in the middle of a line is listed by its last whole one', async () => {
  appendFileSync(join(folder, 'half', 'metrics.jsonl'), '{"step":51,"err');
  expect((await list()).find(({ name }) => name === 'half')).toMatchObject({ steps: 50 });
});

test('without a folder, the pretrained memories are there', async () => {
  const runs = await listRuns();
  // A run of one's own may bear the same name.
  const own = runs.find(({ name, state }) => name === 'binary-64' && state === 'pretrained');
  expect(own).toMatchObject({ task: 'binary' });
});

test.each([
  [['list', '/nonexistent']],
  [['list', '--sort', 'eror']],
  [['list', '--filter', 'error']],
  [['list', '--filter', 'error<few']],
  [['list', '--filter', 'colour=red']],
])('%j is refused', async (argv) => {
  expectRefused(await ebmm(argv), argv.join(' '));
});
