import { expect, test } from 'vitest';
import { faint, PALETTE, seriesStyle } from '../../../runs/plots/style.ts';

test('twenty series differ in colour, marker or dash', () => {
  const styles = Array.from({ length: 20 }, (_, i) => JSON.stringify(seriesStyle(i)));
  expect(new Set(styles).size).toBe(20);
});

test('colours stand out from white paper', () => {
  for (const color of PALETTE) {
    const [r, g, b] = [1, 3, 5].map((at) => (Number.parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    // Contrast as WCAG defines it; 2 is enough for lines that also differ in their markers.
    expect(1.05 / (luminance + 0.05)).toBeGreaterThan(2);
  }
});

test('faint adds an opacity', () => {
  expect(faint('#0072b2', 0.5)).toBe('#0072b280');
});
