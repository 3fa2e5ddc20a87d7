/** @file The command line as a user meets it: results on stdout, one clear line for every bad input, exit statuses. */
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSafetensors } from '../../meta/safetensors.ts';
import { main } from '../../runs/cli.ts';
import type { IO } from '../../runs/io.ts';
import { tiny } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebmm-cli-'));
const inside = (...parts: string[]) => join(folder, ...parts);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function io(): IO & { stdout: string[]; stderr: string[] } {
  const stdout: string[] = [];
  const stderr: string[] = [];
  return {
    out: (line) => stdout.push(line),
    err: (line) => stderr.push(line),
    stream: process.stderr,
    env: { CI: '1', EBMM_CACHE: inside('cache') },
    stopping: {},
    stdout,
    stderr,
  };
}

async function ebmm(...argv: string[]) {
  const streams = io();
  const status = await main(argv, streams);
  return { status, out: streams.stdout.join('\n'), err: streams.stderr.join('\n') };
}

const config = (name: string, value: unknown) => {
  const file = inside(name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
};

const metrics = (run: string) =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Metrics without what depends on the clock. */
const timeless = (run: string) =>
  metrics(run).map(({ seconds, seconds_left, episodes_per_second, ...rest }) => rest);

const run = inside('run');

beforeAll(async () => {
  const { status, err } = await ebmm('train', config('tiny.json', tiny), '--out', run);
  expect(err).not.toContain('Error');
  expect(status).toBe(0);
});

describe('train', () => {
  test('writes a run folder with the complete configuration, metrics, a checkpoint and a learning curve', () => {
    const saved = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
    expect(saved.training.learning_rate).toBe(0.004);
    expect(saved.seed).toBe(0);
    expect(saved.made_with.ebmm).toMatch(/^\d/);
    expect(metrics(run).map((line) => line.step)).toEqual([1, 2, 3, 4]);
    for (const line of metrics(run)) {
      for (const key of [
        'loss',
        'error',
        'error_average',
        'gradient_norm',
        'learning_rate',
        'episodes_per_second',
      ]) {
        expect(line[key], key).toBeTypeOf('number');
      }
    }
    expect(existsSync(join(run, 'checkpoint', 'state.safetensors'))).toBe(true);
    expect(existsSync(join(run, 'plots', 'learning-curve.png'))).toBe(true);
  });

  test('the same command gives the same numbers', async () => {
    const again = inside('again');
    await ebmm('train', inside('tiny.json'), '--out', again);
    expect(timeless(again)).toEqual(timeless(run));
    const weights = (folder: string) => {
      const file = join(folder, 'checkpoint', 'state.safetensors');
      return decodeSafetensors(readFileSync(file), file).tensors;
    };
    expect(weights(again)).toEqual(weights(run));
  });

  test('another seed gives other numbers', async () => {
    const other = inside('other');
    await ebmm('train', inside('tiny.json'), '--out', other, '--seed', '1', '--steps', '1');
    expect(metrics(other)[0].loss).not.toBe(metrics(run)[0].loss);
  });

  test('a run that was resumed ends as one that was not', async () => {
    const resumed = inside('resumed');
    const first = io();
    first.err = (line) => {
      if (line.startsWith('train 2/')) first.stopping.signal = 'SIGINT';
    };
    // The signal comes with the first report; the step under way is finished and saved.
    first.stopping.signal = undefined;
    const stopAfter = { ...tiny, training: { ...tiny.training } };
    const file = config('stop.json', stopAfter);
    await ebmm('train', file, '--out', resumed, '--set', 'training.decay="constant"', '--steps', '2');
    const whole = inside('whole');
    await ebmm('train', file, '--out', whole, '--set', 'training.decay="constant"');
    const { status } = await ebmm('train', '--resume', resumed, '--steps', '4');
    expect(status).toBe(0);
    expect(timeless(resumed)).toEqual(timeless(whole));
  });

  test('a signal stops after the update, saves, and exits 130', async () => {
    const stopped = inside('stopped');
    const streams = io();
    streams.stopping.signal = 'SIGINT';
    // A stop that comes before the first update leaves a run that can be resumed from its start.
    const status = await main(['train', inside('tiny.json'), '--out', stopped], streams);
    expect(status).toBe(130);
    expect(streams.stderr.join('\n')).toContain('--resume');
  });

  test('a network of the user’s own is trained from a TypeScript file', async () => {
    const file = inside('own.ts');
    writeFileSync(
      file,
      `import * as tf from ${JSON.stringify(import.meta.resolve('@tensorflow/tfjs'))};
       export default ({ patternShape }: { patternShape: number[] }) => ({
         patternShape,
         parameters: { w: { shape: [patternShape[0], 1], init: { normal: 0.1 }, writable: true } },
         energy: (p: Record<string, tf.Tensor>, x: tf.Tensor) =>
           tf.sum(tf.square(tf.matMul(x, p.w)), 2),
       });`,
    );
    const { status, err } = await ebmm(
      'train',
      inside('tiny.json'),
      '--network',
      file,
      '--out',
      inside('own'),
    );
    expect(err).not.toContain('ebmm:');
    expect(status).toBe(0);
  });
});

describe('evaluate', () => {
  test('--json prints one document with all its fields', async () => {
    const { status, out } = await ebmm(
      'evaluate',
      run,
      '--patterns',
      '2,3',
      '--episodes',
      '4',
      '--against',
      'hebb,modern',
      '--json', // biome-ignore format: a list
    );
    expect(status).toBe(0);
    const document = JSON.parse(out);
    expect(document).toMatchObject({ task: 'binary', corruption: 'resample:4', known: true });
    expect(document.rows).toHaveLength(6);
    expect(document.rows[0]).toMatchObject({
      memory: 'ebmm',
      patterns: 2,
      floats: 136,
      unit: 'bits',
      episodes: 4,
      compression: (2 * 16) / (32 * 136), // biome-ignore format: a list
    });
    for (const row of document.rows) {
      expect(row.error_p5).toBeLessThanOrEqual(row.error_p95);
      expect(row.bits_per_float).toBeGreaterThanOrEqual(0);
    }
  });

  test('without known entries the task is harder', async () => {
    const known = await ebmm('evaluate', run, '--patterns', '3', '--episodes', '30', '--json', '--known');
    const unknown = await ebmm(
      'evaluate',
      run,
      '--patterns',
      '3',
      '--episodes',
      '30',
      '--json',
      '--no-known',
    );
    const error = (text: string) =>
      JSON.parse(text).rows.find((r: { memory: string }) => r.memory === 'hebb').error;
    expect(error(unknown.out)).toBeGreaterThan(error(known.out));
  });
});

describe('a learned rival', () => {
  const rival = inside('rival');
  const network = { name: 'memory-network', slots: 3, code: 4, hidden: 5 };

  test('is trained, evaluated and drawn as energies are', async () => {
    const file = config('rival.json', { ...tiny, network, read: { steps: 1 } });
    expect((await ebmm('train', file, '--out', rival)).status).toBe(0);
    const { status, out } = await ebmm('evaluate', rival, '--episodes', '3', '--against', 'none', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(out).rows[0]).toMatchObject({ memory: 'memory-network', floats: 12 });
    // It has no energy to draw.
    const plots = JSON.parse((await ebmm('plot', rival, '--out', inside('rival-plots'), '--json')).out).plots;
    expect(plots.map((path: string) => path.split('/').at(-1)).sort()).toEqual([
      'error-against-patterns.png',
      'learning-curve.png',
      'recall.png',
    ]);
  });

  test('stands beside another memory on the same episodes, by the name of its run', async () => {
    const own = JSON.parse(
      (await ebmm('evaluate', rival, '--episodes', '3', '--against', 'none', '--json')).out,
    );
    const both = await ebmm('evaluate', run, '--episodes', '3', '--against', `modern,${rival}`, '--json');
    const rows = JSON.parse(both.out).rows.filter((row: { memory: string }) => row.memory === 'rival');
    expect(rows.map((row: { error: number }) => row.error)).toEqual(
      own.rows.map((row: { error: number }) => row.error),
    );
  });
});

test('training that begins with another run’s parameters is ahead of one that does not', async () => {
  const training = { ...tiny.training, steps: 60, learning_rate: 0.02 };
  const longer = config('longer.json', { ...tiny, training });
  await ebmm('train', longer, '--out', inside('teacher'));
  const { status, err } = await ebmm(
    'train',
    config('t.json', tiny),
    '--from',
    inside('teacher'),
    '--out',
    inside('pupil'),
  );
  expect(err).not.toContain('Error');
  expect(status).toBe(0);
  expect(metrics(inside('pupil'))[0].loss).toBeLessThan(0.9 * metrics(run)[0].loss);
});

test('plot draws every picture and prints where', async () => {
  const { status, out } = await ebmm('plot', run, '--out', inside('pictures'), '--json');
  expect(status).toBe(0);
  const { plots, energies } = JSON.parse(out);
  expect(plots.length).toBeGreaterThanOrEqual(3);
  const [{ steps, stored, first_step, ...said }] = energies;
  expect(said.run).toBe(basename(run));
  expect(steps.length).toBeGreaterThan(1);
  expect(first_step).toBeCloseTo((steps[0] - steps[1]) / (steps[0] - steps.at(-1)), 6);
  expect(stored).toBeLessThan(steps[0]);
  for (const picture of plots) expect(readFileSync(picture).subarray(1, 4).toString()).toBe('PNG');
});

test('recall prints what it recalls, clamped where it is known', async () => {
  const patterns = config('patterns.txt', '1010101010101010\n1111000011110000\n');
  const queries = config('queries.txt', '1010101010101111\n1111000011110011\n');
  const known = config('known.txt', '1111111111111111\n1111111111111111\n');
  const all = await ebmm('recall', run, '--patterns', patterns, '--queries', queries, '--known', known);
  expect(all.out).toBe('1010101010101111\n1111000011110011');
  const json = await ebmm('recall', run, '--patterns', patterns, '--queries', queries, '--json');
  const { energies, patterns: recalled } = JSON.parse(json.out);
  expect(recalled).toHaveLength(2);
  expect(energies).toHaveLength(3);
});

test('data lists the sets', async () => {
  const { status, out } = await ebmm('data', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(out).files.map((f: { set: string }) => f.set)).toContain('omniglot');
});

describe('bad input is one line and exit status 2', () => {
  const bad: [what: string, argv: () => string[], message: RegExp][] = [
    ['an unknown command', () => ['trian', 'demo'], /unknown command 'trian'/],
    ['an unknown option', () => ['train', 'demo', '--stepz', '3'], /unknown option '--stepz'/],
    ['an unknown preset', () => ['train', 'dmeo'], /unknown preset "dmeo"; there are .*did you mean "demo"/],
    ['no preset', () => ['train'], /which preset or CONFIG.json/],
    ['a missing file', () => ['train', inside('none.json')], /none.json: no such file/],
    ['a file that is not JSON', () => ['train', config('broken.json', '{"task": ')], /broken.json: not JSON/],
    ['a list', () => ['train', config('list.json', '[]')], /expected a JSON object/],
    [
      'a misspelt key',
      () => ['train', config('key.json', { ...tiny, training: { stepz: 3 } })],
      /unknown key "training.stepz"; did you mean "steps"\?/,
    ],
    [
      'a misspelt key of a network',
      () => ['train', config('key2.json', { ...tiny, network: { name: 'hopfield-site', widht: 3 } })],
      /unknown key "network.widht"; did you mean "width"\?/,
    ],
    [
      'a wrong type',
      () => ['train', config('type.json', { ...tiny, training: { steps: 'many' } })],
      /training.steps is "many": .*expected number/,
    ],
    [
      'an unknown network',
      () => ['train', config('net.json', { ...tiny, network: { name: 'transformer' } })],
      /network.name is "transformer", expected one of hopfield-site, key-value, /,
    ],
    [
      'a network without a bound on its curvature',
      () => ['train', 'demo', '--set', 'write.divisor=curvature'],
      /write.divisor is "curvature", but the network has no bound on its curvature/,
    ],
    ['sizes to fit to nothing', () => ['train', 'demo', '--resize'], /train: --resize needs --from/],
    ['a missing task', () => ['train', config('task.json', { network: tiny.network })], /task/],
    [
      'a corruption out of range',
      () => ['train', 'demo', '--set', 'corruption=resample:129'],
      /resample:129/,
    ],
    ['--set without a value', () => ['train', 'demo', '--set', 'training.steps'], /expected key=value/],
    ['a range upside down', () => ['train', 'demo', '--set', 'range=[1,-1]'], /range is \[1, -1\]/],
    ['a missing data folder', () => ['train', 'omniglot', '--data-dir', inside('nowhere')], /nowhere/],
    ['a run that is not there', () => ['evaluate', inside('no-run')], /neither a run folder/],
    ['an unknown rival', () => ['evaluate', run, '--against', 'hepp'], /no memory "hepp"; there are hebb/],
    ['a load that is not a number', () => ['evaluate', run, '--patterns', 'few'], /whole number/],
    ['an unknown engine', () => ['train', 'demo', '--engine', 'tpu'], /Allowed choices are compiled, /],
    ['both a preset and --resume', () => ['train', 'demo', '--resume', run], /not both/],
    ['a folder that holds a run', () => ['train', inside('tiny.json'), '--out', run], /holds a run already/],
    [
      'patterns of the wrong length',
      () => ['recall', run, '--patterns', config('short.txt', '101\n'), '--queries', inside('short.txt')],
      /row 1 has 3 values, expected 16/,
    ],
    ['an unknown data set', () => ['data', 'omniglto'], /omniglto/],
    [
      'a network file that is missing',
      () => ['train', inside('tiny.json'), '--network', inside('nothing.ts')],
      /nothing.ts: no such file/,
    ],
  ];

  test.each(bad)('%s', async (_, argv, message) => {
    const { status, out, err } = await ebmm(...argv());
    expect(err).toMatch(message);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err.split('\n').filter((line) => !line.startsWith('(')).length).toBe(1);
    expect(err).not.toMatch(/\n\s+at /);
  });

  const network = (name: string, body: string) => {
    const file = inside(name);
    writeFileSync(
      file,
      `import * as tf from ${JSON.stringify(import.meta.resolve('@tensorflow/tfjs'))};
       const w = { shape: [16, 1], init: { normal: 0.1 }, writable: true };
       export default { patternShape: [16], parameters: { w }, energy: (p, x) => ${body} };`,
    );
    return file;
  };

  test.each([
    [
      'an energy of the wrong shape',
      'tf.sum(tf.matMul(x, p.w))',
      /its energy of patterns .* has shape \[\], expected \[2,3\]/,
    ],
    [
      'an operation outside the table',
      'tf.sum(tf.mul(tf.cast(tf.floorDiv(x, 2), "float32"), tf.matMul(x, p.w)), 2)',
      /operation "FloorDiv" is not allowed in an energy/,
    ],
    [
      'a look at values',
      'tf.mul(tf.sum(tf.matMul(x, p.w), 2), x.dataSync()[0])',
      /cannot look at the values/,
    ],
    ['an error of its own', '(() => { throw new Error("oops") })()', /oops/],
  ])('a network with %s', async (what, body, message) => {
    const file = network(`${what.replaceAll(' ', '-')}.mjs`, body);
    const out = inside(`out-${what.replaceAll(' ', '-')}`);
    const { status, err } = await ebmm('train', inside('tiny.json'), '--network', file, '--out', out);
    expect(err).toMatch(message);
    expect(status).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  test('a damaged checkpoint', async () => {
    const damaged = inside('damaged');
    await cp(run, damaged, { recursive: true });
    truncateSync(join(damaged, 'checkpoint', 'state.safetensors'), 2000);
    const { status, err } = await ebmm('evaluate', damaged);
    expect(err).toMatch(/state.safetensors: not a readable safetensors file/);
    expect(status).toBe(2);
  });

  test('training that diverges', async () => {
    const file = config('nan.json', {
      ...tiny,
      write: { steps: 3, rate: 1e30 },
      training: { ...tiny.training, tolerance: 2 },
    });
    const { status, err } = await ebmm('train', file, '--out', inside('nan'));
    expect(err).toMatch(
      /training stopped at update 2: 2 updates in a row were not finite, at first writing diverged: W; .*no checkpoint/,
    );
    expect(status).toBe(2);
  });
});

test('help names every command', async () => {
  const { status, out } = await ebmm('--help');
  expect(status).toBe(0);
  for (const command of ['train', 'evaluate', 'plot', 'recall', 'data', 'demo'])
    expect(out).toContain(command);
});
