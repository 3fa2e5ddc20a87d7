import { expect, test, vi } from 'vitest';
import { errorAgainstPatterns } from '../../../runs/plots/load-curve.ts';
import { INK, PALETTE } from '../../../runs/plots/style.ts';
import { InputError } from '../../../src/errors.ts';
import { countPixels, decodePng, near, same, TITLE } from './pixels.ts';
import { evaluation, row } from './records.ts';

// Drawing and decoding large pictures takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const loads = [16, 32, 48, 64, 96];
const rows = loads.flatMap((n) => [row('hebb', n, n / 6, 16384), row('ebmm', n, n > 32 ? (n - 32) / 10 : 0)]);
const [blue, vermillion, green] = PALETTE.map((color) => near(color));
const CHART = { top: 70 };
const base = errorAgainstPatterns(evaluation(rows));

test('a chart is 800 CSS pixels wide, has a title, and the trained memory comes first', () => {
  const png = base;
  expect(decodePng(png)).toMatchObject({ width: 800, height: 480 });
  expect(countPixels(png, TITLE)).toBeGreaterThan(300);
  // Three CSS pixels wide against less than two.
  expect(countPixels(png, CHART, blue)).toBeGreaterThan(1.3 * countPixels(png, CHART, vermillion));
  expect(countPixels(png, CHART, vermillion)).toBeGreaterThan(1000);
});

test('the same evaluation gives the same bytes', () => {
  expect(same(errorAgainstPatterns(evaluation(rows)), base)).toBe(true);
});

test('rows may come in any order', () => {
  const hebbFirst = (a: { memory: string }, b: { memory: string }) => (a.memory > b.memory ? -1 : 1);
  const shuffled = [...rows].reverse().sort(hebbFirst);
  expect(same(errorAgainstPatterns(evaluation(shuffled)), base)).toBe(true);
});

test('what is known and the corruption show', () => {
  expect(same(errorAgainstPatterns({ ...evaluation(rows), known: true }), base)).toBe(false);
  expect(same(errorAgainstPatterns({ ...evaluation(rows), corruption: 'flip:0.1' }), base)).toBe(false);
});

test('published results are one more line, dashed and in ink', () => {
  const region = { left: 150, right: 500, top: 70, bottom: 420 };
  const ink = near(INK);
  const points: [number, number][] = [
    [16, 10],
    [96, 10],
  ];
  const png = errorAgainstPatterns(evaluation(rows), {
    published: [{ name: 'paper', points }],
    scale: 'linear',
  });
  const without = errorAgainstPatterns(evaluation(rows), { scale: 'linear' });
  const dashed = countPixels(png, region, ink) - countPixels(without, region, ink);
  expect(countPixels(png, region, green)).toBe(countPixels(without, region, green));
  const whole = errorAgainstPatterns(evaluation([...rows, row('paper', 16, 10), row('paper', 96, 10)]), {
    scale: 'linear',
  });
  const solid = countPixels(whole, region, green);
  expect(dashed).toBeGreaterThan(200);
  expect(dashed).toBeLessThan(0.8 * solid);
});

test('an error that is not finite is a gap', () => {
  const gap = rows.map((r) => (r.patterns === 48 ? { ...r, error: Number.NaN } : r));
  const region = { ...CHART, bottom: 420 };
  expect(countPixels(errorAgainstPatterns(evaluation(gap)), region, vermillion)).toBeLessThan(
    0.8 * countPixels(base, region, vermillion),
  );
});

test.each([
  ['one memory', rows.filter(({ memory }) => memory === 'ebmm')],
  ['zeros only', loads.map((n) => row('ebmm', n, 0))],
  ['loads that double', [1, 2, 4, 8, 16, 32, 64].map((n) => row('ebmm', n, n / 7))],
  ['two sizes of one memory', [row('hebb', 16, 1, 100), row('hebb', 16, 2, 50), row('hebb', 32, 3, 100)]],
])('%s still gives a chart', (_, some) => {
  const png = errorAgainstPatterns(evaluation(some));
  expect(decodePng(png)).toMatchObject({ width: 800, height: 480 });
  expect(countPixels(png, CHART, blue)).toBeGreaterThan(100);
});

test('of one load every memory has a strip, the least error first, and what is published at that load', () => {
  const few = [row('ebmm', 64, 2), row('hebb', 64, 12), row('storkey', 64, 9)];
  const png = errorAgainstPatterns(evaluation(few));
  // A strip as high as its rows.
  const { height } = decodePng(png);
  const two = decodePng(errorAgainstPatterns(evaluation(few.slice(0, 2)))).height;
  expect(height - two).toBe(36);
  // From above: ebmm, Storkey, and Hebb with the greatest error.
  const lowest = (is: typeof blue) => {
    let y = height;
    while (y > 0 && countPixels(png, { top: y - 1, bottom: y }, is) === 0) y--;
    return y;
  };
  expect(lowest(blue)).toBeGreaterThan(0);
  expect(lowest(green)).toBeGreaterThan(lowest(blue) + 20);
  expect(lowest(vermillion)).toBeGreaterThan(lowest(green) + 20);
  const points: [number, number][] = [[64, 5], [96, 9]]; // biome-ignore format: two points
  const published = errorAgainstPatterns(evaluation(few), { published: [{ name: 'paper', points }] });
  expect(decodePng(published).height).toBe(height + 36);
  const elsewhere = [{ name: 'paper', points: points.slice(1) }];
  expect(decodePng(errorAgainstPatterns(evaluation(few), { published: elsewhere })).height).toBe(height);
  const gap = errorAgainstPatterns(evaluation([...few, row('modern', 64, Number.NaN)]));
  expect(decodePng(gap).height).toBe(height + 36);
});

test('the trained memory goes by the name that is given', () => {
  expect(same(errorAgainstPatterns(evaluation(rows), { name: 'binary-96' }), base)).toBe(false);
});

test('many memories get a higher chart, so that their labels have room', () => {
  const names = Array.from({ length: 16 }, (_, i) => `memory ${i}`);
  const many = names.flatMap((name, i) => [row(name, 16, i / 10, 100 + i), row(name, 32, 1, 100 + i)]);
  expect(decodePng(errorAgainstPatterns(evaluation(many))).height).toBeGreaterThan(600);
});

test('no rows, no finite error and mixed units are bad input, said in one line', () => {
  const cases = [
    () => errorAgainstPatterns(evaluation([])),
    () => errorAgainstPatterns(evaluation([row('ebmm', 16, Number.NaN)])),
    () =>
      errorAgainstPatterns(
        evaluation([row('ebmm', 16, 1), { ...row('hebb', 16, 1), unit: 'squared error' }]),
      ),
  ];
  for (const bad of cases) {
    expect(bad).toThrow(InputError);
    expect(bad).toThrow(/^[^\n]+$/);
  }
});

test('a chart is also an SVG, with its text as outlines, and a PDF', () => {
  const svg = new TextDecoder().decode(errorAgainstPatterns(evaluation(rows), { format: 'svg' }));
  expect(svg).toContain('<svg');
  expect(svg).not.toContain('<text');
  const pdf = errorAgainstPatterns(evaluation(rows), { format: 'pdf' });
  expect(new TextDecoder().decode(pdf.subarray(0, 5))).toBe('%PDF-');
});
