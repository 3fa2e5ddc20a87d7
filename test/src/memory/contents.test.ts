import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { diffusionRivals } from '../../../src/diffusion/index.ts';
import { rivals } from '../../../src/hopfield/index.ts';
import type { AssociativeMemory } from '../../../src/memory/associative.ts';
import {
  type Contents,
  checkBits,
  fromNumbers,
  heldIn,
  memoryBits,
  numbersIn,
  numbersOf,
  rounded,
} from '../../../src/memory/contents.ts';
import { stream } from '../../../src/random.ts';
import { sparseDistributedMemory, universalMemory } from '../../../src/universal/index.ts';

const d = 48;
const count = 6;
const random = stream(3, 'contents');
const bits = Float32Array.from({ length: count * d }, () => 2 * random.bit() - 1);
const patterns = tf.tensor(bits, [count, d]);
const known = tf.tensor(
  bits.map((_, i) => Number(i % d >= 12)),
  [count, d],
);
const queries = tf.tensor(
  bits.map((b, i) => (i % d >= 12 ? b : i % 2 === 0 ? b : -b)),
  [count, d],
);

const memories: Record<string, AssociativeMemory> = {
  ...Object.fromEntries(Object.entries(rivals).map(([name, make]) => [name, make({ seed: 1 })])),
  ...Object.fromEntries(Object.entries(diffusionRivals).map(([name, make]) => [name, make({ seed: 1 })])),
  universal: universalMemory({ similarity: 'dot', separation: 'softmax', range: [-1, 1] }),
  'universal 0 to 1': universalMemory({ similarity: 'manhattan', separation: 'softmax' }),
  sdm: sparseDistributedMemory({ locations: 200 }),
  'sdm-continuous': sparseDistributedMemory({ locations: 200, kind: 'continuous' }),
};

/** From [-1, 1] to the memory's range. */
const ranged = (x: tf.Tensor, { range: [low, high] }: AssociativeMemory) =>
  tf.add(low, tf.mul(tf.div(tf.add(x, 1), 2), high - low));

const answers = async (memory: AssociativeMemory, contents?: Contents) => {
  const stored = contents ? await memory.restore(contents) : await memory.store(ranged(patterns, memory));
  const { patterns: recalled } = await stored.recall(ranged(queries, memory), { known });
  return { values: Array.from(await recalled.data()), contents: stored.contents() };
};

for (const [name, memory] of Object.entries(memories)) {
  test(`${name}: what it holds makes the same memory again`, async () => {
    const first = await answers(memory);
    const again = await answers(memory, first.contents);
    for (const [i, value] of again.values.entries()) expect(value).toBeCloseTo(first.values[i], 6);
    expect(first.contents.patternShape).toEqual([d]);
    expect(numbersIn(first.contents)).toBeGreaterThan(0);
  });

  test(`${name}: in 12 bits a number it recalls as it did`, async () => {
    const first = await answers(memory);
    const { values } = await answers(memory, rounded(first.contents, 12));
    const off = values.filter((v, i) => Math.abs(v - first.values[i]) > 0.02);
    expect(off.length).toBeLessThan(0.02 * values.length);
  });
}

test('patterns of bits lose nothing in one bit a number', async () => {
  for (const name of ['modern', 'dense', 'modern-packed', 'universal', 'diffusion']) {
    const { contents } = await answers(memories[name]);
    const held = rounded(contents, 1).tensors.patterns;
    expect(Array.from(held.values)).toEqual(Array.from(contents.tensors.patterns.values));
    expect(memoryBits(contents, 1)).toBe(count * d + 32);
  }
});

test('a symmetric matrix holds its lower triangle, the diagonal with a scale of its own', () => {
  const values = Float32Array.of(5, 1, 2, 1, 6, 3, 2, 3, 7);
  const held = { shape: [3, 3], values, packing: 'symmetric' as const };
  expect(numbersOf(held).map((group) => Array.from(group))).toEqual([[1, 2, 3], [5, 6, 7]]); // biome-ignore format: a matrix
  expect(fromNumbers(held, numbersOf(held))).toEqual(values);
  const contents = { patternShape: [3], tensors: { held } };
  expect(memoryBits(contents, 32)).toBe(6 * 32);
  expect(memoryBits(contents, 4)).toBe(6 * 4 + 2 * 32);
  const hollow = { ...held, packing: 'hollow' as const };
  expect(Array.from(fromNumbers(hollow, numbersOf(hollow)))).toEqual([0, 1, 2, 1, 0, 3, 2, 3, 0]);
});

test('what a memory rounded itself is counted so, and rounded only to fewer bits', () => {
  const contents = {
    patternShape: [4],
    tensors: { t: { shape: [4], values: Float32Array.of(-1, -1, 1, 1), bits: 2 } },
  };
  expect(memoryBits(contents)).toBe(8 + 32);
  expect(memoryBits(contents, 8)).toBe(8 + 32);
  expect(memoryBits(contents, 1)).toBe(4 + 32);
  expect(rounded(contents, 8).tensors.t).toBe(contents.tensors.t);
  expect(rounded(contents, 1).tensors.t.bits).toBe(1);
});

test('wrong bits and contents of another memory are refused in one line', async () => {
  for (const wrong of [0, 17, 31, 33, 1.5, Number.NaN]) expect(() => checkBits(wrong)).toThrow(/bits/);
  const { contents } = await answers(memories.modern);
  await expect(memories.hebb.restore(contents)).rejects.toThrow('hebb: holds "weights", but found patterns');
  expect(() => heldIn('m', contents, 'patterns', [null, 3])).toThrow(
    'm: "patterns" has shape [6,48], expected [any,3]',
  );
});

test('numbers that left do not come back by rounding', () => {
  const values = Float32Array.of(1, Number.NaN, 3);
  const contents = { patternShape: [3], tensors: { t: { shape: [3], values } } };
  expect(rounded(contents, 2).tensors.t.values.some(Number.isNaN)).toBe(true);
});
