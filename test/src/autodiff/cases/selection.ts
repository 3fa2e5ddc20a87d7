/** @file Cases for operations that select: comparisons, extrema, clipping, rounding. */

import * as tf from '@tensorflow/tfjs';
import type { Case } from '../derivatives.ts';

const of = (f: Case['f'], range?: [number, number], shape = [4]): { alone: Case } => ({
  alone: { f, shapes: [shape], range },
});

/** A flat operation as a factor, so that a wrong derivative of it would show. */
const asFactor = (flat: (x: tf.Tensor) => tf.Tensor, range?: [number, number]) =>
  of((x) => tf.mul(x, tf.cast(flat(x), 'float32')), range);

/** A comparison that chooses between two smooth functions, of one shape and broadcast. */
const asCondition = (compare: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Record<string, Case> => ({
  'of one shape': { f: (a, b) => tf.where(compare(a, b), tf.sin(a), tf.mul(a, b)), shapes: [[3], [3]] },
  broadcast: { f: (a, b) => tf.where(compare(a, b), tf.sin(a), tf.mul(a, b)), shapes: [[2, 3], [3]] },
});

const asLogic = (logic: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): { alone: Case } => ({
  alone: {
    f: (a, b) => tf.where(logic(tf.greater(a, 0), tf.less(b, 0)), tf.sin(a), tf.mul(a, b)),
    shapes: [[4], [4]],
  },
});

const ofTwo = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Record<string, Case> => ({
  'of one shape': { f, shapes: [[3], [3]] },
  'a scalar': { f, shapes: [[4], []] },
  'fewer axes': { f, shapes: [[3], [2, 3]] },
  'axes of size 1 on both sides': {
    f,
    shapes: [
      [2, 1],
      [1, 3],
    ],
  },
});

/** Extrema along axes; logSumExp as tfjs composes it. */
const reducing = (
  f: (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor,
): Record<string, Case> => ({
  'over all': { f: (x) => f(x), shapes: [[2, 3]] },
  'over the first axis': { f: (x) => f(x, 0), shapes: [[2, 3]] },
  'over the last axis, kept': { f: (x) => f(x, -1, true), shapes: [[2, 3]] },
  'over two axes': { f: (x) => f(x, [0, 2]), shapes: [[2, 2, 2]] },
});

export const selection = {
  Abs: of(tf.abs),
  ClipByValue: of((x) => tf.clipByValue(x, -0.45, 0.6), undefined, [6]),
  Maximum: ofTwo(tf.maximum),
  Minimum: ofTwo(tf.minimum),
  Max: {
    ...reducing((x, axis, keep) => tf.max(x, axis, keep)),
    'in logSumExp': { f: (x) => tf.logSumExp(x, 1), shapes: [[2, 3]] },
    'in logSumExp of equal entries': { f: (x) => tf.logSumExp(tf.stack([x, x], 1), 1), shapes: [[3]] },
  },
  Min: reducing((x, axis, keep) => tf.min(x, axis, keep)),
  Select: {
    'of one shape': {
      f: (a, b) => tf.where(tf.tensor1d([1, 0, 1], 'bool'), tf.sin(a), tf.mul(a, b)),
      shapes: [[3], [3]],
    },
    'broadcast in every argument': {
      f: (a, b) => tf.where(tf.tensor2d([[1], [0]], [2, 1], 'bool'), a, b),
      shapes: [[3], [2, 3]],
    },
  },
  Equal: asCondition(tf.equal),
  NotEqual: asCondition(tf.notEqual),
  Greater: asCondition(tf.greater),
  GreaterEqual: asCondition(tf.greaterEqual),
  Less: asCondition(tf.less),
  LessEqual: asCondition(tf.lessEqual),
  LogicalAnd: asLogic(tf.logicalAnd),
  LogicalOr: asLogic(tf.logicalOr),
  LogicalNot: asLogic((a, b) => tf.logicalNot(tf.logicalAnd(a, b))),
  Sign: asFactor(tf.sign),
  Step: asFactor((x) => tf.step(x, -0.5)),
  Floor: asFactor((x) => tf.floor(tf.mul(x, 2)), [0.63, 0.67]),
  Ceil: asFactor((x) => tf.ceil(tf.mul(x, 2)), [0.63, 0.67]),
  Round: asFactor((x) => tf.round(tf.mul(x, 2)), [0.83, 0.87]),
  IsNan: asFactor((x) => tf.logicalNot(tf.isNaN(x))),
  IsInf: asFactor((x) => tf.logicalNot(tf.isInf(x))),
  IsFinite: asFactor(tf.isFinite),
  ArgMax: asFactor((x) => tf.add(1, tf.argMax(x))),
  ArgMin: asFactor((x) => tf.add(1, tf.argMin(x))),
  OneHot: of((x) => tf.mul(tf.sin(x), tf.oneHot(tf.argMax(x), 4))),
} satisfies Record<string, Record<string, Case>>;
