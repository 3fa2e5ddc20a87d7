/** @file Gradients of arithmetic and of elementary functions. */

import * as tf from '@tensorflow/tfjs';
import { broadcasting, type Gradient, linear, mask, sumTo, unary, untaped } from './gradient.ts';

/** A gradient must be a tensor of its own: tfjs disposes it once it has been added to another. */
const copyTo = (dy: tf.Tensor, shape: number[]) =>
  tf.util.arraysEqual(dy.shape, shape) ? tf.clone(dy) : sumTo(dy, shape);

export const add: Gradient = {
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => ({
    a: () => copyTo(dy as tf.Tensor, a.shape),
    b: () => copyTo(dy as tf.Tensor, b.shape),
  }),
};

export const sub: Gradient = {
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => ({
    a: () => copyTo(dy as tf.Tensor, a.shape),
    b: () => tf.neg(sumTo(dy as tf.Tensor, b.shape)),
  }),
};

export const addN: Gradient = {
  saveAllInputs: true,
  gradFunc: (dy, saved) => Object.fromEntries(saved.map((_, i) => [i, () => tf.clone(dy as tf.Tensor)])),
};

export const multiply = broadcasting(
  (dy, _, b) => tf.mul(dy, b),
  (dy, a) => tf.mul(dy, a),
);

/**
 * d(a/b) = da / b - (a/b) db / b, whose quotients are shared with the forward pass and with da. For a broadcast b the
 * sum over its copies comes first, so that the division is of few entries.
 */
export const realDiv = broadcasting(
  (dy, _, b) => tf.div(dy, b),
  (dy, a, b) =>
    b.size < dy.size
      ? tf.neg(tf.div(sumTo(tf.mul(dy, a), b.shape), tf.square(b)))
      : tf.neg(tf.mul(tf.div(dy, b), tf.div(a, b))),
);

export const squaredDifference = broadcasting(
  (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
  (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
);

export const neg = linear((dy) => tf.neg(dy));
export const square = unary((dy, x) => tf.mul(dy, tf.mul(x, 2)));
export const sqrt = unary((dy, x) => tf.div(dy, tf.mul(tf.sqrt(x), 2)));
export const reciprocal = unary((dy, x) => tf.neg(tf.mul(dy, tf.square(tf.reciprocal(x)))));
/** d x^(-1/2) = -x^(-1/2) / (2 x) dx */
export const rsqrt = unary((dy, x) => tf.mul(dy, tf.div(tf.mul(tf.rsqrt(x), -0.5), x)));

/**
 * d a^b = b a^(b-1) da + a^b log(a) db, the latter for a > 0 only. Where a and b are both zero the first base is
 * taken as 1: the term is zero there, but 0 * 0^-1 would be NaN, which the third derivative of x^2 meets at x = 0.
 */
export const pow = broadcasting(
  (dy, a, b) => {
    const bothZero = mask(() => tf.logicalAnd(tf.equal(a, 0), tf.equal(b, 0)));
    return tf.mul(dy, tf.mul(b, tf.pow(tf.add(a, bothZero), tf.sub(b, 1))));
  },
  (dy, a, b) => tf.mul(dy, tf.mul(tf.pow(a, b), tf.log(a))),
);

/** The remainder falls by b at every multiple of it: how many there are counts as a constant. */
export const mod = broadcasting(
  (dy) => tf.clone(dy),
  (dy, a, b) =>
    tf.neg(
      tf.mul(
        dy,
        untaped(() => tf.floor(tf.div(a, b))),
      ),
    ),
);

/** The angle of (b, a): (b da - a db) / (a^2 + b^2) */
export const atan2 = broadcasting(
  (dy, a, b) => tf.mul(dy, tf.div(b, tf.add(tf.square(a), tf.square(b)))),
  (dy, a, b) => tf.neg(tf.mul(dy, tf.div(a, tf.add(tf.square(a), tf.square(b))))),
);

export const exp = unary((dy, x) => tf.mul(dy, tf.exp(x)));
export const expm1 = exp;
export const log = unary((dy, x) => tf.div(dy, x));
export const log1p = unary((dy, x) => tf.div(dy, tf.add(x, 1)));

export const sin = unary((dy, x) => tf.mul(dy, tf.cos(x)));
export const cos = unary((dy, x) => tf.neg(tf.mul(dy, tf.sin(x))));
export const tan = unary((dy, x) => tf.mul(dy, tf.add(tf.square(tf.tan(x)), 1)));
export const asin = unary((dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x)))));
export const acos = unary((dy, x) => tf.neg(tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x))))));
export const atan = unary((dy, x) => tf.div(dy, tf.add(tf.square(x), 1)));
export const sinh = unary((dy, x) => tf.mul(dy, tf.cosh(x)));
export const cosh = unary((dy, x) => tf.mul(dy, tf.sinh(x)));
export const asinh = unary((dy, x) => tf.mul(dy, tf.rsqrt(tf.add(tf.square(x), 1))));
export const acosh = unary((dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(tf.square(x), 1))));
export const atanh = unary((dy, x) => tf.div(dy, tf.sub(1, tf.square(x))));
/** d erf(x) = 2 / sqrt(pi) exp(-x^2) dx */
export const erf = unary((dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI))));
