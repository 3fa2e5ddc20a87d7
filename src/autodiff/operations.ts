/**
 * @file Every kernel that may stand in an energy, one row each. A row is a promise that derivatives of order 1, 2 and 3
 * through the kernel equal finite differences; test/src/autodiff/operations.test.ts keeps it. Kernels without inputs
 * (Fill, Range, ...) are constants and need no row. Whatever has no row is refused.
 */

import * as tf from '@tensorflow/tfjs';
import * as activations from './activations.ts';
import * as arithmetic from './arithmetic.ts';
import * as convolution from './convolution.ts';
import { einsum } from './einsum.ts';
import type { Gradient } from './gradient.ts';
import { batchMatMul } from './matmul.ts';
import * as reductions from './reductions.ts';
import * as resampling from './resampling.ts';
import * as selection from './selection.ts';
import * as shaping from './shaping.ts';

/** How a kernel is differentiated, and what a user should know of it. */
export interface Operation {
  gradient: Gradient;
  /** A limit of the promise, or what tfjs 4.22 gets wrong ("stock") and this row corrects. */
  note?: string;
}

const output = 'stock: wrong at order 2';
const throws = 'stock: throws at order 2';
const kink = 'away from its kink';
const flat = 'flat: zero derivative away from its jumps';

export const operations = {
  // Arithmetic
  Add: { gradient: arithmetic.add },
  AddN: { gradient: arithmetic.addN },
  Sub: { gradient: arithmetic.sub },
  Multiply: { gradient: arithmetic.multiply },
  RealDiv: { gradient: arithmetic.realDiv },
  SquaredDifference: { gradient: arithmetic.squaredDifference, note: 'stock: wrong where broadcast' },
  Neg: { gradient: arithmetic.neg },
  Square: { gradient: arithmetic.square },
  Sqrt: { gradient: arithmetic.sqrt },
  Rsqrt: { gradient: arithmetic.rsqrt },
  Reciprocal: { gradient: arithmetic.reciprocal },
  Pow: {
    gradient: arithmetic.pow,
    note: 'of a constant exponent, or of a base above 0; stock: throws at order 2',
  },
  Mod: { gradient: arithmetic.mod, note: 'away from its jumps' },
  Atan2: { gradient: arithmetic.atan2, note: 'away from (0, 0)' },

  // Elementary functions
  Exp: { gradient: arithmetic.exp, note: output },
  Expm1: { gradient: arithmetic.expm1, note: 'stock: wrong at order 3' },
  Log: { gradient: arithmetic.log },
  Log1p: { gradient: arithmetic.log1p },
  Erf: { gradient: arithmetic.erf, note: 'stock: wrong at order 3' },
  Sin: { gradient: arithmetic.sin },
  Cos: { gradient: arithmetic.cos },
  Tan: { gradient: arithmetic.tan },
  Asin: { gradient: arithmetic.asin },
  Acos: { gradient: arithmetic.acos },
  Atan: { gradient: arithmetic.atan },
  Sinh: { gradient: arithmetic.sinh },
  Cosh: { gradient: arithmetic.cosh },
  Asinh: { gradient: arithmetic.asinh },
  Acosh: { gradient: arithmetic.acosh },
  Atanh: { gradient: arithmetic.atanh },

  // Activations
  Tanh: { gradient: activations.tanh, note: output },
  Sigmoid: { gradient: activations.sigmoid, note: output },
  Softplus: { gradient: activations.softplus, note: 'stock: wrong at order 3' },
  Softmax: { gradient: activations.softmax, note: output },
  Relu: { gradient: activations.relu, note: kink },
  Relu6: { gradient: activations.relu6, note: `${kink}; ${throws}` },
  LeakyRelu: { gradient: activations.leakyRelu, note: `${kink}; ${throws}` },
  Prelu: { gradient: activations.prelu, note: `${kink}; ${throws}` },
  Elu: { gradient: activations.elu, note: `${kink}; ${throws}` },
  Selu: { gradient: activations.selu, note: `${kink}; ${throws}` },

  // Selection
  Abs: { gradient: selection.abs, note: kink },
  ClipByValue: { gradient: selection.clipByValue, note: `${kink}; ${throws}` },
  Maximum: { gradient: selection.maximum, note: `${kink}; stock: wrong where broadcast` },
  Minimum: { gradient: selection.minimum, note: `${kink}; stock: wrong where broadcast` },
  Max: { gradient: selection.max, note: `equal entries share the gradient; ${throws}` },
  Min: { gradient: selection.min, note: `equal entries share the gradient; ${throws}` },
  Select: { gradient: selection.select },
  Equal: { gradient: selection.comparison, note: flat },
  NotEqual: { gradient: selection.comparison, note: flat },
  Greater: { gradient: selection.comparison, note: flat },
  GreaterEqual: { gradient: selection.comparison, note: flat },
  Less: { gradient: selection.comparison, note: flat },
  LessEqual: { gradient: selection.comparison, note: flat },
  LogicalAnd: { gradient: selection.comparison, note: flat },
  LogicalOr: { gradient: selection.comparison, note: flat },
  LogicalNot: { gradient: selection.flat, note: flat },
  Sign: { gradient: selection.flat, note: flat },
  Step: { gradient: selection.flat, note: flat },
  Floor: { gradient: selection.flat, note: flat },
  Ceil: { gradient: selection.flat, note: flat },
  Round: { gradient: selection.flat, note: flat },
  IsNan: { gradient: selection.flat, note: flat },
  IsInf: { gradient: selection.flat, note: flat },
  IsFinite: { gradient: selection.flat, note: flat },
  ArgMax: { gradient: selection.flat, note: flat },
  ArgMin: { gradient: selection.flat, note: flat },
  OneHot: { gradient: selection.oneHot, note: flat },

  // Reductions and products
  Sum: { gradient: reductions.sum },
  Mean: { gradient: reductions.mean },
  Prod: { gradient: reductions.prod, note: 'also where entries are 0; stock: not there' },
  Cumsum: { gradient: reductions.cumsum, note: 'stock: wrong along any axis but the last' },
  BatchMatMul: {
    gradient: batchMatMul,
    note: 'leading batch axes may be broadcast; stock: not where broadcast',
  },
  Einsum: {
    gradient: einsum,
    note: 'of one operand, or of two that share every axis that is summed over; stock: none',
  },

  // Shaping
  Identity: { gradient: shaping.identity },
  Cast: { gradient: shaping.cast, note: 'flat unless to float32' },
  ZerosLike: { gradient: shaping.constant },
  OnesLike: { gradient: shaping.constant },
  Reshape: { gradient: shaping.reshape },
  ExpandDims: { gradient: shaping.expandDims },
  Transpose: { gradient: shaping.transpose },
  Reverse: { gradient: shaping.reverse },
  Slice: { gradient: shaping.slice },
  StridedSlice: { gradient: shaping.stridedSlice, note: 'stock: none' },
  PadV2: { gradient: shaping.padV2 },
  Tile: { gradient: shaping.tile, note: 'tf.broadcastTo is this too' },
  Concat: { gradient: shaping.concat },
  SplitV: { gradient: shaping.splitV },
  Pack: { gradient: shaping.pack },
  Unpack: { gradient: shaping.unpack },
  GatherV2: { gradient: shaping.gather, note: 'batchDims 0' },
  UnsortedSegmentSum: { gradient: shaping.unsortedSegmentSum },
  DepthToSpace: { gradient: shaping.depthToSpace, note: 'stock: none' },

  // Images, NHWC, without dilation; padding by one number only for square windows and strides
  Conv2D: { gradient: convolution.conv2d, note: throws },
  Conv2DBackpropInput: { gradient: convolution.conv2dBackpropInput, note: throws },
  Conv2DBackpropFilter: { gradient: convolution.conv2dBackpropFilter, note: 'stock: none' },
  DepthwiseConv2dNative: { gradient: convolution.depthwiseConv2d, note: throws },
  DepthwiseConv2dNativeBackpropInput: {
    gradient: convolution.depthwiseConv2dBackpropInput,
    note: 'stock: none',
  },
  DepthwiseConv2dNativeBackpropFilter: {
    gradient: convolution.depthwiseConv2dBackpropFilter,
    note: 'stock: none',
  },
  AvgPool: { gradient: resampling.avgPool, note: 'stock: wrong at a padded border' },
  ResizeBilinear: { gradient: resampling.resizeBilinear, note: throws },
  ResizeNearestNeighbor: { gradient: resampling.resizeNearestNeighbor, note: throws },
} satisfies Record<string, Operation>;

/** A kernel that may stand in an energy. */
export type OperationName = keyof typeof operations;

const registrations = new Map<string, tf.GradConfig>(
  Object.entries(operations).map(([kernelName, { gradient }]) => [kernelName, { kernelName, ...gradient }]),
);

/** Registers the gradients of the table with tfjs. Importing src/autodiff does this; only a later override needs it again. */
export function registerGradients(): void {
  for (const config of registrations.values()) tf.registerGradient(config);
}

/** Whether a kernel is in the table, and tfjs would still differentiate it by the table. */
export function isProven(kernelName: string): boolean {
  const config = registrations.get(kernelName);
  return config !== undefined && tf.getGradient(kernelName) === config;
}
