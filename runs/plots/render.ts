/** @file From a chart.js configuration to a PNG: white background, two device pixels to a CSS pixel, our own font. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { ChartConfiguration, ChartDataset, Plugin } from 'chart.js';
import { ChartJSNodeCanvas } from 'chartjs-node-canvas';
import type { Axis } from './axis.ts';
import {
  BACKGROUND,
  font,
  GRID,
  GRID_MINOR,
  INK,
  MUTED,
  PIXEL_RATIO,
  registerFonts,
  setLanguage,
  TEXT,
  WIDTH,
} from './style.ts';
import { joinParts, shorten } from './text.ts';

/** Points with numbers on both axes; a `y` that is not a number is a gap. */
export type Line = ChartDataset<'line', { x: number; y: number }[]>;
export type LineConfiguration = ChartConfiguration<'line', { x: number; y: number }[]>;
/** Options of one chart.js axis. */
export type ScaleOptions = NonNullable<NonNullable<LineConfiguration['options']>['scales']>[string] & {
  type?: 'linear';
};

/** Draws a line chart WIDTH wide and `height` high (CSS pixels) and returns the PNG, PIXEL_RATIO times that size. */
export function renderPng(configuration: LineConfiguration, height: number): Uint8Array {
  registerFonts();
  const renderer = new ChartJSNodeCanvas({ width: WIDTH, height });
  const { options, plugins, ...rest } = configuration;
  const png = renderer.renderToBufferSync(
    {
      ...rest,
      options: { ...options, devicePixelRatio: PIXEL_RATIO, responsive: false, animation: false, events: [] },
      plugins: [paper, ...(plugins ?? [])],
    } as ChartConfiguration,
    'image/png',
  );
  return new Uint8Array(png);
}

const paper: Plugin<'line'> = {
  id: 'paper',
  // After chart.js has sized the canvas, which resets the state of its context, and before it measures any text.
  afterInit: (chart) => setLanguage(chart.ctx as unknown as SKRSContext2D),
  beforeDraw(chart) {
    chart.ctx.save();
    chart.ctx.fillStyle = BACKGROUND;
    chart.ctx.fillRect(0, 0, chart.width, chart.height);
    chart.ctx.restore();
  },
};

/** The two heading plugins: what the chart shows, and under it, paler, how it was measured. */
export function headings(title: string, notes: string[]) {
  const width = WIDTH - 40;
  const lines = joinParts(notes, width, TEXT.normal);
  return {
    title: {
      display: true,
      text: shorten(title, width, TEXT.title, 600),
      align: 'start' as const,
      color: INK,
      font: font(TEXT.title, 600),
      padding: { top: 0, bottom: 4 },
    },
    subtitle: {
      display: lines.length > 0,
      text: lines,
      align: 'start' as const,
      color: MUTED,
      font: font(TEXT.normal),
      padding: { top: 0, bottom: 14 },
    },
  };
}

/** Options of a chart.js scale that shows `axis`. */
export function scaleOf(axis: Axis, title: string, options: ScaleOptions = {}): ScaleOptions {
  const labels = new Map(axis.ticks.map(({ at, label }) => [at, label]));
  return {
    type: 'linear',
    min: axis.min,
    max: axis.max,
    title: { display: title !== '', text: title, color: INK, font: font(TEXT.normal), padding: 6 },
    border: { color: MUTED },
    ...options,
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
      ...options.ticks,
    },
    grid: {
      tickLength: 5,
      color: (context: { tick?: { value: number } }) =>
        context.tick && labels.get(context.tick.value) === '' ? GRID_MINOR : GRID,
      ...options.grid,
    },
  } as ScaleOptions;
}
