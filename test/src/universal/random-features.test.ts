import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { stream } from '../../../src/random.ts';
import { randomFeatureMemory, randomFeatures } from '../../../src/universal/index.ts';
import { slopes } from './vectors.ts';

const d = 6;
const random = stream(6, 'features');
const point = () => Float64Array.from({ length: d }, () => random.normal());
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);

test('products of features estimate the kernel, with an error that falls as one over the square root of their number', () => {
  const beta = 0.3;
  const pairs = Array.from({ length: 30 }, () => [point(), point()] as const);
  const error = (count: number) => {
    const squares = [1, 2, 3, 4].flatMap((seed) => {
      const { features } = randomFeatures(d, count, beta, seed);
      return pairs.map(([x, y]) => {
        const distance = x.reduce((sum, v, i) => sum + (v - y[i]) ** 2, 0);
        return (dot(features(x), features(y)) - Math.exp((-beta * distance) / 2)) ** 2;
      });
    });
    return Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length);
  };
  // The standard deviation of one pair of features is at most about 0.7.
  expect(error(4000)).toBeLessThan(0.7 / Math.sqrt(2000));
  expect(error(250) / error(4000)).toBeGreaterThan(2.5);
  expect(error(250) / error(4000)).toBeLessThan(6);
});

test('a feature vector has length one, and the gradient equals finite differences', () => {
  const { features, sumAndGradient } = randomFeatures(d, 64, 0.5, 1);
  const [x, weights] = [point(), Float64Array.from({ length: 64 }, () => random.normal())];
  expect(dot(features(x), features(x))).toBeCloseTo(1, 12);
  const numeric = slopes((at) => dot(features(Float64Array.from(at)), weights), x, 1e-5);
  for (const [i, slope] of sumAndGradient(x, weights).gradient.entries())
    expect(slope).toBeCloseTo(numeric[i], 7);
});

test('as many floats however many patterns; few patterns are recalled, and storing is linear', async () => {
  const bits = (count: number) =>
    tf.tensor(
      Array.from({ length: count * 32 }, () => 2 * random.bit() - 1),
      [count, 32],
    );
  const memory = randomFeatureMemory({ floats: 4096, seed: 1 });
  const [a, b] = [bits(3), bits(2)];
  const stored = await memory.store(a);
  expect(stored.floats).toBe(4096);
  const known = tf.tensor(
    Array.from({ length: 3 * 32 }, (_, i) => Number(i % 32 > 7)),
    [3, 32],
  );
  const queries = tf.mul(a, tf.sub(tf.mul(known, 2), 1));
  const { patterns } = await stored.recall(queries, { known });
  expect(Array.from(tf.sign(patterns).dataSync())).toEqual(Array.from(a.dataSync()));
  const all = (await memory.store(tf.concat([a, b]))).contents().tensors.features.values;
  const parts = [a, b].map(async (part) => (await memory.store(part)).contents().tensors.features.values);
  const [first, second] = await Promise.all(parts);
  for (const [k, v] of all.entries()) expect(v).toBeCloseTo(first[k] + second[k], 5);
});
