/**
 * @file What is written, rounded on its way: to 2^bits levels at odd multiples of half a learned step, as one pass that outer
 * derivatives go straight through (Bengio, Leonard and Courville 2013; learned step size: Esser et al., ICLR 2020).
 */
import * as tf from '@tensorflow/tfjs';
import { untaped } from '../autodiff/index.ts';

/**
 * Levels step * (k + 1/2), k = -2^(bits-1) ... 2^(bits-1) - 1; what lies beyond the outermost is moved to it. Derivatives are those
 * of the values moved, as if they had not been rounded, and in the step the rounding error's own.
 * @param values any shape
 * @param step positive scalar
 */
export function roundThrough(values: tf.Tensor, step: tf.Tensor, bits: number): tf.Tensor {
  const half = 2 ** (bits - 1);
  const places = tf.clipByValue(tf.div(values, step), -half + 0.5, half - 0.5);
  const error = untaped(() => tf.sub(tf.add(tf.floor(places), 0.5), places));
  return tf.mul(tf.add(places, error), step);
}
