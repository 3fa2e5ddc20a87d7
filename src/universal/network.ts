/** @file The universal Hopfield network z = P sep(sim(M, q)) as typed arrays (Millidge et al. 2022, eq. 1). */
import { InputError } from '../errors.ts';
import { officialScores, officialWeights } from './official.ts';
import { meanWeights, type SeparationName, separationParameter, separations } from './separations.ts';
import {
  type Comparison,
  compare,
  type Numbers,
  type SimilarityName,
  type SimilarityOptions,
} from './similarities.ts';

/** `mean`: sum_mu w_mu p_mu with weights that sum to one. `sign`: the sign of the sum, for entries -1 and +1. */
export type Readout = 'mean' | 'sign';

export interface UniversalOptions extends SimilarityOptions {
  similarity: SimilarityName;
  separation: SeparationName;
  /** theta, n, beta or k of the separation; default its own. */
  parameter?: number;
  /** Default `mean`. */
  readout?: Readout;
  /**
   * Divide scores by their sum before they are separated, as the public code does, so that the parameter does not depend
   * on their scale. Scores below zero are then counted from the lowest. Default false.
   */
  normalise?: boolean;
  /**
   * `official`: the numbers of the public code, quirks included (`official.ts`), for comparison. Then `form`, `range`,
   * `smoothing` and `normalise` are its own, and there is no gradient. Default `correct`.
   */
  mode?: 'correct' | 'official';
}

export interface UniversalNetwork {
  readonly comparison: Comparison;
  /** Length of what is read out. */
  readonly width: number;
  /** Weights [memories] from scores [memories]: they sum to one, or for `sign` are up to a common positive factor. */
  weights(scores: Float64Array): Float64Array;
  /** z [width] for q [d]. A sum of zero keeps the query's sign where the read-out is `sign` and as long as the query. */
  retrieve(query: Numbers): Float64Array;
}

/**
 * Memories [count, d] and, for hetero-association, what each of them recalls, [count, width]; default the memories.
 * @throws InputError for an unknown similarity, separation or form, or a parameter out of range
 */
export function universalNetwork(
  memories: Numbers,
  count: number,
  d: number,
  options: UniversalOptions,
  values: Numbers = memories,
): UniversalNetwork {
  if (options.mode === 'official') return officialNetwork(memories, count, d, options, values);
  const { similarity, separation, readout = 'mean', normalise = false } = options;
  const parameter = separationParameter(separation, options.parameter);
  if (readout === 'sign' && separation === 'power' && !Number.isInteger(parameter)) {
    throw new InputError(`separation "power": n ${parameter} with read-out "sign", expected a whole number`);
  }
  const comparison = compare(similarity, memories, count, d, options);
  const width = values.length / count;
  const weights = (scores: Float64Array) => {
    const counted = normalise ? shares(scores) : scores;
    return readout === 'mean'
      ? meanWeights(separation, counted, parameter)
      : separations[separation].weights(counted, parameter);
  };
  return {
    comparison,
    width,
    weights,
    retrieve(query) {
      const out = project(weights(comparison.scores(query)), values, width);
      if (readout === 'sign') {
        for (let i = 0; i < width; i++) {
          const tie = Math.abs(out[i]) <= TIE;
          out[i] = tie ? (width === d && query[i] < 0 ? -1 : 1) : Math.sign(out[i]);
        }
      }
      return out;
    },
  };
}

function officialNetwork(
  memories: Numbers,
  count: number,
  d: number,
  { similarity, separation, parameter = 1 }: UniversalOptions,
  values: Numbers,
): UniversalNetwork {
  const width = values.length / count;
  const weights = (scores: Float64Array) => officialWeights(separation, scores, parameter);
  const scores: Comparison['scores'] = (queries, first = count) =>
    officialScores(similarity, memories.subarray(0, first * d), queries, d);
  const pull = () => {
    throw new InputError('the public code has no gradients');
  };
  return {
    comparison: { name: similarity, count, d, scores, pull },
    width,
    weights,
    // Not `project`, which takes a weight of zero for nothing: zero times NaN is NaN.
    retrieve(query) {
      const found = weights(scores(query));
      return Float64Array.from({ length: width }, (_, i) =>
        found.reduce((sum, weight, mu) => sum + weight * values[mu * width + i], 0),
      );
    },
  };
}

/** Sums this near to zero are rounding: weights are at most about one. */
const TIE = 1e-12;

/** sum_mu weights[mu] values[mu], [width]. */
export function project(weights: Float64Array, values: Numbers, width: number): Float64Array {
  const out = new Float64Array(width);
  for (let mu = 0; mu < weights.length; mu++) {
    const weight = weights[mu];
    if (weight === 0) continue;
    for (let i = 0, k = mu * width; i < width; i++, k++) out[i] += weight * values[k];
  }
  return out;
}

/** Scores divided by their sum; relative to the largest first, so that reciprocals of exact matches add up. */
function shares(scores: Float64Array): Float64Array {
  const lowest = scores.reduce((a, b) => Math.min(a, b), 0);
  const counted = scores.map((score) => score - lowest);
  const scale = counted.reduce((a, b) => Math.max(a, b), 0);
  if (scale === 0) return counted;
  const total = counted.reduce((sum, score) => sum + score / scale, 0);
  return counted.map((score) => score / scale / total);
}
