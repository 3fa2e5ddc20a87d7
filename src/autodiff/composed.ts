/** @file Functions that tfjs gives a custom gradient, wrong from order 2, written out in operations that are exact. */

import * as tf from '@tensorflow/tfjs';
import { untaped, viewAs } from './gradient.ts';

/**
 * log sum exp(x) over `axis` (default: all). The largest entry is taken out and put back, against overflow; it cancels,
 * so it counts as a constant and its derivative is never built.
 */
export function logSumExp(x: tf.Tensor, axis?: number | number[], keepDims = false): tf.Tensor {
  return tf.tidy(() => {
    const axes = tf.util.parseAxisParam(axis as number[], x.shape);
    const largest = untaped(() => tf.max(x, axes, true));
    const sums = tf.sum(tf.exp(tf.sub(x, largest)), axes, true);
    const result = tf.add(largest, tf.log(sums));
    return keepDims
      ? result
      : viewAs(
          result,
          x.shape.filter((_, i) => !axes.includes(i)),
        );
  });
}

/** log(softmax(x)) over the last axis. */
export function logSoftmax(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.sub(x, logSumExp(x, -1, true)));
}

/** log(sigmoid(x)) = -softplus(-x). */
export function logSigmoid(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.neg(tf.softplus(tf.neg(x))));
}
