import { expect, test } from 'vitest';
import { formatNumber } from '../../../runs/plots/numbers.ts';

test('numbers have separators, a true minus sign, and exponents only where digits would not fit', () => {
  expect([0, 0.25, 8256, 1234567, -12.5].map((n) => formatNumber(n))).toEqual([
    '0',
    '0.25',
    '8,256',
    '1,234,567',
    '−12.5',
  ]);
  expect([1e-5, 2.5e-7].map((n) => formatNumber(n))).toEqual(['1e-5', '2.5e-7']);
  expect(formatNumber(3.2e7, 6)).toBe('3.2e7');
});

test('counts are exact', () => {
  expect(formatNumber(16_777_217)).toBe('16,777,217');
});

test('digits are significant digits', () => {
  expect(formatNumber(0.041912, 3)).toBe('0.0419');
  expect(formatNumber(139.96, 4)).toBe('140');
});

test('what is not finite still has a name the font can draw', () => {
  expect(
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((n) => formatNumber(n)),
  ).toEqual(['?', 'inf', '−inf']);
});
