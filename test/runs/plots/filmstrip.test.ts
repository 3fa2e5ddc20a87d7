import { expect, test, vi } from 'vitest';
import { filmstrip } from '../../../runs/plots/filmstrip.ts';
import { WRONG } from '../../../runs/plots/style.ts';
import type { Filmstrip } from '../../../runs/records.ts';
import { InputError } from '../../../src/errors.ts';
import { countPixels, decodePng, near, same, TITLE } from './pixels.ts';

// Drawing and decoding large pictures takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

/** Every third entry of the query is flipped; recall mends it at the last step. */
function strip(patternShape: number[], examples: number, steps: number, binary = true): Filmstrip {
  const size = patternShape.reduce((a, b) => a * b);
  const patterns = Array.from({ length: examples }, (_, e) =>
    Float32Array.from({ length: size }, (_, i) =>
      binary ? ((i * (e + 3)) % 5 > 2 ? 1 : 0) : ((i + e) % 9) / 10,
    ),
  );
  const query = patterns.map((p) => p.map((v, i) => (i % 3 === 0 ? 1 - v : v)));
  const frames = Array.from({ length: steps + 1 }, (_, k) => (k === steps && k > 0 ? patterns : query));
  return { patternShape, patterns, frames, energies: frames.map((f, k) => f.map((_, e) => -10 * k - e)) };
}

const wrong = near(WRONG);

test('a strip is at most 800 CSS pixels wide and has a title', () => {
  for (const shape of [[128], [32, 32, 1], [28, 28], [32, 32, 3]]) {
    const png = filmstrip(strip(shape, 2, 20, false));
    expect(decodePng(png).width).toBeLessThanOrEqual(800);
    expect(countPixels(png, { ...TITLE, right: 300 })).toBeGreaterThan(200);
  }
});

test('every example is a row', () => {
  const heights = [1, 2, 3].map((examples) => decodePng(filmstrip(strip([128], examples, 3))).height);
  expect(heights[1] - heights[0]).toBeGreaterThan(50);
  expect(heights[2] - heights[1]).toBe(heights[1] - heights[0]);
});

test('every step is a column, up to ten', () => {
  const widths = [5, 8, 30].map((steps) => decodePng(filmstrip(strip([28, 28], 1, steps))).width);
  expect(widths[1]).toBe(widths[2]);
  expect(widths[0]).toBeLessThanOrEqual(800);
});

test('wrong bits and their count are in the colour of errors, right ones are not', () => {
  const some = strip([128], 1, 1);
  expect(countPixels(filmstrip(some), {}, wrong)).toBeGreaterThan(1000);
  const none = { ...some, frames: [some.patterns, some.patterns] };
  expect(countPixels(filmstrip(none), {}, wrong)).toBe(0);
});

test('without energies there is one caption less', () => {
  const { energies, ...rest } = strip([128], 1, 2);
  expect(decodePng(filmstrip(rest)).height).toBeLessThan(decodePng(filmstrip({ ...rest, energies })).height);
});

test('the same strip gives the same bytes', () => {
  expect(same(filmstrip(strip([32, 32, 3], 2, 3, false)), filmstrip(strip([32, 32, 3], 2, 3, false)))).toBe(
    true,
  );
});

test('one example and no step but the query, and entries that are not numbers, give a strip', () => {
  const lone = strip([64], 1, 0);
  lone.frames[0][0][5] = Number.NaN;
  expect(countPixels(filmstrip(lone))).toBeGreaterThan(1000);
});

test('no frames and lengths that do not match are bad input, said in one line', () => {
  const good = strip([128], 2, 2);
  const cases = [
    { ...good, patterns: [] },
    { ...good, frames: [] },
    { ...good, patternShape: [64] },
    { ...good, patternShape: [4, 4, 8] },
    { ...good, frames: [good.frames[0].slice(1), ...good.frames.slice(1)] },
    { ...good, energies: good.energies!.slice(1) },
  ];
  for (const bad of cases) {
    expect(() => filmstrip(bad)).toThrow(InputError);
    expect(() => filmstrip(bad)).toThrow(/^[^\n]+$/);
  }
});
