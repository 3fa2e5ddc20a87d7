/**
 * @file Write and read of one episode in plain numbers (float64), for an energy whose gradients are known in closed form:
 * E(x) = -x S x / 2 - b x with S = (W + W^T) / 2, the Hopfield energy with biases. W and b are written.
 */
import * as tf from '@tensorflow/tfjs';
import type { EnergyNetwork } from '../../../src/energy/index.ts';
import type { Rule } from '../../../src/memory/rule.ts';

/** The same energy as a network. */
export const biasedHopfield = (d: number): EnergyNetwork => ({
  patternShape: [d],
  parameters: {
    W: { shape: [d, d], init: { constant: 0 }, writable: true },
    b: { shape: [d], init: { constant: 0 }, writable: true },
  },
  energy({ W, b }, x) {
    const symmetric = tf.mul(tf.add(W, tf.transpose(W, W.rank === 3 ? [0, 2, 1] : [1, 0])), 0.5);
    const field = tf.matMul(x, symmetric as tf.Tensor2D);
    const bias = b.rank === 2 ? tf.expandDims(b, 1) : b;
    return tf.neg(tf.sum(tf.mul(x, tf.add(tf.mul(field, 0.5), bias)), -1));
  },
});

type Vector = number[];
type Matrix = number[][];
export interface Weights {
  W: Matrix;
  b: Vector;
}
/** The rule's meta-parameters, as they are stored. */
export interface RuleValues {
  /** terms: [T or 1][W, b][energy, gradient, distance] */
  terms?: number[][][];
  /** loss: [T], with alpha and beta */
  loss?: { rates: number[]; weights: [number, number] };
  read: number[];
  momentum: number[];
}

const softplus = (x: number) => Math.log1p(Math.exp(x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const dot = (a: Vector, b: Vector) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** -grad_x E(x) = S x + b */
const force = ({ W, b }: Weights, x: Vector) =>
  b.map((bias, i) => bias + x.reduce((sum, v, j) => sum + ((W[i][j] + W[j][i]) / 2) * v, 0));

export const energy = ({ W, b }: Weights, x: Vector) =>
  -x.reduce((sum, v, i) => sum + v * dot(W[i], x), 0) / 2 - dot(b, x);

/** Gradients of the sums over patterns of E and of |grad_x E|^2. */
function gradients(weights: Weights, patterns: Vector[]): { energy: Weights; gradient: Weights } {
  const zero = (): Weights => ({ W: weights.W.map((row) => row.map(() => 0)), b: weights.b.map(() => 0) });
  const result = { energy: zero(), gradient: zero() };
  for (const x of patterns) {
    const g = force(weights, x);
    for (const i of x.keys()) {
      result.energy.b[i] -= x[i];
      result.gradient.b[i] += 2 * g[i];
      for (const j of x.keys()) {
        result.energy.W[i][j] -= (x[i] * x[j]) / 2;
        result.gradient.W[i][j] += x[i] * g[j] + g[i] * x[j];
      }
    }
  }
  return result;
}

/** T gradient steps on the writing loss. */
export function write(rule: Rule, values: RuleValues, initial: Weights, patterns: Vector[]): Weights {
  const { steps, rates, per_step, divisor, gradient_term } = rule.write;
  const count = typeof divisor === 'number' ? divisor : patterns.length;
  let weights = initial;
  for (let t = 0; t < steps; t++) {
    const slopes = gradients(weights, patterns);
    /** Rates of the three terms for tensor 0 (W) or 1 (b). */
    const rate = (tensor: number): number[] => {
      if (rates === 'terms') return values.terms![per_step ? t : 0][tensor].map(softplus);
      const { rates: raw, weights: factors } = values.loss!;
      return [1, ...factors.map(softplus)].map((factor) => factor * softplus(raw[t]));
    };
    const next = (tensor: number, w: number, e: number, g: number, w0: number) => {
      const [byEnergy, byGradient, byDistance] = rate(tensor);
      return (
        w -
        (byEnergy * e) / count -
        (gradient_term ? (byGradient * g) / count : 0) -
        byDistance * 2 * (w - w0)
      );
    };
    weights = {
      W: weights.W.map((row, i) =>
        row.map((w, j) => next(0, w, slopes.energy.W[i][j], slopes.gradient.W[i][j], initial.W[i][j])),
      ),
      b: weights.b.map((w, i) => next(1, w, slopes.energy.b[i], slopes.gradient.b[i], initial.b[i])),
    };
  }
  return weights;
}

/** Step sizes and momenta of K steps; beyond the rule's own, the last again. */
export function schedule(
  { read, momentum }: RuleValues,
  steps: number,
): { rate: number; momentum: number }[] {
  const list: { rate: number; momentum: number }[] = [];
  for (let k = 0; k < Math.min(steps, read.length); k++) {
    const last = list.at(-1);
    list.push({
      rate: last ? last.rate * sigmoid(read[k]) : softplus(read[0]),
      momentum: last ? last.momentum * sigmoid(momentum[k]) : sigmoid(momentum[0]),
    });
  }
  return [...list, ...Array(steps - list.length).fill(list.at(-1))];
}

/** Projected Nesterov descent of one query. */
export function read(
  rule: Rule,
  values: RuleValues,
  weights: Weights,
  query: Vector,
  known: Vector,
  steps: number,
): { iterates: Vector[]; energies: number[] } {
  const [low, high] = rule.range;
  const project = (x: number) => Math.min(high, Math.max(low, x));
  let x = query;
  let v = query.map(() => 0);
  const iterates: Vector[] = [];
  const energies: number[] = [];
  for (const [k, { rate, momentum }] of schedule(values, steps).entries()) {
    const ahead = k === 0 ? x : x.map((value, i) => project(value + momentum * v[i]));
    energies.push(energy(weights, ahead));
    const push = force(weights, ahead);
    v = v.map((speed, i) => momentum * speed + rate * push[i] * (1 - known[i]));
    x = x.map((value, i) => project(value + v[i]));
    iterates.push(x);
  }
  return { iterates, energies };
}
