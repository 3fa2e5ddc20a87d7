import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { grads, logSigmoid, logSoftmax, logSumExp } from '../../../src/autodiff/index.ts';
import { type Case, derivativeErrors } from './derivatives.ts';

const rows = tf.tensor2d([
  [1, -2, 0.5],
  [3, 3, -1],
]);

const pairs: [string, (x: tf.Tensor) => tf.Tensor, (x: tf.Tensor) => tf.Tensor][] = [
  ['logSumExp over all', (x) => logSumExp(x), (x) => tf.logSumExp(x)],
  ['logSumExp over the first axis, kept', (x) => logSumExp(x, 0, true), (x) => tf.logSumExp(x, 0, true)],
  ['logSumExp over both axes', (x) => logSumExp(x, [0, 1]), (x) => tf.logSumExp(x, [0, 1])],
  ['logSoftmax', logSoftmax, (x) => tf.logSoftmax(x)],
  ['logSigmoid', logSigmoid, (x) => tf.logSigmoid(x)],
];

test.each(pairs)('%s has the values of tfjs', (_, ours, stock) => {
  const [a, b] = [ours(rows), stock(rows)];
  expect(a.shape).toEqual(b.shape);
  tf.util.assertShapesMatch(a.shape, b.shape);
  const [values, expected] = [a.dataSync(), b.dataSync()];
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i], 5);
});

test('logSumExp does not overflow', () => {
  expect(logSumExp(tf.tensor1d([200, 200])).dataSync()[0]).toBeCloseTo(200 + Math.log(2), 3);
});

const gelu = (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));

test.each<[string, Case]>([
  ['logSumExp', { f: (x) => logSumExp(x, 1), shapes: [[2, 3]] }],
  ['logSumExp over the first axis, kept', { f: (x) => logSumExp(x, 0, true), shapes: [[3, 2]] }],
  ['logSoftmax', { f: logSoftmax, shapes: [[2, 3]] }],
  ['logSigmoid', { f: logSigmoid, shapes: [[4]] }],
  ['GELU', { f: gelu, shapes: [[4]] }],
])('derivatives of order 1, 2 and 3 equal finite differences: %s', (_, proof) => {
  expect(Math.max(...derivativeErrors(proof, grads))).toBeLessThan(5e-4);
});
