import { expect, test, vi } from 'vitest';
import { bitsDistortion, rateDistortion } from '../../../runs/plots/rate-distortion.ts';
import { PALETTE } from '../../../runs/plots/style.ts';
import { InputError } from '../../../src/errors.ts';
import { countPixels, decodePng, near, same, TITLE } from './pixels.ts';
import { evaluation, row } from './records.ts';

// Drawing and decoding large pictures takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const sizes = [64, 128, 512, 2048, 8192];
const rows = sizes.flatMap((floats, i) => [row('ebmm', 64, 9 - i, floats), row('slots', 64, 12 - i, floats)]);
const blue = near(PALETTE[0]);
const base = rateDistortion(evaluation(rows));

test('a chart is 800 CSS pixels wide and has a title and lines', () => {
  const png = base;
  expect(decodePng(png)).toMatchObject({ width: 800, height: 480 });
  expect(countPixels(png, TITLE)).toBeGreaterThan(300);
  expect(countPixels(png, { top: 70 }, blue)).toBeGreaterThan(1000);
});

test('runs of several sizes go into one chart', () => {
  const apart = sizes.map((floats) => evaluation(rows.filter((r) => r.floats === floats)));
  expect(same(rateDistortion(apart), base)).toBe(true);
});

test('the load is the one with the most rows unless it is given', () => {
  const more = evaluation([...rows, row('ebmm', 16, 1, 64), row('ebmm', 16, 0, 128)]);
  expect(same(rateDistortion(more), base)).toBe(true);
  expect(same(rateDistortion(more, { patterns: 16 }), base)).toBe(false);
});

test('one memory of one size gives a chart', () => {
  expect(countPixels(rateDistortion(evaluation([row('ebmm', 16, 1)])), { top: 70 }, blue)).toBeGreaterThan(
    100,
  );
});

test('evaluations that do not compare, and loads without rows, are bad input, said in one line', () => {
  const cases = [
    () => rateDistortion([]),
    () => rateDistortion(evaluation([])),
    () => rateDistortion(evaluation(rows), { patterns: 7 }),
    () => rateDistortion([evaluation(rows), { ...evaluation(rows), known: true }]),
  ];
  for (const bad of cases) {
    expect(bad).toThrow(InputError);
    expect(bad).toThrow(/^[^\n]+$/);
  }
});

test.each([
  ['floats', rateDistortion],
  ['bits', bitsDistortion],
])('the chart of %s is drawn in the format that is asked for', (_, draw) => {
  const counted = evaluation(rows.map((r) => ({ ...r, memory_bits: 32 * r.floats })));
  expect(new TextDecoder().decode(draw(counted, { format: 'svg' }))).toContain('<svg');
});
