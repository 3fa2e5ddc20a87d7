/** @file Gradients of sums, means and running sums. */

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
