import { expect, test, vi } from 'vitest';
import { energyTrace } from '../../../runs/plots/energy-trace.ts';
import { INK } from '../../../runs/plots/style.ts';
import { InputError } from '../../../src/errors.ts';
import { countPixels, decodePng, near, same, TITLE } from './pixels.ts';

// Drawing and decoding large pictures takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const energies = (steps: number, queries: number) =>
  Array.from({ length: steps + 1 }, (_, k) =>
    Array.from({ length: queries }, (_, q) => -100 + (50 + q) * Math.exp(-k)),
  );

test('a chart is 800 CSS pixels wide and has a title, the mean and the queries', () => {
  const png = energyTrace(energies(10, 40));
  expect(decodePng(png)).toMatchObject({ width: 800, height: 440 });
  expect(countPixels(png, TITLE)).toBeGreaterThan(300);
  const inside = { left: 100, right: 760, top: 70, bottom: 370 };
  expect(countPixels(png, inside, near(INK))).toBeGreaterThan(2000);
  expect(countPixels(png, inside, (r, _, b) => b - r > 40)).toBeGreaterThan(5000);
});

test('the same energies give the same bytes', () => {
  expect(same(energyTrace(energies(5, 300)), energyTrace(energies(5, 300)))).toBe(true);
});

test('one query, one step, and missing energies give a chart', () => {
  const holes = energies(6, 4).map((step, k) => (k === 3 ? step.map(() => Number.NaN) : step));
  for (const some of [energies(5, 1), energies(0, 3), holes]) {
    expect(countPixels(energyTrace(some), { top: 70 })).toBeGreaterThan(1000);
  }
});

test('nothing finite is bad input, said in one line', () => {
  for (const none of [[], [[]], [[Number.NaN]]]) {
    expect(() => energyTrace(none)).toThrow(InputError);
    expect(() => energyTrace(none)).toThrow(/^[^\n]+$/);
  }
});
