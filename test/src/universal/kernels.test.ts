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
    // More than a tile holds, of memories, queries and entries.
    [70, 3, 515],
    [3, 66, 1025],
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

  test('a sum is the same to the last bit wherever its vectors stand, and with the two exchanged', () => {
    const [n, d] = [7, 600];
    const rows = randomVectors('rows', n, d);
    const all = new Float64Array(n * n);
    kernels[name](rows, n, rows, n, d, all);
    for (let q = 0; q < n; q++) {
      for (let i = 0; i < n; i++) {
        const one = new Float64Array(1);
        const [a, b] = [rows.subarray(i * d, (i + 1) * d), rows.subarray(q * d, (q + 1) * d)];
        kernels[name](a, 1, b, 1, d, one);
        expect(one[0]).toBe(all[q * n + i]);
        expect(all[i * n + q]).toBe(all[q * n + i]);
      }
    }
  });
});

test('the logarithm in the entropy is within 2e-14, from the smallest numbers to the largest', () => {
  const d = 2000;
  for (let i = 0; i < d; i++) {
    const u = 10 ** (-300 + (600 * i) / d);
    const sum = new Float64Array(1);
    kernels.entropy(Float64Array.of(u), 1, Float64Array.of(0), 1, 1, sum);
    expect(Math.abs(sum[0] / u - Math.log(u))).toBeLessThan(2e-14 + 5e-16 * Math.abs(Math.log(u)));
  }
  const nan = new Float64Array(1);
  kernels.entropy(Float64Array.of(Number.NaN), 1, Float64Array.of(1), 1, 1, nan);
  expect(nan[0]).toBeNaN();
});
