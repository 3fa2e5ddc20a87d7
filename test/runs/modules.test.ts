/** @file Modules of runs: kept, sealed with all that they import, run from the copy; those that others made are not run. */
import { createHash } from 'node:crypto';
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
const source = (mark: string) => `
import { writeFileSync } from 'node:fs';
import { tf } from 'ebmm';
import { scale } from './parts/scale.mjs';
writeFileSync(${JSON.stringify(marker)}, ${JSON.stringify(mark)});
export default ({ patternShape }) => ({
  patternShape,
  parameters: { W: { shape: [patternShape[0], patternShape[0]], init: { normal: scale }, writable: true } },
  energy: (p, x) => tf.neg(tf.sum(tf.mul(x, tf.matMul(x, p.W)), -1)),
});
`;
const part = join('parts', 'scale.mjs');
const scale = 'export const scale = 0.1;\n';
const once = ['--episodes', '1', '--against', 'none'];

beforeAll(async () => {
  mkdirSync(join(folder, 'parts'));
  writeFileSync(join(folder, part), scale);
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
  interface Written {
    made_with?: { seal?: unknown };
    seed: number;
    network: { file: string };
  }
  const changes: [string, (config: Written) => void][] = [
    ['another key', (config) => { config.made_with = { seal: 'ab'.repeat(32) }; }], // biome-ignore format: one line
    ['no seal', (config) => { delete config.made_with; }], // biome-ignore format: one line
    ['a seal that is none', (config) => { config.made_with = { seal: [1] }; }], // biome-ignore format: one line
    ['another configuration', (config) => { config.seed = 7; }], // biome-ignore format: one line
  ];
  for (const [what, change] of changes) {
    for (const argv of commands(theirs)) {
      rmSync(theirs, { recursive: true, force: true });
      cpSync(run, theirs, { recursive: true });
      rmSync(join(theirs, 'plots'), { recursive: true, force: true });
      const config = JSON.parse(readFileSync(join(theirs, 'config.json'), 'utf8')) as Written;
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

test('the run folder keeps the module and what it imports, by SHA-256, and names no place outside itself', () => {
  const config = readFileSync(join(run, 'config.json'), 'utf8');
  expect(config).not.toContain(folder);
  expect(JSON.parse(config).network).toEqual({ name: 'custom', file: 'modules/network/energy.mjs' });
  expect(readFileSync(join(run, 'modules', 'network', 'energy.mjs'), 'utf8')).toBe(source('first'));
  expect(readFileSync(join(run, 'modules', 'network', part), 'utf8')).toBe(scale);
  const sum = (text: string) => createHash('sha256').update(text).digest('hex');
  expect(JSON.parse(readFileSync(join(run, 'modules', 'modules.json'), 'utf8'))).toEqual({
    network: {
      entry: 'energy.mjs',
      from: '../..',
      files: { 'energy.mjs': sum(source('first')), 'parts/scale.mjs': sum(scale) },
    },
  });
});

test('a module whose original has changed since, or what that imports, is run from the copy, with a line', async () => {
  const before = await ebmm(['evaluate', run, ...once, '--json']);
  expect(before.err).not.toContain('changed');
  const originals = { [module]: source('first'), [join(folder, part)]: scale };
  for (const [file, text] of Object.entries(originals)) {
    writeFileSync(file, `${text.replace('0.1', '9')}\nthrow new Error('the original was run');`);
    rmSync(marker, { force: true });
    const after = await ebmm(['evaluate', run, ...once, '--json']);
    const resumed = await ebmm(['train', '--resume', run]);
    writeFileSync(file, text);
    for (const { status, err } of [after, resumed]) {
      expect(status, err).toBe(0);
      const lines = err.split('\n').filter((line) => line.includes('changed'));
      expect(lines).toEqual([
        `${file} has changed since training began; going on with the run's own copy, ${join(run, 'modules', 'network', 'energy.mjs')}`,
      ]);
    }
    const rowsOf = (text: string) =>
      JSON.parse(text).rows.map((row: Record<string, unknown>) => ({ ...row, store_seconds: 0 }));
    expect(rowsOf(after.out)).toEqual(rowsOf(before.out));
  }
});

test('the seal covers the copies and what they import; a run that is moved keeps it', async () => {
  const moved = join(folder, 'elsewhere', 'moved');
  for (const name of ['energy.mjs', part]) {
    rmSync(moved, { recursive: true, force: true });
    cpSync(run, moved, { recursive: true });
    const { status, err } = await ebmm(['evaluate', moved, ...once]);
    expect(status, err).toBe(0);
    const copy = join(moved, 'modules', 'network', name);
    writeFileSync(copy, `${readFileSync(copy, 'utf8')}\n// other`);
    const refused = await ebmm(['evaluate', moved, ...once]);
    expect(refused.status).toBe(2);
    expect(refused.err).toContain('or that file has changed since');
    const again = await ebmm(['evaluate', moved, ...once, '--allow-modules']);
    expect(again.status, again.err).toBe(0);
    expect(again.err).toContain(`${copy} is not what was copied when training began`);
    // Its configuration by itself is no way round.
    const config = ['train', join(moved, 'config.json'), '--out', join(folder, 'other')];
    expect((await ebmm(config)).err).toContain('--allow-modules');
  }
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
