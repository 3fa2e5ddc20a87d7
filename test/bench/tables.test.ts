import { expect, test } from 'vitest';
import type { ProblemResult } from '../../bench/results.ts';
import { markdown, problemText, targetText } from '../../bench/tables.ts';

const row = { p5: 90, p95: 110, steps: 9, compile: 0.5, peak: 6e8, lifetime_peak: 7e8 };
const result: ProblemResult = {
  name: 'reference',
  title: 'a problem',
  measured: '2026-11-22T14:03:36.087Z',
  machine: { cpu: 'a processor', cores: 2, memory_gb: 25 },
  versions: { jax: '1', torch: '2' },
  loss: 1,
  norm: 1,
  operations: 100,
  products: 8e9,
  limit: { one: 90, all: 160 },
  rows: [
    { framework: 'ebmm', form: 'compiled', median: 100, ...row },
    { framework: 'jax', form: 'map', median: 250, ...row, compile: 10, peak: 5e8 },
    { framework: 'torch', form: 'compiled', failure: 'did not compile within 300 s' },
  ],
};

test('the table has a row for each contestant, and says why one has no times', () => {
  const text = problemText(result);
  expect(text[0]).toBe('reference: a problem');
  expect(text[2]).toMatch(/^ebmm +100 +90-110 +1 +0\.5 +600$/);
  expect(text[3]).toMatch(/^JAX, map +250 +90-110 +2\.50 +10 +500$/);
  expect(text[4]).toMatch(/^PyTorch, compiled +- +- +- +- +-$/);
  expect(text[5]).toMatch('8.00 GFLOP of products a step: 80 GFLOP/s, 50% of the 160 GFLOP/s that all cores');
  expect(text[6]).toBe('PyTorch, compiled: did not compile within 300 s');
});

test('targets say whether they are met', () => {
  const text = targetText([result]);
  expect(text[1]).toMatch(/times as fast .* at least 3 +2\.5 +not met$/);
  expect(text[2]).toMatch(/compile time, part.* at most 0\.1 +0\.050 +met$/);
  expect(text[3]).toMatch(/compile time in seconds +at most 1\.5 +0\.50 +met$/);
  expect(text[4]).toMatch(/peak memory.* at most 1 +1\.2 +not met$/);
  expect(text[5]).toMatch(/multiply-add limit +at least 0\.65 +0\.50 +not met$/);
  expect(targetText([result], 'avx2')[1]).toMatch(/times as fast .* at least 1\.5 +2\.5 +met$/);
});

test('Markdown rows have as many cells as their header', () => {
  const lines = markdown([result]).split('\n');
  const rows = lines.filter((line) => line.startsWith('|'));
  expect(rows.length).toBe(2 + 3 + 2 + 5);
  const cells = rows.map((line) => line.split('|').length);
  // And one width, as the formatter wants it.
  expect(new Set(rows.slice(0, 5).map((line) => line.length)).size).toBe(1);
  expect(new Set(cells.slice(0, 5)).size).toBe(1);
  expect(new Set(cells.slice(5)).size).toBe(1);
});

test('rows that were not run with the others, and those that stopped early, say so', () => {
  const [own, jax] = result.rows;
  const text = problemText({
    ...result,
    rows: [
      own,
      { ...jax, stopped: 2.54, steps: 1 } as typeof jax,
      { ...jax, form: 'vmap', earlier: '2026-11-20' } as typeof jax,
    ],
  });
  expect(text).toContain('JAX, map: stopped after 1 step, 2.5 times as slow as the best form');
  expect(text).toContain('JAX, vmap: measured 2026-11-20, not run again, as it was far from the best form');
});

test('problems of several machines are told apart in every row', () => {
  const elsewhere = { ...result, name: 'wide' as const, machine: { cpu: 'another', cores: 4, memory_gb: 1 } };
  const text = markdown([result, elsewhere]);
  expect(text).toContain('Measured 2026-11-22: a processor, 2 cores, 25 GB; jax 1, torch 2.');
  expect(text).toContain('Measured 2026-11-22: another, 4 cores, 1 GB; jax 1, torch 2.');
  const rows = text.split('\n').filter((line) => /^\| (reference|wide)/.test(line));
  expect(rows.length).toBe(5 + 4);
  for (const line of rows)
    expect(line).toContain(line.startsWith('| wide') ? 'another, 4 cores, 2026-11-22' : 'a processor, 2 cores, 2026-11-22'); // biome-ignore format: one thought
  expect(markdown([result, { ...result, name: 'wide' }])).not.toContain('a processor, 2 cores, 2026-11-22');
});
