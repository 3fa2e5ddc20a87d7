/**
 * @file Inverses of symmetric positive definite matrices by products alone (Newton and Schulz: Schulz 1933), so that derivatives of every
 * order go through the operations whose derivatives this project tests, and the compiled engine has a kernel for each.
 */
import * as tf from '@tensorflow/tfjs';

/** Iterations for a condition number of some thousands: 2^16 must be large beside it. */
export const ITERATIONS = 16;

/**
 * X <- X (2 I - A X) from X = I / |A|, the norm being Frobenius': the eigenvalues of I - A X lie in [0, 1) and are squared by every
 * iteration, so that 2^iterations some ten times the condition number leaves nothing but rounding.
 * @param a symmetric, positive definite, [..., k, k]
 */
export function inverse(a: tf.Tensor, iterations = ITERATIONS): tf.Tensor {
  const k = a.shape.at(-1)!;
  const one = tf.eye(k);
  let x: tf.Tensor = tf.mul(one, tf.rsqrt(tf.sum(tf.square(a), [a.rank - 2, a.rank - 1], true)));
  for (let i = 0; i < iterations; i++) x = tf.matMul(x, tf.sub(tf.mul(one, 2), tf.matMul(a, x)));
  return x;
}

/** a + ridge tr(a) / k I: its condition number is at most 1 + k / ridge, whatever a is. */
export function ridged(a: tf.Tensor, ridge: tf.Tensor): tf.Tensor {
  const k = a.shape.at(-1)!;
  const one = tf.eye(k);
  const trace = tf.sum(tf.mul(a, one), [a.rank - 2, a.rank - 1], true);
  return tf.add(a, tf.mul(one, tf.mul(trace, tf.div(ridge, k))));
}
