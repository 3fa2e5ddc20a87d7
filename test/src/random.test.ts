import { expect, test } from 'vitest';
import { stream } from '../../src/random.ts';

test('the same seed and path give the same numbers, another path others', () => {
  const draw = (...path: (string | number)[]) => Array.from({ length: 5 }, stream(0, ...path).uniform);
  expect(draw('a', 1)).toEqual(draw('a', 1));
  expect(draw('a', 1)).not.toEqual(draw('a', 2));
  // Recorded once: a change here changes every published number.
  expect(stream(0, 'episode', 17).uniform()).toBe(0.24001022498123348);
});

test('uniform numbers lie in [0, 1) and average one half', () => {
  const { uniform } = stream(1);
  const values = Array.from({ length: 10000 }, uniform);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  expect(values.reduce((a, b) => a + b) / 10000).toBeCloseTo(0.5, 1);
});

test('normal numbers have mean zero and variance one', () => {
  const { normal } = stream(2);
  const values = Array.from({ length: 20000 }, normal);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
});

test('bits are fair and a permutation has every number once', () => {
  const random = stream(3);
  const ones = Array.from({ length: 10000 }, random.bit).reduce<number>((a, b) => a + b, 0);
  expect(Math.abs(ones - 5000)).toBeLessThan(200);
  expect(Array.from(random.permutation(50)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, i) => i),
  );
});
