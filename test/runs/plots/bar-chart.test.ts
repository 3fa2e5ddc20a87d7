import { expect, test, vi } from 'vitest';
import { type BarChart, barChart } from '../../../runs/plots/bar-chart.ts';
import { PALETTE } from '../../../runs/plots/style.ts';
import { InputError } from '../../../src/errors.ts';
import { countPixels, decodePng, near, same, TITLE } from './pixels.ts';

vi.setConfig({ testTimeout: 30_000 });

const [blue, vermillion] = PALETTE.map((color) => near(color));
const chart: BarChart = {
  heading: { title: 'Milliseconds a step', notes: ['two cores'] },
  axis: 'milliseconds',
  series: ['ours', 'theirs'],
  groups: [
    {
      name: 'small',
      bars: [
        { series: 'ours', value: 100, text: '100 ms' },
        { series: 'theirs', value: 1000, text: '1000 ms' },
      ],
    },
    {
      name: 'large',
      bars: [
        { series: 'ours', value: 100, text: '100 ms' },
        { series: 'theirs', text: 'did not compile' },
      ],
    },
  ],
};
const base = barChart(chart);

test('it is 800 CSS pixels wide, with a title, and grows with its groups', () => {
  expect(decodePng(base).width).toBe(800);
  expect(countPixels(base, TITLE)).toBeGreaterThan(300);
  const one = barChart({ ...chart, groups: chart.groups.slice(0, 1) });
  expect(decodePng(one).height).toBeLessThan(decodePng(base).height);
});

test('the greater value has the longer bar, on a logarithmic axis', () => {
  const wider = barChart({
    ...chart,
    groups: [
      {
        name: 'small',
        bars: [
          { series: 'ours', value: 10, text: '' },
          { series: 'theirs', value: 1000, text: '' },
        ],
      },
    ],
  });
  const below = { top: 100 };
  const ratio = countPixels(wider, below, vermillion) / countPixels(wider, below, blue);
  expect(ratio).toBeGreaterThan(1);
  expect(ratio).toBeLessThan(100);
});

test('what was not measured has no bar but its text', () => {
  const silent = structuredClone(chart);
  silent.groups[1].bars[1].text = '';
  expect(countPixels(base)).toBeGreaterThan(countPixels(barChart(silent)));
  const withBar = structuredClone(chart);
  withBar.groups[1].bars[1].value = 1000;
  expect(countPixels(barChart(withBar), {}, vermillion)).toBeGreaterThan(
    1.5 * countPixels(base, {}, vermillion),
  );
});

test('the same values give the same bytes', () => {
  expect(same(barChart(chart), base)).toBe(true);
});

test('without any value there is nothing to draw', () => {
  const empty = { ...chart, groups: [{ name: 'small', bars: [{ series: 'ours', text: 'no result' }] }] };
  expect(() => barChart(empty)).toThrow(InputError);
});
