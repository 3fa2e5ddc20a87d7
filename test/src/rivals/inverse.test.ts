import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { grad } from '../../../src/autodiff/index.ts';
import { stream } from '../../../src/random.ts';
import { inverse, ridged } from '../../../src/rivals/inverse.ts';
import { eye, inverted, type Matrix, plus, rows, scaled, times, trace, turned } from './solve.ts';

beforeAll(() => tf.setBackend('cpu'));

const random = stream(1, 'inverse');
const normal = (n: number, m: number): Matrix =>
  Array.from({ length: n }, () => Array.from({ length: m }, () => random.normal()));
/** Symmetric, positive definite, with eigenvalues near 1 and a condition number of about that. */
function positive(k: number, condition: number): Matrix {
  const few = normal(k, Math.max(1, k - 1));
  const a = scaled(times(few, turned(few)), 1 / k);
  return plus(a, eye(k), trace(a) / condition);
}
const worst = (a: Matrix, b: Matrix) =>
  Math.max(...a.flatMap((row, i) => row.map((v, j) => Math.abs(v - b[i][j]))));
const largest = (a: Matrix) => Math.max(...a.flat().map(Math.abs));

test.each([
  [1, 1],
  [5, 1],
  [5, 100],
  [16, 1000],
])('of %i x %i it is what elimination in float64 gives, for every matrix of a batch', (k, condition) => {
  const all = [positive(k, condition), positive(k, condition)];
  const found = rows(inverse(tf.tensor(all)).dataSync(), k);
  for (const [i, a] of all.entries()) {
    const exact = inverted(a);
    const error = worst(found.slice(i * k, (i + 1) * k), exact) / largest(exact);
    expect(error).toBeLessThan(1e-6 * condition + 1e-6);
  }
});

test('scale does not matter', () => {
  for (const factor of [1e-6, 1e6]) {
    const a = scaled(positive(6, 50), factor);
    const exact = inverted(a);
    expect(worst(rows(inverse(tf.tensor(a)).dataSync(), 6), exact) / largest(exact)).toBeLessThan(1e-4);
  }
});

describe('derivatives', () => {
  const k = 4;
  const a = positive(k, 20);
  const c = normal(k, k);
  /** The slope of sum c inverse(a): -X' C X'. */
  const slope = (at: Matrix) => {
    const x = turned(inverted(at));
    return scaled(times(times(x, c), x), -1);
  };
  const value = (x: tf.Tensor) => tf.sum(tf.mul(inverse(x), tf.tensor(c))) as tf.Scalar;

  test('the first is the closed form', () => {
    const found = rows(grad(value)(tf.tensor(a)).dataSync(), k);
    expect(worst(found, slope(a)) / largest(slope(a))).toBeLessThan(1e-4);
  });

  test('the second is the slope of the first, by differences in float64', () => {
    const found = rows(
      grad((x) => tf.sum(tf.square(grad(value)(x))) as tf.Scalar)(tf.tensor(a)).dataSync(),
      k,
    );
    const squared = (at: Matrix) =>
      slope(at)
        .flat()
        .reduce((sum, v) => sum + v * v, 0);
    const step = 1e-5;
    const exact = a.map((row, i) =>
      row.map((_, j) => {
        const moved = (by: number) => a.map((r, m) => r.map((v, n) => v + (m === i && n === j ? by : 0)));
        return (squared(moved(step)) - squared(moved(-step))) / (2 * step);
      }),
    );
    expect(worst(found, exact) / largest(exact)).toBeLessThan(1e-3);
  });
});

test('a ridge is a part of the mean eigenvalue', () => {
  const a = positive(5, 10);
  const found = rows(ridged(tf.tensor(a), tf.scalar(0.3)).dataSync(), 5);
  expect(worst(found, plus(a, eye(5), (0.3 * trace(a)) / 5))).toBeLessThan(1e-5);
});
