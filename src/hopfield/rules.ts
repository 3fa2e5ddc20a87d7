/**
 * @file Learning rules of the classical Hopfield network: Hebb (Hopfield 1982), Storkey (1997), and the projection or
 * pseudo-inverse rule (Personnaz, Guyon and Dreyfus 1985; Kanter and Sompolinsky 1987).
 *
 * In all of them x^1 ... x^N are N patterns of d entries -1/+1 and W is the symmetric d x d matrix of weights. Every
 * rule writes the diagonal, too, as its formula says (`storkey-simplified` has a zero diagonal by definition); whether a
 * network keeps the diagonal is the caller's choice, see `learn`.
 */
import { InputError } from '../errors.ts';

/** Patterns of -1/+1 [count, d], row after row -> weights [d, d], symmetric. */
type LearningRule = (patterns: Int8Array, count: number, d: number) => Float64Array;

export type RuleName = 'hebb' | 'storkey' | 'storkey-simplified' | 'pseudo-inverse';

export const rules: Record<RuleName, LearningRule> = {
  hebb,
  storkey: (patterns, count, d) => storkey(patterns, count, d, true),
  'storkey-simplified': (patterns, count, d) => storkey(patterns, count, d, false),
  'pseudo-inverse': projection,
};

/**
 * Weights [d, d] for patterns of -1/+1 [count, d], rounded to float32: the numbers that the memory's size counts.
 *
 * `selfConnections` keeps the rule's diagonal. The default is zero for every rule:
 * - Hebb: the diagonal is N/d whatever the patterns are, so it holds nothing and only resists each flip.
 * - Storkey: his fields leave the unit itself out, so the diagonal plays no part in learning.
 * - Pseudo-inverse: field and pattern still agree in sign, because h_i = (1 - w_ii) x_i and w_ii < 1 unless the unit
 *   vector e_i is in the span (then h_i = 0, a tie, which keeps the pattern as well); and the basins are far wider
 *   (Kanter and Sompolinsky 1987): with 48 patterns of 128 bits of which 64 are redrawn, 0.6 wrong bits instead of 18.
 *
 * @throws InputError when the weights overflow (Storkey's rule, very far beyond its capacity).
 */
export function learn(
  rule: RuleName,
  patterns: Int8Array,
  count: number,
  d: number,
  selfConnections = false,
): Float32Array {
  const weights = Float32Array.from(rules[rule](patterns, count, d));
  if (!selfConnections) for (let i = 0; i < d; i++) weights[i * d + i] = 0;
  if (!weights.every(Number.isFinite)) {
    throw new InputError(`${rule}: the weights overflow with ${count} patterns of ${d} bits`);
  }
  return weights;
}

/** w_ij = (1/d) sum_mu x_i^mu x_j^mu. */
function hebb(patterns: Int8Array, count: number, d: number): Float64Array {
  const weights = new Float64Array(d * d);
  const units = transpose(patterns, count, d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = i * count, b = j * count, end = a + count; a < end; a++, b++) sum += units[a] * units[b];
      weights[i * d + j] = weights[j * d + i] = sum / d;
    }
  }
  return weights;
}

/**
 * Storkey, "Increasing the capacity of a Hopfield network without sacrificing functionality", ICANN 1997. One pattern x
 * after another, from W = 0:
 *
 *     w_ij <- w_ij + (1/d) (x_i x_j - x_i h_ji - h_ij x_j),   h_ij = sum_{k not in {i, j}} w_ik x_k
 *
 * `excludeSource: false` is the simplified rule met in many implementations, whose field leaves out only the unit itself:
 * h_ij = h_i = sum_{k != i} w_ik x_k, with w_ii = 0. Of all variants tried it is by far the nearest to the Storkey row of
 * Bartunov et al. 2020, table 1.
 *
 * Both rules unlearn a pattern that is shown again: its fields are already x_i, so the increment is about -x_i x_j / d and
 * two copies leave next to nothing. Duplicates among the patterns erase one another.
 *
 * With h_i as above, h_ij = h_i - w_ij x_j, so the exact increment is the simplified one plus 2 w_ij / d: O(d^2) a pattern.
 */
function storkey(patterns: Int8Array, count: number, d: number, excludeSource: boolean): Float64Array {
  const weights = new Float64Array(d * d);
  const fields = new Float64Array(d);
  const growth = excludeSource ? 1 + 2 / d : 1;
  for (let mu = 0; mu < count; mu++) {
    const x = patterns.subarray(mu * d, (mu + 1) * d);
    for (let i = 0; i < d; i++) {
      const row = i * d;
      let sum = -weights[row + i] * x[i];
      for (let k = 0; k < d; k++) sum += weights[row + k] * x[k];
      fields[i] = sum;
    }
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < i; j++) {
        const increment = (x[i] * x[j] - x[i] * fields[j] - fields[i] * x[j]) / d;
        weights[i * d + j] = weights[j * d + i] = growth * weights[i * d + j] + increment;
      }
      if (excludeSource) weights[i * d + i] += (1 - 2 * x[i] * fields[i]) / d;
    }
  }
  return weights;
}

/**
 * W = X^+ X, the projection onto the span of the patterns, which are the rows of X. Built from an orthonormal basis, one
 * pattern after another (Gram-Schmidt, each pattern twice, which is enough for full accuracy): a pattern that depends on
 * those before it adds nothing, so duplicates and more than d patterns need no special case. O(N^2 d + N d^2).
 */
function projection(patterns: Int8Array, count: number, d: number): Float64Array {
  const weights = new Float64Array(d * d);
  const basis: Float64Array[] = [];
  // Part of a pattern's squared norm d that must be new. Rounding leaves 1e-30 of a dependent one.
  const independent = 1e-10 * d;
  for (let mu = 0; mu < count && basis.length < d; mu++) {
    const rest = Float64Array.from(patterns.subarray(mu * d, (mu + 1) * d));
    for (let pass = 0; pass < 2; pass++) {
      for (const direction of basis) {
        const overlap = dot(direction, rest);
        for (let i = 0; i < d; i++) rest[i] -= overlap * direction[i];
      }
    }
    const norm2 = dot(rest, rest);
    if (norm2 < independent) continue;
    const scale = 1 / Math.sqrt(norm2);
    for (let i = 0; i < d; i++) rest[i] *= scale;
    basis.push(rest);
  }
  for (const direction of basis) {
    for (let i = 0; i < d; i++) {
      const factor = direction[i];
      for (let j = 0, row = i * d; j < d; j++) weights[row + j] += factor * direction[j];
    }
  }
  // Where the span holds a unit vector (d independent patterns, for one), weights are zero but for rounding, and without
  // the diagonal that rounding would be all that is left to decide by.
  return weights.map((weight) => (Math.abs(weight) < 1e-12 ? 0 : weight));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** [count, d] -> [d, count], so that the entries of one unit lie side by side. */
export function transpose(patterns: Int8Array, count: number, d: number): Int8Array {
  const units = new Int8Array(count * d);
  for (let mu = 0; mu < count; mu++) {
    for (let i = 0; i < d; i++) units[i * count + mu] = patterns[mu * d + i];
  }
  return units;
}
