import { appendFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { csv } from '../../../runs/columns.ts';
import { type ListedRun, listRuns } from '../../../runs/commands/list.ts';
import { lockRun } from '../../../runs/lock.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from '../command.ts';
import { metrics } from '../plots/records.ts';

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
  [['list', '--filter', 'taste=sour']],
])('%j is refused', async (argv) => {
  expectRefused(await ebmm(argv), argv.join(' '));
});

describe('of a sweep', () => {
  const sweep = join(folder, 'sweep');
  const judged = { split: 'validation', patterns: [2, 3], episodes: 10, seed: 1 };
  const trial = (name: string, width: number, seed: number, error: number | null, way: object = {}) => {
    run(`sweep/${name}`, { network: { name: 'hopfield-site', width }, seed }, 100, 5, 10);
    const judgement = { steps: 100, error, unit: 'bits', errors: [], seconds: 1, engine: 'compiled' };
    const text = JSON.stringify({ ...judged, ...way, judgements: [judgement] });
    writeFileSync(join(sweep, name, 'heldout.json'), text);
  };
  const command = (...argv: string[]) => ebmm(['list', sweep, ...argv]);

  beforeAll(() => {
    mkdirSync(sweep);
    trial('trial-001', 4, 0, 3);
    trial('trial-002', 4, 1, 5);
    trial('trial-003', 8, 0, 1.5);
    trial('trial-004', 8, 1, 2.5);
  });

  test('the least held-out error comes first; any key is a column, also by its end', async () => {
    const { out } = await command('--columns', 'width,seed,network.width');
    const [head, ...rows] = out.split('\n');
    expect(head).toMatch(
      /^run +state +task +network +network.width +seed +updates +held-out +error +changed$/,
    );
    expect(rows.map((row) => row.split(' ')[0])).toEqual([
      'trial-003',
      'trial-004',
      'trial-001',
      'trial-002',
    ]);
    expect(rows[0]).toMatch(
      /^trial-003 +finished +binary +hopfield-site +8 +0 +100\/100 +1\.50 bits +5\.00 bits/,
    );
    const { runs } = JSON.parse((await command('--columns', 'width', '--json')).out);
    expect(runs[0]).toMatchObject({ name: 'trial-003', heldout: 1.5, values: { 'network.width': 8 } });
    expect((await command('--columns', 'varying')).out).toMatch(/network +network.width +seed +updates/);
  });

  test('any key sorts and filters', async () => {
    const names = async (...argv: string[]) =>
      JSON.parse((await command('--json', ...argv)).out).runs.map(({ name }: ListedRun) => name.slice(-1)).join(''); // biome-ignore format: one line
    expect(await names('--sort', '-width')).toBe('3412');
    expect(await names('--sort', 'seed')).toBe('3142');
    expect(await names('--filter', 'network.width=8')).toBe('34');
    expect(await names('--filter', 'network.width!=8')).toBe('12');
    expect(await names('--filter', 'width>=8', '--filter', 'seed<1')).toBe('3');
    expect(await names('--filter', 'heldout<=2.5')).toBe('34');
    expect(await names('--filter', 'learning_rate>0')).toBe('3412');
  });

  test('seeds are grouped: mean, sample deviation, number', async () => {
    const { out } = await command('--group', '--columns', 'width');
    const [head, ...rows] = out.split('\n');
    expect(head).toMatch(/^run +n +task +network +network.width +held-out +error$/);
    expect(rows[0]).toMatch(
      /^trial-003 \.\.\. +2 +binary +hopfield-site +8 +2\.00 ± 0\.71 bits +5\.00 ± 0 bits$/,
    );
    expect(rows[1]).toMatch(/ 4\.00 ± 1\.41 bits/);
    const { groups } = JSON.parse((await command('--group', '--json', '--sort', '-n')).out);
    expect(groups).toMatchObject([
      { runs: ['trial-003', 'trial-004'], n: 2, heldout: { n: 2, mean: 2, deviation: Math.SQRT1_2 } },
      { n: 2, heldout: { mean: 4, deviation: Math.SQRT2 } },
    ]);
  });

  test('as comma-separated values, with all digits and text in quotes', async () => {
    const rows = (await command('--csv', '--columns', 'width,patterns')).out.split('\n');
    expect(rows[0]).toBe('name,state,task,network,steps,of,error,heldout,unit,seconds,age,network.width,training.patterns'); // biome-ignore format: one line
    expect(rows[1]).toMatch(/^trial-003,finished,binary,hopfield-site,100,100,5,1\.5,bits,.*,8,64$/);
    expect(rows).toHaveLength(5);
    const grouped = (await command('--csv', '--group', '--columns', 'width')).out.split('\n');
    expect(grouped[1]).toBe(`trial-003 trial-004,2,binary,hopfield-site,bits,8,2,2,${Math.SQRT1_2},5,0`);
    expect(csv(['a,b'], [['x"y', [1, 2], undefined, true]])).toEqual(['"a,b"', '"x""y","[1,2]",,true']);
  });

  test('an error that was measured before the last updates is told', async () => {
    run('sweep/trial-007', { seed: 7 }, 100, 5, 10);
    const judgement = { steps: 50, error: 9, unit: 'bits', errors: [], seconds: 1, engine: 'compiled' };
    writeFileSync(
      join(sweep, 'trial-007', 'heldout.json'),
      JSON.stringify({ ...judged, judgements: [judgement] }),
    );
    expect((await command()).err).toBe('trial-007: its held-out error is that of update 50');
    rmSync(join(sweep, 'trial-007'), { recursive: true });
  });

  test('errors that were measured in other ways are told apart; what is not finite is not known', async () => {
    trial('trial-005', 16, 0, 1, { episodes: 20 });
    trial('trial-006', 16, 1, null);
    const { out, err } = await command();
    expect(err).toBe('held-out errors were measured in 2 ways, and compare within one only: 10 episodes of 2, 3 patterns, seed 1; 20 episodes of 2, 3 patterns, seed 1'); // biome-ignore format: one line
    expect(out.split('\n').at(-1)).toMatch(/^trial-006/);
  });

  test.each([
    [['--columns', 'nosuch']],
    [['--columns', 'rate']],
    [['--sort', 'widht']],
    [['--filter', 'width<few']],
    [['--json', '--csv']],
  ])('%j is refused', async (argv) => {
    expectRefused(await command(...argv), argv.join(' '));
  });
});
