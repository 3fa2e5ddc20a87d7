/**
 * @file A bounded step of writing. The curvature of the writing loss in a matrix of pairwise weights grows with the largest
 * eigenvalue of the sum of x x' over the patterns: patterns that overlap, because they are sparse, alike or many, make steps
 * diverge that were learned on fair bits. They are written with smaller ones.
 */

/** Above this, in units of the largest eigenvalue of fair bits, patterns are unlike those of training. */
const UNLIKE = 1.05;
/** Weights that have grown to so many times those that fair bits leave are on their way out. */
export const WILD = 4;
/** How far above that of its training the largest eigenvalue may be before steps are made smaller. */
const MARGIN = 1.5;
/** Rates learned at the edge of stability leave no room: the step shrinks faster than the eigenvalue grows. */
const POWER = 1.5;
/** Where writing diverges all the same, its steps are halved so many times at most. */
export const HALVINGS = 12;

/**
 * Factor of the rates, and whether patterns are unlike those of training, for patterns [count, d] of -1 and +1, of a memory that was trained on up to `trained` patterns of fair
 * bits: 1 for patterns like those. Their largest eigenvalue is (sqrt(trained) + sqrt(d))^2 (Marchenko and Pastur 1967).
 */
export function boundedScale(
  patterns: Float32Array,
  count: number,
  d: number,
  trained: number,
): { scale: number; unlike: boolean } {
  const edge = (Math.sqrt(trained) + Math.sqrt(d)) ** 2;
  const largest = largestEigenvalue(patterns, count, d);
  const scale = Math.min(1, (MARGIN * edge) / largest) ** POWER;
  return { scale, unlike: largest > UNLIKE * edge };
}

/** Of the sum of x x' over patterns [count, d], by the power method from their sum and each pattern's own direction. */
export function largestEigenvalue(patterns: Float32Array, count: number, d: number): number {
  let v = new Float64Array(d);
  for (let i = 0; i < patterns.length; i++) v[i % d] += patterns[i] * (1 + Math.floor(i / d) / count);
  let value = 0;
  for (let k = 0; k < 40; k++) {
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    if (norm === 0) return value;
    v = v.map((x) => x / norm);
    const next = new Float64Array(d);
    for (let p = 0; p < count; p++) {
      let overlap = 0;
      for (let i = 0, at = p * d; i < d; i++, at++) overlap += patterns[at] * v[i];
      for (let i = 0, at = p * d; i < d; i++, at++) next[i] += overlap * patterns[at];
    }
    value = next.reduce((sum, x, i) => sum + x * v[i], 0);
    v = next;
  }
  return value;
}
