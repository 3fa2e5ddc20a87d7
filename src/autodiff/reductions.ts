/** @file Gradients of sums, means, products and running sums. */

import * as tf from '@tensorflow/tfjs';
import { unary, viewAs } from './gradient.ts';

/** `shape` with the summed axes set to 1. */
function keptShape(shape: number[], axis: number | number[] | undefined): number[] {
  const axes = tf.util.parseAxisParam(axis as number[], shape);
  return shape.map((n, i) => (axes.includes(i) ? 1 : n));
}

/** The adjoint of a sum is a broadcast. */
export const sum = unary((dy, x, { axis }) => tf.broadcastTo(viewAs(dy, keptShape(x.shape, axis)), x.shape));

export const mean = unary((dy, x, { axis }) => {
  const share = tf.mul(dy, dy.size / x.size);
  return tf.broadcastTo(viewAs(share, keptShape(x.shape, axis)), x.shape);
});

/** The adjoint runs the other way. (tfjs's own is wrong along any axis but the last.) */
export const cumsum = unary((dy, _, { axis, exclusive, reverse }) =>
  tf.cumsum(dy, axis, exclusive, !reverse),
);

/** The derivative in each entry is the product of the others, right where some are 0 too (tfjs's own divides by the entry). */
export const prod = unary((dy, x, { axis }) => {
  const axes = tf.util.parseAxisParam(axis as number[], x.shape);
  const order = [...x.shape.map((_, i) => i).filter((i) => !axes.includes(i)), ...axes];
  const moved = tf.transpose(x, order);
  const rows = tf.reshape(moved, [-1, tf.util.sizeFromShape(axes.map((i) => x.shape[i]))]);
  const others = tf.mul(productsBefore(rows), tf.reverse(productsBefore(tf.reverse(rows, 1)), 1));
  const back = tf.transpose(tf.reshape(others, moved.shape), tf.backend_util.getUndoAxesPermutation(order));
  return tf.mul(viewAs(dy, keptShape(x.shape, axes)), back);
});

/** The product of all entries of a row before each: what has that of the last n takes that of the n before, and so on. */
function productsBefore(x: tf.Tensor): tf.Tensor {
  const [rows, length] = x.shape;
  const columns = (y: tf.Tensor, from: number, count: number) => tf.slice(y, [0, from], [rows, count]);
  let y: tf.Tensor = tf.concat([tf.ones([rows, 1]), columns(x, 0, length - 1)], 1);
  for (let n = 1; n < length; n *= 2) y = tf.concat([columns(y, 0, n), tf.mul(columns(y, n, length - n), columns(y, 0, length - n))], 1); // biome-ignore format: one thought
  return y;
}
