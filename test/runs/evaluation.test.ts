import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { makeRival, rivalNames } from '../../runs/evaluate.ts';
import { binaryEntropy, evaluate, quantile } from '../../runs/evaluation.ts';
import { rivalsHelp } from '../../runs/rival-notes.ts';
import { errorTable, short } from '../../runs/table.ts';
import { compiledEngine } from '../../src/compile/index.ts';
import { rivals } from '../../src/hopfield/index.ts';
import type { AssociativeMemory } from '../../src/memory/associative.ts';
import { loadTask, parseCorruption } from '../../tasks/index.ts';

const task = await loadTask({ name: 'binary', dimension: 64 }, { cache: '' });
const protocol = {
  task,
  corruption: parseCorruption('resample:32', task),
  split: 'test',
  known: true,
  seed: 1,
  episodes: 20,
  patterns: 4,
} as const;

/** Recalls its query unchanged. */
const parrot: AssociativeMemory = {
  name: 'parrot',
  range: [0, 1],
  store: () => parrot.restore({ patternShape: [64], tensors: {} }),
  restore: async (contents) => ({
    floats: 10,
    contents: () => contents,
    recall: async (queries) => ({ patterns: tf.clone(queries), steps: 0 }),
  }),
};

test('a memory that returns its query has the query’s error: half of the resampled bits', async () => {
  const row = await evaluate(parrot, { ...protocol, episodes: 100 });
  expect(row.error).toBeGreaterThan(15);
  expect(row.error).toBeLessThan(17);
  expect(row.error_p5).toBeLessThan(row.error);
  expect(row.error_p95).toBeGreaterThan(row.error);
  expect(row.compression).toBeCloseTo((4 * 64) / (32 * 10), 12);
});

test('a memory without errors recovers every bit', async () => {
  const row = await evaluate(rivals['pseudo-inverse']({ seed: 1 }), protocol);
  expect(row.error).toBe(0);
  expect(row.floats).toBe((64 * 65) / 2);
  expect(row.bits_per_float).toBeCloseTo((4 * 64) / row.floats, 12);
});

test('a memory that answers with the query recovers nothing of what it was not given', async () => {
  const known = await evaluate(parrot, { ...protocol, episodes: 100, known: true });
  // Half of the redrawn bits are wrong, up to the luck of the draw.
  expect(known.bits_per_float!).toBeLessThan(0.1);
  const unknown = await evaluate(parrot, { ...protocol, episodes: 100, known: false });
  expect(unknown.bits_per_float!).toBeCloseTo((4 * 64 * (1 - binaryEntropy(unknown.error / 64))) / 10, 12);
});

test('the same protocol gives the same row', async () => {
  const memory = () => rivals.hebb({ seed: 1 });
  // But for how long it took.
  const { store_seconds: _, ...row } = await evaluate(memory(), protocol);
  expect(await evaluate(memory(), protocol)).toMatchObject(row);
});

test('evaluation leaves no tensors behind', async () => {
  await evaluate(rivals.hebb({ seed: 1 }), protocol);
  const before = tf.memory().numTensors;
  await evaluate(rivals.hebb({ seed: 1 }), protocol);
  expect(tf.memory().numTensors).toBe(before);
});

test('binary entropy is one bit at one half, nothing at certainty', () => {
  expect(binaryEntropy(0.5)).toBe(1);
  expect(binaryEntropy(0)).toBe(0);
  expect(binaryEntropy(1)).toBe(0);
  expect(binaryEntropy(0.11)).toBeCloseTo(0.49992, 4);
});

test('quantiles interpolate', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([0, 10], 0.05)).toBe(0.5);
});

test('tables have a column for each load and published rows beneath', async () => {
  const rows = [await evaluate(parrot, protocol), await evaluate(parrot, { ...protocol, patterns: 2 })];
  const lines = errorTable(rows, [{ name: 'paper', points: [[4, 0.5]] }]);
  expect(lines[0]).toMatch(/^memory +floats +2 patterns +4 patterns$/);
  expect(lines[1]).toMatch(/^parrot +10 +1\d\.\d +1\d\.\d$/);
  expect(lines[2]).toMatch(/^paper +- +0.5$/);
});

test('numbers are short', () => {
  expect([0, 0.00031, 0.123, 1.234, 12.34, 123.4].map(short)).toEqual([
    '0',
    '0.0003',
    '0.12',
    '1.23',
    '12.3',
    '123',
  ]);
});

test('every rival that help names is one that is made, and each has a note', async () => {
  const quick = rivalNames.filter((name) => !/^(modern-components|diffusion-(learned|energy))$/.test(name));
  for (const name of quick) {
    const memory = await makeRival(name, { seed: 1, floats: 2080, engine: compiledEngine(), task });
    expect(memory.name).toBeTruthy();
    expect(rivalsHelp()).toContain(`  ${name} `);
  }
  expect(quick).toEqual(expect.arrayContaining(Object.keys(rivals)));
  expect(rivalNames.length).toBe(quick.length + 3);
});
