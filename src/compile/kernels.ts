/**
 * @file One row per tfjs kernel: how the compiled engine expresses it in the primitives of `graph.ts`.
 *
 * A kernel without a row cannot be compiled, and the error names it. Rows never look at values, only at shapes.
 */
import { type StridedSliceAttrs, slice_util } from '@tensorflow/tfjs';
import type { Builder } from './builder.ts';
import { type Binary, type Dtype, type Node, type Reduction, sizeOf, type Unary } from './graph.ts';
import { spatialKernels } from './spatial-kernels.ts';

/** Inputs by tfjs's names for them (lists of inputs are numbered), and tfjs's attributes. */
export type KernelRow = (
  builder: Builder,
  inputs: Record<string, Node>,
  // biome-ignore lint/suspicious/noExplicitAny: every kernel has attributes of its own
  attrs: any,
) => Node | Node[];

const entrywise =
  (op: Unary): KernelRow =>
  (b, { x }) =>
    b.unary(op, x);

const broadcasting =
  (op: Binary): KernelRow =>
  (b, { a, b: right }) =>
    b.binary(op, a, right);

const negated =
  (op: Binary): KernelRow =>
  (b, { a, b: right }) =>
    b.unary('Not', b.binary(op, a, right));

const reducing =
  (op: Reduction): KernelRow =>
  (b, { x }, attrs) => {
    const real = x.dtype === 'bool' ? b.cast(x, 'int32') : x;
    return b.reduce(op, real, axesOf(attrs.axis ?? attrs.reductionIndices, x.shape.length), attrs.keepDims);
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
const scalar = (b: Builder, value: number) => b.fill(value, []);
const positive = (b: Builder, x: Node) => b.binary('Greater', x, scalar(b, 0));

/** Softmax over the last axis, in primitives so that its parts are shared with those of its derivatives. */
function softmax(b: Builder, x: Node): Node {
  const last = [x.shape.length - 1];
  const shifted = b.binary('Sub', x, b.reduce('ReduceMax', x, last, true));
  const exponential = b.unary('Exp', shifted);
  return b.binary('Div', exponential, b.reduce('ReduceSum', exponential, last, true));
}

function logSoftmax(b: Builder, x: Node): Node {
  const last = [x.shape.length - 1];
  const shifted = b.binary('Sub', x, b.reduce('ReduceMax', x, last, true));
  return b.binary('Sub', shifted, b.unary('Log', b.reduce('ReduceSum', b.unary('Exp', shifted), last, true)));
}

const swapLast = (b: Builder, x: Node) => {
  const rank = x.shape.length;
  const axes = Array.from({ length: rank }, (_, i) => i);
  return b.transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
};

const SELU_ALPHA = 1.7580993408473768599402175208123;
const SELU_SCALE = 1.0507009873554804934193349852946;

export const kernels: Record<string, KernelRow> = {
  ...spatialKernels,

  // Entry by entry, one input.
  Abs: entrywise('Abs'),
  Atan: entrywise('Atan'),
  Ceil: entrywise('Ceil'),
  Cos: entrywise('Cos'),
  Cosh: entrywise('Cosh'),
  Erf: entrywise('Erf'),
  Exp: entrywise('Exp'),
  Floor: entrywise('Floor'),
  IsInf: entrywise('IsInf'),
  IsNan: entrywise('IsNaN'),
  IsFinite: (b, { x }) => b.unary('Not', b.binary('Or', b.unary('IsNaN', x), b.unary('IsInf', x))),
  Log: entrywise('Log'),
  LogicalNot: entrywise('Not'),
  Neg: entrywise('Neg'),
  Reciprocal: entrywise('Reciprocal'),
  Relu: entrywise('Relu'),
  Round: entrywise('Round'),
  Sigmoid: entrywise('Sigmoid'),
  Sign: entrywise('Sign'),
  Sin: entrywise('Sin'),
  Sinh: entrywise('Sinh'),
  Softplus: entrywise('Softplus'),
  Sqrt: entrywise('Sqrt'),
  Tan: entrywise('Tan'),
  Tanh: entrywise('Tanh'),
  // The shifts keep precision only near zero; ONNX has neither function.
  Expm1: (b, { x }) => b.binary('Sub', b.unary('Exp', x), scalar(b, 1)),
  Log1p: (b, { x }) => b.unary('Log', b.binary('Add', x, scalar(b, 1))),
  Rsqrt: (b, { x }) => b.unary('Reciprocal', b.unary('Sqrt', x)),
  Square: (b, { x }) => square(b, x),
  Relu6: (b, { x }) => b.binary('Min', b.unary('Relu', x), scalar(b, 6)),
  ClipByValue: (b, { x }, { clipValueMin, clipValueMax }) =>
    b.binary('Min', b.binary('Max', x, b.fill(clipValueMin, [], x.dtype)), b.fill(clipValueMax, [], x.dtype)),
  Elu: (b, { x }) =>
    b.where(positive(b, x), x, b.binary('Sub', b.unary('Exp', b.binary('Min', x, scalar(b, 0))), scalar(b, 1))),
  Selu: (b, { x }) => {
    const low = b.binary('Sub', b.unary('Exp', b.binary('Min', x, scalar(b, 0))), scalar(b, 1));
    return b.binary(
      'Mul',
      b.where(positive(b, x), x, b.binary('Mul', low, scalar(b, SELU_ALPHA))),
      scalar(b, SELU_SCALE),
    );
  },
  LeakyRelu: (b, { x }, { alpha }) => b.where(positive(b, x), x, b.binary('Mul', x, scalar(b, alpha))),
  Prelu: (b, { x, alpha }) => b.where(positive(b, x), x, b.binary('Mul', x, alpha)),
  Step: (b, { x }, { alpha }) => b.where(positive(b, x), scalar(b, 1), scalar(b, alpha ?? 0)),
  Softmax: (b, { logits }) => softmax(b, logits),
  LogSoftmax: (b, { logits }) => logSoftmax(b, logits),

  // Entry by entry, two or more inputs.
  Add: broadcasting('Add'),
  AddN: (b, inputs) => listOf(inputs).reduce((sum, x) => b.binary('Add', sum, x)),
  Sub: broadcasting('Sub'),
  Multiply: broadcasting('Mul'),
  RealDiv: broadcasting('Div'),
  FloorDiv: (b, { a, b: right }) => b.unary('Floor', b.binary('Div', a, right)),
  Mod: (b, { a, b: right }) => {
    const quotient = b.unary('Floor', b.binary('Div', a, right));
    return b.binary('Sub', a, b.binary('Mul', quotient, right));
  },
  Pow: broadcasting('Pow'),
  Maximum: broadcasting('Max'),
  Minimum: broadcasting('Min'),
  SquaredDifference: (b, { a, b: right }) => square(b, b.binary('Sub', a, right)),
  Equal: broadcasting('Equal'),
  NotEqual: negated('Equal'),
  Greater: broadcasting('Greater'),
  GreaterEqual: broadcasting('GreaterOrEqual'),
  Less: broadcasting('Less'),
  LessEqual: broadcasting('LessOrEqual'),
  LogicalAnd: broadcasting('And'),
  LogicalOr: broadcasting('Or'),
  LogicalXor: broadcasting('Xor'),
  Select: (b, { condition, t, e }) => {
    // tfjs lets a condition of rank one choose among the rows of t and e.
    const lead = condition.shape.length === 1 && t.shape.length > 1;
    return b.where(
      lead ? b.reshape(condition, [condition.shape[0], ...t.shape.slice(1).fill(1)]) : condition,
      t,
      e,
    );
  },

  // Products and reductions.
  BatchMatMul: (b, { a, b: right }, { transposeA, transposeB }) =>
    b.matMul(transposeA ? swapLast(b, a) : a, transposeB ? swapLast(b, right) : right),
  Sum: reducing('ReduceSum'),
  Max: reducing('ReduceMax'),
  Min: reducing('ReduceMin'),
  Prod: reducing('ReduceProd'),
  Mean: (b, { x }, { axis, keepDims }) => {
    const axes = axesOf(axis, x.shape.length);
    const count = axes.reduce((n, i) => n * x.shape[i], 1);
    return b.binary('Mul', b.reduce('ReduceSum', x, axes, keepDims), scalar(b, 1 / count));
  },
  All: (b, { x }, { axis, keepDims }) =>
    b.cast(b.reduce('ReduceMin', b.cast(x, 'int32'), axesOf(axis, x.shape.length), keepDims), 'bool'),
  Any: (b, { x }, { axis, keepDims }) =>
    b.cast(b.reduce('ReduceMax', b.cast(x, 'int32'), axesOf(axis, x.shape.length), keepDims), 'bool'),
  Cumsum: (b, { x }, { axis, exclusive, reverse }) =>
    b.graph.node('CumSum', [x], { axis, exclusive: Boolean(exclusive), reverse: Boolean(reverse) }, x.shape, x.dtype),

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
  BroadcastTo: (b, { x }, { shape }) => b.expand(x, shape),
  Tile: (b, { x }, { reps }) => b.tile(x, reps),
  Slice: (b, { x }, { begin, size }) => {
    const start = x.shape.map((_, i) => begin[i] ?? 0);
    const sizes = x.shape.map((n, i) => (size[i] === undefined || size[i] === -1 ? n - start[i] : size[i]));
    return b.slice(x, start, sizes);
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
    if (batchDims) throw new Error('GatherV2 with batch dimensions');
    const at = axesOf(axis, x.shape.length)[0];
    const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)];
    return b.graph.node('Gather', [x, indices], { axis: at }, shape, x.dtype);
  },
  UnsortedSegmentSum: (b, { x, segmentIds }, { numSegments }) => {
    // A sum over rows by number is a product with the matrix that says which row goes where.
    const rows = b.graph.node('OneHot', [segmentIds], { depth: numSegments }, [x.shape[0], numSegments], 'float32');
    const flat = b.reshape(x, [x.shape[0], sizeOf(x.shape) / x.shape[0]]);
    return b.reshape(b.matMul(b.transpose(rows, [1, 0]), flat), [numSegments, ...x.shape.slice(1)]);
  },
  OneHot: (b, { indices }, { depth, onValue, offValue }) => {
    const node = b.graph.node('OneHot', [indices], { depth }, [...indices.shape, depth], 'float32');
    if (onValue === 1 && offValue === 0) return node;
    return b.binary('Add', b.binary('Mul', node, scalar(b, onValue - offValue)), scalar(b, offValue));
  },
  ArgMax: (b, { x }, { axis }) => argument(b, 'ArgMax', x, axis),
  ArgMin: (b, { x }, { axis }) => argument(b, 'ArgMin', x, axis),

  // Constants.
  Fill: (b, _, { shape, value, dtype }) => b.fill(value, shape, dtype ?? 'float32'),
  ZerosLike: (b, { x }) => b.fill(0, x.shape, x.dtype),
  OnesLike: (b, { x }) => b.fill(1, x.shape, x.dtype),
  Range: (b, _, { start, stop, step, dtype }) => {
    const length = Math.max(0, Math.ceil((stop - start) / step));
    const values = Array.from({ length }, (_, i) => start + i * step);
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
