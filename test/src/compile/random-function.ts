/** @file Random tensor functions, made of what the builder simplifies: for comparing engines. */
import * as tf from '@tensorflow/tfjs';
import { type Random, stream } from '../../../src/random.ts';

/** Shapes of the inputs of every random function. */
export const inputShapes: Record<string, number[]> = { a: [2, 3], b: [3], c: [2, 5, 3], d: [3, 8], e: [] };

/** Sizes stay small: nothing is broadcast beyond this many entries. */
const LARGEST = 200;

const CONSTANTS = [0, 1, -1, 2, 0.5];

/** A function of the inputs `inputShapes`, the same for the same seed: [result, intermediate results]. */
export function randomFunction(
  seed: number,
  length: number,
): (inputs: Record<string, tf.Tensor>) => tf.Tensor[] {
  return (inputs) => {
    const random = stream(seed, 'function');
    const made = Object.values(inputs);
    for (let i = 0; i < length; i++) {
      const x = pick(random, made);
      made.push(pick(random, operations)(x, random, made));
    }
    return made.slice(-4).reverse();
  };
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)];

type Operation = (x: tf.Tensor, random: Random, made: readonly tf.Tensor[]) => tf.Tensor;

/** Another operand that x broadcasts with: made before, or a constant, of one value or of several. */
function partner(x: tf.Tensor, random: Random, made: readonly tf.Tensor[]): tf.Tensor {
  const shape = x.shape.map((n) => (random.integer(3) === 0 ? 1 : n)).slice(random.integer(x.rank + 1));
  const kind = random.integer(6);
  if (kind === 0) return tf.fill(shape, pick(random, CONSTANTS));
  if (kind === 1) {
    const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => pick(random, CONSTANTS));
    return tf.tensor(values, shape, 'float32');
  }
  if (kind === 2) return tf.scalar(pick(random, CONSTANTS));
  const fitting = made.filter((y) => {
    const rank = Math.min(x.rank, y.rank);
    const ends = [x, y].map((t) => t.shape.slice(t.rank - rank));
    if (!ends[0].every((n, i) => n === ends[1][i] || n === 1 || ends[1][i] === 1)) return false;
    return tf.util.sizeFromShape(tf.broadcast_util.assertAndGetBroadcastShape(x.shape, y.shape)) <= LARGEST;
  });
  return pick(random, fitting);
}

const entrywise =
  (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operation =>
  (x, random, made) => {
    const y = partner(x, random, made);
    return random.bit() ? f(x, y) : f(y, x);
  };

/** A random way to write a size as a product. */
function factors(size: number, random: Random): number[] {
  const divisor = [2, 3].find((n) => size % n === 0 && size > 1);
  if (divisor === undefined) return random.bit() ? [size] : [size, 1];
  const rest = factors(size / divisor, random);
  if (random.bit()) return [divisor, ...rest];
  return random.bit() ? [divisor * rest[0], ...rest.slice(1)] : [...rest, divisor];
}

const atMostFour = (shape: number[]) =>
  shape.length > 4 ? [...shape.slice(0, 3), tf.util.sizeFromShape(shape.slice(3))] : shape;

const axesOf = (x: tf.Tensor, random: Random) => {
  const axes = x.shape.map((_, i) => i).filter(() => random.bit());
  return axes.length > 0 ? axes : undefined;
};

const operations: Operation[] = [
  entrywise(tf.add),
  entrywise(tf.add),
  entrywise(tf.sub),
  entrywise(tf.sub),
  entrywise(tf.mul),
  entrywise(tf.mul),
  entrywise((a, b) => tf.div(a, tf.add(tf.square(b), 1))),
  entrywise(tf.maximum),
  entrywise((a, b) => tf.where(tf.greater(a, b), a, tf.neg(b))),
  (x) => tf.neg(x),
  (x) => tf.tanh(x),
  (x) => tf.square(x),
  (x, random) => tf.mul(x, pick(random, CONSTANTS)),
  (x, random) => tf.div(x, pick(random, [1, -1, 2, 0.5])),
  (x, random) => tf.pow(x, pick(random, [0, 1, 2, 3])),
  (x, random) => tf.sum(x, axesOf(x, random), random.bit() === 1),
  (x, random) => tf.sum(x, axesOf(x, random), random.bit() === 1),
  (x, random) => tf.mean(x, axesOf(x, random), random.bit() === 1),
  (x, random) => tf.reshape(x, atMostFour(factors(x.size, random))),
  (x, random) => tf.transpose(x, Array.from(random.permutation(x.rank))),
  (x, random) => {
    const target = x.shape.map((n) => (n === 1 && random.bit() ? 2 : n));
    const shape = random.bit() && x.rank < 4 ? [2, ...target] : target;
    return tf.util.sizeFromShape(shape) > LARGEST ? tf.mul(x, 1) : tf.broadcastTo(x, shape);
  },
  (x, random) => {
    if (x.rank === 0 || x.rank > 4 || 2 * x.size > LARGEST) return tf.neg(x);
    const axis = random.integer(x.rank);
    return tf.tile(
      x,
      x.shape.map((_, i) => (i === axis ? 2 : 1)),
    );
  },
  // A slice of a concatenation: whole parts, parts of parts, across parts.
  (x, random, made) => {
    if (x.rank === 0 || x.rank > 4) return tf.square(x);
    const same = made.filter((y) => tf.util.arraysEqual(x.shape, y.shape));
    const axis = random.integer(x.rank);
    const joined = tf.concat(
      [x, random.bit() ? tf.ones(x.shape) : pick(random, same), pick(random, same)],
      axis,
    );
    const start = random.integer(joined.shape[axis]);
    const size = 1 + random.integer(Math.min(x.shape[axis], joined.shape[axis] - start));
    const at = (value: number, others: number[]) => x.shape.map((_, i) => (i === axis ? value : others[i]));
    return tf.slice(joined, at(start, Array(x.rank).fill(0)), at(size, x.shape));
  },
  (x, random) => tf.reverse(x, axesOf(x, random)),
  // A product of x [.., m, k] with a matrix of its own or of many, from a value or constant, scaled perhaps.
  (x, random, made) => {
    const left = x.rank < 2 ? tf.reshape(x, [1, -1]) : x;
    const inner = left.shape.at(-1)!;
    const fitting = made.filter((y) => y.rank >= 2 && y.shape.at(-2) === inner);
    const batches = fitting.filter(
      (y) => y.rank === 2 || tf.util.arraysEqual(y.shape.slice(0, -2), left.shape.slice(0, -2)),
    );
    let right = batches.length > 0 && random.integer(4) > 0 ? pick(random, batches) : tf.ones([inner, 2]);
    if (random.integer(3) === 0) right = tf.mul(right, pick(random, CONSTANTS));
    if (random.integer(3) === 0)
      right = tf.broadcastTo(right, [...left.shape.slice(0, -2), ...right.shape.slice(-2)]);
    const scaled = random.integer(3) === 0 ? tf.neg(left) : left;
    return tf.matMul(scaled, right);
  },
];
