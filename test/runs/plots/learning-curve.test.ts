import { expect, test, vi } from 'vitest';
import { learningCurve } from '../../../runs/plots/learning-curve.ts';
import { PALETTE } from '../../../runs/plots/style.ts';
import { InputError } from '../../../src/errors.ts';
import { countPixels, decodePng, near, same, TITLE } from './pixels.ts';
import { metrics, validations } from './records.ts';

// Drawing and decoding large pictures takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const run = (name: string, lines = metrics(300), unit = 'bits') => ({ name, metrics: lines, unit });
const blue = near(PALETTE[0]);
const base = learningCurve([run('a')]);

test('a chart is 800 CSS pixels wide, has a title and its curve', () => {
  expect(decodePng(base)).toMatchObject({ width: 800, height: 790 });
  expect(countPixels(base, TITLE)).toBeGreaterThan(300);
  expect(countPixels(base, { top: 120, bottom: 380 }, blue)).toBeGreaterThan(1500);
});

test('the same records give the same bytes', () => {
  expect(same(learningCurve([run('a')]), base)).toBe(true);
});

test('the title is an option', () => {
  expect(same(learningCurve([run('a')], { title: 'Another' }), base)).toBe(false);
});

test('several runs have their colours and a legend', () => {
  const png = learningCurve([run('a'), run('b', metrics(200)), run('c', metrics(100))]);
  for (const color of PALETTE.slice(0, 3)) {
    expect(countPixels(png, { top: 60, bottom: 90 }, near(color))).toBeGreaterThan(50);
    expect(countPixels(png, { top: 120, bottom: 380 }, near(color))).toBeGreaterThan(300);
  }
});

test('a run of several loads has a colour for each, the first of them no more for all', () => {
  const mixed = metrics(300, (i) => ({ patterns: [16, 32, 64][i % 3], error: [1, 5, 15][i % 3] }));
  const png = learningCurve([run('a', mixed)]);
  for (const color of PALETTE.slice(0, 3)) {
    expect(countPixels(png, { top: 60, bottom: 90 }, near(color))).toBeGreaterThan(50);
    expect(countPixels(png, { top: 120, bottom: 380 }, near(color))).toBeGreaterThan(1000);
  }
  // No line jumps between loads: that of the least error stays low, that of the greatest high.
  const rows = (color: string, top: number, bottom: number) =>
    countPixels(png, { left: 100, right: 760, top, bottom }, near(color));
  const [low, , high] = PALETTE;
  expect(rows(low, 250, 380)).toBeGreaterThan(1000);
  expect(rows(low, 130, 250)).toBe(0);
  expect(rows(high, 130, 250)).toBeGreaterThan(1000);
  expect(rows(high, 250, 380)).toBe(0);
});

test('validation has points at each load, and a ring at its best', () => {
  const plain = learningCurve([run('a')]);
  const png = learningCurve([{ ...run('a'), validations: validations(20) }]);
  const panel = { left: 100, right: 760, top: 130, bottom: 380 };
  expect(same(plain, png)).toBe(false);
  const two = learningCurve([{ ...run('a'), validations: validations(20, [32, 64]) }]);
  expect(countPixels(two, panel, near(PALETTE[1]))).toBeGreaterThan(1000);
  expect(countPixels(png, panel, near(PALETTE[1]))).toBe(0);
});

test('one line still gives a chart, with points', () => {
  const png = learningCurve([run('a', metrics(1))]);
  expect(countPixels(png, { top: 120 }, blue)).toBeGreaterThan(4 * 20);
});

test('zeros reach the bottom of the axis', () => {
  const zeros = metrics(300, (i) =>
    i < 150 ? {} : { error: 0, error_average: 0, loss: 0, gradient_norm: 0, learning_rate: 0 },
  );
  const png = learningCurve([run('a', zeros)]);
  const half = { left: 450, right: 760 };
  // The second half of the error's curve lies on the axis line and nowhere else.
  expect(countPixels(png, { ...half, top: 345, bottom: 370 }, blue)).toBeGreaterThan(1000);
  expect(countPixels(png, { ...half, top: 130, bottom: 340 }, blue)).toBe(0);
});

test('nothing but zeros gives a chart', () => {
  const zero = { error: 0, error_average: 0, loss: 0, gradient_norm: 0, learning_rate: 0, query_error: 0 };
  expect(
    countPixels(
      learningCurve([
        run(
          'a',
          metrics(10, () => zero),
        ),
      ]),
    ),
  ).toBeGreaterThan(5000);
});

test('values that are not finite, null in JSON, leave a gap', () => {
  const nothing = null as unknown as number;
  const gap = {
    error: nothing,
    error_average: Number.NaN,
    loss: Number.NaN,
    gradient_norm: Number.POSITIVE_INFINITY,
  };
  const png = learningCurve([
    run(
      'a',
      metrics(300, (i) => (i > 100 && i < 200 ? gap : {})),
    ),
  ]);
  // The learning rate at the bottom has no gap.
  expect(countPixels(png, { left: 330, right: 520, top: 120, bottom: 610 }, blue)).toBe(0);
  expect(countPixels(png, { left: 100, right: 290, top: 120, bottom: 610 }, blue)).toBeGreaterThan(500);
  expect(countPixels(png, { left: 560, right: 760, top: 120, bottom: 610 }, blue)).toBeGreaterThan(500);
});

test('steps repeated by a resumed run count once, the later record', () => {
  const lines = metrics(300);
  const repeated = [...metrics(30, () => ({ error: 1, error_average: 1, loss: 1 })), ...lines];
  expect(same(learningCurve([run('a', repeated)]), base)).toBe(true);
});

test('a hundred thousand lines are drawn in good time', () => {
  const png = learningCurve([run('a', metrics(100_000))]);
  expect(decodePng(png).width).toBe(800);
});

test('no run, an empty run and two units are bad input, said in one line', () => {
  const cases = [
    () => learningCurve([]),
    () => learningCurve([run('a', [])]),
    () => learningCurve([run('a'), run('b', metrics(3), 'squared error')]),
  ];
  for (const bad of cases) {
    expect(bad).toThrow(InputError);
    expect(bad).toThrow(/^[^\n]+$/);
  }
});
