import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { Trainable } from '../../meta/learner.ts';
import { troubleFinder } from '../../meta/trouble.ts';
import { compiledEngine } from '../../src/compile/index.ts';

/** sqrt(w) * x, by way of the stage exp(x). */
const trainable: Trainable = {
  parameters: { w: { shape: [], init: { constant: 1 }, writable: false } },
  outputs: [],
  inputs: () => ({ x: { shape: [] } }),
  loss: (p, { x }) => ({ loss: tf.mul(tf.sqrt(p.w), x) as tf.Scalar, outputs: {} }),
  stages: (_, { x }) => ({ 'the stage exp(x)': tf.exp(x) }),
};

const find = troubleFinder(trainable, compiledEngine());
const at = (w: number, x: number) =>
  find(1, 1, {
    'p:w': new Float32Array([w]),
    x: new Float32Array([x]),
    other: new Float32Array([Number.NaN]),
  });

test.each([
  [1, 1, undefined],
  [Number.NaN, 1, 'parameter w'],
  [1, Number.POSITIVE_INFINITY, "the batch's x"],
  [1, 1000, 'the stage exp(x)'],
  [-1, 1, 'the loss'],
  [0, 1, 'the gradient of w'],
])('w = %d, x = %d: %s', async (w, x, expected) => {
  expect(await at(w, x)).toBe(expected);
});
