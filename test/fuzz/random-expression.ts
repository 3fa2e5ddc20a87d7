/**
 * @file Random tensor functions for comparing engines: smooth ones, with derivatives to third order, and any ones, of all types and
 * shapes, also without entries. The same seed gives the same function.
 */
import * as tf from '@tensorflow/tfjs';
import { grads } from '../../src/autodiff/index.ts';
import { type Random, stream } from '../../src/random.ts';

/** Sizes stay small: nothing has more entries. */
const LARGEST = 160;

export interface RandomFunction {
  inputs: Record<string, { shape: number[]; dtype: 'float32' | 'int32' | 'bool'; values: number[] }>;
  f(inputs: Record<string, tf.Tensor>): Record<string, tf.Tensor>;
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)];
const chance = (random: Random, one: number) => random.integer(one) === 0;

type Made = readonly tf.Tensor[];
type Operation = (x: tf.Tensor, random: Random, made: Made) => tf.Tensor;

const CONSTANTS = [0, 1, -1, 2, 0.5, -0.5, 0.3];

function broadcasts(x: tf.Tensor, y: tf.Tensor): boolean {
  for (let i = 1; i <= Math.min(x.rank, y.rank); i++) {
    const [m, n] = [x.shape[x.rank - i], y.shape[y.rank - i]];
    if (m !== n && m !== 1 && n !== 1) return false;
  }
  return tf.util.sizeFromShape(tf.broadcast_util.assertAndGetBroadcastShape(x.shape, y.shape)) <= LARGEST;
}

/** Another operand that x broadcasts with, made before or a constant of one value or of several. */
function partner(x: tf.Tensor, random: Random, made: Made): tf.Tensor {
  const kind = random.integer(8);
  const shape = x.shape.map((n) => (chance(random, 3) ? 1 : n)).slice(random.integer(x.rank + 1));
  if (kind === 0) return tf.fill(shape, pick(random, CONSTANTS));
  if (kind === 1) {
    const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => pick(random, CONSTANTS));
    return tf.tensor(values, shape, 'float32');
  }
  if (kind === 2) return tf.scalar(pick(random, CONSTANTS));
  return pick(random, made.filter((y) => y.dtype === 'float32' && broadcasts(x, y)).concat(x));
}

const two =
  (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operation =>
  (x, random, made) => {
    const y = partner(x, random, made);
    return random.bit() ? f(x, y) : f(y, x);
  };

function axesOf(x: tf.Tensor, random: Random): number[] | undefined {
  const axes = x.shape.map((_, i) => i).filter(() => random.bit());
  if (axes.length === 0) return undefined;
  return axes.map((axis) => (chance(random, 4) ? axis - x.rank : axis));
}

/** A random way to write a size as a product of at most four. */
function factors(size: number, random: Random): number[] {
  const shape: number[] = [];
  let rest = size;
  while (shape.length < 3) {
    const divisors = [1, 2, 3, 4, 5].filter((n) => rest % n === 0);
    const n = pick(random, divisors);
    shape.push(n);
    rest /= n;
    if (chance(random, 2)) break;
  }
  shape.splice(random.integer(shape.length + 1), 0, rest);
  return shape;
}

function product(x: tf.Tensor, random: Random, made: Made): tf.Tensor {
  const left = x.rank < 2 ? tf.reshape(x, random.bit() ? [1, -1] : [-1, 1]) : x;
  const [transposeA, transposeB] = [chance(random, 3), chance(random, 3)];
  const inner = left.shape.at(transposeA ? -2 : -1) as number;
  const leading = left.shape.slice(0, -2);
  const fitting = made.filter(
    (y) =>
      y.dtype === 'float32' &&
      y.rank >= 2 &&
      y.rank <= 4 &&
      y.shape.at(transposeB ? -1 : -2) === inner &&
      (y.rank === 2 || tf.util.arraysEqual(y.shape.slice(0, -2), leading)),
  );
  const width = 1 + random.integer(5);
  let right =
    fitting.length > 0 && !chance(random, 4)
      ? pick(random, fitting)
      : tf.fill(transposeB ? [width, inner] : [inner, width], pick(random, CONSTANTS));
  if (chance(random, 3)) right = tf.mul(right, pick(random, CONSTANTS));
  if (chance(random, 3) && right.rank === 2) right = tf.broadcastTo(right, [...leading, ...right.shape]);
  if (tf.util.sizeFromShape(leading) * Math.max(right.shape.at(-1) as number, right.shape.at(-2) as number) * 8 > 8 * LARGEST) return tf.neg(x); // biome-ignore format: one thought
  return tf.matMul(chance(random, 3) ? tf.neg(left) : left, right, transposeA, transposeB);
}

/** A sum over some leading axis of a product with a transposed first operand: what gradients of weights look like. */
function weightGradient(x: tf.Tensor, random: Random, made: Made): tf.Tensor {
  if (x.rank < 2) return tf.tanh(x);
  const fitting = made.filter(
    (y) => y.dtype === 'float32' && y.rank === x.rank && tf.util.arraysEqual(y.shape.slice(0, -1), x.shape.slice(0, -1)),
  ); // biome-ignore format: one thought
  const result = tf.matMul(x, fitting.length > 0 ? pick(random, fitting) : x, true);
  if (random.bit()) return result;
  const others = made.filter((y) => tf.util.arraysEqual(y.shape, result.shape));
  const weight = others.length > 0 ? pick(random, others) : result;
  return tf.sum(tf.mul(result, chance(random, 2) ? tf.mul(weight, 0.5) : tf.add(weight, result)));
}

/** Operations with derivatives of every order wherever they are defined. */
const smooth: Operation[] = [
  two(tf.add),
  two(tf.add),
  two(tf.sub),
  two(tf.sub),
  two(tf.mul),
  two(tf.mul),
  two(tf.mul),
  two((a, b) => tf.div(a, tf.add(tf.square(b), 1))),
  two((a, b) => tf.squaredDifference(a, b)),
  (x) => tf.neg(x),
  (x) => tf.tanh(x),
  (x) => tf.tanh(x),
  (x) => tf.sigmoid(x),
  (x) => tf.softplus(x),
  (x) => tf.exp(tf.tanh(x)),
  (x) => tf.expm1(tf.sin(x)),
  (x) => tf.log(tf.add(tf.square(x), 0.5)),
  (x) => tf.log1p(tf.square(x)),
  (x) => tf.sqrt(tf.add(tf.square(x), 0.3)),
  (x) => tf.rsqrt(tf.add(tf.square(x), 0.7)),
  (x) => tf.reciprocal(tf.add(tf.square(x), 0.9)),
  (x) => tf.square(x),
  (x) => tf.sin(x),
  (x) => tf.cos(x),
  (x) => tf.erf(x),
  (x) => tf.atan(x),
  (x) => tf.asinh(x),
  (x) => tf.sinh(tf.tanh(x)),
  (x) => tf.cosh(tf.tanh(x)),
  (x) => tf.tan(tf.tanh(x)),
  (x) => tf.asin(tf.mul(tf.tanh(x), 0.8)),
  (x) => tf.acos(tf.mul(tf.tanh(x), 0.8)),
  (x) => tf.atanh(tf.mul(tf.tanh(x), 0.8)),
  (x) => tf.acosh(tf.add(tf.square(x), 1.5)),
  (x) => (x.rank === 0 ? tf.sigmoid(x) : tf.softmax(x)),
  (x, random) => tf.mul(x, pick(random, CONSTANTS)),
  (x, random) => tf.mul(pick(random, CONSTANTS), x),
  (x, random) => tf.div(x, pick(random, [1, -1, 2, 0.5])),
  (x, random) => tf.pow(x, pick(random, [0, 1, 2, 3, 4, 5])),
  two((a, b) => tf.pow(tf.add(tf.square(a), 0.5), tf.tanh(b))),
  (x, random) => tf.pow(tf.add(tf.square(x), 0.5), pick(random, [-2, -1.3, -0.5, 0.7, 1.5])),
  (x, random) => tf.sum(x, axesOf(x, random), random.bit() === 1),
  (x, random) => tf.sum(x, axesOf(x, random), random.bit() === 1),
  (x, random) => tf.mean(x, axesOf(x, random), random.bit() === 1),
  (x, random) => tf.reshape(x, factors(x.size, random)),
  (x, random) => tf.transpose(x, Array.from(random.permutation(x.rank))),
  (x, random) => tf.transpose(x, Array.from(random.permutation(x.rank))),
  (x, random) => tf.expandDims(x, Math.min(3, random.integer(x.rank + 1))),
  (x) => tf.squeeze(x),
  (x, random) => {
    const target = x.shape.map((n) => (n === 1 && random.bit() ? 3 : n));
    const shape = random.bit() && x.rank < 4 ? [2, ...target] : target;
    return tf.util.sizeFromShape(shape) > LARGEST ? tf.mul(x, 1) : tf.broadcastTo(x, shape);
  },
  (x, random) => {
    if (x.rank === 0 || 2 * x.size > LARGEST) return tf.neg(x);
    const axis = random.integer(x.rank);
    return tf.tile(x, x.shape.map((_, i) => (i === axis ? 2 : 1))); // biome-ignore format: one thought
  },
  (x, random) => tf.reverse(x, axesOf(x, random)),
  (x, random) => (x.rank === 0 ? x.add(1) : tf.cumsum(x, random.integer(x.rank), random.bit() === 1, random.bit() === 1)), // biome-ignore format: one thought
  (x, random) => {
    if (x.rank === 0 || x.rank > 4) return tf.square(x);
    const pads = x.shape.map((): [number, number] => [random.integer(2), random.integer(2)]);
    const padded = tf.pad(x, pads, pick(random, [0, 0, 1]));
    return padded.size > LARGEST ? tf.neg(x) : padded;
  },
  (x, random) => {
    if (x.rank === 0 || x.rank > 4) return tf.cos(x);
    const begin = x.shape.map((n) => random.integer(n));
    return tf.slice(x, begin, x.shape.map((n, i) => 1 + random.integer(n - begin[i]))); // biome-ignore format: one thought
  },
  // A slice of a concatenation: whole parts, parts of parts, across parts.
  (x, random, made) => {
    if (x.rank === 0 || x.rank > 4 || 3 * x.size > LARGEST) return tf.square(x);
    const same = made.filter((y) => tf.util.arraysEqual(x.shape, y.shape) && y.dtype === 'float32').concat(x);
    const axis = random.integer(x.rank);
    const joined = tf.concat([x, random.bit() ? tf.ones(x.shape) : pick(random, same), pick(random, same)], axis); // biome-ignore format: one thought
    if (random.bit()) return joined;
    const start = random.integer(joined.shape[axis]);
    const size = 1 + random.integer(Math.min(x.shape[axis], joined.shape[axis] - start));
    const at = (value: number, others: number[]) => x.shape.map((_, i) => (i === axis ? value : others[i]));
    return tf.slice(joined, at(start, Array(x.rank).fill(0)), at(size, x.shape));
  },
  (x, random, made) => {
    const same = made.filter((y) => tf.util.arraysEqual(x.shape, y.shape) && y.dtype === 'float32').concat(x);
    if (x.rank > 3 || 2 * x.size > LARGEST) return tf.sigmoid(x);
    return tf.stack([x, pick(random, same)], random.integer(x.rank + 1));
  },
  (x, random) => {
    if (x.rank === 0) return tf.sin(x);
    const axis = random.integer(x.rank);
    return pick(random, tf.unstack(x, axis));
  },
  (x, random) => {
    if (x.rank === 0) return tf.sin(x);
    const axis = random.integer(x.rank);
    const rows = Array.from({ length: 1 + random.integer(3) }, () => random.integer(x.shape[axis]));
    return tf.gather(x, tf.tensor1d(rows, 'int32'), axis);
  },
  product,
  product,
  product,
  product,
  weightGradient,
  weightGradient,
];

/** Operations with kinks and jumps, and on other types. */
const rough: Operation[] = [
  two(tf.maximum),
  two(tf.minimum),
  two((a, b) => tf.where(tf.greater(a, b), a, tf.neg(b))),
  two((a, b) => tf.cast(tf.less(a, b), 'float32')),
  two((a, b) => tf.cast(tf.logicalAnd(tf.lessEqual(a, 0.3), tf.notEqual(a, b)), 'float32')),
  two((a, b) => tf.mul(a, tf.cast(tf.logicalOr(tf.equal(a, b), tf.greaterEqual(b, 0.1)), 'float32'))),
  two((a, b) => tf.mod(a, tf.add(tf.abs(b), 0.5))),
  two((a, b) => tf.cast(tf.floorDiv(a, tf.add(tf.abs(b), 0.7)), 'float32')),
  two((a, b) => tf.pow(tf.add(tf.abs(a), 0.2), tf.tanh(b))),
  (x) => tf.relu(x),
  (x) => tf.relu6(x),
  (x) => tf.elu(x),
  (x) => tf.selu(x),
  (x) => tf.leakyRelu(x),
  (x) => tf.abs(x),
  (x) => tf.sign(x),
  (x) => tf.floor(x),
  (x) => tf.ceil(x),
  (x) => tf.round(tf.mul(x, 3.3)),
  (x) => tf.step(x, 0.2),
  (x) => tf.clipByValue(x, -0.5, 0.8),
  (x) => tf.cast(tf.isNaN(tf.sqrt(x)), 'float32'),
  (x) => tf.cast(tf.cast(tf.mul(x, 3), 'int32'), 'float32'),
  (x) => tf.cast(tf.abs(tf.neg(tf.cast(tf.mul(x, 5), 'int32'))), 'float32'),
  (x) => tf.cast(tf.mod(tf.cast(tf.mul(x, 9), 'int32'), tf.scalar(4, 'int32')), 'float32'),
  (x) => tf.cast(tf.floorDiv(tf.cast(tf.mul(x, 9), 'int32'), tf.scalar(-4, 'int32')), 'float32'),
  (x) => tf.cast(tf.sum(tf.cast(tf.mul(x, 9), 'int32')), 'float32'),
  (x, random) => tf.max(x, axesOf(x, random), random.bit() === 1),
  (x, random) => tf.min(x, axesOf(x, random), random.bit() === 1),
  (x, random) => tf.prod(tf.tanh(x), axesOf(x, random), random.bit() === 1),
  (x, random) => (x.rank === 0 ? x : tf.cast(tf.argMax(x, random.integer(x.rank)), 'float32')),
  (x, random) => (x.rank === 0 ? x : tf.cast(tf.argMin(x, random.integer(x.rank)), 'float32')),
  (x, random) => tf.cast(tf.any(tf.greater(x, 0.5), axesOf(x, random)), 'float32'),
  (x, random) => tf.cast(tf.all(tf.greater(x, -0.5), axesOf(x, random)), 'float32'),
  (x, random) => {
    if (x.rank === 0 || x.rank > 4) return tf.abs(x);
    const steps = x.shape.map(() => 1 + random.integer(2));
    return tf.stridedSlice(x, x.shape.map(() => 0), x.shape, steps); // biome-ignore format: one thought
  },
];

/** Tensors without entries, where an operation may meet one. */
const empty: Operation = (x, random) => {
  if (x.rank === 0 || x.rank > 4) return tf.neg(x);
  const axis = random.integer(x.rank);
  const none = tf.slice(x, x.shape.map(() => 0), x.shape.map((n, i) => (i === axis ? 0 : n))); // biome-ignore format: one thought
  switch (random.integer(4)) {
    case 0:
      return tf.concat([none, x], axis);
    case 1:
      return tf.sum(none);
    case 2:
      return tf.sum(tf.tanh(none), axis);
    default:
      return tf.add(x, tf.sum(tf.mul(none, 2)));
  }
};

/** Shapes of inputs: of both episodes and rows, with axes of length one, numbers. */
const SHAPES = [[2, 3], [3], [2, 5, 3], [3, 4], [], [1], [1, 3], [2, 1, 4], [5, 5], [4, 4], [2, 3, 4], [2, 2, 2, 3], [17], [3, 16]]; // biome-ignore format: a list

function draw(random: Random, count: number) {
  const inputs: RandomFunction['inputs'] = {};
  for (let i = 0; i < count; i++) {
    const shape = pick(random, SHAPES);
    const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => Math.fround(random.normal()));
    inputs[`x${i}`] = { shape, dtype: 'float32', values };
  }
  return inputs;
}

/** The last results of some operations on the inputs. */
function build(
  random: Random,
  inputs: readonly tf.Tensor[],
  length: number,
  operations: readonly Operation[],
): tf.Tensor[] {
  const made = [...inputs];
  for (let i = 0; i < length; i++) {
    const x = pick(random, made.slice(-8).concat(made));
    const y = pick(random, operations)(x, random, made);
    // Values stay of order one, and neither shapes nor ranks grow.
    if (y.rank <= 4 && y.size <= LARGEST && y.size > 0) made.push(chance(random, 3) ? tf.tanh(y) : y);
  }
  return made.slice(inputs.length).reverse();
}

/** What an input without entries gives. */
function ofNothing(nothing: tf.Tensor, random: Random): tf.Tensor[] {
  const right = tf.fill([nothing.shape[1] as number, 2], 0.5);
  const all = [
    () => tf.tanh(nothing),
    () => tf.sum(nothing, 0),
    () => tf.sum(tf.mul(nothing, 2)),
    () => tf.matMul(nothing as tf.Tensor2D, right as tf.Tensor2D),
    () => tf.matMul(nothing as tf.Tensor2D, nothing as tf.Tensor2D, true),
    () => tf.concat([nothing, tf.ones([2, nothing.shape[1] as number])], 0),
    () => tf.transpose(tf.add(nothing, 1)),
    () => tf.reshape(nothing, [0, 1, 5]),
  ];
  return [pick(random, all)(), pick(random, all)()];
}

/** Any operations, and their last results. */
export function roughFunction(seed: number): RandomFunction {
  const inputs = draw(stream(seed, 'inputs'), 4);
  const operations = [...smooth, ...rough, ...rough, empty];
  const nothing = stream(seed, 'nothing').integer(6) === 0;
  if (nothing) inputs.nothing = { shape: [0, 3], dtype: 'float32', values: [] };
  return {
    inputs,
    f({ nothing: none, ...tensors }) {
      const results = build(stream(seed, 'rough'), Object.values(tensors), 12, operations).slice(0, 5);
      if (nothing) results.push(...ofNothing(none, stream(seed, 'of nothing')));
      return Object.fromEntries(results.map((y, i) => [`y${i}`, y]));
    },
  };
}

/** Smooth operations, their total weighed with fixed weights, and its derivatives to third order, contracted with fixed vectors. */
export function smoothFunction(seed: number): RandomFunction {
  const inputs = draw(stream(seed, 'inputs'), 3);
  const weights = (name: string, shape: number[]) => {
    const random = stream(seed, name, String(shape));
    const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => (random.bit() ? 1 : -1) * (0.5 + random.uniform())); // biome-ignore format: one thought
    return tf.tensor(values, shape, 'float32');
  };
  const value = (xs: readonly tf.Tensor[]) => {
    const results = build(stream(seed, 'smooth'), xs, 7, smooth);
    return results
      .slice(0, 3)
      .map((y, i) => tf.sum(tf.mul(tf.tanh(y), weights(`value ${i}`, y.shape))))
      .reduce<tf.Tensor>((sum, y) => tf.add(sum, y), tf.scalar(0));
  };
  return {
    inputs,
    f(tensors) {
      const xs = Object.values(tensors);
      const outputs: Record<string, tf.Tensor> = { value: value(xs) };
      let scalar = value;
      for (let order = 1; order <= 3; order++) {
        const level = scalar;
        const gradient = (ys: readonly tf.Tensor[]) => grads((...zs) => level(zs))([...ys]);
        for (const [i, g] of gradient(xs).entries()) outputs[`order ${order}, x${i}`] = g;
        scalar = (ys) =>
          gradient(ys)
            .map((g, i) => tf.sum(tf.mul(g, weights(`order ${order}, ${i}`, g.shape))))
            .reduce<tf.Tensor>((sum, y) => tf.add(sum, y), tf.scalar(0));
      }
      return outputs;
    },
  };
}
