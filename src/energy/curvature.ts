/** @file A smooth bound on the curvature of least squares: what a step of gradient descent on it may be divided by. */
import * as tf from '@tensorflow/tfjs';

/** Halvings of the exponent below: the 8-norm of the eigenvalues of up to 256 patterns is at most twice the largest. */
const SQUARINGS = 3;

/**
 * A bound from above on the largest eigenvalue of the Gram matrix G of k [episodes, rows, keys]: trace(G^8)^(1/8), the
 * 8-norm of its eigenvalues; [episodes]. Smooth, unlike the eigenvalue, and never below it, unlike power iteration. It is
 * the curvature of sum_i |V^T k_i - target_i|^2 / 2 in V.
 */
export function largestEigenvalue(k: tf.Tensor): tf.Tensor {
  const [, rows, keys] = k.shape as [number, number, number];
  const sum = tf.sum(tf.square(k), [1, 2], true);
  // Of the two Gram matrices with the same eigenvalues, the smaller; of trace one, so that no power overflows.
  const gram = rows <= keys ? tf.matMul(k, k, false, true) : tf.matMul(k, k, true, false);
  let power: tf.Tensor = tf.div(gram, sum);
  for (let i = 1; i < SQUARINGS; i++) power = tf.matMul(power, power);
  // trace(G^8) is the squared Frobenius norm of the symmetric G^4.
  let bound: tf.Tensor = tf.sum(tf.square(power), [1, 2]);
  for (let i = 0; i < SQUARINGS; i++) bound = tf.sqrt(bound);
  return tf.mul(bound, tf.reshape(sum, [-1]));
}

/** k [episodes, rows, keys] with a last key of one, which stands for a bias. */
export const withBias = (k: tf.Tensor) => tf.concat([k, tf.ones([k.shape[0], k.shape[1]!, 1])], 2);
