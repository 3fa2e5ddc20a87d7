/** @file Gradients of activation functions, recomputed from the input so that every further derivative is exact. */

import * as tf from '@tensorflow/tfjs';

type Attributes = Record<string, unknown>;

/** A gradient of a one-input kernel, computed from dy and the saved input. */
function fromInput(
  gradient: (dy: tf.Tensor, x: tf.Tensor, attrs: Attributes) => tf.Tensor,
  input = 'x',
): Omit<tf.GradConfig, 'kernelName'> {
  return {
    inputsToSave: [input],
    gradFunc: (dy, [x], attrs) => ({
      [input]: () => gradient(dy as tf.Tensor, x, attrs as Attributes),
    }),
  };
}

export const exp = fromInput((dy, x) => tf.mul(dy, tf.exp(x)));

export const tanh = fromInput((dy, x) => tf.mul(dy, tf.sub(1, tf.square(tf.tanh(x)))));

export const sigmoid = fromInput((dy, x) => {
  const s = tf.sigmoid(x);
  return tf.mul(dy, tf.mul(s, tf.sub(1, s)));
});

export const softmax = fromInput((dy, x) => {
  const y = tf.softmax(x);
  const weighted = tf.mul(dy, y);
  return tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), y));
}, 'logits');

/** exp(min(x, 0)) rather than a mask times exp(x), which overflows to 0 * Infinity. */
export const elu = fromInput((dy, x) => tf.mul(dy, tf.exp(tf.minimum(x, 0))));
