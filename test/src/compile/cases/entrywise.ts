/** @file Cases for kernels that work entry by entry: where functions are steep, flat, undefined, or at a tie. */
import * as tf from '@tensorflow/tfjs';
import {
  type Argument,
  type Case,
  list,
  real,
  type TensorFunction,
  truth,
  whole,
  wholes,
} from '../agreement.ts';

/** From far below to far above zero, with zero and what is next to it. */
const far = list(-100, -30, -20, -9, -5, -2.5, -1, -0.5, -1e-3, -0, 0, 1e-3, 0.5, 1, 2.5, 5, 9, 20, 30, 100);
const near = list(
  -1e-1,
  -1e-2,
  -1e-3,
  -1e-4,
  -1e-5,
  -1e-6,
  -1e-7,
  0,
  1e-7,
  1e-6,
  1e-5,
  1e-4,
  1e-3,
  1e-2,
  1e-1,
);
const halves = list(-3.5, -2.5, -2, -1.5, -1, -0.7, -0.5, 0, 0.49, 0.5, 1, 1.5, 2.2, 2.5, 3.5, 4.5, 1e6);
const special = list(Number.NaN, Infinity, -Infinity, 0, -0, 1, -1);
const inside = list(-1, -0.9, -0.5, -1e-3, 0, 1e-3, 0.5, 0.9, 1);
const signs = wholes(-7, -1, 0, 1, 7);
/** Pairs of whole numbers, the least and the greatest among them. */
const ends = [-(2 ** 31), -(2 ** 31) + 1, -7, -1, 0, 1, 3, 2 ** 31 - 1];
const extremes = wholes(...ends.flatMap((n) => ends.map(() => n)));
const divisors = wholes(...ends.flatMap(() => ends));

/** Functions of real numbers, each on a matrix, a scalar, no entries, and the arguments given. */
const reals = (f: TensorFunction, ...more: (Argument | Case)[]): Case[] => [
  ...[real([3, 4]), real([]), real([0, 3])].map((x) => ({ f, on: [x] })),
  ...more.map((x) => ('f' in x ? x : { f, on: [x] })),
];

export const unary: Record<string, Case[]> = {
  Abs: reals(tf.abs, far, signs),
  Acos: reals(tf.acos, inside),
  Acosh: reals(tf.acosh, list(1, 1.001, 2, 30, 1e4)),
  Asin: reals(tf.asin, inside),
  Asinh: reals(tf.asinh, far),
  Atan: reals(tf.atan, far),
  Atanh: reals(tf.atanh, inside),
  Ceil: reals(tf.ceil, halves),
  Cos: reals(tf.cos, far),
  Cosh: reals(tf.cosh, far),
  Erf: reals(tf.erf, far, near),
  Exp: reals(tf.exp, far),
  Expm1: reals(tf.expm1, far, { f: tf.expm1, on: [near], exact: true }),
  Floor: reals(tf.floor, halves),
  IsFinite: reals(tf.isFinite, special),
  IsInf: reals(tf.isInf, special),
  IsNan: reals(tf.isNaN, special),
  Log: reals(tf.log, list(0, 1e-6, 0.5, 1, 1.0001, 1e6)),
  Log1p: reals(tf.log1p, list(-1, -0.999, -0.5, 0.5, 1, 1e6), { f: tf.log1p, on: [near], exact: true }),
  LogicalNot: [truth([5]), truth([]), truth([2, 2])].map((x) => ({ f: tf.logicalNot, on: [x] })),
  Neg: reals(tf.neg, far, signs),
  Reciprocal: reals(tf.reciprocal, far),
  Relu: reals(tf.relu, far, signs, special),
  Relu6: reals(tf.relu6, far, halves, signs),
  Round: reals(tf.round, halves, signs),
  Rsqrt: reals(tf.rsqrt, list(0, 1e-6, 0.5, 4, 1e6)),
  Selu: reals(tf.selu, far),
  Elu: reals(tf.elu, far),
  Sigmoid: reals(tf.sigmoid, far),
  Sign: reals(tf.sign, far, signs),
  Sin: reals(tf.sin, far),
  Sinh: reals(tf.sinh, far),
  Softplus: reals(tf.softplus, far, near),
  Sqrt: reals(tf.sqrt, list(0, 1e-6, 0.5, 4, 1e6)),
  Square: reals(tf.square, far, signs),
  Tan: reals(tf.tan, list(-4, -1.5, -0.5, 0, 0.5, 1.5, 4)),
  Tanh: reals(tf.tanh, far, { f: tf.tanh, on: [near], exact: true }),
  LeakyRelu: [
    { f: tf.leakyRelu, on: [far] },
    { f: (x) => tf.leakyRelu(x, -0.5), on: [far] },
    { f: (x) => tf.leakyRelu(x, 2), on: [real([2, 3])] },
    { f: (x) => tf.leakyRelu(x, 0.5), on: [signs] },
  ],
  Step: [
    { f: (x) => tf.step(x), on: [far] },
    { f: (x) => tf.step(x, 0.25), on: [real([2, 3])] },
    { f: (x) => tf.step(x, -1), on: [signs] },
  ],
  ClipByValue: [
    { f: (x) => tf.clipByValue(x, -1, 1), on: [far] },
    { f: (x) => tf.clipByValue(x, 0, 0.5), on: [real([2, 3])] },
    { f: (x) => tf.clipByValue(x, -1, Infinity), on: [special] },
    { f: (x) => tf.clipByValue(x, -2, 3), on: [signs] },
    { f: (x) => tf.clipByValue(x, -2.5, 0.5), on: [signs] },
    { f: (x) => tf.clipByValue(x, 0, Infinity), on: [signs] },
    { f: (x) => tf.clipByValue(x, -Infinity, 3), on: [signs] },
  ],
  Softmax: [
    { f: (x) => tf.softmax(x), on: [real([3, 4])] },
    { f: (x) => tf.softmax(x), on: [far] },
    { f: (x) => tf.softmax(x), on: [list(1000, 999, 998)] },
    { f: (x) => tf.softmax(x), on: [real([2, 3, 1])] },
  ],
  Cast: [
    { f: (x) => tf.cast(x, 'int32'), on: [halves] },
    { f: (x) => tf.cast(x, 'bool'), on: [list(-2, -0.1, 0, -0, 0.1, 1, Infinity)] },
    { f: (x) => tf.cast(x, 'float32'), on: [signs] },
    { f: (x) => tf.cast(x, 'bool'), on: [signs] },
    { f: (x) => tf.cast(x, 'float32'), on: [truth([4])] },
    { f: (x) => tf.cast(x, 'int32'), on: [truth([2, 2])] },
    { f: (x) => tf.cast(x, 'float32'), on: [real([3])] },
  ],
  Identity: [
    { f: (x) => tf.clone(x), on: [real([2, 3])] },
    { f: (x) => tf.clone(x), on: [truth([3])] },
  ],
  ZerosLike: [
    { f: (x) => tf.zerosLike(x), on: [real([2, 3])] },
    { f: (x) => tf.zerosLike(x), on: [whole([2])] },
  ],
  OnesLike: [
    { f: (x) => tf.onesLike(x), on: [real([2, 3])] },
    { f: (x) => tf.onesLike(x), on: [truth([2])] },
    { f: (x) => tf.add(tf.onesLike(x), x), on: [real([2])] },
  ],
};

/** A function of two arguments that broadcast, in every way they can. */
const broadcast = (f: TensorFunction, low = -2, high = 2): Case[] =>
  (
    [
      [
        [3, 4],
        [3, 4],
      ],
      [[3, 4], [4]],
      [[4], [3, 4]],
      [[3, 4], []],
      [[], [3, 4]],
      [[], []],
      [
        [3, 1],
        [1, 4],
      ],
      [
        [1, 4],
        [3, 1],
      ],
      [
        [2, 1, 4],
        [3, 1],
      ],
      [[1, 1], [2]],
      [[1], []],
      [[0, 3], [3]],
    ] as [number[], number[]][]
  ).map(([a, b]) => ({ f, on: [real(a, low, high), real(b, low, high)] }));

const ofWholes = (f: TensorFunction): Case[] => [
  { f, on: [signs, wholes(2, 3, -2, -3, 1)] },
  { f, on: [whole([2, 3]), wholes(2, -3, 5)] },
];

/** Both numbers of every pair: ties, both signs, zero. */
const left = list(-2, -2, -1, 0, 0, 0, 1, 1, 2, 5.5, -5.5, 5.5, -5.5, 6, -6, 1, 7);
const right = list(-2, 2, -1, 0, 1, -1, 1, -1, -2, 2, 2, -2, -2, 3, 3, 0.1, 0.3);
const compared = (f: TensorFunction): Case[] => [
  ...broadcast(f),
  { f, on: [left, right] },
  { f, on: [list(Number.NaN, 1, Infinity, -Infinity), list(Number.NaN, Number.NaN, Infinity, 0)] },
  ...ofWholes(f),
];
const logical = (f: TensorFunction): Case[] => [
  { f, on: [truth([8]), truth([8])] },
  { f, on: [truth([2, 3]), truth([3])] },
  { f, on: [truth([]), truth([2, 3])] },
  { f, on: [truth([3, 1]), truth([1, 2])] },
];

export const binary: Record<string, Case[]> = {
  Add: [...broadcast(tf.add), ...ofWholes(tf.add), { f: tf.add, on: [whole([3]), real([3])] }],
  AddN: [
    { f: (a) => tf.addN([a]), on: [real([2, 3])] },
    { f: (a, b, c) => tf.addN([a, b, c]), on: [real([2, 3]), real([2, 3]), real([2, 3])] },
    { f: (a, b) => tf.addN([a, b, a]), on: [whole([2]), whole([2])] },
  ],
  Sub: [...broadcast(tf.sub), ...ofWholes(tf.sub)],
  Multiply: [...broadcast(tf.mul), ...ofWholes(tf.mul), { f: tf.mul, on: [truth([3]), real([3])] }],
  RealDiv: [...broadcast(tf.div), { f: tf.div, on: [left, right] }],
  FloorDiv: [
    ...broadcast(tf.floorDiv, 0.5, 9),
    {
      f: tf.floorDiv,
      on: [
        { ...left, free: false },
        { ...list(...right.values.map((v) => v || 1)), free: false },
      ],
    },
    ...ofWholes(tf.floorDiv),
    { f: tf.div, on: [whole([5]), wholes(2, -2, 3, -3, 1)] },
    { f: tf.floorDiv, on: [extremes, divisors] },
  ],
  Mod: [
    ...broadcast(tf.mod),
    { f: tf.mod, on: [left, right] },
    ...ofWholes(tf.mod),
    { f: tf.mod, on: [extremes, divisors] },
  ],
  Atan2: [
    ...broadcast(tf.atan2),
    { f: tf.atan2, on: [list(0, 1, 0, -1, 1, -1, 3, -3), list(1, 0, 0, 0, -1, -1, -1e-9, -1e9)] },
  ],
  Pow: [
    ...broadcast(tf.pow, 0.5, 2.5),
    ...[0, 1, 2, 3, 4, 0.5, -1, -2, 1.5].map((n) => ({
      f: (x: tf.Tensor) => tf.pow(x, n),
      on: [real([2, 3], 0.5)],
    })),
    ...[2, 3, 4, -1].map((n) => ({ f: (x: tf.Tensor) => tf.pow(x, n), on: [list(-2, -1, 0, 1.5)] })),
    { f: (x) => tf.pow(0.9, x), on: [list(1, 2, 100, 0)] },
    { f: tf.pow, on: [wholes(2, -2, 3, 0), wholes(3, 3, 0, 2)] },
  ],
  Maximum: compared(tf.maximum),
  Minimum: compared(tf.minimum),
  SquaredDifference: [...broadcast(tf.squaredDifference), ...ofWholes(tf.squaredDifference)],
  Prelu: [
    ...([[3, 4], [4], [1, 4], [3, 1], [1]] as number[][]).map((shape) => ({
      f: tf.prelu,
      on: [real([3, 4]), real(shape)],
    })),
    { f: tf.prelu, on: [far, list(0.5)] },
    { f: tf.prelu, on: [real([2, 3, 3, 2]), real([2])] },
  ],
  Equal: [...compared(tf.equal), ...logical(tf.equal)],
  NotEqual: [...compared(tf.notEqual), ...logical(tf.notEqual)],
  Greater: [...compared(tf.greater), ...logical(tf.greater)],
  GreaterEqual: [...compared(tf.greaterEqual), ...logical(tf.greaterEqual)],
  Less: [...compared(tf.less), ...logical(tf.less)],
  LessEqual: [...compared(tf.lessEqual), ...logical(tf.lessEqual)],
  LogicalAnd: logical(tf.logicalAnd),
  LogicalOr: [...logical(tf.logicalOr), ...logical(tf.logicalXor)],
  Select: [
    { f: tf.where, on: [truth([3, 4]), real([3, 4]), real([3, 4])] },
    { f: tf.where, on: [truth([3, 4]), real([4]), real([3, 1])] },
    { f: tf.where, on: [truth([]), real([3, 4]), real([])] },
    { f: tf.where, on: [truth([4]), real([3, 4]), real([3, 4])] },
    { f: tf.where, on: [truth([3, 1]), real([1]), real([3, 4])] },
    { f: (c, x) => tf.where(c, x, x), on: [truth([3, 1]), real([3, 4])] },
    { f: (c, x) => tf.where(c, x, tf.zeros([3, 4])), on: [truth([3, 4]), real([3, 4])] },
    { f: (x) => tf.where(tf.greater(tf.ones([3]), 0), x, tf.neg(x)), on: [real([3])] },
    { f: tf.where, on: [truth([3]), whole([3]), whole([3])] },
    { f: tf.where, on: [truth([3]), whole([3]), real([3])] },
    { f: tf.where, on: [truth([3]), truth([3]), truth([3])] },
  ],
};
