import { expect, test } from 'vitest';
import type { Measured, ProblemResult, Row } from '../../bench/results.ts';
import { knownRow, lostBy, sameOrigin } from '../../bench/slow-forms.ts';

const machine = { cpu: 'a processor', cores: 2, memory_gb: 25 };

test('a form has lost when its fastest step is far behind the best form of its framework', () => {
  const best = { framework: 'jax' as const, times: [100, 110, 300] };
  const all = (times: number[]) => [
    best,
    { framework: 'torch' as const, times: [10] },
    { framework: 'jax' as const, times },
  ];
  const lost = (times: number[]) => lostBy(all(times)[2], all(times));
  // 110 is the median of the best; PyTorch's 10 are of no account.
  expect(lost([221])).toBeCloseTo(221 / 110);
  expect(lost([219])).toBeUndefined();
  expect(lost([166, 900, 170])).toBeCloseTo(170 / 110);
  expect(lost([164, 900, 900])).toBeUndefined();
  expect(lost([])).toBeUndefined();
  expect(lostBy(best, all([500]))).toBeUndefined();
});

const row = (framework: Measured['framework'], form: string, median: number, more: object = {}): Row => ({ framework, form, median, p5: 1, p95: 1, steps: 9, compile: 1, peak: 1, lifetime_peak: 1, ...more }); // biome-ignore format: one thought
const result = (rows: Row[], measured = '2026-11-22T14:03:36.087Z'): ProblemResult => ({ name: 'reference', title: '', measured, machine, versions: {}, loss: 1, norm: 1, operations: 1, products: 1, rows }); // biome-ignore format: one thought

const rows = [
  row('ebmm', 'compiled', 1),
  row('jax', 'map', 100),
  row('jax', 'vmap', 199),
  row('jax', 'unrolled', 300),
  row('torch', 'func', 1000),
  { framework: 'torch', form: 'compiled', failure: 'did not compile within 150 s', limit: 150 } as Row,
];

test('what was far from the best on the same machine is not run again, and keeps its numbers and their day', () => {
  const own = result(rows);
  const known = (framework: 'jax' | 'torch', form: string, limit = 150) => knownRow({ framework, form }, { own }, limit); // biome-ignore format: one thought
  expect(known('jax', 'map')).toBeUndefined();
  expect(known('jax', 'vmap')).toBeUndefined();
  expect(known('jax', 'unrolled')).toEqual({ ...rows[3], earlier: '2026-11-22' });
  expect(known('torch', 'func')).toBeUndefined();
  expect(known('torch', 'loop')).toBeUndefined();
  expect(known('torch', 'compiled')).toEqual(rows[5]);
  expect(known('torch', 'compiled', 151)).toBeUndefined();
  // The day stays that of the measurement.
  const later = result([rows[1], { ...rows[3], earlier: '2026-11-22' } as Row], '2026-11-30T00:00:00Z');
  expect(knownRow({ framework: 'jax', form: 'unrolled' }, { own: later }, 150)).toMatchObject({ earlier: '2026-11-22' }); // biome-ignore format: one thought
});

test('of the fastest engine only the distance is taken over, and its day', () => {
  const known = (form: string, own?: ProblemResult) => knownRow({ framework: 'jax', form }, { own, other: result(rows) }, 150); // biome-ignore format: one thought
  const text = 'not run: 3.0 times the best form of its framework with the fastest engine, 2026-11-22';
  expect(known('unrolled')).toEqual({ framework: 'jax', form: 'unrolled', failure: text });
  // Found with this engine, it counts alone.
  expect(known('unrolled', result([row('jax', 'map', 100), row('jax', 'unrolled', 150)]))).toBeUndefined();
  expect(knownRow({ framework: 'torch', form: 'compiled' }, { other: result(rows) }, 150)).toMatchObject({ failure: 'did not compile within 150 s with the fastest engine, 2026-11-22' }); // biome-ignore format: one thought
});

test('another processor or another version of what is compared is another origin', () => {
  const here = { machine, versions: { jax: '1', torch: '2', ebmm: '3' } };
  expect(sameOrigin(here, { machine: { ...machine, memory_gb: 24 }, versions: { jax: '1', torch: '2' } }, ['jax', 'torch'])).toBe(true); // biome-ignore format: one thought
  expect(sameOrigin(here, { machine, versions: { jax: '2', torch: '2' } }, ['jax'])).toBe(false);
  expect(sameOrigin(here, { machine: { ...machine, cores: 4 }, versions: here.versions }, ['jax'])).toBe(
    false,
  );
});
