/** @file Cases for operations that act entry by entry. */

import * as tf from '@tensorflow/tfjs';
import type { Case } from '../derivatives.ts';

const of = (f: Case['f'], range?: [number, number], shape = [4]): { alone: Case } => ({
  alone: { f, shapes: [shape], range },
});

/** Two arguments of one shape, and broadcast in every way: a scalar, missing axes, axes of size 1, on either side. */
const ofTwo = (
  f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  range?: [number, number],
): Record<string, Case> => ({
  'of one shape': { f, shapes: [[3], [3]], range },
  'a scalar left': { f, shapes: [[], [2, 2]], range },
  'a scalar right': { f, shapes: [[2, 2], []], range },
  'fewer axes left': { f, shapes: [[3], [2, 3]], range },
  'fewer axes right': { f, shapes: [[2, 3], [3]], range },
  'axes of size 1 on both sides': {
    f,
    shapes: [
      [2, 1],
      [1, 3],
    ],
    range,
  },
  'one tensor twice': { f: (x) => f(x, tf.add(tf.square(x), 0.5)), shapes: [[3]], range },
});

const positive: [number, number] = [0.7, 1.4];

export const elementwise = {
  Add: ofTwo(tf.add),
  AddN: {
    'of three': { f: (a, b, c) => tf.addN([a, b, c]), shapes: [[3], [3], [3]] },
    'of one tensor twice': { f: (a, b) => tf.addN([a, b, a]), shapes: [[3], [3]] },
  },
  Sub: ofTwo(tf.sub),
  Multiply: ofTwo(tf.mul),
  RealDiv: ofTwo(tf.div, positive),
  SquaredDifference: ofTwo(tf.squaredDifference),
  Neg: of(tf.neg),
  Square: of(tf.square),
  Sqrt: of(tf.sqrt, positive),
  Rsqrt: of(tf.rsqrt, positive),
  Reciprocal: of(tf.reciprocal, positive),
  Pow: {
    ...ofTwo(tf.pow, positive),
    'one tensor twice': { f: (x) => tf.pow(x, tf.add(tf.square(x), 0.5)), shapes: [[3]], range: [0.5, 0.8] },
    'of a constant whole exponent, either sign of the base': { f: (x) => tf.pow(x, 3), shapes: [[4]] },
    'of an exponent 2, around 0': { f: (x) => tf.pow(x, 2), shapes: [[3]], range: [-0.3, 0.3] },
    'of a constant fraction': { f: (x) => tf.pow(x, 1.5), shapes: [[4]], range: positive },
    'of an integer exponent': { f: (x) => tf.pow(x, tf.scalar(2, 'int32')), shapes: [[4]] },
  },
  Mod: {
    ...ofTwo((a, b) => tf.mod(tf.add(a, 3.25), b), [1.45, 1.55]),
    'one tensor twice': { f: (x) => tf.mod(tf.add(x, 3.25), x), shapes: [[3]], range: [1.45, 1.55] },
    'of numbers below 0': { f: (a, b) => tf.mod(tf.sub(a, 5.3), b), shapes: [[3], [3]], range: [1.1, 1.2] },
  },
  Atan2: ofTwo(tf.atan2, positive),
  Exp: of(tf.exp),
  Expm1: of(tf.expm1),
  Log: of(tf.log, positive),
  Log1p: of(tf.log1p, positive),
  Erf: of(tf.erf),
  Sin: of(tf.sin),
  Cos: of(tf.cos),
  Tan: of(tf.tan, [-0.8, 0.6]),
  Asin: of(tf.asin, [-0.6, 0.5]),
  Acos: of(tf.acos, [-0.6, 0.5]),
  Atan: of(tf.atan),
  Sinh: of(tf.sinh),
  Cosh: of(tf.cosh),
  Asinh: of(tf.asinh),
  Acosh: of(tf.acosh, [1.4, 2]),
  Atanh: of(tf.atanh, [-0.6, 0.5]),
  Tanh: of(tf.tanh),
  Sigmoid: {
    ...of(tf.sigmoid),
    'as SiLU': { f: (x) => tf.mul(x, tf.sigmoid(x)), shapes: [[4]] },
  },
  Softplus: of(tf.softplus),
  Softmax: {
    ...of((x) => tf.softmax(x)),
    'of rows': { f: (x) => tf.softmax(x), shapes: [[2, 3]] },
    'of a batch of rows': { f: (x) => tf.softmax(x), shapes: [[2, 2, 2]] },
  },
  Relu: of(tf.relu),
  Relu6: {
    ...of(tf.relu6),
    'beyond 6': { f: (x) => tf.relu6(tf.mul(x, 8)), shapes: [[4]], range: [0.2, 1] },
  },
  LeakyRelu: of((x) => tf.leakyRelu(x, 0.3)),
  Prelu: {
    'alpha of one shape': { f: tf.prelu, shapes: [[4], [4]] },
    'alpha broadcast': { f: tf.prelu, shapes: [[2, 3], [3]] },
    'alpha a scalar': { f: tf.prelu, shapes: [[4], []] },
  },
  Elu: of(tf.elu),
  Selu: of(tf.selu),
  Identity: of((x) => tf.clone(x)),
  Cast: {
    'float32 to float32': { f: (x) => tf.cast(x, 'float32'), shapes: [[3]] },
    'to int32 and back is flat': {
      f: (x) => tf.mul(x, tf.cast(tf.cast(tf.mul(x, 2), 'int32'), 'float32')),
      shapes: [[3]],
      range: [0.63, 0.67],
    },
  },
  ZerosLike: of((x) => tf.add(x, tf.zerosLike(x))),
  OnesLike: of((x) => tf.mul(x, tf.onesLike(x))),
} satisfies Record<string, Record<string, Case>>;
