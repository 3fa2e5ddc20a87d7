/** @file From lines and axes to a picture, by chart.js: white background, two device pixels to a CSS pixel, our own font. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { ChartConfiguration, ChartDataset, ChartOptions, ChartType, Plugin } from 'chart.js';
import type { Axis } from './axis.ts';
import { drawChart } from './canvas.ts';
import { drawHeading, type Heading, headingHeight } from './heading.ts';
import {
  BACKGROUND,
  canvasFont,
  font,
  GRID,
  GRID_MINOR,
  INK,
  MARGIN,
  MUTED,
  PIXEL_RATIO,
  registerFonts,
  setLanguage,
  TEXT,
  WIDTH,
} from './style.ts';
import type { Format } from './surface.ts';

/** Points in drawn coordinates; a `y` that is not a number is a gap. */
export type Line = ChartDataset<'line', { x: number; y: number }[]>;
type Options = ChartOptions<'line'>;
type Scale = NonNullable<Options['scales']>[string];

export interface LineChart {
  heading: Heading;
  /** In CSS pixels, the heading included. */
  height: number;
  /** The first is drawn on top. */
  lines: Line[];
  scales: Record<string, Scale>;
  /** Room at the right of the chart area, in CSS pixels; default the margin. */
  right?: number;
  /** Above the chart area; default none. */
  legend?: LegendEntry[];
  plugins?: Plugin<'line'>[];
  /** Default: png. */
  format?: Format;
}

export interface LegendEntry {
  text: string;
  color: string;
  width: number;
  dash?: number[];
}

/** Draws a chart WIDTH wide; a PNG has PIXEL_RATIO times its size in CSS pixels. */
export function renderChart(chart: LineChart): Uint8Array {
  const legend = chart.legend ?? [];
  const options: Options = {
    layout: room(chart.heading, chart.right ?? MARGIN + 6, legend.length > 0),
    // Lines are drawn as given: what is too long for the picture has been thinned with care before.
    elements: { line: { tension: 0, spanGaps: false }, point: { radius: 0 } },
    plugins: {
      legend: {
        display: legend.length > 0,
        align: 'start',
        labels: {
          font: font(TEXT.normal),
          usePointStyle: true,
          pointStyleWidth: 28,
          padding: 14,
          generateLabels: () =>
            legend.map(({ text, color, width, dash }) => ({
              text,
              fontColor: INK,
              pointStyle: 'line',
              strokeStyle: color,
              lineWidth: width,
              lineDash: dash ?? [],
            })),
        },
      },
      decimation: { enabled: false },
    },
    scales: chart.scales,
  };
  const configuration: ChartConfiguration<'line', { x: number; y: number }[]> = {
    type: 'line',
    data: { datasets: chart.lines },
    options,
    plugins: chart.plugins,
  };
  return drawOnPaper(configuration, chart);
}

/** Room around the chart area: the heading above it, `right` CSS pixels beside it. */
export const room = (heading: Heading, right: number, legend: boolean) => ({
  // A legend brings its own room.
  padding: { top: headingHeight(heading, WIDTH) - (legend ? 12 : 0), left: MARGIN, bottom: MARGIN, right },
});

/** The picture of a chart on white paper, under its heading: WIDTH wide and `height` high in CSS pixels. */
export function drawOnPaper<Type extends ChartType, Data, Label>(
  { options, plugins, ...configuration }: ChartConfiguration<Type, Data, Label>,
  { heading, height, format }: { heading: Heading; height: number; format?: Format },
): Uint8Array {
  registerFonts();
  const whole = {
    ...configuration,
    options: { devicePixelRatio: PIXEL_RATIO, events: [], ...options },
    plugins: [paper(heading), ...(plugins ?? [])],
  };
  return drawChart(whole as unknown as ChartConfiguration, { width: WIDTH, height }, format);
}

/** White paper and the heading, behind any chart. */
function paper<Type extends ChartType>(heading: Heading): Plugin<Type> {
  return {
    id: 'paper',
    // After chart.js has sized the canvas, which resets the state of its context, and before it measures any text.
    afterInit: (chart) => setLanguage(chart.ctx as unknown as SKRSContext2D),
    beforeDraw(chart) {
      chart.ctx.save();
      chart.ctx.fillStyle = BACKGROUND;
      chart.ctx.fillRect(0, 0, chart.width, chart.height);
      chart.ctx.restore();
      drawHeading(chart.ctx as unknown as SKRSContext2D, heading, chart.width);
    },
  };
}

/** Of a scale, beyond its axis and title. */
export interface ScaleLayout {
  /** Whether grid lines cross the chart; default true. */
  grid?: boolean;
  /** Axes of one stack share their side of the chart by weight, from the bottom up. */
  stack?: { name: string; weight: number };
  /** Width kept for labels and title, so that stacked axes line up; default what they need. */
  width?: number;
}

/** Empty room between two axes of a stack. */
export function gap(name: string, weight: number): Scale {
  return {
    type: 'linear',
    axis: 'y',
    position: 'left',
    stack: name,
    stackWeight: weight,
    ticks: { display: false },
    grid: { display: false },
    border: { display: false },
  };
}

/** Titles above the axes of a stack, at their left ends: beside a low axis there is no room for one. */
export function titlesAbove(titles: Record<string, string>): Plugin<'line'> {
  return {
    id: 'titlesAbove',
    afterDatasetsDraw(chart) {
      const context = chart.ctx as unknown as SKRSContext2D;
      context.save();
      context.font = canvasFont(TEXT.normal, 600);
      context.fillStyle = INK;
      context.textBaseline = 'bottom';
      for (const [id, title] of Object.entries(titles)) {
        context.fillText(title, MARGIN, chart.scales[id].top - 10);
      }
      context.restore();
    },
  };
}

/** The chart.js scale that shows `axis`. */
export function scaleOf(axis: Axis, title: string, layout: ScaleLayout = {}): Scale {
  const labels = new Map(axis.ticks.map(({ at, label }) => [at, label]));
  return {
    type: 'linear',
    min: axis.min,
    max: axis.max,
    title: { display: title !== '', text: title, color: INK, font: font(TEXT.normal), padding: 4 },
    border: { color: MUTED },
    ...(layout.stack && { axis: 'y' as const, position: 'left' as const }),
    stack: layout.stack?.name,
    stackWeight: layout.stack?.weight,
    afterFit: (scale: { width: number }) => {
      if (layout.width !== undefined) scale.width = layout.width;
    },
    afterBuildTicks: (scale: { ticks: { value: number }[] }) => {
      scale.ticks = axis.ticks.map(({ at }) => ({ value: at }));
    },
    ticks: {
      autoSkip: false,
      maxRotation: 0,
      includeBounds: false,
      color: INK,
      font: font(TEXT.small),
      callback: (value: number | string) => labels.get(Number(value)) ?? '',
    },
    grid: {
      tickLength: 5,
      color: ({ tick }: { tick?: { value: number } }) =>
        tick && labels.get(tick.value) === '' ? GRID_MINOR : GRID,
      drawOnChartArea: layout.grid ?? true,
    },
  };
}
