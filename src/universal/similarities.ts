/**
 * @file The similarities of universal Hopfield networks (Millidge et al. 2022, section 3): one table from name to what is
 * compared, and how. All are safe for exact matches, all-zero vectors and any scale, unlike those of `official.ts`.
 */
import { described } from '../arguments.ts';
import { InputError } from '../errors.ts';
import { type KernelName, kernels } from './kernels.ts';

export type SimilarityName =
  | 'dot'
  | 'normalised-dot'
  | 'cosine'
  | 'euclidean'
  | 'manhattan'
  | 'hamming'
  | 'kl'
  | 'reverse-kl'
  | 'jensen-shannon';

/** How a distance D becomes a similarity: -D, or 1 / D (the public code's, here at most 1e300). */
export type Form = 'negative' | 'reciprocal';

export interface SimilarityOptions {
  /** Of distances. Default `negative`. */
  form?: Form;
  /** Values that entries lie in, default [0, 1]. Distributions count from its low end, bits from its middle. */
  range?: readonly [low: number, high: number];
  /**
   * Of the divergences: added to every entry (as a share of the range) before a vector is divided by its sum, so that no
   * entry is zero and an all-zero vector is uniform. Default 0.01.
   */
  smoothing?: number;
}

type Settings = Required<SimilarityOptions>;
/** Vectors one after the other. */
export type Numbers = Float32Array | Float64Array;
type Vector = Numbers;

interface Similarity {
  help: string;
  /** Whether it is a distance, which `form` turns into a similarity. */
  distance: boolean;
  kernel: KernelName;
  /** Makes of a memory what the kernel compares, [d]; returns what it divided by. */
  memory(x: Vector, out: Float64Array, s: Settings): number;
  /** Likewise of a query. */
  query(x: Vector, out: Float64Array, s: Settings): number;
  /**
   * The similarity or distance from the kernel's sum and those of the memory with itself and the query with itself; default
   * the sum. All three are made alike, so that a divergence of equals is exactly zero.
   */
  combine?(sum: number, memory: number, query: number): number;
  /** out += weight times the gradient in the query. None: flat, so that no flow can follow it. */
  gradient?(memory: Vector, query: Vector, weight: number, out: Float64Array, s: Settings): void;
}

/** Largest similarity of the reciprocal form: an exact match, which still adds up with thousands of others. */
const LARGEST = 1e300;

const copy: Similarity['memory'] = (x, out) => {
  out.set(x);
  return 0;
};
const bits: Similarity['memory'] = (x, out, { range: [low, high] }) => {
  for (let i = 0; i < out.length; i++) out[i] = x[i] < (low + high) / 2 ? 0 : 1;
  return 0;
};
/** Divided by the sum; of an all-zero vector zeros. Entries below the range count as zero. */
const distribution = (smoothing: (s: Settings) => number): Similarity['memory'] => {
  return (x, out, s) => {
    const [low, high] = s.range;
    const added = smoothing(s) * (high - low);
    let sum = 0;
    for (let i = 0; i < out.length; i++) {
      out[i] = Math.max(0, x[i] - low) + added;
      sum += out[i];
    }
    if (sum > 0) for (let i = 0; i < out.length; i++) out[i] /= sum;
    return sum;
  };
};
const plain = distribution(() => 0);
const smoothed = distribution(({ smoothing }) => smoothing);
const unit: Similarity['memory'] = (x, out) => {
  let norm2 = 0;
  for (let i = 0; i < out.length; i++) norm2 += x[i] * x[i];
  const norm = Math.sqrt(norm2);
  for (let i = 0; i < out.length; i++) out[i] = norm > 0 ? x[i] / norm : 0;
  return norm;
};
/** Logarithms of the distribution. */
const logarithms: Similarity['memory'] = (x, out, s) => {
  smoothed(x, out, s);
  for (let i = 0; i < out.length; i++) out[i] = Math.log(out[i]);
  return 0;
};

/** Through the normalisation r = y / sum y, y = max(q - low, 0) + smoothing, from the slopes in r to those in q. */
function throughDistribution(
  normalise: Similarity['memory'],
  slope: (p: number, r: number) => number,
): NonNullable<Similarity['gradient']> {
  return (memory, query, weight, out, s) => {
    const d = out.length;
    const [p, r] = [new Float64Array(d), new Float64Array(d)];
    normalise(memory, p, s);
    const sum = normalise(query, r, s);
    if (sum === 0) return;
    let mean = 0;
    for (let i = 0; i < d; i++) mean += r[i] * slope(p[i], r[i]);
    for (let i = 0; i < d; i++) {
      if (query[i] > s.range[0]) out[i] += (weight * (slope(p[i], r[i]) - mean)) / sum;
    }
  };
}

export const similarities: Record<SimilarityName, Similarity> = {
  dot: {
    help: 'dot product',
    distance: false,
    kernel: 'product',
    memory: copy,
    query: copy,
    gradient(memory, _, weight, out) {
      for (let i = 0; i < out.length; i++) out[i] += weight * memory[i];
    },
  },
  'normalised-dot': {
    help: 'dot product of vectors divided by their sums',
    distance: false,
    kernel: 'product',
    memory: plain,
    query: plain,
    gradient: throughDistribution(plain, (p) => p),
  },
  cosine: {
    help: 'dot product of vectors divided by their lengths',
    distance: false,
    kernel: 'product',
    memory: unit,
    query: unit,
    gradient(memory, query, weight, out) {
      const d = out.length;
      const [m, q] = [new Float64Array(d), new Float64Array(d)];
      unit(memory, m, defaults);
      const norm = unit(query, q, defaults);
      if (norm === 0) return;
      let cosine = 0;
      for (let i = 0; i < d; i++) cosine += m[i] * q[i];
      for (let i = 0; i < d; i++) out[i] += (weight * (m[i] - cosine * q[i])) / norm;
    },
  },
  euclidean: {
    help: 'squared Euclidean distance',
    distance: true,
    kernel: 'squared',
    memory: copy,
    query: copy,
    gradient(memory, query, weight, out) {
      for (let i = 0; i < out.length; i++) out[i] += 2 * weight * (query[i] - memory[i]);
    },
  },
  manhattan: {
    help: 'sum of absolute differences',
    distance: true,
    kernel: 'absolute',
    memory: copy,
    query: copy,
    gradient(memory, query, weight, out) {
      for (let i = 0; i < out.length; i++) out[i] += weight * Math.sign(query[i] - memory[i]);
    },
  },
  hamming: {
    help: 'number of entries on different sides of the middle of the range',
    distance: true,
    kernel: 'absolute',
    memory: bits,
    query: bits,
  },
  kl: {
    help: 'Kullback-Leibler divergence of the memory from the query, sum p log(p / q)',
    distance: true,
    kernel: 'product',
    memory: smoothed,
    query: logarithms,
    combine: (sum, memory) => Math.max(0, memory - sum),
    gradient: throughDistribution(smoothed, (p, r) => -p / r),
  },
  'reverse-kl': {
    help: 'Kullback-Leibler divergence of the query from the memory, sum q log(q / p)',
    distance: true,
    kernel: 'product',
    memory: logarithms,
    query: smoothed,
    combine: (sum, _, query) => Math.max(0, query - sum),
    gradient: throughDistribution(smoothed, (p, r) => Math.log(r / p) + 1),
  },
  'jensen-shannon': {
    help: 'mean divergence of memory and query from their mean',
    distance: true,
    kernel: 'entropy',
    memory: smoothed,
    query: smoothed,
    // With h(p) = sum p log p, a vector's sum with itself is 2 h(p) + 2 log 2, and h of the mean is sum / 2 - log 2.
    combine: (sum, memory, query) => Math.max(0, (memory / 2 + query / 2 - sum) / 2),
    gradient: throughDistribution(smoothed, (p, r) => Math.log((2 * r) / (p + r)) / 2),
  },
};

export const similarityNames = Object.keys(similarities) as SimilarityName[];

/** Those with a gradient, so that an energy can flow through them. */
export const differentiableSimilarities = similarityNames.filter((name) => similarities[name].gradient);

const defaults: Settings = { form: 'negative', range: [0, 1], smoothing: 0.01 };

/** Compares queries with memories that were prepared once. */
export interface Comparison {
  readonly name: SimilarityName;
  readonly count: number;
  readonly d: number;
  /** scores [queries, count], the larger the more similar, for queries [queries, d]. Takes the first `first` memories. */
  scores(queries: Vector, first?: number): Float64Array;
  /** out [d] += sum over memories of weights[mu] times the gradient of score mu in the query [d]. */
  pull(query: Vector, weights: Vector, out: Float64Array): void;
}

/**
 * Memories [count, d] ready to be compared.
 * @throws InputError for an unknown similarity or form, or a bad smoothing
 */
export function compare(
  name: SimilarityName,
  memories: Vector,
  count: number,
  d: number,
  options: SimilarityOptions = {},
): Comparison {
  const s: Settings = { ...defaults, ...withoutUndefined(options) };
  const similarity = similarities[name];
  if (!similarity)
    throw new InputError(`unknown similarity ${described(name)}; there are ${similarityNames.join(', ')}`);
  if (s.form !== 'negative' && s.form !== 'reciprocal') {
    throw new InputError(`similarity form "${s.form}", expected negative or reciprocal`);
  }
  if (!(s.smoothing > 0))
    throw new InputError(`similarity smoothing ${s.smoothing}, expected a number above 0`);
  const prepare = (make: Similarity['memory'], values: Vector, rows: number) => {
    const made = new Float64Array(rows * d);
    for (let i = 0; i < rows; i++) make(row(values, i, d), row(made, i, d) as Float64Array, s);
    return made;
  };
  const combine = similarity.combine;
  /** The kernel of every row with itself, where it is asked for. */
  const alone = (values: Vector, rows: number) =>
    Float64Array.from({ length: combine ? rows : 0 }, (_, i) => {
      const own = row(values, i, d);
      const sum = new Float64Array(1);
      kernels[similarity.kernel](
        prepare(similarity.memory, own, 1),
        1,
        prepare(similarity.query, own, 1),
        1,
        d,
        sum,
      );
      return sum[0];
    });
  const prepared = prepare(similarity.memory, memories, count);
  const numbers = alone(memories, count);
  const value = (distance: number) => {
    if (!similarity.distance) return distance;
    return s.form === 'negative' ? -distance : 1 / Math.max(distance, 1 / LARGEST);
  };
  return {
    name,
    count,
    d,
    scores(queries, first = count) {
      const asked = queries.length / d;
      const seen = prepare(similarity.query, queries, asked);
      const own = alone(queries, asked);
      const scores = new Float64Array(asked * first);
      kernels[similarity.kernel](prepared, first, seen, asked, d, scores);
      for (let q = 0, k = 0; q < asked; q++) {
        for (let mu = 0; mu < first; mu++, k++) {
          scores[k] = value(combine ? combine(scores[k], numbers[mu], own[q]) : scores[k]);
        }
      }
      return scores;
    },
    pull(query, weights, out) {
      const { gradient, distance } = similarity;
      if (!gradient) throw new InputError(`similarity "${name}" has no gradient`);
      const scores = distance && s.form === 'reciprocal' ? this.scores(query) : undefined;
      for (let mu = 0; mu < count; mu++) {
        // d(-D) = -dD, d(1 / D) = -dD / D^2
        const slope = distance ? -(scores ? scores[mu] ** 2 : 1) : 1;
        if (weights[mu] === 0) continue;
        gradient(row(memories, mu, d), query, weights[mu] * slope, out, s);
      }
    },
  };
}

function row(values: Vector, i: number, d: number): Vector {
  return values.subarray(i * d, (i + 1) * d);
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
