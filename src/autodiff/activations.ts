/** @file Gradients of activation functions, from the input and never from the saved output, which tfjs holds constant. */

import * as tf from '@tensorflow/tfjs';
import { type Gradient, masked, sumTo, unary, untaped } from './gradient.ts';

/** selu(x) = SCALE * (x > 0 ? x : ALPHA * (exp(x) - 1)), https://arxiv.org/abs/1706.02515 */
const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** 1 for x > 0, else 0. */
const positive = (x: tf.Tensor) => untaped(() => tf.step(x));

export const tanh = unary((dy, x) => tf.mul(dy, tf.sub(1, tf.square(tf.tanh(x)))));

export const sigmoid = unary((dy, x) => {
  const s = tf.sigmoid(x);
  return tf.mul(dy, tf.sub(s, tf.square(s)));
});

export const softplus = unary((dy, x) => tf.mul(dy, tf.sigmoid(x)));

/** Over the last axis, the only one tfjs allows. */
export const softmax = unary((dy, x) => {
  const y = tf.softmax(x);
  const weighted = tf.mul(dy, y);
  return tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), y));
}, 'logits');

export const relu = unary((dy, x) => tf.mul(dy, positive(x)));

export const relu6 = unary((dy, x) => masked(dy, () => tf.logicalAnd(tf.greater(x, 0), tf.less(x, 6))));

export const leakyRelu = unary((dy, x, { alpha }) =>
  tf.mul(
    dy,
    untaped(() => tf.step(x, alpha)),
  ),
);

/** alpha is a tensor, learned perhaps, and may be broadcast to the shape of x. */
export const prelu: Gradient = {
  inputsToSave: ['x', 'alpha'],
  gradFunc: (dy, [x, alpha]) => {
    const negative = untaped(() => tf.sub(1, tf.step(x)));
    return {
      x: () => tf.mul(dy as tf.Tensor, tf.add(positive(x), tf.mul(negative, alpha))),
      alpha: () => sumTo(tf.mul(dy as tf.Tensor, tf.mul(negative, x)), alpha.shape),
    };
  },
};

/** exp(min(x, 0)) is 1 for x > 0. A mask times exp(x) would be 0 * Infinity for large x. */
export const elu = unary((dy, x) => tf.mul(dy, tf.exp(tf.minimum(x, 0))));

export const selu = unary((dy, x) => {
  const linear = untaped(() => tf.mul(tf.step(x), SELU_SCALE));
  const exponential = untaped(() => tf.mul(tf.sub(1, tf.step(x)), SELU_SCALE * SELU_ALPHA));
  return tf.mul(dy, tf.add(linear, tf.mul(exponential, tf.exp(tf.minimum(x, 0)))));
});
