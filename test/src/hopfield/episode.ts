/** @file Random patterns and queries for the tests of the Hopfield networks. */
import { stream } from '../../../src/random.ts';

export interface Episode {
  /** [count, d], entries -1/+1. */
  patterns: Int8Array;
  /** One query per pattern: exactly `corrupted` of its positions drawn again, each -1 or +1 with equal probability. */
  queries: Int8Array;
  /** [count, d], 1 where the query was not touched. */
  known: Uint8Array;
  count: number;
  d: number;
}

export function episode(seed: number, count: number, d: number, corrupted: number): Episode {
  const random = stream(seed, 'episode', count);
  const patterns = Int8Array.from({ length: count * d }, () => 2 * random.bit() - 1);
  const queries = patterns.slice();
  const known = new Uint8Array(count * d).fill(1);
  for (let mu = 0; mu < count; mu++) {
    for (const i of random.permutation(d).subarray(0, corrupted)) {
      queries[mu * d + i] = 2 * random.bit() - 1;
      known[mu * d + i] = 0;
    }
  }
  return { patterns, queries, known, count, d };
}

/** Mean number of differing entries per pattern. */
export function meanErrors(a: ArrayLike<number>, b: ArrayLike<number>, count: number): number {
  let errors = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) errors++;
  return errors / count;
}

/** Greatest rise from one step to the next over all traces, energies[step][query]; 0 or less where none rises. */
export function greatestRise(energies: number[][]): number {
  let rise = Number.NEGATIVE_INFINITY;
  for (let k = 1; k < energies.length; k++) {
    for (let q = 0; q < energies[k].length; q++) rise = Math.max(rise, energies[k][q] - energies[k - 1][q]);
  }
  return rise;
}
