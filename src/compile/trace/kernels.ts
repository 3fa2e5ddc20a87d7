/**
 * @file One row per tfjs kernel: how the compiled engine expresses it in the primitives of `graph.ts`.
 *
 * A kernel without a row cannot be compiled, and the error names it. Rows never look at values, only at shapes.
 */
import { backend_util, type StridedSliceAttrs, slice_util, type TensorInfo } from '@tensorflow/tfjs';
import { InputError } from '../../errors.ts';
import type { Builder } from '../graph/builder.ts';
import { type Binary, type Dtype, type Node, type Reduction, sizeOf, type Unary } from '../graph/graph.ts';
import { einsum } from './einsum.ts';
import type { KernelRow } from './kernel-row.ts';
import { cumulativeSum, pickedAt, productOver } from './scans.ts';
import { spatialKernels } from './spatial-kernels.ts';

const entrywise =
  (op: Unary): KernelRow =>
  (b, { x }) =>
    b.unary(op, x);

const broadcasting =
  (op: Binary): KernelRow =>
  (b, { a, b: right }) =>
    b.binary(op, a, right);

/** onnxruntime orders no truth values. */
const ordering =
  (op: Binary): KernelRow =>
  (b, { a, b: right }) =>
    b.binary(op, numeric(b, a), numeric(b, right));

/** Whole numbers are round already. */
const rounding =
  (op: Unary): KernelRow =>
  (b, { x }) =>
    x.dtype === 'int32' ? x : b.unary(op, x);

const reducing =
  (op: Reduction): KernelRow =>
  (b, { x }, attrs) => {
    return b.reduce(
      op,
      numeric(b, x),
      axesOf(attrs.axis ?? attrs.reductionIndices, x.shape.length),
      attrs.keepDims,
    );
  };

/** tfjs gives an axis, several, or none for all. */
function axesOf(axis: number | number[] | null | undefined, rank: number): number[] {
  if (axis === null || axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  return (Array.isArray(axis) ? axis : [axis]).map((a) => (a + rank) % rank);
}

const listOf = (inputs: Record<string, Node>) =>
  Object.keys(inputs)
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => inputs[key]);

const square = (b: Builder, x: Node) => b.binary('Mul', x, x);
const scalar = (b: Builder, value: number, dtype: Dtype = 'float32') => b.fill(value, [], dtype);
const positive = (b: Builder, x: Node) => b.binary('Greater', x, scalar(b, 0, x.dtype));
const real = (b: Builder, x: Node) => b.cast(x, 'float32');
const numeric = (b: Builder, x: Node) => (x.dtype === 'bool' ? b.cast(x, 'int32') : x);

/** exp(x) - 1 where x < 0, else a number of no use. */
const belowZero = (b: Builder, x: Node) => b.unary('Expm1', b.binary('Min', x, scalar(b, 0)));

/** Floor of the quotient of whole numbers, and the remainder, which has the sign of the divisor. As in tfjs, both by zero are zero. */
function wholeQuotient(b: Builder, a: Node, divisor: Node): { floor: Node; remainder: Node } {
  const zero = scalar(b, 0, 'int32');
  const byZero = b.binary('Equal', divisor, zero);
  // The processor traps at division by 0, and of the least number by -1.
  const negated = b.binary('Equal', divisor, scalar(b, -1, 'int32'));
  const safe = b.where(b.binary('Or', byZero, negated), scalar(b, 1, 'int32'), divisor);
  const quotient = b.binary('Div', a, safe);
  const rest = b.binary('Sub', a, b.binary('Mul', quotient, safe));
  const opposite = b.binary('Xor', b.binary('Less', rest, zero), b.binary('Less', safe, zero));
  const below = b.binary('And', opposite, b.unary('Not', b.binary('Equal', rest, zero)));
  const floor = b.binary('Sub', quotient, b.cast(below, 'int32'));
  return {
    floor: b.where(byZero, zero, b.where(negated, b.unary('Neg', a), floor)),
    remainder: b.where(
      b.binary('Or', byZero, negated),
      zero,
      b.where(below, b.binary('Add', rest, safe), rest),
    ),
  };
}

/** The remainder of a / b that has the sign of b. */
function modulo(b: Builder, a: Node, divisor: Node): Node {
  if (a.dtype === 'int32') return wholeQuotient(b, a, divisor).remainder;
  const zero = scalar(b, 0, a.dtype);
  const remainder = b.binary('Mod', a, divisor);
  const opposite = b.binary('Xor', b.binary('Less', remainder, zero), b.binary('Less', divisor, zero));
  const correct = b.binary('And', opposite, b.unary('Not', b.binary('Equal', remainder, zero)));
  return b.where(correct, b.binary('Add', remainder, divisor), remainder);
}

/** The angle of the point (x, y), from -pi to pi. */
function angle(b: Builder, y: Node, x: Node): Node {
  const zero = scalar(b, 0);
  const nowhere = b.binary('And', b.binary('Equal', x, zero), b.binary('Equal', y, zero));
  const right = b.unary('Atan', b.binary('Div', y, x));
  const half = b.where(b.binary('Less', y, zero), scalar(b, -Math.PI), scalar(b, Math.PI));
  const left = b.where(b.binary('Less', x, zero), b.binary('Add', right, half), right);
  return b.where(nowhere, zero, left);
}

/** Softmax over the last axis, in primitives so that its parts are shared with those of its derivatives. */
function softmax(b: Builder, x: Node): Node {
  const last = [x.shape.length - 1];
  const shifted = b.binary('Sub', x, b.reduce('ReduceMax', x, last, true));
  const exponential = b.unary('Exp', shifted);
  return b.binary('Div', exponential, b.reduce('ReduceSum', exponential, last, true));
}

/** 1 in row i at column index[i], else 0: [..., depth]. A row of another index is zero. */
function oneHot(b: Builder, indices: Node, depth: number): Node {
  const known = placesOf(indices);
  if (known) {
    const rows = Array.from(known, (place) => Array.from({ length: depth }, (_, i) => Number(i === place)));
    return b.constant(rows.flat(), [...indices.shape, depth]);
  }
  const places = b.constant(
    Array.from({ length: depth }, (_, i) => i),
    [depth],
    'int32',
  );
  return real(b, b.binary('Equal', b.reshape(indices, [...indices.shape, 1]), places));
}

export const kernels: Record<string, KernelRow> = {
  ...spatialKernels,

  // Entry by entry, one input.
  Abs: entrywise('Abs'),
  Acos: entrywise('Acos'),
  Acosh: entrywise('Acosh'),
  Asin: entrywise('Asin'),
  Asinh: entrywise('Asinh'),
  Atan: entrywise('Atan'),
  Atanh: entrywise('Atanh'),
  Ceil: entrywise('Ceil'),
  Cos: entrywise('Cos'),
  Cosh: entrywise('Cosh'),
  Erf: entrywise('Erf'),
  Exp: entrywise('Exp'),
  Expm1: entrywise('Expm1'),
  Floor: entrywise('Floor'),
  IsInf: entrywise('IsInf'),
  IsNan: entrywise('IsNaN'),
  IsFinite: (b, { x }) => b.unary('Not', b.binary('Or', b.unary('IsNaN', x), b.unary('IsInf', x))),
  Log: entrywise('Log'),
  Log1p: entrywise('Log1p'),
  LogicalNot: entrywise('Not'),
  Neg: entrywise('Neg'),
  Reciprocal: entrywise('Reciprocal'),
  Relu: entrywise('Relu'),
  Round: rounding('Round'),
  Sigmoid: entrywise('Sigmoid'),
  Sign: entrywise('Sign'),
  Sin: entrywise('Sin'),
  Sinh: entrywise('Sinh'),
  Softplus: entrywise('Softplus'),
  Sqrt: entrywise('Sqrt'),
  Tan: entrywise('Tan'),
  Tanh: entrywise('Tanh'),
  Rsqrt: (b, { x }) => b.unary('Reciprocal', b.unary('Sqrt', x)),
  Square: (b, { x }) => square(b, x),
  Relu6: (b, { x }) => b.binary('Min', b.unary('Relu', x), scalar(b, 6, x.dtype)),
  ClipByValue: (b, { x }, { clipValueMin, clipValueMax }) => {
    // An infinite bound bounds nothing, and has no int32.
    const above = clipValueMin === -Infinity ? x : b.binary('Max', x, scalar(b, clipValueMin, x.dtype));
    return clipValueMax === Infinity ? above : b.binary('Min', above, scalar(b, clipValueMax, x.dtype));
  },
  Elu: (b, { x }) => b.where(positive(b, x), x, belowZero(b, x)),
  Selu: (b, { x }) =>
    b.where(
      positive(b, x),
      b.binary('Mul', x, scalar(b, backend_util.SELU_SCALE)),
      b.binary('Mul', belowZero(b, x), scalar(b, backend_util.SELU_SCALEALPHA)),
    ),
  LeakyRelu: (b, { x }, { alpha }) =>
    b.where(positive(b, x), real(b, x), b.binary('Mul', real(b, x), scalar(b, alpha))),
  Prelu: (b, { x, alpha }) => b.where(positive(b, x), x, b.binary('Mul', x, alpha)),
  Step: (b, { x }, { alpha }) =>
    b.where(positive(b, x), scalar(b, 1, x.dtype), scalar(b, alpha ?? 0, x.dtype)),
  Softmax: (b, { logits }) => softmax(b, logits),

  // Entry by entry, two or more inputs.
  Add: broadcasting('Add'),
  AddN: (b, inputs) => listOf(inputs).reduce((sum, x) => b.binary('Add', sum, x)),
  Sub: broadcasting('Sub'),
  Multiply: broadcasting('Mul'),
  RealDiv: broadcasting('Div'),
  FloorDiv: (b, { a, b: divisor }) => {
    if (a.dtype === 'int32') return wholeQuotient(b, a, divisor).floor;
    // Less its remainder a number divides exactly, where the floor of a rounded quotient may be one off. As int32, what
    // tfjs gives, a quotient by zero is zero.
    const byZero = b.binary('Equal', divisor, scalar(b, 0, a.dtype));
    const safe = b.where(byZero, scalar(b, 1, a.dtype), divisor);
    const quotient = b.binary('Div', b.binary('Sub', a, modulo(b, a, safe)), safe);
    return b.where(byZero, scalar(b, 0, 'int32'), b.cast(b.unary('Round', quotient), 'int32'));
  },
  Mod: (b, { a, b: divisor }) => modulo(b, a, divisor),
  Pow: broadcasting('Pow'),
  Atan2: (b, { a, b: right }) => angle(b, a, right),
  Maximum: broadcasting('Max'),
  Minimum: broadcasting('Min'),
  SquaredDifference: (b, { a, b: right }) => square(b, b.binary('Sub', a, right)),
  Equal: broadcasting('Equal'),
  NotEqual: (b, { a, b: right }) => b.unary('Not', b.binary('Equal', a, right)),
  Greater: ordering('Greater'),
  GreaterEqual: ordering('GreaterOrEqual'),
  Less: ordering('Less'),
  LessEqual: ordering('LessOrEqual'),
  LogicalAnd: broadcasting('And'),
  LogicalOr: broadcasting('Or'),
  Select: (b, { condition, t, e }) =>
    t.dtype === e.dtype ? b.where(condition, t, e) : b.where(condition, real(b, t), real(b, e)),

  // Products and reductions.
  BatchMatMul: (b, { a, b: right }, { transposeA, transposeB }) =>
    b.matMul(transposeA ? b.swapLast(a) : a, transposeB ? b.swapLast(right) : right),
  Einsum: (b, inputs, { equation }) => einsum(b, equation, listOf(inputs)),
  Sum: reducing('ReduceSum'),
  Max: reducing('ReduceMax'),
  Min: reducing('ReduceMin'),
  Prod: (b, { x }, { axis, keepDims }) => {
    const axes = axesOf(axis, x.shape.length);
    const product = productOver(b, numeric(b, x), axes);
    return keepDims ? product : b.reshape(product, x.shape.filter((_, i) => !axes.includes(i))); // biome-ignore format: one thought
  },
  Mean: (b, { x }, { axis, keepDims }) => {
    const axes = axesOf(axis, x.shape.length);
    const count = axes.reduce((n, i) => n * x.shape[i], 1);
    return b.binary('Mul', b.reduce('ReduceSum', real(b, x), axes, keepDims), scalar(b, 1 / count));
  },
  All: (b, { x }, { axis, keepDims }) =>
    b.cast(b.reduce('ReduceMin', b.cast(x, 'int32'), axesOf(axis, x.shape.length), keepDims), 'bool'),
  Any: (b, { x }, { axis, keepDims }) =>
    b.cast(b.reduce('ReduceMax', b.cast(x, 'int32'), axesOf(axis, x.shape.length), keepDims), 'bool'),
  Cumsum: (b, { x }, { axis, exclusive, reverse }) =>
    cumulativeSum(b, numeric(b, x), {
      axis: axesOf(axis, x.shape.length)[0],
      exclusive: Boolean(exclusive),
      reverse: Boolean(reverse),
    }),

  // Shapes.
  Identity: (_, { x }) => x,
  Cast: (b, { x }, { dtype }) => b.cast(x, dtype as Dtype),
  Reshape: (b, { x }, { shape }) => b.reshape(x, inferShape(shape, sizeOf(x.shape))),
  ExpandDims: (b, { input }, { dim }) => {
    const rank = input.shape.length;
    const at = dim < 0 ? rank + 1 + dim : dim;
    return b.reshape(input, [...input.shape.slice(0, at), 1, ...input.shape.slice(at)]);
  },
  Transpose: (b, { x }, { perm }) => b.transpose(x, perm),
  DepthToSpace: (b, { x }, { blockSize: n }) => {
    const [batch, height, width, channels] = x.shape;
    const blocks = b.reshape(x, [batch, height, width, n, n, channels / (n * n)]);
    const rows = b.transpose(blocks, [0, 1, 3, 2, 4, 5]);
    return b.reshape(rows, [batch, height * n, width * n, channels / (n * n)]);
  },
  Tile: (b, { x }, { reps }) => b.tile(x, reps),
  Slice: (b, { x }, { begin, size }) => {
    const [starts, sizes] = slice_util.parseSliceParams(x as unknown as TensorInfo, begin, size);
    return b.slice(x, starts, sizes);
  },
  Reverse: (b, { x }, { dims }) => {
    const reversed = axesOf(dims, x.shape.length);
    const flip = (i: number) => reversed.includes(i) && x.shape[i] > 1;
    return b.slice(
      x,
      x.shape.map((n, i) => (flip(i) ? n - 1 : 0)),
      x.shape,
      x.shape.map((_, i) => (flip(i) ? -1 : 1)),
    );
  },
  Concat: (b, inputs, { axis }) => {
    const parts = listOf(inputs);
    return b.concat(parts, axesOf(axis, parts[0].shape.length)[0]);
  },
  Pack: (b, inputs, { axis }) => {
    const parts = listOf(inputs);
    const at = axis < 0 ? axis + parts[0].shape.length + 1 : axis;
    return b.concat(
      parts.map((x) => b.reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])),
      at,
    );
  },
  Unpack: (b, { value }, { axis }) => {
    const at = axesOf(axis, value.shape.length)[0];
    const without = value.shape.filter((_, i) => i !== at);
    return Array.from({ length: value.shape[at] }, (_, i) => {
      const start = value.shape.map((_, j) => (j === at ? i : 0));
      const sizes = value.shape.map((n, j) => (j === at ? 1 : n));
      return b.reshape(b.slice(value, start, sizes), without);
    });
  },
  SplitV: (b, { x }, { numOrSizeSplits, axis }) => {
    const at = axesOf(axis, x.shape.length)[0];
    let offset = 0;
    return splitSizes(numOrSizeSplits, x.shape[at]).map((length) => {
      const start = x.shape.map((_, j) => (j === at ? offset : 0));
      const sizes = x.shape.map((n, j) => (j === at ? length : n));
      offset += length;
      return b.slice(x, start, sizes);
    });
  },
  PadV2: (b, { x }, { paddings, constantValue }) =>
    b.pad(
      x,
      (paddings as number[][]).map((p) => p[0]),
      (paddings as number[][]).map((p) => p[1]),
      constantValue,
    ),
  StridedSlice: (b, { x }, attrs) => {
    const plan = stridedSlice(x, attrs);
    return b.reshape(b.slice(x, plan.starts, plan.sizes, plan.steps), plan.shape);
  },
  GatherV2: (b, { x, indices }, { axis, batchDims }) => {
    if (batchDims) {
      throw new InputError('kernel "GatherV2" with batchDims is not supported by the compiled engine');
    }
    const at = axesOf(axis, x.shape.length)[0];
    const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)];
    const places = placesOf(indices);
    const picked = places && pickedAt(b, x, at, places);
    if (picked) return b.reshape(picked, shape);
    return b.graph.node('Gather', [x, indices], { axis: at }, shape, x.dtype);
  },
  UnsortedSegmentSum: (b, { x, segmentIds }, { numSegments }) => {
    // A sum over rows by number is a product with the matrix that says which row goes where.
    const rows = b.transpose(oneHot(b, segmentIds, numSegments), [1, 0]);
    const width = x.shape.slice(1);
    return b.reshape(b.matMul(rows, b.reshape(real(b, x), [x.shape[0], sizeOf(width)])), [
      numSegments,
      ...width,
    ]);
  },
  OneHot: (b, { indices }, { depth, onValue, offValue, dtype }) => {
    const scaled = b.binary('Mul', oneHot(b, indices, depth), scalar(b, onValue - offValue));
    return b.cast(b.binary('Add', scaled, scalar(b, offValue)), dtype as Dtype);
  },
  ArgMax: (b, { x }, { axis }) => argument(b, 'ArgMax', x, axis),
  ArgMin: (b, { x }, { axis }) => argument(b, 'ArgMin', x, axis),

  // Constants.
  Fill: (b, _, { shape, value, dtype }) => b.fill(value, shape, dtype ?? 'float32'),
  ZerosLike: (b, { x }) => b.fill(0, x.shape, x.dtype),
  OnesLike: (b, { x }) => b.fill(1, x.shape, x.dtype),
  Range: (b, _, { start, stop, step, dtype }) => {
    // tfjs turns a step of 1 around where the range falls.
    const by = stop < start && step === 1 ? -1 : step;
    const length = Math.max(0, Math.ceil((stop - start) / by));
    const values = Array.from({ length }, (_, i) => start + i * by);
    return b.constant(values, [length], dtype ?? 'float32');
  },
  LinSpace: (b, _, { start, stop, num }) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    return b.constant(
      Array.from({ length: num }, (_, i) => start + i * step),
      [num],
    );
  },
};

/** The values of a constant, all of them. */
function placesOf({ values, shape }: Node): ArrayLike<number> | undefined {
  if (!values || values.length === sizeOf(shape)) return values;
  return Array<number>(sizeOf(shape)).fill(values[0]);
}

function argument(b: Builder, op: 'ArgMax' | 'ArgMin', x: Node, axis: number): Node {
  const at = axesOf(axis, x.shape.length)[0];
  const shape = x.shape.filter((_, i) => i !== at);
  return b.graph.node(op, [x], { axis: at }, shape, 'int32');
}

/** A shape with at most one -1, which stands for what is left. */
function inferShape(shape: readonly number[], size: number): number[] {
  const known = shape.filter((n) => n !== -1).reduce((a, b) => a * b, 1);
  return shape.map((n) => (n === -1 ? size / known : n));
}

function splitSizes(split: number | number[], length: number): number[] {
  if (!Array.isArray(split)) return Array(split).fill(length / split);
  const known = split.filter((n) => n !== -1).reduce((a, b) => a + b, 0);
  return split.map((n) => (n === -1 ? length - known : n));
}

/** tfjs's own reading of begin, end, strides and their masks. */
function stridedSlice(x: Node, attrs: StridedSliceAttrs) {
  const { finalShape, begin, end, strides } = slice_util.sliceInfo(
    x.shape as number[],
    attrs.begin,
    attrs.end,
    attrs.strides,
    attrs.beginMask,
    attrs.endMask,
    attrs.ellipsisMask,
    attrs.newAxisMask,
    attrs.shrinkAxisMask,
  );
  const sizes = begin.map((s, i) => Math.max(0, Math.ceil((end[i] - s) / strides[i])));
  return { starts: begin, sizes, steps: strides, shape: finalShape };
}
