/** @file Modules of runs that others made are not run. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadRun } from '../../runs/run-folder.ts';
import { ebmm, folderOfFile, tiny } from './command.ts';

const folder = folderOfFile();
const settings = join(folder, 'settings');
const module = join(folder, 'energy.mjs');
const marker = join(folder, 'ran');
const run = join(folder, 'run');
process.env.XDG_CONFIG_HOME = settings;

/** An energy that leaves a mark when it is imported anew. */
const source = (mark: string) =>
  `
import { writeFileSync } from 'node:fs';
import { tf } from 'ebmm';
writeFileSync(${JSON.stringify(marker)}, ${JSON.stringify(mark)});
export default ({ patternShape }) => ({
  patternShape,
  parameters: { W: { shape: [patternShape[0], patternShape[0]], init: { normal: 0.1 }, writable: true } },
  energy: (p, x) => tf.neg(tf.sum(tf.mul(x, tf.matMul(x, p.W)), -1)),
});
`.replace("'ebmm'", JSON.stringify(new URL('../../runs/index.ts', import.meta.url).href));

beforeAll(async () => {
  writeFileSync(module, source('first'));
  const config = { ...tiny, network: { name: 'custom', file: module } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const { status, err } = await ebmm(['train', join(folder, 'config.json'), '--out', run]);
  expect(status, err).toBe(0);
});

const commands = (of: string) => [
  ['evaluate', of, '--episodes', '1', '--against', 'none'],
  ['plot', of, '--out', join(folder, 'pictures')],
  ['report', of, '--out', join(folder, 'page.html')],
  ['export', of, '--onnx', join(folder, 'onnx')],
  ['train', '--resume', of, '--steps', '5'],
  ['evaluate', 'binary-64', '--episodes', '1', '--patterns', '2', '--against', of],
  ['train', join(folder, 'config.json'), '--from', of, '--out', join(folder, 'from')],
];

test('a run made here by this user works as before; its key is the user’s alone', async () => {
  const { status, err } = await ebmm(['evaluate', run, '--episodes', '1', '--against', 'none']);
  expect(status, err).toBe(0);
  const { mode } = statSync(join(settings, 'ebmm', 'key'));
  expect(mode & 0o777).toBe(0o600);
  const { made_with } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
  expect(made_with.seal).toMatch(/^[0-9a-f]{64}$/);
});

test('of a run made with another key, or changed since, no command runs the module', async () => {
  const theirs = join(folder, 'theirs');
  const changes: [string, (config: Record<string, any>) => void][] = [
    ['another key', (config) => { config.made_with.seal = 'ab'.repeat(32); }], // biome-ignore format: one line
    ['no seal', (config) => { delete config.made_with; }], // biome-ignore format: one line
    ['a seal that is none', (config) => { config.made_with.seal = [1]; }], // biome-ignore format: one line
    ['another configuration', (config) => { config.seed = 7; }], // biome-ignore format: one line
  ];
  for (const [what, change] of changes) {
    for (const argv of commands(theirs)) {
      rmSync(theirs, { recursive: true, force: true });
      cpSync(run, theirs, { recursive: true });
      rmSync(join(theirs, 'plots'), { recursive: true, force: true });
      const config = JSON.parse(readFileSync(join(theirs, 'config.json'), 'utf8'));
      // A file that no process has imported yet.
      const other = join(folder, `theirs-${Math.random()}.mjs`.replace('0.', ''));
      writeFileSync(other, source('theirs'));
      config.network.file = other;
      change(config);
      writeFileSync(join(theirs, 'config.json'), JSON.stringify(config));
      rmSync(marker, { force: true });
      const { status, err } = await ebmm(argv);
      expect(status, `${what}: ${argv.join(' ')}`).toBe(2);
      expect(err, argv.join(' ')).toMatch(/names JavaScript to be run \(.*theirs-\d+\.mjs\), and was not made by this user on this machine, .*: look at it, then add --allow-modules/); // biome-ignore format: one line
      expect(existsSync(marker), argv.join(' ')).toBe(false);
    }
  }
  await expect(loadRun(theirs)).rejects.toThrow('--allow-modules');
  rmSync(marker, { force: true });
  const { status, err } = await ebmm(['evaluate', theirs, '--episodes', '1', '--against', 'none', '--allow-modules']); // biome-ignore format: one line
  expect(status, err).toBe(0);
  expect(readFileSync(marker, 'utf8')).toBe('theirs');
  // It holds for that command alone.
  expect((await ebmm(['evaluate', theirs, '--episodes', '1', '--against', 'none'])).status).toBe(2);
  expect((await loadRun(theirs, { allowModules: true })).model.patternShape).toEqual([16]);
});

test('a module that has changed since is not run', async () => {
  writeFileSync(module, `${source('changed')}\n// other`);
  const { status, err } = await ebmm(['evaluate', run, '--episodes', '1', '--against', 'none']);
  writeFileSync(module, source('first'));
  expect(status).toBe(2);
  expect(err).toContain('or that file has changed since');
});

test('where no key can be kept, a run is made all the same', async () => {
  process.env.XDG_CONFIG_HOME = module;
  const out = join(folder, 'keyless');
  mkdirSync(join(folder, 'x'), { recursive: true });
  const made = await ebmm(['train', join(folder, 'config.json'), '--out', out]);
  const { status } = await ebmm(['evaluate', out, '--episodes', '1', '--against', 'none']);
  process.env.XDG_CONFIG_HOME = settings;
  expect(made.status, made.err).toBe(0);
  expect(status).toBe(2);
});
