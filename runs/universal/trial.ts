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
const STRIP = 25;
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
  const products = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    const weights = network.weights(scores.slice(j * stride, j * stride + n));
    products.fill(0);
    for (let mu = 0; mu < n; mu++) {
      const weight = weights[mu];
      if (weight === 0) continue;
      for (let k = 0, at = mu * size; k < n; k++, at++) products[k] += weight * gram[at];
    }
    let norm2 = 0;
    for (let mu = 0; mu < n; mu++) if (weights[mu] !== 0) norm2 += weights[mu] * products[mu];
    const own = norm2 - 2 * products[j] + gram[j * size + j];
    errors[j] = Math.max(0, own);
    if (Number.isNaN(own)) {
      errors[j] = Number.NaN;
      continue;
    }
    nearest[j] = 1;
    const target = gram[j * size + j];
    for (let k = 0; k < n && nearest[j] === 1; k++) {
      const other = gram[k * size + k];
      const slack = ROUNDING * (norm2 + target + other);
      const copy = target - 2 * gram[j * size + k] + other <= slack;
      if (!copy && norm2 - 2 * products[k] + other <= own + slack) nearest[j] = 0;
    }
  }
  return { errors, nearest };
}
