/** @file What rivals share whose units, one for each value of a pattern, update each other: x <- tanh(gain x W), known entries kept. */
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../shapes.ts';
import type { Range } from './codec.ts';

/** Patterns [episodes, patterns, ...patternShape] in the range as [episodes, patterns, d] in [-1, 1]. */
export const signed = (x: tf.Tensor, [low, high]: Range): tf.Tensor =>
  tf.div(
    tf.sub(tf.reshape(x, [x.shape[0], x.shape[1]!, sizeOf(x.shape.slice(2))]), (low + high) / 2),
    (high - low) / 2,
  );

/**
 * Where the queries are after each of `count` updates, as they are given: in the range, [episodes, queries, ...patternShape].
 * @param weights [episodes, d, d] or [d, d]
 * @param gain of update k, a number
 */
export function updated(
  weights: tf.Tensor,
  gain: (k: number) => tf.Tensor,
  { queries, known, range, count }: { queries: tf.Tensor; known?: tf.Tensor; range: Range; count: number },
): tf.Tensor[] {
  const [low, high] = range;
  const asked = signed(queries, range);
  const mask = known && tf.reshape(known, asked.shape);
  const iterates: tf.Tensor[] = [];
  let x = asked;
  for (let k = 0; k < count; k++) {
    const next = tf.tanh(tf.mul(tf.matMul(x, weights), gain(k)));
    x = mask ? tf.add(next, tf.mul(mask, tf.sub(asked, next))) : next;
    iterates.push(tf.reshape(tf.add(tf.mul(x, (high - low) / 2), (high + low) / 2), queries.shape));
  }
  return iterates;
}
