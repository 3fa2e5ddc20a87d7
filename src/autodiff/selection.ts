/** @file Gradients of what selects: comparisons, extrema, clipping. Their masks are constant almost everywhere. */

import * as tf from '@tensorflow/tfjs';
import { broadcasting, type Gradient, masked, unary, untaped, viewAs, zero } from './gradient.ts';

export const abs = unary((dy, x) =>
  tf.mul(
    dy,
    untaped(() => tf.sign(x)),
  ),
);

export const clipByValue = unary((dy, x, { clipValueMin, clipValueMax }) =>
  masked(dy, () => tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax))),
);

/** Where a and b are equal, all of the gradient goes to a, as in tfjs. */
export const maximum = broadcasting(
  (dy, a, b) => masked(dy, () => tf.greaterEqual(a, b)),
  (dy, a, b) => masked(dy, () => tf.less(a, b)),
);

export const minimum = broadcasting(
  (dy, a, b) => masked(dy, () => tf.lessEqual(a, b)),
  (dy, a, b) => masked(dy, () => tf.greater(a, b)),
);

/** Largest or smallest entry along axes. Equal entries share the gradient, so that a shift of all has slope 1. */
function extremum(axisOf: (attrs: { axis?: number[]; reductionIndices?: number[] }) => number[] | undefined) {
  const gradient: Gradient = {
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], attrs) => {
      const axes = tf.util.parseAxisParam(axisOf(attrs as object) as number[], x.shape);
      const kept = tf.backend_util.expandShapeToKeepDim(
        x.shape.filter((_, i) => !axes.includes(i)),
        axes,
      );
      const share = untaped(() => {
        const attained = tf.cast(tf.equal(x, viewAs(y, kept)), 'float32');
        return tf.div(attained, tf.sum(attained, axes, true));
      });
      return { x: () => tf.mul(viewAs(dy as tf.Tensor, kept), share) };
    },
  };
  return gradient;
}

export const max = extremum(({ reductionIndices, axis }) => reductionIndices ?? axis);
export const min = extremum(({ axis }) => axis);

/** condition ? t : e, all of one shape: tf.where has broadcast them. */
export const select: Gradient = {
  inputsToSave: ['condition'],
  gradFunc: (dy, [condition]) => ({
    condition: () => tf.zeros(condition.shape),
    t: () => masked(dy as tf.Tensor, () => condition),
    e: () => masked(dy as tf.Tensor, () => tf.logicalNot(condition)),
  }),
};

/** Comparisons and logic of two tensors. */
export const comparison = zero('a', 'b');
/** Functions of one tensor that are flat almost everywhere: rounding, signs, tests. */
export const flat = zero('x');
export const oneHot = zero('indices');
