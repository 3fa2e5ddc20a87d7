/**
 * @file What a diffusion model's samples are: memorised patterns, spurious ones, or new (the two distances of Pham et al.,
 * "Memorization to generalization: emergence of diffusion models from associative memory", 2025).
 */

/** Shares of samples, which add up to 1. */
export interface Outcomes {
  /** Within `memorised` of a stored pattern. */
  memorised: number;
  /** Not memorised, but within `spurious` of another sample: the model returns to something it was never given. */
  spurious: number;
  /** Neither. */
  generalised: number;
}

/** The two distances, Euclidean. */
export interface Thresholds {
  memorised: number;
  spurious: number;
}

/** @param samples [n, d] @param patterns [count, d] */
export function outcomesOf(
  samples: ArrayLike<number>,
  patterns: ArrayLike<number>,
  d: number,
  { memorised, spurious }: Thresholds,
): Outcomes {
  const toPatterns = nearestDistances(samples, patterns, d);
  const toOthers = nearestDistances(samples, samples, d, true);
  const n = toPatterns.length;
  const shares = { memorised: 0, spurious: 0, generalised: 0 };
  for (let i = 0; i < n; i++) {
    if (toPatterns[i] <= memorised) shares.memorised += 1 / n;
    else if (toOthers[i] <= spurious) shares.spurious += 1 / n;
    else shares.generalised += 1 / n;
  }
  return shares;
}

/**
 * The distances that a share `chance` of fresh points is within: of a stored pattern, and of another of as many fresh
 * points as there are samples. So samples that are as new as fresh points score `chance` for each. (The rule is ours: the
 * paper's distances are not known to us.)
 * @param fresh [n, d], as many as samples, drawn like the patterns but none of them
 */
export function thresholdsOf(
  fresh: ArrayLike<number>,
  patterns: ArrayLike<number>,
  d: number,
  chance: number,
): Thresholds {
  const quantile = (values: Float64Array) => values.sort()[Math.floor(chance * values.length)];
  return {
    memorised: quantile(nearestDistances(fresh, patterns, d)),
    spurious: quantile(nearestDistances(fresh, fresh, d, true)),
  };
}

/** Distance of each of a [n, d] from the nearest of b [m, d]; `others`: b is a, and a point is not its own neighbour. */
export function nearestDistances(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  d: number,
  others = false,
): Float64Array {
  const m = b.length / d;
  return Float64Array.from({ length: a.length / d }, (_, i) => {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < m; j++) {
      if (others && i === j) continue;
      let sum = 0;
      for (let k = 0; k < d && sum < least; k++) sum += (a[i * d + k] - b[j * d + k]) ** 2;
      if (sum < least) least = sum;
    }
    return Math.sqrt(least);
  });
}
