import { expect, test } from 'vitest';
import type { ProblemResult } from '../../bench/results.ts';
import { between, markdown, problemText, targetText } from '../../bench/tables.ts';

const row = { p5: 90, p95: 110, steps: 9, compile: 0.5, peak: 6e8, lifetime_peak: 7e8 };
const result: ProblemResult = {
  name: 'reference',
  title: 'a problem',
  loss: 1,
  norm: 1,
  operations: 100,
  products: 8e9,
  rate: 160,
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
  expect(text[5]).toMatch('8.00 GFLOP of products a step: 80 GFLOP/s, 50% of the 160 GFLOP/s');
  expect(text[6]).toBe('PyTorch, compiled: did not compile within 300 s');
});

test('targets say whether they are met', () => {
  const text = targetText([result]);
  expect(text[1]).toMatch(/times as fast .* at least 3 +2\.5 +not met$/);
  expect(text[2]).toMatch(/compile time.* at most 0\.1 +0\.050 +met$/);
  expect(text[3]).toMatch(/peak memory.* at most 1 +1\.2 +not met$/);
  expect(text[4]).toMatch(/matrix-product rate +at least 0\.6 +0\.50 +not met$/);
});

test('Markdown rows have as many cells as their header', () => {
  const lines = markdown([result]).split('\n');
  const rows = lines.filter((line) => line.startsWith('|'));
  expect(rows.length).toBe(2 + 3 + 2 + 4);
  const cells = rows.map((line) => line.split('|').length);
  // And one width, as the formatter wants it.
  expect(new Set(rows.slice(0, 5).map((line) => line.length)).size).toBe(1);
  expect(new Set(cells.slice(0, 5)).size).toBe(1);
  expect(new Set(cells.slice(5)).size).toBe(1);
});

const [begin, end] = ['<!-- speed: written by the command -->', '<!-- end of speed -->'];

test('what stands between two markers is replaced, the rest stays', () => {
  const page = `before\n\n${begin}\n\nold\nold\n\n${end}\n\nafter\n`;
  const written = between(page, 'speed', 'new');
  expect(written).toBe(`before\n\n${begin}\n\nnew\n\n${end}\n\nafter\n`);
  // Writing the same again changes nothing.
  expect(between(written, 'speed', 'new')).toBe(written);
});

test('a page without the markers, or with them the wrong way round, is an error', () => {
  expect(() => between('before\nafter\n', 'speed', 'new')).toThrow('no lines "<!-- speed');
  expect(() => between(`${end}\n${begin}\n`, 'speed', 'new')).toThrow('in this order');
});
