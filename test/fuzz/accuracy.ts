/**
 * @file How far elementary functions are from the truth on every engine, in units in the last place of float32, over all numbers that they
 * take: `npm run accuracy`. Exit status 1 where one is farther than its bound.
 */
import * as tf from '@tensorflow/tfjs';
import type { Engine } from '../../src/compile/index.ts';
import { stream } from '../../src/random.ts';

interface Elementary {
  f(x: tf.Tensor): tf.Tensor;
  /** In float64. */
  truth(x: number): number;
  /** Numbers between which it is tried more closely. */
  close: readonly (readonly [number, number])[];
}

/** The error function to float64: its series, and the continued fraction of its complement (NIST 7.6.1, 7.9.2). */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 2.5) {
    let [sum, term] = [0, a];
    for (let n = 0; n < 60; n++) {
      sum += term / (2 * n + 1);
      term *= -(a * a) / (n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

const sigmoid = (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
/** As tfjs has them, in float32. */
const [SCALE, SCALE_ALPHA] = [Math.fround(1.0507009873554805), Math.fround(1.7580993408473768)];

/** By an exponent as float32 has it. */
const power = (exponent: number, close: Elementary['close']): Elementary => ({
  f: (x) => tf.pow(x, exponent),
  truth: (x) => x ** Math.fround(exponent),
  close,
});

export const elementary: Record<string, Elementary> = {
  exp: { f: tf.exp, truth: Math.exp, close: [[-88, 89], [-1, 1]] },
  expm1: { f: tf.expm1, truth: Math.expm1, close: [[-20, 89], [-1, 1], [-0.6, -0.4], [0.4, 0.6]] },
  log: { f: tf.log, truth: Math.log, close: [[0, 4], [0.99, 1.01], [0.7, 1.6]] },
  log1p: { f: tf.log1p, truth: Math.log1p, close: [[-1, 4], [-0.01, 0.01], [-0.6, 0.6]] },
  tanh: { f: tf.tanh, truth: Math.tanh, close: [[-10, 10], [-1, 1], [-0.01, 0.01]] },
  sigmoid: { f: tf.sigmoid, truth: sigmoid, close: [[-88, 40], [-5, 5]] },
  softplus: { f: tf.softplus, truth: softplus, close: [[-88, 40], [-5, 5], [-18, -10]] },
  erf: { f: tf.erf, truth: erf, close: [[-4, 4], [-1.1, 1.1], [-0.01, 0.01]] },
  sin: { f: tf.sin, truth: Math.sin, close: [[-10, 10], [-1e5, 1e5], [1e9, 1e10]] },
  cos: { f: tf.cos, truth: Math.cos, close: [[-10, 10], [-1e5, 1e5], [1e9, 1e10]] },
  tan: { f: tf.tan, truth: Math.tan, close: [[-10, 10], [-1e5, 1e5], [1e9, 1e10]] },
  asin: { f: tf.asin, truth: Math.asin, close: [[-1, 1], [0.9, 1], [-0.55, -0.45]] },
  acos: { f: tf.acos, truth: Math.acos, close: [[-1, 1], [0.99, 1], [-1, -0.9]] },
  atan: { f: tf.atan, truth: Math.atan, close: [[-10, 10], [-1, 1], [0.3, 0.5], [2, 3]] },
  sinh: { f: tf.sinh, truth: Math.sinh, close: [[-89, 89], [-1, 1], [-0.01, 0.01]] },
  cosh: { f: tf.cosh, truth: Math.cosh, close: [[-89, 89], [-1, 1]] },
  asinh: { f: tf.asinh, truth: Math.asinh, close: [[-10, 10], [-0.1, 0.1]] },
  acosh: { f: tf.acosh, truth: Math.acosh, close: [[1, 4], [1, 1.01]] },
  atanh: { f: tf.atanh, truth: Math.atanh, close: [[-1, 1], [-0.1, 0.1], [0.99, 1]] },
  elu: { f: tf.elu, truth: (x) => (x > 0 ? x : Math.expm1(x)), close: [[-20, 1], [-0.6, -0.4], [-0.01, 0]] },
  selu: { f: tf.selu, truth: (x) => (x > 0 ? SCALE * x : SCALE_ALPHA * Math.expm1(x)), close: [[-20, 1], [-0.6, -0.4], [-0.01, 0]] },
  sqrt: { f: tf.sqrt, truth: Math.sqrt, close: [[0, 4]] },
  'pow 1.3': power(1.3, [[0, 4], [0.99, 1.01]]),
  'pow -7': power(-7, [[-4, 4], [0.99, 1.01]]),
  'pow 30': power(30, [[-20, 20], [0.9, 1.1]]),
  rsqrt: { f: tf.rsqrt, truth: (x) => 1 / Math.sqrt(x), close: [[0, 4]] },
}; // biome-ignore format: a table

/** Units in the last place that are allowed. */
export const BOUND = 2;
/** Where an engine has more, and from which size of argument on. Onnxruntime's tanh is the fast one of float32. */
export const exceptions: Record<string, Record<string, { bound: number; from?: number }>> = {
  onnxruntime: {
    tanh: { bound: 6, from: 1e-36 },
    sigmoid: { bound: 2.25 },
    sin: { bound: 3 },
    cos: { bound: 3 },
  },
};

const LEAST = 2 ** -126;

/** Units in the last place of the truth as float32; below the normal numbers an engine may give 0. */
export function unitsOff(y: number, truth: number): number {
  const expected = Math.fround(truth);
  if (Object.is(y, expected) || (y === 0 && Math.abs(truth) < LEAST)) return 0;
  if (!Number.isFinite(expected)) return Number.isFinite(y) && Math.abs(y) > 3.4e38 ? 1 : Infinity;
  if (!Number.isFinite(y)) return Math.abs(truth) > 3.4028234e38 ? 1 : Infinity;
  const size = Math.max(Math.abs(truth), LEAST);
  return Math.abs(y - truth) / 2 ** (Math.floor(Math.log2(size)) - 23);
}

/** Float32 numbers of every exponent and both signs, some closer together, and special ones. */
export function argumentsOf(name: string, count: number): Float32Array {
  const random = stream('accuracy', name);
  const { close } = elementary[name];
  const x = new Float32Array(count * (1 + close.length));
  const bits = new Uint32Array(x.buffer);
  for (let i = 0; i < count; i++) {
    const exponent = Math.floor((254 * i) / count) + 1;
    bits[i] = (random.uniform() < 0.5 ? 0x80000000 : 0) + exponent * 2 ** 23 + Math.floor(random.uniform() * 2 ** 23);
  } // biome-ignore format: one thought
  for (const [k, [low, high]] of close.entries())
    for (let i = 0; i < count; i++) x[count * (k + 1) + i] = low + (high - low) * random.uniform();
  const special = [0, -0, 1, -1, 0.5, -0.5, 2, Infinity, -Infinity, Number.NaN, 3.4028234e38, -3.4028234e38];
  x.set(special, 0);
  return x;
}

export interface Worst {
  units: number;
  at: number;
  given: number;
}

/** Where it is farthest off. Denormal arguments are left out: some engines take them for 0. */
export async function worst(engine: Engine, name: string, count: number, from = 0): Promise<Worst> {
  const { f, truth } = elementary[name];
  const x = argumentsOf(name, count);
  const program = await engine.compile(({ x }) => ({ y: f(x) }), { x: { shape: [x.length] } });
  const { y } = await program.run({ x });
  const found = { units: 0, at: 0, given: 0 };
  for (const [i, at] of x.entries()) {
    if (Math.abs(at) < from) continue;
    const expected = truth(at);
    const units = Number.isNaN(expected) ? (Number.isNaN(y[i]) ? 0 : Infinity) : unitsOff(y[i], expected);
    if (units > found.units || Number.isNaN(units)) Object.assign(found, { units, at, given: y[i] });
  }
  return found;
}
