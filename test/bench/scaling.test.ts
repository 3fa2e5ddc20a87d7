import { expect, test } from 'vitest';
import { fittedExponent, fittedLine } from '../../bench/scaling.ts';

const x = [8, 16, 32, 64, 128];

test('the exponent of a power law is found', () => {
  expect(
    fittedExponent(
      x,
      x.map((v) => 3 * v),
    ),
  ).toBeCloseTo(1);
  expect(
    fittedExponent(
      x,
      x.map((v) => 0.1 * v ** 2),
    ),
  ).toBeCloseTo(2);
  expect(
    fittedExponent(
      x,
      x.map(() => 7),
    ),
  ).toBeCloseTo(0);
});

test('a constant part makes the exponent less than 1, and a straight line still explains all', () => {
  const y = x.map((v) => 100 + 3 * v);
  expect(fittedExponent(x, y)).toBeLessThan(0.7);
  const { a, b, explained } = fittedLine(x, y);
  expect([a, b, explained]).toEqual([expect.closeTo(100), expect.closeTo(3), expect.closeTo(1)]);
});

test('a parabola is not a straight line', () => {
  expect(
    fittedLine(
      x,
      x.map((v) => v ** 2),
    ).explained,
  ).toBeLessThan(0.98);
});
