/** @file The examples of the README and of docs/, run as they stand. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EnergyNetwork, metaTrain, tf } from '../../runs/index.ts';
import { checkNetwork } from '../../src/energy/index.ts';
import { ebmm } from './command.ts';
import { blocksOf, pages } from './documents/pages.ts';

const folder = new URL('../../runs/examples/', import.meta.url);
const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

test('a pretrained memory recalls', async () => {
  const { wrong } = await import('../../runs/examples/pretrained.ts');
  expect(wrong).toBe(0);
  expect(lines).toEqual(['0 wrong bits of 480, in 8256 floats']);
});

test('an energy of one’s own is meta-trained, in 20 lines', async () => {
  const { errors, memory } = await import('../../runs/examples/own-energy.ts');
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  expect(errors).toHaveLength(60);
  // Half of the 12 redrawn bits are wrong in the queries.
  expect(mean(errors.slice(-10))).toBeLessThan(3);
  expect(mean(errors.slice(-10))).toBeLessThan(0.7 * mean(errors.slice(0, 3)));
  expect(memory.floats).toBe(32 * 32);
  expect(lines).toHaveLength(3);
  const code = readFileSync(new URL('own-energy.ts', folder), 'utf8').split('\n');
  expect(code.filter((line) => line.trim() !== '' && !line.includes('//')).length).toBeLessThanOrEqual(20);
});

test('files of patterns, queries and known entries are recalled without an error', async () => {
  const file = (name: string) => fileURLToPath(new URL(`${name}.txt`, folder));
  const read = (name: string) => readFileSync(file(name), 'utf8').trim().split('\n');
  const [patterns, queries, known] = ['patterns', 'queries', 'known'].map(read);
  for (const [i, pattern] of patterns.entries())
    for (const [j, bit] of [...pattern].entries()) if (known[i][j] === '1') expect(queries[i][j]).toBe(bit);
  const argv = [
    'recall',
    'binary-64',
    '--patterns',
    file('patterns'),
    '--queries',
    file('queries'),
    '--known',
    file('known'),
  ];
  const { status, out } = await ebmm(argv);
  expect(status).toBe(0);
  expect(out.trim().split('\n').slice(0, 16)).toEqual(patterns);
});

test('Hopfield networks take the same calls', async () => {
  const { wrong } = await import('../../runs/examples/hopfield.ts');
  expect(wrong['pseudo-inverse']).toBe(0);
  expect(wrong.modern).toBe(0);
  expect(wrong.hebb).toBeLessThan(12 * 16);
  expect(lines).toHaveLength(3);
});

test('an energy of one’s own, as a file, passes the check of networks, takes options and learns', async () => {
  const { default: network } = await import('../../runs/examples/my-energy.ts');
  expect(() =>
    checkNetwork(network({ patternShape: [128], options: { width: 8 } }), 'my-energy'),
  ).not.toThrow();
  const file = fileURLToPath(new URL('my-energy.ts', folder));
  const out = join(mkdtempSync(join(tmpdir(), 'ebmm-example-')), 'run');
  const small = ['task.dimension=32', 'corruption=resample:12', 'network.width=4', 'training.episodes=8', 'training.patterns=6', 'training.learning_rate=0.01', 'training.warmup=5', 'training.log_every=1']; // biome-ignore format: a list
  const sets = small.flatMap((change) => ['--set', change]);
  const argv = ['train', 'demo', '--network', file, '--steps', '60', '--out', out, ...sets];
  const { status, err } = await ebmm(argv);
  expect(status, err).toBe(0);
  const { network: kept } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  expect(kept).toEqual({ name: 'custom', file: 'modules/network/my-energy.ts', width: 4 });
  const metrics = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const errors = metrics.map((line) => (JSON.parse(line) as { error: number }).error);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  // Half of the 12 redrawn bits are wrong in the queries.
  expect(mean(errors.slice(-10))).toBeLessThan(1);
  expect(mean(errors.slice(0, 3))).toBeGreaterThan(2);
  const wrong = await ebmm([...argv.slice(0, -2), '--set', 'network.widht=8', '--out', `${out}-2`]);
  rmSync(dirname(out), { recursive: true });
  expect(wrong).toMatchObject({
    status: 2,
    err: 'ebmm: network: unknown option "widht"; did you mean "width"?',
  });
});

test('a task, a corruption and a loss of one’s own, as files: trained, kept, evaluated from the copies', async () => {
  const home = mkdtempSync(join(tmpdir(), 'ebmm-example-'));
  const names = ['my-task.ts', 'my-corruption.ts', 'my-loss.ts'];
  const [task, corruption, loss] = names.map((name) => join(home, name));
  for (const name of names) cpSync(fileURLToPath(new URL(name, folder)), join(home, name));
  const out = join(home, 'run');
  const small = ['task.dimension=32', 'task.activity=0.3', 'corruption.length=8', 'network.width=4', 'training.patterns=4', 'training.warmup=5', 'training.log_every=1']; // biome-ignore format: a list
  const sets = small.flatMap((change) => ['--set', change]);
  const argv = ['train', 'demo', '--task', task, '--corruption', corruption, '--loss', loss, '--steps', '40'];
  const { status, err } = await ebmm([...argv, '--out', out, ...sets]);
  expect(status, err).toBe(0);
  expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({
    task: { name: 'custom', file: 'modules/task/my-task.ts', dimension: 32, activity: 0.3, shape: [32] },
    corruption: { file: 'modules/corruption/my-corruption.ts', length: 8 },
    loss: { file: 'modules/loss/my-loss.ts', sharpness: 2 },
  });
  const metrics = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const losses = metrics.map((line) => (JSON.parse(line) as { loss: number }).loss);
  expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]);
  for (const file of [task, corruption, loss]) rmSync(file);
  const evaluated = await ebmm(['evaluate', out, '--episodes', '2', '--against', 'hebb', '--json']);
  const plotted = await ebmm(['plot', out, '--out', join(home, 'pictures')]);
  rmSync(home, { recursive: true });
  expect(evaluated.status, evaluated.err).toBe(0);
  expect(plotted.status, plotted.err).toBe(0);
  const evaluation = JSON.parse(evaluated.out);
  expect(evaluation).toMatchObject({
    task: 'sparse',
    corruption: 'my-corruption.ts length=8',
    dimension: 32,
  });
  // Some 30% of what is lost are ones, so that "all zero" is wrong in 2.4 values.
  expect(evaluation.rows[0].error).toBeLessThan(2);
});

test('in a program they are objects', async () => {
  const d = 16;
  const network: EnergyNetwork = {
    patternShape: [d],
    parameters: { w: { shape: [d, d], init: { normal: 0.02 }, writable: true } },
    energy: (p, x) => tf.sum(tf.sub(tf.mul(0.2, tf.square(x)), tf.mul(x, tf.tanh(tf.matMul(x, p.w)))), 2),
  };
  const training = { steps: 25, episodes: 8, patterns: 5, learning_rate: 0.01, warmup: 2 };
  const options = { dimension: d, activity: 0.5 };
  const { default: make } = await import('../../runs/examples/my-task.ts');
  const { default: gap } = await import('../../runs/examples/my-corruption.ts');
  const { default: entropy } = await import('../../runs/examples/my-loss.ts');
  const task = make({ options, report: () => {} });
  const apply = await gap({ options: { length: 8 }, patternShape: [d], bitsPerValue: 1 });
  const loss = await entropy({ options: { sharpness: 2 }, patternShape: [d], range: [-1, 1] });
  const run = async (given: Partial<Parameters<typeof metaTrain>[0]>) => {
    const losses: number[] = [];
    const onUpdate = ({ loss }: { loss: number }) => void losses.push(loss);
    await metaTrain({
      network,
      task,
      corruption: { spec: 'gap', apply },
      loss,
      training,
      onUpdate,
      ...given,
    });
    return losses;
  };
  const losses = await run({});
  expect(losses).toHaveLength(25);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  expect(mean(losses.slice(-10))).toBeLessThan(0.8 * mean(losses.slice(0, 5)));
  expect((await run({ loss: undefined }))[0]).not.toBe(losses[0]);
  const flat = ({ recalled }: { recalled: tf.Tensor }) => tf.mean(recalled);
  await expect(run({ loss: flat })).rejects.toThrow('loss "loss": of patterns [2,3,16] has shape [], expected [2] (one number for each episode)'); // biome-ignore format: one call
  await expect(run({ task: { ...task, unit: 'x' as 'bits' } })).rejects.toThrow('task "sparse": unit is "x"');
  await expect(run({ corruption: { spec: 'bad', apply: (query) => void query.fill(0.5) } })).rejects.toThrow('was changed and stays known'); // biome-ignore format: one call
});

test('a memory is trained, saved, loaded and measured beside others', async () => {
  const kept = join(mkdtempSync(join(tmpdir(), 'ebmm-example-')), 'run');
  vi.stubEnv('EBMM_EXAMPLE', kept);
  try {
    const { folder: saved, evaluation } = await import('../../runs/examples/train-and-save.ts');
    expect(saved).toBe(kept);
    expect(evaluation.rows.map(({ memory }) => memory)).toEqual([
      'last',
      'best',
      'hebb',
      'modern',
      'diffusion',
    ]);
    const error = (name: string) => evaluation.rows.find(({ memory }) => memory === name)!.error;
    expect(error('best')).toBeLessThan(1.5);
    expect(error('diffusion')).toBeLessThan(1);
    expect(lines.length).toBe(4 + 5);
    const { status, out } = await ebmm(['evaluate', kept, '--against', 'none', '--episodes', '20', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(out).rows[0].error).toBe(error('last'));
  } finally {
    vi.unstubAllEnvs();
    rmSync(dirname(kept), { recursive: true });
  }
});

test('charts are drawn from code', async () => {
  const { picture } = await import('../../runs/examples/charts.ts');
  expect(Buffer.from(picture.subarray(1, 4)).toString()).toBe('PNG');
  expect(lines).toEqual(['a picture of 16 errors']);
});

test('the pages show them as they are', () => {
  const shown = pages.flatMap((page) => blocksOf(page).filter(({ language }) => language === 'ts'));
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    expect(
      shown.map(({ text }) => text),
      file,
    ).toContain(readFileSync(new URL(file, folder), 'utf8'));
  }
});

test('what the pages show of the library are examples that run, or parts of a program', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const known = files.map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const shown = pages.flatMap((page) => blocksOf(page).filter(({ language }) => language === 'ts'));
  expect(shown.filter(({ text }) => text.includes("from 'ebmm'") && !known.includes(text))).toEqual([]);
});
