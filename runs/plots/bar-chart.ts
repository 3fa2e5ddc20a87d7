/** @file Groups of horizontal bars on a logarithmic axis, each with its value written at its end. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { ChartConfiguration, Plugin } from 'chart.js';
import { InputError } from '../../src/errors.ts';
import { logAxis } from './axis.ts';
import { type Heading, headingHeight } from './heading.ts';
import { drawOnPaper, room } from './render.ts';
import { canvasFont, font, GRID, INK, MUTED, PALETTE, TEXT, WIDTH } from './style.ts';
import type { Format } from './surface.ts';

export interface Bar {
  /** One of the chart's series, which has the colour. */
  series: string;
  /** Greater than 0; without one the text stands alone. */
  value?: number;
  /** Written at the end of the bar. */
  text: string;
}

export interface BarGroup {
  name: string;
  bars: Bar[];
}

export interface BarChart {
  heading: Heading;
  /** Title of the axis of values. */
  axis: string;
  /** In the order of the legend and, within each group, from the top. */
  series: string[];
  groups: BarGroup[];
  /** Default: png. */
  format?: Format;
}

/** Height of a bar, and of what is between two groups, in CSS pixels. */
const THICKNESS = 17;
const BETWEEN = 14;
/** Room for the texts at the ends of bars. */
const TEXT_ROOM = 130;

/** Draws the chart: a PNG 800 CSS pixels wide. @throws InputError when no bar has a value greater than 0 */
export function barChart({ heading, axis: title, series, groups, format }: BarChart): Uint8Array {
  const values = groups.flatMap(({ bars }) =>
    bars.flatMap(({ value }) => (value && value > 0 ? [value] : [])),
  );
  if (values.length === 0) throw new InputError(`${heading.title}: nothing was measured, nothing to plot`);
  // The axis begins below the least value, so that it has a bar too.
  const axis = logAxis([...values, Math.min(...values) / 1.5]);
  const labels = new Map(axis.ticks.map(({ at, label }) => [at, label]));
  const place = (value: number | undefined) => (value && value > 0 ? axis.place(value) : Number.NaN);
  const rows = groups.length * (series.length * THICKNESS + BETWEEN);
  const configuration: ChartConfiguration<'bar', number[], string> = {
    type: 'bar',
    data: {
      labels: groups.map(({ name }) => name),
      datasets: series.map((name, i) => ({
        label: name,
        data: groups.map(({ bars }) => place(bars.find((bar) => bar.series === name)?.value)),
        base: axis.min,
        backgroundColor: PALETTE[i % PALETTE.length],
        barThickness: THICKNESS - 3,
      })),
    },
    options: {
      indexAxis: 'y',
      layout: room(heading, TEXT_ROOM, true),
      plugins: {
        legend: {
          align: 'start',
          labels: { font: font(TEXT.normal), color: INK, boxWidth: 14, boxHeight: 10, padding: 12 },
        },
      },
      scales: {
        x: {
          type: 'linear',
          min: axis.min,
          max: axis.max,
          title: { display: true, text: title, color: INK, font: font(TEXT.normal), padding: 4 },
          border: { color: MUTED },
          afterBuildTicks: (scale) => {
            scale.ticks = axis.ticks.map(({ at }) => ({ value: at }));
          },
          ticks: {
            autoSkip: false,
            maxRotation: 0,
            color: INK,
            font: font(TEXT.small),
            callback: (value) => labels.get(Number(value)) ?? '',
          },
          grid: { color: GRID },
        },
        y: {
          grid: { display: false },
          border: { color: MUTED },
          ticks: { color: INK, font: font(TEXT.normal, 600) },
        },
      },
    },
    plugins: [endTexts(series, groups)],
  };
  const height = headingHeight(heading, WIDTH) + 120 + rows;
  return drawOnPaper(configuration, { heading, height, format });
}

/** The text of each bar at its end; where there is no bar, at the axis. */
function endTexts(series: string[], groups: BarGroup[]): Plugin<'bar'> {
  return {
    id: 'endTexts',
    afterDatasetsDraw(chart) {
      const context = chart.ctx as unknown as SKRSContext2D;
      context.save();
      context.font = canvasFont(TEXT.small);
      context.textBaseline = 'middle';
      series.forEach((name, i) => {
        const elements = chart.getDatasetMeta(i).data;
        groups.forEach(({ bars }, group) => {
          const bar = bars.find((b) => b.series === name);
          if (!bar) return;
          const { x, y } = elements[group].getProps(['x', 'y'], true);
          context.fillStyle = bar.value ? INK : MUTED;
          context.fillText(bar.text, (Number.isFinite(x) ? x : chart.scales.x.left) + 6, y);
        });
      });
      context.restore();
    },
  };
}
