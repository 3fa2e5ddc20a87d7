import { expect, test } from 'vitest';
import {
  best,
  type Measured,
  met,
  ours,
  type ProblemResult,
  productRate,
  summary,
  summaryRow,
  targets,
} from '../../bench/results.ts';

const measured = (framework: Measured['framework'], form: string, median: number, more = {}): Measured => ({
  framework,
  form,
  median,
  p5: median,
  p95: median,
  steps: 9,
  compile: 1,
  peak: 5e8,
  lifetime_peak: 6e8,
  ...more,
});

const result = (changes: Partial<ProblemResult> = {}): ProblemResult => ({
  name: 'reference',
  title: 'a problem',
  measured: '2026-11-22T14:03:36.087Z',
  machine: { cpu: 'a processor', cores: 2, memory_gb: 25 },
  versions: { jax: '1', torch: '2' },
  loss: 1,
  norm: 1,
  operations: 100,
  products: 8e9,
  limit: { one: 60, all: 100 },
  rows: [
    measured('ebmm', 'compiled', 100),
    measured('jax', 'vmap', 400, { compile: 20, peak: 4e8 }),
    measured('jax', 'unrolled', 250, { compile: 5, peak: 1e9 }),
    { framework: 'jax', form: 'map', failure: 'did not compile' },
    measured('torch', 'func', 50),
  ],
  ...changes,
});

test('ours and the fastest form of a framework are found', () => {
  expect(ours(result()).median).toBe(100);
  expect(best(result(), 'jax')?.form).toBe('unrolled');
  expect(best(result(), 'torch')?.form).toBe('func');
});

test('products over time: 8 GFLOP in 100 ms are 80 GFLOP/s', () => {
  expect(productRate(result())).toBeCloseTo(80);
});

test('targets are ratios to the fastest peer and to the fastest form of JAX', () => {
  const found = targets(result());
  // PyTorch's 50 ms are the best of all peers; compiling takes 1 s, JAX 5.
  expect(found.map(({ value }) => value)).toEqual([0.5, 0.2, 1, 0.5, 0.8]);
  expect(found.map(met)).toEqual([false, false, true, true, true]);
  // Three times as fast exactly is enough.
  const rows = [measured('ebmm', 'compiled', 100), measured('jax', 'vmap', 300, { compile: 10 })];
  expect(targets(result({ rows })).map(met)).toEqual([true, true, true, true, true]);
});

test('each problem has its own aim of speed, and another engine its own', () => {
  const aim = (name: ProblemResult['name'], engine?: string) =>
    targets(result({ name }), engine).find(({ what }) => what.startsWith('times'))?.bound;
  const names = ['reference', 'wide', 'site', 'gated', 'conv'] as const;
  expect(names.map((name) => aim(name))).toEqual([3, 3, 3, 2.5, 3]);
  expect(names.map((name) => aim(name, 'avx2'))).toEqual([1.5, 1.5, 1.5, 1.5, 1.5]);
});

test('without peers nothing is claimed of them', () => {
  const alone = targets(result({ rows: [measured('ebmm', 'compiled', 100)], limit: undefined }));
  expect(alone.map(met)).toEqual([undefined, undefined, true, undefined, undefined]);
});

test('a row of the summary has the fastest form of each framework', () => {
  const row = summaryRow(result());
  expect(row).toMatchObject({
    cpu: 'a processor',
    day: '2026-11-22',
    ms: 100,
    jax: 250,
    jax_form: 'unrolled',
    torch: 50,
    torch_form: 'func',
    times: 0.5,
  });
  expect(row.share).toBeCloseTo(80);
});

test('a summary has the median and the 5th and 95th percentile', () => {
  const times = Array.from({ length: 101 }, (_, i) => 100 - i);
  expect(summary(times)).toEqual({ median: 50, p5: 5, p95: 95, steps: 101 });
});
