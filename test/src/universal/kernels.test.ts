import { describe, expect, test } from 'vitest';
import { type KernelName, kernels } from '../../../src/universal/kernels.ts';
import { randomVectors } from './vectors.ts';

const TERMS: Record<KernelName, (a: number, b: number) => number> = {
  product: (a, b) => a * b,
  squared: (a, b) => (a - b) ** 2,
  absolute: (a, b) => Math.abs(a - b),
  entropy: (a, b) => (a + b === 0 ? 0 : (a + b) * Math.log(a + b)),
};

describe.each(Object.keys(TERMS) as KernelName[])('%s', (name) => {
  // Every remainder of the blocks of 4 memories and 2 queries, and every size of number.
  test.each([
    [1, 1, 1],
    [4, 2, 7],
    [5, 3, 16],
    [7, 4, 33],
    [10, 1, 5],
  ])('%i memories and %i queries of %i entries as a plain loop has them', (n, count, d) => {
    const memories = randomVectors('memories', n, d, (r) => r.uniform() ** 20);
    const queries = randomVectors('queries', count, d, (r) => r.uniform() ** 20);
    memories[0] = 0;
    queries[0] = 0;
    const sums = new Float64Array(n * count);
    kernels[name](memories, n, queries, count, d, sums);
    for (let q = 0; q < count; q++) {
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let k = 0; k < d; k++) sum += TERMS[name](memories[i * d + k], queries[q * d + k]);
        expect(Math.abs(sums[q * n + i] - sum)).toBeLessThan(1e-13 * (1 + Math.abs(sum)));
      }
    }
  });
});
