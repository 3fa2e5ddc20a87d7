/** @file Exact conditioning: what remains of a set of patterns, and of the distribution over them, once some entries are known. */
import { type PatternDiffusion, patternDiffusion } from './exact.ts';

export interface Conditioned {
  /** The diffusion of the free entries alone, [free.length], given the known ones. */
  diffusion: PatternDiffusion;
  /** Indices of the free entries. */
  free: number[];
}

/**
 * p(y_free | y_known) over the patterns [count, d]: each is weighted by exp(-|y_known - q_known|^2 / 2 variance). At
 * variance 0 (the known entries are certain) only the patterns nearest in the known entries are left, equals sharing.
 * @param query [d]
 * @param known [d], nonzero where known
 */
export function condition(
  patterns: ArrayLike<number>,
  count: number,
  d: number,
  query: ArrayLike<number>,
  known: ArrayLike<number>,
  variance = 0,
): Conditioned {
  const entries = Array.from({ length: d }, (_, i) => i);
  const free = entries.filter((i) => !known[i]);
  const given = entries.filter((i) => known[i]);
  const distances = Float64Array.from({ length: count }, (_, n) =>
    given.reduce((sum, i) => sum + (patterns[n * d + i] - query[i]) ** 2, 0),
  );
  const nearest = distances.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const logWeights = distances.map((distance) => {
    if (variance > 0) return -(distance - nearest) / (2 * variance);
    // float32 has no more digits for entries of size 1
    return distance <= nearest + 1e-9 * given.length ? 0 : Number.NEGATIVE_INFINITY;
  });
  const rest = new Float64Array(count * free.length);
  for (let n = 0; n < count; n++) {
    for (let k = 0; k < free.length; k++) rest[n * free.length + k] = patterns[n * d + free[k]];
  }
  return { diffusion: patternDiffusion(rest, count, free.length, logWeights), free };
}
