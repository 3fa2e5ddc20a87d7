import type { ChartConfiguration } from 'chart.js';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import {
  drawWithChartjs,
  drawWithChartjsNodeCanvas,
  hasChartjsNodeCanvas,
} from '../../../runs/plots/canvas.ts';

const configuration = (): ChartConfiguration => ({
  type: 'line',
  data: { labels: [1, 2, 3], datasets: [{ data: [1, 4, 2], borderColor: '#c00' }] },
  options: { events: [], devicePixelRatio: 2 },
});
const size = { width: 120, height: 80 };

/** Pixels that are rather red. */
const red = (png: Uint8Array) => {
  const { data, channels } = decode(png);
  let count = 0;
  for (let i = 0; i < data.length; i += channels) if (data[i] > 150 && data[i + 1] < 80) count++;
  return count;
};

test('chart.js draws on its own what it draws through chartjs-node-canvas', ({ skip }) => {
  const own = drawWithChartjs(configuration(), size);
  expect(decode(own)).toMatchObject({ width: 240, height: 160 });
  expect(red(own)).toBeGreaterThan(100);
  if (!hasChartjsNodeCanvas()) skip('chartjs-node-canvas could not be installed');
  expect(decode(drawWithChartjsNodeCanvas(configuration(), size)).data).toEqual(decode(own).data);
});
