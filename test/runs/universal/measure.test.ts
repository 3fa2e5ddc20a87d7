import { describe, expect, test } from 'vitest';
import { type Experiment, experimentNames, experiments } from '../../../runs/universal/experiments.ts';
import { imagesNeeded, measure, officialMaskStart } from '../../../runs/universal/measure.ts';
import { universalChart, universalReport } from '../../../runs/universal/report.ts';
import type { Images } from '../../../tasks/data/images.ts';
import { parseCorruption } from '../../../tasks/index.ts';
import { randomBytes } from '../../tasks/data/image-files.ts';

const shape: Images['shape'] = [6, 5, 3];
const SIZE = 90;
const images = (count: number): Images => ({ shape, count, bytes: randomBytes('images', count * SIZE) });
const small = (name: keyof typeof experiments): Experiment => {
  const experiment = experiments[name];
  return experiment.axis === 'stored' ? { ...experiment, values: [5, 12] } : { ...experiment, stored: 12 };
};
const options = { experiment: 'x', name: 'noise', seed: 0, slices: 2 };

test.each(experimentNames)(
  '%s has a row for every series and value, within [0, 1], the same every time',
  async (name) => {
    const experiment = small(name);
    const seen: [number, number][] = [];
    const run = () => measure(experiment, images(30), options, (done, total) => seen.push([done, total]));
    const measurement = await run();
    expect(measurement.rows).toHaveLength(experiment.series.length * experiment.values.length);
    for (const row of measurement.rows) {
      expect(row.absolute >= 0 && row.absolute <= 1 && row.nearest >= 0 && row.nearest <= 1).toBe(true);
    }
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
    expect(await run()).toEqual(measurement);
  },
);

test("the public code's first masked row is truncated, in the arithmetic of binary fractions", () => {
  // int(28 * (1 - f)) and int(32 * (1 - f)) in Python.
  const fractions = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
  expect(fractions.map((f) => officialMaskStart(28, f))).toEqual([25, 22, 19, 16, 14, 11, 8, 5, 2]);
  expect(fractions.map((f) => officialMaskStart(32, f))).toEqual([28, 25, 22, 19, 16, 12, 9, 6, 3]);
});

test('every corruption of the experiments is one that tasks have', () => {
  for (const { values, corruption } of Object.values(experiments)) {
    for (const value of values) {
      expect(parseCorruption(corruption(value), { patternShape: [28, 28, 1], bitsPerValue: 8 }).spec).toBe(
        corruption(value),
      );
    }
  }
});

test('without corruption every distance recalls everything; random images are easily told apart', async () => {
  const clean: Experiment = { ...small('similarity'), corruption: () => 'mask:0' };
  const { rows } = await measure(clean, images(30), options);
  for (const row of rows.filter(({ series }) => series !== 'dot' && series !== 'normalised dot')) {
    expect([row.absolute, row.nearest, row.error]).toEqual([1, 1, expect.closeTo(0, 6)]);
  }
});

test('the threshold is the axis of the threshold sweep: fractions never fall', async () => {
  const { rows } = await measure(small('threshold'), images(30), options);
  for (const name of new Set(rows.map(({ series }) => series))) {
    const fractions = rows.filter(({ series }) => series === name).map(({ absolute }) => absolute);
    expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);
  }
});

describe('blank images', () => {
  test("make the public code's dot product and divergences answer the first memory, and no distance", async () => {
    const experiment = { ...small('mask'), values: [0.1] };
    const measured = await measure(experiment, images(30), { ...options, mode: 'official', blank: 0.1 });
    const of = (name: string) => measured.rows.find(({ series }) => series === name)!;
    expect(of('Euclidean').nearest).toBeGreaterThan(0.8);
    // Answers memory 0 for each of 12, in slices that have a blank image.
    expect(of('KL').nearest).toBeLessThan(0.6);
    expect(of('normalised dot').nearest).toBeLessThan(0.6);
    const correct = await measure(experiment, images(30), { ...options, blank: 0.1 });
    expect(correct.rows.find(({ series }) => series === 'KL')!.nearest).toBeGreaterThan(0.8);
  });
});

test('too few images are told', async () => {
  expect(imagesNeeded(experiments.similarity, 5)).toBe(5000);
  await expect(measure(small('mask'), images(23), options)).rejects.toThrow(
    'noise has 23 images, fewer than 2 slices of 12; take fewer slices',
  );
});

test('the report has a table for each criterion, and the charts are pictures', async () => {
  const measurement = await measure(small('noise'), images(30), { ...options, blank: 0.1 });
  const lines = universalReport(measurement);
  expect(lines[0]).toBe(
    'x: noise, 90 values, 2 slices, seed 0, 10.0% of the images blank; fraction recalled',
  );
  expect(lines).toContain('squared error of at most 60:');
  expect(lines).toContain('nearer to its target than to any other stored image:');
  expect(lines.filter((line) => line.startsWith('Euclidean'))).toHaveLength(2);
  for (const criterion of ['absolute', 'nearest'] as const) {
    expect([...universalChart(measurement, criterion).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  }
  const threshold = universalReport(await measure(small('threshold'), images(30), options));
  expect(threshold.filter((line) => line.startsWith('Euclidean'))).toHaveLength(1);
});
