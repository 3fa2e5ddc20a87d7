import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { problemOf, settings } from '../../bench/problems.ts';
import { countProducts } from '../../bench/products.ts';
import type { TensorFunction } from '../../src/compile/index.ts';
import { trace } from '../../src/compile/trace/trace-backend.ts';

const count = (f: TensorFunction, shapes: Record<string, number[]>) => {
  const specs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
  return countProducts(Object.values(trace(f, specs).outputs));
};

test('a product of [m, k] and [k, n] takes 2 m k n operations', () => {
  const product: TensorFunction = ({ a, b }) => ({ c: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) });
  expect(count(product, { a: [3, 5], b: [5, 7] })).toBe(2 * 3 * 5 * 7);
});

test('a batch of products, one operand turned round, takes as many as its members', () => {
  const product: TensorFunction = ({ a, b }) => ({ c: tf.matMul(a, b, true, false) });
  expect(count(product, { a: [4, 5, 3], b: [4, 5, 7] })).toBe(4 * 2 * 3 * 5 * 7);
});

test('a product that is asked for twice, or whose result is not, is not counted again', () => {
  const products: TensorFunction = ({ a, b }) => {
    const [x, y] = [a, b] as tf.Tensor2D[];
    tf.matMul(y, x);
    return { c: tf.add(tf.matMul(x, y), tf.tanh(tf.matMul(x, y))) };
  };
  expect(count(products, { a: [3, 5], b: [5, 3] })).toBe(2 * 3 * 5 * 3);
});

test('a convolution sums over filter and channels for every output', () => {
  const convolution: TensorFunction = ({ x, w }) => ({
    y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
  });
  expect(count(convolution, { x: [2, 8, 6, 3], w: [3, 3, 3, 5] })).toBe(2 * (2 * 8 * 6 * 5) * (3 * 3 * 3));
});

test('its gradient in the image spreads every output over filter and channels: as many operations', () => {
  const back: TensorFunction = ({ dy, w }) => ({
    dx: tf.conv2dTranspose(dy as tf.Tensor4D, w as tf.Tensor4D, [2, 8, 6, 3], 1, 'same'),
  });
  expect(count(back, { dy: [2, 8, 6, 5], w: [3, 3, 3, 5] })).toBe(2 * (2 * 8 * 6 * 5) * (3 * 3 * 3));
});

test('sums and entrywise operations are none', () => {
  expect(count(({ a }) => ({ b: tf.sum(tf.tanh(tf.mul(a, a))) }), { a: [9, 9] })).toBe(0);
});

test('the reference step has at least the products that its definition names', () => {
  const { step, inputs } = problemOf(settings.reference());
  const counted = countProducts(Object.values(trace(step, inputs).outputs));
  // A pass through the weights of the MLP for all patterns of all episodes.
  const pass = 2 * 16 * 32 * (128 * 256 + 256 * 256 + 256);
  // Each write step runs forward and back, each read step likewise, and the gradient of all that takes as much again.
  expect(counted).toBeGreaterThan(2 * 2 * (3 + 5) * pass);
  // The trial of the design counted 7.9 GFLOP.
  expect(counted).toBeLessThan(8.5e9);
});
