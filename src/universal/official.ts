/**
 * @file The public code of universal Hopfield networks (BerenMillidge/Theory_Associative_Memory, functions.py), number for
 * number, quirks included, for comparison only:
 *
 * - beta cancels when scores are divided by their sum;
 * - `cosine` divides by the norm of all memories together, so it is a dot product;
 * - `jensen-shannon` averages the two reciprocals and takes the reciprocal again, so it grows with the distance;
 * - `logarithm` takes the log of shares below one, negative, and divides by their negative sum, so that it weighs the least
 *   similar memory most;
 * - an all-zero memory makes the dot product and the divergences NaN, and then the maximum is always memory 0;
 * - an exact match is 1 / 0, then NaN.
 */

import { InputError } from '../errors.ts';
import { type KernelName, kernels } from './kernels.ts';
import type { Numbers } from './similarities.ts';

export type OfficialSimilarity =
  | 'normalised-dot'
  | 'cosine'
  | 'euclidean'
  | 'manhattan'
  | 'kl'
  | 'reverse-kl'
  | 'jensen-shannon';

export type OfficialSeparation = 'identity' | 'logarithm' | 'softmax' | 'power' | 'maximum';

const EPSILON = 1e-4;

const total = (values: Numbers) => (values as Float64Array).reduce((a, b) => a + b, 0);
const divided = (values: Float64Array, by: number) => values.map((value) => value / by);

/** Every row divided by its sum; an all-zero row is NaN. */
const shares = (rows: Numbers, d: number) => eachRow(rows, d, (row) => divided(row, total(row)));
const logarithms = (rows: Float64Array) => rows.map((x) => Math.log(x + EPSILON));

function eachRow(rows: Numbers, d: number, map: (row: Float64Array) => Float64Array): Float64Array {
  const out = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at += d) out.set(map(Float64Array.from(rows.subarray(at, at + d))), at);
  return out;
}

/** The kernel of all pairs, [queries, n]. */
function pairs(kernel: KernelName, memories: Float64Array, queries: Float64Array, d: number): Float64Array {
  const [n, count] = [memories.length / d, queries.length / d];
  const sums = new Float64Array(n * count);
  kernels[kernel](memories, n, queries, count, d, sums);
  return sums;
}

/** sum_i p_i log(p_i + epsilon) of every row. */
function entropies(rows: Float64Array, d: number): Float64Array {
  return Float64Array.from({ length: rows.length / d }, (_, i) => {
    let sum = 0;
    for (let k = i * d; k < (i + 1) * d; k++) sum += rows[k] * Math.log(rows[k] + EPSILON);
    return sum;
  });
}

/** Of a sum over entries that there is exactly zero for an exact match, and here within rounding. */
const reciprocal = (value: number) => 1 / (Math.abs(value) < 1e-14 ? 0 : value);

type Scores = (memories: Numbers, queries: Numbers, d: number) => Float64Array;

const SIMILARITIES: Record<OfficialSimilarity, Scores> = {
  'normalised-dot'(memories, queries, d) {
    const dots = pairs('product', shares(memories, d), shares(queries, d), d);
    return eachRow(dots, memories.length / d, (row) => divided(row, total(row)));
  },
  cosine(memories, queries, d) {
    const norm = (rows: Numbers) => Math.sqrt(total(Float64Array.from(rows, (x) => x * x)));
    const dots = pairs('product', Float64Array.from(memories), Float64Array.from(queries), d);
    const frobenius = norm(memories);
    const n = memories.length / d;
    const norms = Float64Array.from({ length: queries.length / d }, (_, q) =>
      norm(queries.subarray(q * d, (q + 1) * d)),
    );
    return dots.map((dot, k) => dot / (frobenius * norms[Math.floor(k / n)]));
  },
  euclidean: (memories, queries, d) =>
    pairs('squared', Float64Array.from(memories), Float64Array.from(queries), d).map((value) => 1 / value),
  manhattan: (memories, queries, d) =>
    pairs('absolute', Float64Array.from(memories), Float64Array.from(queries), d).map((value) => 1 / value),
  kl(memories, queries, d) {
    const [p, q] = [shares(memories, d), shares(queries, d)];
    const own = entropies(p, d);
    return pairs('product', p, logarithms(q), d).map((cross, k) => reciprocal(own[k % own.length] - cross));
  },
  'reverse-kl'(memories, queries, d) {
    const [p, q] = [shares(memories, d), shares(queries, d)];
    const own = entropies(q, d);
    const n = memories.length / d;
    return pairs('product', logarithms(p), q, d).map((cross, k) =>
      reciprocal(own[Math.floor(k / n)] - cross),
    );
  },
  'jensen-shannon'(memories, queries, d) {
    const reverse = SIMILARITIES['reverse-kl'](memories, queries, d);
    return SIMILARITIES.kl(memories, queries, d).map((value, k) => 1 / (0.5 * value + 0.5 * reverse[k]));
  },
};

export const officialSimilarities = Object.keys(SIMILARITIES) as OfficialSimilarity[];

const SEPARATIONS: Record<OfficialSeparation, (scores: Float64Array, parameter: number) => Float64Array> = {
  identity: (scores) => scores,
  logarithm: (scores) => scores.map(Math.log),
  softmax(scores, beta) {
    const top = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const weights = scores.map((score) => Math.exp(beta * (score - top)));
    return divided(weights, total(weights));
  },
  power: (scores, n) => scores.map((score) => score ** n),
  maximum(scores) {
    const weights = new Float64Array(scores.length);
    // As torch.argmax: the first NaN counts as the largest.
    let best = 0;
    for (let mu = 0; mu < scores.length && !Number.isNaN(scores[best]); mu++) {
      if (Number.isNaN(scores[mu]) || scores[mu] > scores[best]) best = mu;
    }
    weights[best] = 1;
    return weights;
  },
};

/**
 * sim(M, z) of memories [n, d] and queries [count, d]: [count, n].
 * @throws InputError for a similarity that the public code has not
 */
export function officialScores(name: string, memories: Numbers, queries: Numbers, d: number): Float64Array {
  return known(SIMILARITIES, 'similarity', name)(memories, queries, d);
}

/**
 * The weights of `general_update_rule`: scores times beta, divided by their sum, separated, divided by their sum.
 * @throws InputError for a separation that the public code has not
 */
export function officialWeights(
  separation: string,
  scores: Float64Array,
  parameter = 1,
  beta = 1,
): Float64Array {
  const scaled = scores.map((score) => beta * score);
  const separated = known(SEPARATIONS, 'separation', separation)(divided(scaled, total(scaled)), parameter);
  return divided(separated, total(separated));
}

function known<T extends object>(table: T, what: string, name: string): T[keyof T] {
  if (Object.hasOwn(table, name)) return table[name as keyof T];
  throw new InputError(`the public code has no ${what} "${name}"; it has ${Object.keys(table).join(', ')}`);
}
