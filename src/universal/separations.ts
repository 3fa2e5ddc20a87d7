/**
 * @file The separations of universal Hopfield networks (Millidge et al. 2022, section 3): one table from name to the weights
 * that scores give to memories, and to the Lagrangian whose gradient the separation is.
 */
import { described } from '../arguments.ts';
import { InputError } from '../errors.ts';

export type SeparationName =
  | 'identity'
  | 'threshold'
  | 'power'
  | 'logarithm'
  | 'exponential'
  | 'softmax'
  | 'sparsemax'
  | 'entmax'
  | 'k-maximum'
  | 'maximum';

interface Separation {
  help: string;
  /** Its parameter: what it is called, its default, and the values allowed. */
  parameter?: { name: string; value: number; least: number };
  /** Whether weights grow with the score only from zero on. */
  fromZero: boolean;
  /** Weights of scores, up to a common positive factor; finite whatever the scores' size. */
  weights(scores: Float64Array, parameter: number): Float64Array;
  /** L(h), convex. */
  lagrangian(h: Float64Array, parameter: number): number;
  /** dL/dh: the separation itself as the activation of the memory neurons. A subgradient where L has kinks. */
  activation(h: Float64Array, parameter: number): Float64Array;
  /** Whether the activation is continuous, so that a flow can follow it. */
  continuous: boolean;
}

const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
const largest = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

/** exp(beta (s - max s)), at most 1. */
const exponentials = (scores: Float64Array, beta: number) => {
  const top = largest(scores);
  // The largest is set apart, since infinity times zero is no number.
  return scores.map((score) => (score === top ? 1 : Math.exp(beta * (score - top))));
};
const softmax = (scores: Float64Array, beta: number) => {
  const weights = exponentials(scores, beta);
  const total = sum(weights);
  return weights.map((weight) => weight / total);
};
/** beta (s - max s), at most 0, whatever the scores' size. */
const below = (scores: Float64Array, beta: number) => {
  const top = largest(scores);
  return scores.map((score) => (score === top ? 0 : beta * (score - top)));
};
/** The nearest point of the simplex to beta s (Martins and Astudillo 2016, algorithm 1). */
const sparsemax = (scores: Float64Array, beta: number) => {
  const z = below(scores, beta);
  let [sum, tau, k] = [0, 0, 0];
  for (const value of Float64Array.from(z).sort().reverse()) {
    if (1 + (k + 1) * value <= sum + value) break;
    sum += value;
    tau = (sum - 1) / ++k;
  }
  return z.map((value) => Math.max(0, value - tau));
};
/** entmax of alpha = 1.5, between softmax (1) and sparsemax (2), exactly (Peters, Niculae and Martins 2019, algorithm 2). */
const entmax = (scores: Float64Array, beta: number) => {
  const z = below(scores, beta).map((value) => value / 2);
  let [sum, squares, tau, k] = [0, 0, -1, 0];
  for (const value of Float64Array.from(z).sort().reverse()) {
    const [s, q, n] = [sum + value, squares + value * value, k + 1];
    const next = s / n - Math.sqrt(Math.max(0, (1 - (q - (s * s) / n)) / n));
    if (!(next <= value)) break;
    [sum, squares, tau, k] = [s, q, next, n];
  }
  return z.map((value) => Math.max(0, value - tau) ** 2);
};
/** max_p p . h - Omega(p) / beta over the simplex, at the p where it is attained (Blondel et al. 2020): a Fenchel-Young potential. */
const potential = (h: Float64Array, beta: number, p: Float64Array, omega: number) => {
  const z = below(h, beta);
  const reached = p.reduce((total, weight, i) => (weight > 0 ? total + weight * z[i] : total), 0);
  return largest(h) + (reached - omega) / beta;
};

/** 1 for the k largest, the first of equals. */
const top = (scores: Float64Array, k: number) => {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
  const weights = new Float64Array(scores.length);
  for (const mu of order.slice(0, k)) weights[mu] = 1;
  return weights;
};
const first = (scores: Float64Array) => {
  const weights = new Float64Array(scores.length);
  let best = 0;
  for (let mu = 1; mu < scores.length; mu++) if (scores[mu] > scores[best]) best = mu;
  weights[best] = 1;
  return weights;
};
/** h^n for odd whole n; else max(h, 0)^n, which keeps the Lagrangian convex. */
const rectified = (h: number, n: number) => (h < 0 && n % 2 !== 1 ? 0 : h ** n);

export const separations: Record<SeparationName, Separation> = {
  identity: {
    help: 's',
    fromZero: true,
    weights: (scores) => scores.slice(),
    lagrangian: (h) => sum(h.map((x) => (x * x) / 2)),
    activation: (h) => h.slice(),
    continuous: true,
  },
  threshold: {
    help: '1 where s >= theta, else 0',
    parameter: { name: 'theta', value: 0, least: Number.NEGATIVE_INFINITY },
    fromZero: false,
    weights: (scores, theta) => scores.map((score) => (score >= theta ? 1 : 0)),
    lagrangian: (h, theta) => sum(h.map((x) => Math.max(0, x - theta))),
    activation: (h, theta) => h.map((x) => (x >= theta ? 1 : 0)),
    continuous: false,
  },
  power: {
    help: 's^n',
    parameter: { name: 'n', value: 3, least: 0 },
    fromZero: true,
    weights(scores, n) {
      // Relative to the largest, so that no power leaves the range of numbers.
      const scale = largest(scores.map(Math.abs));
      return scale > 0 ? scores.map((score) => (score / scale) ** n) : scores.slice();
    },
    lagrangian: (h, n) => sum(h.map((x) => (rectified(x, n) * x) / (n + 1))),
    activation: (h, n) => h.map((x) => rectified(x, n)),
    continuous: true,
  },
  logarithm: {
    help: 'log(1 + s)',
    fromZero: true,
    weights: (scores) => scores.map((score) => Math.log1p(Math.max(score, 0))),
    lagrangian: (h) => sum(h.map((x) => (x > 0 ? (1 + x) * Math.log1p(x) - x : 0))),
    activation: (h) => h.map((x) => Math.log1p(Math.max(x, 0))),
    continuous: true,
  },
  exponential: {
    help: 'exp(beta s)',
    parameter: { name: 'beta', value: 1, least: 0 },
    fromZero: false,
    weights: exponentials,
    lagrangian: (h, beta) => sum(h.map((x) => Math.exp(beta * x))) / beta,
    activation: (h, beta) => h.map((x) => Math.exp(beta * x)),
    continuous: true,
  },
  softmax: {
    help: 'exp(beta s) divided by its sum',
    parameter: { name: 'beta', value: 1, least: 0 },
    fromZero: false,
    weights: softmax,
    lagrangian: (h, beta) => largest(h) + Math.log(sum(exponentials(h, beta))) / beta,
    activation: softmax,
    continuous: true,
  },
  sparsemax: {
    help: 'the nearest weights to beta s that sum to one: zero for all but a few',
    parameter: { name: 'beta', value: 1, least: 0 },
    fromZero: false,
    weights: sparsemax,
    lagrangian(h, beta) {
      const p = sparsemax(h, beta);
      return potential(h, beta, p, sum(p.map((x) => x * x)) / 2);
    },
    activation: sparsemax,
    continuous: true,
  },
  entmax: {
    help: 'between softmax and sparsemax (alpha = 1.5) of beta s',
    parameter: { name: 'beta', value: 1, least: 0 },
    fromZero: false,
    weights: entmax,
    lagrangian(h, beta) {
      const p = entmax(h, beta);
      return potential(h, beta, p, (4 / 3) * sum(p.map((x) => x ** 1.5 - x)));
    },
    activation: entmax,
    continuous: true,
  },
  'k-maximum': {
    help: '1 for the k largest s, else 0',
    parameter: { name: 'k', value: 5, least: 1 },
    fromZero: false,
    weights: top,
    lagrangian: (h, k) => sum(Float64Array.from(h).sort().slice(-k)),
    activation: top,
    continuous: false,
  },
  maximum: {
    help: '1 for the largest s, else 0',
    fromZero: false,
    weights: first,
    lagrangian: largest,
    activation: first,
    continuous: false,
  },
};

export const separationNames = Object.keys(separations) as SeparationName[];

/**
 * The parameter of a separation, its default where none is given.
 * @throws InputError for an unknown separation, a parameter it does not take, or one out of range
 */
export function separationParameter(name: SeparationName, value?: number): number {
  const separation = separations[name];
  if (!separation)
    throw new InputError(`unknown separation ${described(name)}; there are ${separationNames.join(', ')}`);
  const { parameter } = separation;
  if (value === undefined) return parameter?.value ?? 0;
  if (!parameter) throw new InputError(`separation "${name}" takes no parameter`);
  const whole = parameter.name === 'k';
  const above = parameter.name === 'beta' || parameter.name === 'n';
  const good = Number.isFinite(value) && value >= parameter.least && (!whole || Number.isInteger(value));
  if (!good || (above && value === 0)) {
    const wanted = whole ? 'a whole number of at least 1' : above ? 'a number above 0' : 'a number';
    throw new InputError(`separation "${name}": ${parameter.name} ${described(value)}, expected ${wanted}`);
  }
  return value;
}

/**
 * Weights that sum to one, for reading out a mean. Scores below zero are first counted from the lowest where the separation
 * grows from zero on (so that the least similar memory weighs nothing). Where no weight is above zero all are equal.
 */
export function meanWeights(name: SeparationName, scores: Float64Array, parameter: number): Float64Array {
  const { fromZero, weights } = separations[name];
  let counted = scores;
  if (fromZero) {
    const lowest = scores.reduce((a, b) => Math.min(a, b), 0);
    if (lowest < 0) counted = scores.map((score) => score - lowest);
  }
  const result = weights(counted, parameter);
  // Relative to the largest: reciprocal scores of exact matches may not add up within the range of numbers.
  const scale = largest(result);
  if (!(scale > 0)) return result.fill(1 / result.length);
  let total = 0;
  for (let mu = 0; mu < result.length; mu++) total += result[mu] /= scale;
  for (let mu = 0; mu < result.length; mu++) result[mu] /= total;
  return result;
}
