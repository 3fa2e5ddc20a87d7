/** @file Learning-rate schedules as tensor functions of the update's number, so that they run inside the compiled step. */
import * as tf from '@tensorflow/tfjs';

export interface Schedule {
  /** Peak rate. */
  learning_rate: number;
  /** Updates over which the rate rises linearly to its peak. */
  warmup: number;
  /** What follows: constant, or half a cosine down to `final` times the peak at the last update. */
  decay: 'constant' | 'cosine';
  final: number;
}

/** The rate of update number `update` (from 1) of `total`. */
export function learningRate(
  { learning_rate, warmup, decay, final }: Schedule,
  total: number,
  update: tf.Scalar,
): tf.Scalar {
  const rise = warmup > 0 ? tf.minimum(1, tf.div(update, warmup)) : tf.scalar(1);
  if (decay === 'constant') return tf.mul(rise, learning_rate);
  const progress = tf.clipByValue(tf.div(tf.sub(update, warmup), Math.max(1, total - warmup)), 0, 1);
  const fall = tf.mul(tf.add(tf.cos(tf.mul(progress, Math.PI)), 1), 0.5);
  const factor = tf.add(tf.mul(fall, 1 - final), final);
  return tf.mul(tf.mul(rise, factor), learning_rate);
}
