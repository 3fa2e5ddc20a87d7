/** @file One set of drawings in several formats, through every command: all of them must see the same patterns. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { metaTrain, networks, tf } from '../../runs/index.ts';
import { stream } from '../../src/random.ts';
import { openPatterns } from '../../tasks/files/open.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from './command.ts';

const folder = folderOfFile();
const inside = (...names: string[]) => join(folder, ...names);
const [COUNT, SIDE] = [30, 4];
const random = stream(1, 'own files');
const drawings = Array.from({ length: COUNT }, () => Array.from({ length: SIDE * SIDE }, () => random.bit()));

mkdirSync(inside('pictures', 'class'), { recursive: true });
mkdirSync(inside('large'));
for (const [n, drawing] of drawings.entries()) {
  const name = `${String(n).padStart(2, '0')}.png`;
  const pixels = (side: number) =>
    encode({
      width: side,
      height: side,
      channels: 1,
      depth: 8,
      data: Uint8Array.from({ length: side * side }, (_, i) => {
        const [x, y] = [i % side, Math.floor(i / side)].map((at) => Math.floor((at * SIDE) / side));
        return 255 * drawing[y * SIDE + x];
      }),
    });
  writeFileSync(inside('pictures', 'class', name), pixels(SIDE));
  writeFileSync(inside('large', name), pixels(2 * SIDE));
}
writeFileSync(inside('bits.txt'), drawings.map((drawing) => `${drawing.join('')}\n`).join(''));
writeFileSync(inside('bytes.json'), JSON.stringify({ few: drawings.slice(0, 3), all: drawings }));
const header = `{'descr': '|b1', 'fortran_order': False, 'shape': (${COUNT}, ${SIDE}, ${SIDE}), }\n`;
const start = Buffer.concat([Buffer.from('\x93NUMPY\x01\0', 'latin1'), Buffer.from([header.length, 0])]);
writeFileSync(inside('array.npy'), Buffer.concat([start, Buffer.from(header), Buffer.from(drawings.flat())]));

const run = inside('run');
beforeAll(async () => {
  const config = { ...tiny, corruption: 'block:2', training: { ...tiny.training, patterns: 3 } };
  writeFileSync(inside('config.json'), JSON.stringify(config));
  const trained = await ebmm(['train', inside('config.json'), '--task', inside('pictures'), '--out', run]);
  expect(trained.status, trained.err).toBe(0);
  expect(trained.err).toMatch(
    /test and validation: 3 of 30 patterns each, drawn by seed 0, 24 left to train/,
  );
});

test('recall takes every format alike', async () => {
  const recalled = async (path: string, ...rest: string[]) => {
    const outcome = await ebmm(['recall', run, '--patterns', path, '--queries', path, ...rest, '--json']);
    expect(outcome.status, outcome.err).toBe(0);
    return JSON.parse(outcome.out).patterns;
  };
  const expected = await recalled(inside('bits.txt'));
  expect(expected).toHaveLength(COUNT);
  for (const path of [inside('pictures'), inside('array.npy'), `${inside('bytes.json')}#all`])
    expect(await recalled(path), path).toEqual(expected);
  // Twice as large: resized they are not bits, but nearly.
  expect(await recalled(inside('large'), '--resize')).toHaveLength(COUNT);
});

test('pictures of another size are refused, with what to do', async () => {
  const outcome = await ebmm(['recall', run, '--patterns', inside('large')]);
  expectRefused(outcome, 'another size');
  expect(outcome.err).toMatch(
    /patterns of shape \[8, 8, 1\], expected \[4, 4, 1\]; --resize brings pictures to the size of the memory/,
  );
});

test('recall makes queries from patterns, by a corruption, and says the error', async () => {
  const argv = ['recall', run, '--patterns', inside('array.npy')];
  const one = await ebmm(argv);
  expect(one.status, one.err).toBe(0);
  expect(one.err).toMatch(
    /^block:2, uncorrupted entries (not )?known: mean error of 30 patterns [\d.]+ bits, of their queries [\d.]+$/m,
  );
  const none = JSON.parse((await ebmm([...argv, '--corrupt', 'flip:0', '--json'])).out);
  expect(none).toMatchObject({ corruption: 'flip:0', query_error: 0, unit: 'bits' });
  const seeded = await ebmm([...argv, '--seed', '1', '--json']);
  expect(JSON.parse(seeded.out).query_error).not.toBe(
    JSON.parse((await ebmm([...argv, '--json'])).out).query_error,
  );
});

test('recall draws patterns of a task by the seed', async () => {
  const of = async (...rest: string[]) => {
    const outcome = await ebmm([
      'recall',
      run,
      '--task',
      inside('array.npy'),
      '--corrupt',
      'flip:0',
      ...rest,
      '--json',
    ]);
    expect(outcome.status, outcome.err).toBe(0);
    return JSON.parse(outcome.out);
  };
  expect((await of()).patterns).toHaveLength(3);
  expect((await of('--count', '5')).patterns).toHaveLength(5);
  expect(await of('--seed', '1')).toEqual(await of('--seed', '1'));
  expect(await of('--seed', '1')).not.toEqual(await of('--seed', '2'));
});

test.each([
  [['--patterns', 'a', '--task', 'b'], /give --patterns or --task, or --stored/],
  [[], /give --patterns or --task, or --stored/],
  [['--stored', 'a'], /--stored has no patterns to make queries from; give --queries/],
  [['--patterns', 'a', '--queries', 'b', '--corrupt', 'flip:1'], /not both/],
  [['--patterns', 'a', '--known', 'b'], /--known: of queries from a file/],
  [['--patterns', 'a', '--count', '2'], /--count: how many patterns of --task/],
])('recall %o is wrong usage', async (options, message) => {
  const outcome = await ebmm(['recall', run, ...options]);
  expectRefused(outcome, options.join(' '));
  expect(outcome.err).toMatch(message);
});

test('evaluation takes every format alike, and its own splits of what the run was trained on', async () => {
  const rows = async (task: string, ...rest: string[]) => {
    const argv = ['evaluate', run, '--task', task, '--episodes', '2', '--against', 'none', ...rest, '--json'];
    const outcome = await ebmm(argv);
    expect(outcome.status, outcome.err).toBe(0);
    return JSON.parse(outcome.out).rows.map(({ error }: { error: number }) => error);
  };
  const expected = await rows(inside('bits.txt'));
  for (const task of [inside('array.npy'), `${inside('bytes.json')}#all`])
    expect(await rows(task)).toEqual(expected);
  expect(await rows(inside('large'), '--resize')).toHaveLength(1);
  const own = await ebmm([
    'evaluate',
    run,
    '--task',
    inside('pictures'),
    '--patterns',
    '4',
    '--episodes',
    '1',
  ]);
  expect(own.status).toBe(2);
  expect(own.err).toMatch(/the test split has 3 patterns, fewer than the 4 of an episode/);
});

test('patterns are stored from any format', async () => {
  const [a, b] = [inside('a.stored'), inside('b.stored')];
  for (const [path, out] of [[inside('pictures'), a], [inside('bits.txt'), b]]) // biome-ignore format: pairs
    expect((await ebmm(['store', run, '--patterns', path, '--out', out])).status).toBe(0);
  const recall = (stored: string) =>
    ebmm(['recall', run, '--stored', stored, '--queries', inside('array.npy')]);
  expect((await recall(a)).out).toBe((await recall(b)).out);
});

test('universal takes every format alike', async () => {
  const rows = async (...source: string[]) => {
    const outcome = await ebmm(['universal', 'noise', ...source, '--stored', '5', '--slices', '2', '--json']);
    expect(outcome.status, outcome.err).toBe(0);
    const { values, rows } = JSON.parse(outcome.out);
    expect(values).toBe(SIDE * SIDE);
    return rows.map(({ error }: { error: number }) => error);
  };
  // What is drawn depends on the name too.
  const same = (content: string | Uint8Array) => {
    writeFileSync(inside('same'), content);
    return inside('same');
  };
  const expected = await rows('--data', same(readFileSync(inside('bits.txt'))));
  expect(await rows('--task', same(readFileSync(inside('array.npy'))))).toEqual(expected);
  const few = await ebmm([
    'universal',
    'noise',
    '--data',
    inside('array.npy'),
    '--stored',
    '100',
    '--slices',
    '1',
  ]);
  expectRefused(few, 'too few');
  expect(few.err).toMatch(/array.npy has 30 patterns, fewer than the 100 wanted/);
});

test('an export has an example of what its models take and give', async () => {
  const out = inside('onnx');
  const outcome = await ebmm([
    'export',
    run,
    '--onnx',
    out,
    '--task',
    inside('array.npy'),
    '--patterns',
    '3',
  ]);
  expect(outcome.status, outcome.err).toBe(0);
  const read = async (name: string) => {
    const patterns = await openPatterns(join(out, name), {});
    return { shape: [patterns.count, ...patterns.shape], values: Array.from(patterns.read(0)) };
  };
  const [patterns, queries, recalled] = await Promise.all(
    ['patterns.npy', 'queries.npy', 'recalled.npy'].map(read),
  );
  for (const { shape } of [patterns, queries, recalled]) expect(shape).toEqual([1, 3, SIDE, SIDE, 1]);
  // In the range of the memory, and drawings that are in the file.
  const all = drawings.map((drawing) => drawing.map((bit) => 2 * bit - 1).join());
  for (const n of [0, 1, 2]) expect(all).toContain(patterns.values.slice(16 * n, 16 * (n + 1)).join());
  expect(queries.values).not.toEqual(patterns.values);
  const { example } = JSON.parse(readFileSync(join(out, 'memory.json'), 'utf8'));
  expect(example.corruption).toBe('block:2');
});

test('a run goes on where its data have moved to', async () => {
  const own = inside('run-that-moves');
  const at = inside('before', 'pictures');
  cpSync(inside('pictures'), at, { recursive: true });
  const trained = await ebmm(['train', inside('config.json'), '--task', at, '--out', own, '--steps', '2']);
  expect(trained.status, trained.err).toBe(0);
  mkdirSync(inside('after'));
  renameSync(at, inside('after', 'pictures'));
  const lost = await ebmm(['train', '--resume', own, '--steps', '3']);
  expect(lost.status).toBe(2);
  expect(lost.err).toMatch(/task.train: .*before.pictures: no such file/);
  const found = await ebmm(['train', '--resume', own, '--steps', '3', '--data-dir', inside('after')]);
  expect(found.status, found.err).toBe(0);
  expect(found.err).toMatch(/before.pictures is not there; .*after.pictures is taken/);
  // The task and its splits are those of before.
  const argv = [
    'evaluate',
    own,
    '--episodes',
    '2',
    '--against',
    'none',
    '--data-dir',
    inside('after'),
    '--json',
  ];
  expect((await ebmm(argv)).status).toBe(0);
});

test('a run remembers the array in a file', async () => {
  const own = inside('run-of-array');
  const task = `${inside('bytes.json')}#all`;
  const trained = await ebmm([
    'train',
    inside('config.json'),
    '--task',
    task,
    '--set',
    'task.shape=[4,4,1]',
    '--out',
    own,
    '--steps',
    '2',
  ]);
  expect(trained.status, trained.err).toBe(0);
  const argv = ['evaluate', own, '--episodes', '2', '--against', 'none', '--json'];
  const evaluated = await ebmm(argv);
  expect(evaluated.status, evaluated.err).toBe(0);
});

test('a program takes a task from files too', async () => {
  const memory = await metaTrain({
    task: { name: 'files', train: [inside('array.npy')] },
    corruption: 'block:2',
    network: networks['hopfield-site']({ patternShape: [SIDE, SIDE, 1], width: 4 }),
    training: { steps: 2, episodes: 2, patterns: 3, log_every: 1, save_every: 2, warmup: 0 },
  });
  const patterns = tf.tensor(drawings.slice(0, 3).flat(), [3, SIDE, SIDE, 1]);
  const stored = await memory.store(tf.sub(tf.mul(patterns, 2), 1));
  expect((await stored.recall(tf.sub(tf.mul(patterns, 2), 1))).patterns.shape).toEqual([3, SIDE, SIDE, 1]);
});

test('data says what is in a file or folder', async () => {
  const said = await ebmm(['data', inside('pictures')]);
  expect(said.status, said.err).toBe(0);
  expect(said.out.split('\n').slice(0, 3)).toEqual([
    `${inside('pictures')}: 30 patterns of [4, 4, 1], bits (0 and 255)`,
    '  train 24, validation 3, test 3',
    '  test and validation: 3 of 30 patterns each, drawn by seed 0, 24 left to train',
  ]);
  const json = JSON.parse((await ebmm(['data', `${inside('bytes.json')}#all`, '--json'])).out);
  expect(json).toMatchObject({ shape: [16], values: 'bits', range: [0, 1], sizes: { train: 24 } });
  const wrong = await ebmm(['data', inside('nothing.npy')]);
  expectRefused(wrong, 'nothing there');
  expect((await ebmm(['data', 'omniglotte'])).err).toMatch(/unknown data set/);
});

test('memories are compared on a file', async () => {
  const argv = [
    'compare',
    inside('array.npy'),
    '--patterns',
    '3',
    '--episodes',
    '1',
    '--memories',
    'hebb',
    '--json',
  ];
  const outcome = await ebmm([...argv, '--out', inside('compared')]);
  expect(outcome.status, outcome.err).toBe(0);
  expect(JSON.parse(outcome.out)).toMatchObject({ task: 'files', patterns: 3 });
});

test('streams are drawn from a file', async () => {
  const argv = [
    'stream',
    run,
    '--task',
    inside('array.npy'),
    '--length',
    '8',
    '--batch',
    '2',
    '--episodes',
    '2',
  ];
  const outcome = await ebmm([...argv, '--against', 'none', '--json']);
  expect(outcome.status, outcome.err).toBe(0);
  expect(JSON.parse(outcome.out)).toMatchObject({ task: 'files', length: 8, dimension: 16 });
  expect(existsSync(join(run, 'stream.json'))).toBe(false);
});
