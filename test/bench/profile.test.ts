import { expect, test } from 'vitest';
import { profileText, rowOf } from '../../bench/profile.ts';

test('parts of the time of all threads, and the rate of products in it', () => {
  const row = rowOf({
    problem: 'reference',
    target: 'avx512',
    threads: 2,
    wall: 1000,
    ms: 120,
    ticks: { product: 800, convolution: 200, loop: 300, copy: 100 },
    // A millisecond of 120 has 1000 / 120 cycles: products took 1000 of the cycles of both threads.
    operations: 6e9,
    limit: 100,
  });
  expect(row).toMatchObject({ products: 50, entrywise: 15, memory: 5, waiting: 30, ms: 10 });
  // 6e9 in 0.12 s of one core.
  expect(row.gflops).toBeCloseTo(50);
  expect(row.share).toBeCloseTo(50);
  expect(profileText([row])[1]).toMatch(/^reference +avx512 +2 +10 +50% +15% +5% +30% +50 +50%$/);
  expect(profileText([row])[2]).toBe('reference: product 40.0%, loop 15.0%, convolution 10.0%, copy 5.0%');
});
