/**
 * @file What is written, rounded on its way: to 2^bits levels at odd multiples of half a learned step, as one pass that outer
 * derivatives go straight through (Bengio, Leonard and Courville 2013; learned step size: Esser et al., ICLR 2020).
 */
import * as tf from '@tensorflow/tfjs';
import { untaped } from '../autodiff/index.ts';
import type { Packing } from '../energy/network.ts';
import { keptPart, offDiagonal } from '../energy/packing.ts';

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

/** First scales that `roundTensor` tries, as parts of the largest magnitude over the outermost level. */
const PARTS = [1, 0.85, 0.7, 0.55, 0.42, 0.32, 0.24, 0.16, 0.1];

/**
 * Rounds what several episodes hold, [episodes, ...shape], as `rounded` does one of them, but as operations that a model can hold: the
 * levels are odd multiples of half a step, and the step is the best of a few by its squared error, fitted once more.
 */
export function roundTensor(values: tf.Tensor, bits: number, packing: Packing = 'full'): tf.Tensor {
  const kept = keptPart(values, packing);
  if (packing !== 'symmetric') return roundGroup(kept, bits);
  const off = offDiagonal(values.shape.at(-1)!);
  const lower = tf.mul(roundGroup(tf.mul(kept, off), bits, off), off);
  const on = tf.sub(1, off);
  return tf.add(lower, tf.mul(roundGroup(tf.mul(kept, on), bits, on), on));
}

/** @param counts 1 where an entry counts, else 0; default all */
function roundGroup(values: tf.Tensor, bits: number, counts?: tf.Tensor): tf.Tensor {
  const half = 2 ** (bits - 1);
  const flat = tf.reshape(values, [values.shape[0], -1]);
  const weight = counts && tf.reshape(counts, [1, -1]);
  const weighted = (x: tf.Tensor) => (weight ? tf.mul(x, weight) : x);
  const levels = (step: tf.Tensor) =>
    tf.add(tf.floor(tf.clipByValue(tf.div(flat, step), -half, half - 0.5)), 0.5);
  const top = tf.maximum(tf.max(tf.abs(flat), 1, true), 1e-30);
  const attempts = PARTS.map((part) => {
    const first = tf.mul(top, part / (half - 0.5));
    const level = levels(first);
    const along = tf.sum(tf.mul(flat, weighted(level)), 1, true);
    const step = tf.maximum(tf.div(along, tf.sum(weighted(tf.square(level)), 1, true)), tf.mul(first, 0.01));
    const error = tf.sum(weighted(tf.squaredDifference(flat, tf.mul(levels(step), step))), 1, true);
    return { step, error };
  });
  const best = attempts.reduce((a, b) => {
    const better = tf.less(b.error, a.error);
    return { step: tf.where(better, b.step, a.step), error: tf.minimum(a.error, b.error) };
  });
  return tf.reshape(tf.mul(levels(best.step), best.step), values.shape);
}
