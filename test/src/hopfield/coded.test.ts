import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { codedHopfield } from '../../../src/hopfield/index.ts';
import { stream } from '../../../src/random.ts';

beforeAll(() => tf.setBackend('cpu'));

const random = stream(1, 'coded');
const bits = (shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => 2 * random.bit() - 1),
    shape,
  );
const greys = (shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.uniform()),
    shape,
  );
const worst = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];

test('bits are packed 32 to a float, and come back as they were', async () => {
  const patterns = bits([64, 128]);
  const stored = await codedHopfield({ coding: 'packed', floats: 8256 }).store(patterns);
  expect(stored.floats).toBe(64 * 4);
  const { patterns: recalled } = await stored.recall(patterns);
  expect(worst(recalled, patterns)).toBe(0);
});

test('a budget too small for all holds the first that fit', async () => {
  const patterns = bits([8, 64]);
  const stored = await codedHopfield({ coding: 'packed', floats: 7 }).store(patterns);
  expect(stored.floats).toBe(6);
  const { patterns: recalled } = await stored.recall(tf.slice(patterns, 0, 3));
  expect(worst(recalled, tf.slice(patterns, 0, 3))).toBe(0);
  await expect(codedHopfield({ coding: 'packed', floats: 1 }).store(patterns)).rejects.toThrow(InputError);
});

test('greys get as many bits as all patterns have room for', async () => {
  const patterns = greys([4, 8, 8, 1]);
  for (const [floats, expected] of [
    [1000, 8],
    [64, 8],
    [48, 6],
    [8, 1],
  ]) {
    const memory = codedHopfield({ coding: 'packed', floats, range: [0, 1] });
    const stored = await memory.store(patterns);
    expect(stored.floats).toBe(8 * expected);
    const { patterns: recalled } = await stored.recall(patterns);
    // Half a step of the grid at most.
    expect(worst(recalled, patterns)).toBeLessThanOrEqual(0.5 / (2 ** expected - 1) + 1e-6);
  }
});

describe('truncated', () => {
  test('with room for every coefficient an image comes back', async () => {
    const patterns = greys([3, 4, 6, 3]);
    const stored = await codedHopfield({ coding: 'truncated', range: [0, 1] }).store(patterns);
    expect(stored.floats).toBe(3 * 72);
    const { patterns: recalled } = await stored.recall(patterns);
    expect(worst(recalled, patterns)).toBeLessThan(1e-5);
  });

  test('fewer coefficients keep what is smooth: the error is the energy of the others', async () => {
    const shape = [2, 8, 8, 1];
    const patterns = greys(shape);
    const at = async (floats: number) => {
      const stored = await codedHopfield({ coding: 'truncated', floats, range: [0, 1] }).store(patterns);
      expect(stored.floats).toBeLessThanOrEqual(floats);
      const { patterns: recalled } = await stored.recall(patterns);
      return tf.sum(tf.squaredDifference(recalled, patterns)).dataSync()[0];
    };
    // One coefficient a pattern is its mean.
    const mean = tf.mean(patterns, [1, 2, 3], true);
    expect(await at(2)).toBeCloseTo(tf.sum(tf.squaredDifference(patterns, mean)).dataSync()[0], 4);
    const errors = [await at(2), await at(20), await at(60), await at(128)];
    for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(errors[i - 1]);
  });

  test('of a vector the first values are kept, known entries stay', async () => {
    const patterns = bits([4, 16]);
    const stored = await codedHopfield({ coding: 'truncated', floats: 40 }).store(patterns);
    expect(stored.floats).toBe(40);
    const { patterns: blind } = await stored.recall(patterns);
    expect(worst(tf.slice(blind, [0, 0], [4, 10]), tf.slice(patterns, [0, 0], [4, 10]))).toBe(0);
    expect(worst(tf.slice(blind, [0, 10], [4, 6]), tf.zeros([4, 6]))).toBe(0);
    const { patterns: told } = await stored.recall(patterns, { known: tf.onesLike(patterns) });
    expect(worst(told, patterns)).toBe(0);
  });

  test('8 bits a coefficient: four times as many in a float', async () => {
    const patterns = greys([2, 8, 8, 1]);
    const stored = await codedHopfield({ coding: 'truncated-packed', floats: 32, range: [0, 1] }).store(
      patterns,
    );
    expect(stored.floats).toBe(32);
    const { patterns: recalled } = await stored.recall(patterns);
    // Each of the 64 coefficients is wrong by at most half of 8 / 255.
    const norm = Math.sqrt(tf.sum(tf.squaredDifference(recalled, patterns)).dataSync()[0] / 2);
    expect(norm).toBeLessThan((8 * 4) / 255 + 1e-3);
  });
});
