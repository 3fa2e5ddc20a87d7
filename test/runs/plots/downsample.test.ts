import { expect, test } from 'vitest';
import { envelope, every, means } from '../../../runs/plots/downsample.ts';

const points = (n: number, y: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => ({ x: i, y: y(i) }));

test('short series are left alone', () => {
  const series = points(10, Math.sin);
  expect(envelope(series, 10)).toBe(series);
  expect(means(series, 10)).toBe(series);
  expect(every(series, 10)).toBe(series);
});

test('an envelope keeps a spike of a sparse series and stays in order', () => {
  const thin = envelope(
    points(1000, (i) => (i === 533 ? 100 : 0)),
    100,
  );
  expect(thin.length).toBeLessThanOrEqual(200);
  expect(thin).toContainEqual({ x: 533, y: 100 });
  expect(thin.map(({ x }) => x)).toEqual(thin.map(({ x }) => x).sort((a, b) => a - b));
});

test('an envelope of crowded buckets is their 5th to 95th percentile', () => {
  const thin = envelope(
    points(100_000, (i) => i % 100),
    100,
  );
  expect(Math.min(...thin.map(({ y }) => y))).toBe(5);
  expect(Math.max(...thin.map(({ y }) => y))).toBe(94);
});

test('means of buckets keep the mean of the whole', () => {
  const thin = means(
    points(1000, (i) => i % 7),
    100,
  );
  expect(thin).toHaveLength(100);
  const mean = (ys: number[]) => ys.reduce((a, b) => a + b) / ys.length;
  expect(mean(thin.map(({ y }) => y))).toBeCloseTo(mean(Array.from({ length: 1000 }, (_, i) => i % 7)));
});

test('every so many points includes the first and the last', () => {
  const thin = every(
    points(1000, (i) => i),
    100,
  );
  expect(thin[0].x).toBe(0);
  expect(thin.at(-1)!.x).toBe(999);
  expect(thin.length).toBeLessThanOrEqual(101);
});

test('a gap wider than a bucket survives, single missing values do not spread', () => {
  const y = (i: number) => ((i >= 300 && i < 400) || i === 7 ? Number.NaN : 1);
  for (const thin of [
    envelope(points(1000, y), 100),
    means(points(1000, y), 100),
    every(points(1000, y), 100),
  ]) {
    const missing = thin.filter((point) => Number.isNaN(point.y)).map(({ x }) => x);
    expect(missing.length).toBeGreaterThan(0);
    expect(missing.every((x) => x >= 300 && x < 400)).toBe(true);
  }
});
