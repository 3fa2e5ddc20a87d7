/** @file One slice of an experiment: which of its stored images are recalled from their queries, by both criteria. */
import { kernels } from '../../src/universal/kernels.ts';
import { type UniversalNetwork, universalNetwork } from '../../src/universal/network.ts';
import type { Series } from './experiments.ts';

/** Images of a slice with the query of each, and what each is to recall. */
export interface Slice {
  count: number;
  /** Values of an image. */
  d: number;
  /** [count, d] */
  images: Float32Array;
  queries: Float32Array;
  /** gram(target): products of all pairs of what is recalled, [count, count]. */
  gram(target: NonNullable<Series['target']>): Float64Array;
}

/** What became of the queries of a load. */
export interface Outcome {
  /** Squared error of each, summed over values. */
  errors: Float64Array;
  /** 1 where the output is nearer to the target than to any other stored item (a copy of the target is no other). */
  nearest: Uint8Array;
}

/** Queries compared at a time: scores are made in strips, and progress is told between them. */
const STRIP = 100;
/** So many rows of the Gram matrix a query are added one by one sooner than a matrix product takes. */
const FEW = 8;
/** Squared distances this near to each other, relative to the lengths they are made of, are equal. */
const ROUNDING = 1e-9;

/** @param lower where the lower half of an image begins: what hetero-association recalls */
export function makeSlice(images: Float32Array, queries: Float32Array, d: number, lower: number): Slice {
  const count = images.length / d;
  const grams = new Map<string, Float64Array>();
  return {
    count,
    d,
    images,
    queries,
    gram(target) {
      const known = grams.get(target);
      if (known) return known;
      const values = Float64Array.from(images);
      if (target === 'lower-half') for (let mu = 0; mu < count; mu++) values.fill(0, mu * d, mu * d + lower);
      const gram = new Float64Array(count * count);
      kernels.product(values, count, values, count, d, gram);
      grams.set(target, gram);
      return gram;
    },
  };
}

/** Scores of every query with every stored image, [count, count], made strip by strip. */
export async function allScores(
  slice: Slice,
  series: Series,
  count: number,
  tick: (queries: number) => Promise<void>,
): Promise<{ network: UniversalNetwork; scores: Float64Array }> {
  const { d } = slice;
  const network = universalNetwork(slice.images.subarray(0, count * d), count, d, series);
  const scores = new Float64Array(count * count);
  for (let q = 0; q < count; q += STRIP) {
    const last = Math.min(count, q + STRIP);
    scores.set(network.comparison.scores(slice.queries.subarray(q * d, last * d)), q * count);
    await tick(last - q);
  }
  return { network, scores };
}

/**
 * Recalls the first `n` images from their queries, with only them stored. The output z = sum w_mu x_mu is never made:
 * z . x_k = (w G)_k and |z|^2 = w G w', with G the Gram matrix of what is recalled, so the cost is n^2 a query and not n d.
 * @param scores [stride, stride], of which the first n rows and columns count
 * @param gram [size, size], likewise
 */
export function outcome(
  network: UniversalNetwork,
  scores: Float64Array,
  stride: number,
  gram: Float64Array,
  size: number,
  n: number,
): Outcome {
  const errors = new Float64Array(n);
  const nearest = new Uint8Array(n);
  const own = n === size ? gram : corner(gram, size, n);
  for (let from = 0; from < n; from += STRIP) {
    const count = Math.min(STRIP, n - from);
    const weights = new Float64Array(count * n);
    for (let r = 0, at = from * stride; r < count; r++, at += stride) {
      weights.set(network.weights(scores.slice(at, at + n)), r * n);
    }
    const products = combined(weights, count, own, n);
    for (let r = 0; r < count; r++) {
      const row = (values: Float64Array) => values.subarray(r * n, (r + 1) * n);
      const { error, isNearest } = judge(row(weights), row(products), own, from + r);
      errors[from + r] = error;
      nearest[from + r] = isNearest ? 1 : 0;
    }
  }
  return { errors, nearest };
}

/** The first n rows and columns of a [size, size] matrix. */
function corner(matrix: Float64Array, size: number, n: number): Float64Array {
  const part = new Float64Array(n * n);
  for (let i = 0; i < n; i++) part.set(matrix.subarray(i * size, i * size + n), i * n);
  return part;
}

/** weights [count, n] times the symmetric gram [n, n]; row by row where few weights are other than zero. */
function combined(weights: Float64Array, count: number, gram: Float64Array, n: number): Float64Array {
  const products = new Float64Array(count * n);
  if (weights.filter((weight) => weight !== 0).length > count * FEW) {
    kernels.product(gram, n, weights, count, n, products);
    return products;
  }
  for (let at = 0; at < weights.length; at++) {
    const weight = weights[at];
    if (weight === 0) continue;
    const [start, row] = [at - (at % n), (at % n) * n];
    for (let k = 0; k < n; k++) products[start + k] += weight * gram[row + k];
  }
  return products;
}

/**
 * Of the output with these weights, for target j: its squared error, and whether it is nearer to it than to the others.
 * @param products of the output with every stored item, [n]
 */
function judge(weights: Float64Array, products: Float64Array, gram: Float64Array, j: number) {
  const n = weights.length;
  let norm2 = 0;
  for (let mu = 0; mu < n; mu++) if (weights[mu] !== 0) norm2 += weights[mu] * products[mu];
  const target = gram[j * n + j];
  const own = norm2 - 2 * products[j] + target;
  if (Number.isNaN(own)) return { error: Number.NaN, isNearest: false };
  let isNearest = true;
  for (let k = 0; k < n && isNearest; k++) {
    const other = gram[k * n + k];
    const slack = ROUNDING * (norm2 + target + other);
    const copy = target - 2 * gram[j * n + k] + other <= slack;
    if (!copy && norm2 - 2 * products[k] + other <= own + slack) isNearest = false;
  }
  return { error: Math.max(0, own), isNearest };
}
