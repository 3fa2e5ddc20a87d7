/** @file What the load curve and the rate-distortion curve share: error lines with 5-95% bands and labels at their ends. */
import { InputError } from '../../src/errors.ts';
import { type Axis, autoAxis, axisTitle, linearAxis, logAxis, scaleNote } from './axis.ts';
import { type EndLabel, endLabels, labelHeight, labelRoom } from './end-labels.ts';
import { type Line, renderChart, scaleOf } from './render.ts';
import { BACKGROUND, faint, INK, MUTED, PUBLISHED_DASH, seriesStyle } from './style.ts';
import type { Format } from './surface.ts';

/** How errors are placed: 'log' is linear near zero when there are zeros; 'auto' (default) is 'log' beyond two decades. */
export type ErrorScale = 'auto' | 'linear' | 'log';

/** One line of the chart. */
export interface ErrorSeries {
  name: string;
  /** Second line of its label, or ''. */
  detail: string;
  kind: 'trained' | 'rival' | 'published';
  points: ErrorPoint[];
}

/** An error that is not finite is a gap. */
export interface ErrorPoint {
  x: number;
  error: number;
  /** 5th and 95th percentile, where known. */
  low?: number;
  high?: number;
}

export interface ErrorChart {
  title: string;
  notes: string[];
  xTitle: string;
  x: Axis;
  /** Title of the error axis and what its parentheses say first, or ''. */
  errorTitle: string;
  unit: string;
  scale?: ErrorScale;
  series: ErrorSeries[];
  /** Dotted vertical lines at these values of x. */
  marks?: number[];
  /** Default: png. */
  format?: Format;
}

/** With more series than this only trained memories have bands: many on top of each other say nothing. */
export const MOST_BANDS = 7;
const isBanded = ({ kind }: ErrorSeries, all: readonly ErrorSeries[]) =>
  kind === 'trained' || all.length <= MOST_BANDS;

/** What a note calls the bands of these series, undefined where they are not drawn. */
export const bandsIn = (series: readonly ErrorSeries[]): string | undefined =>
  series.some((one) => isBanded(one, series)) ? 'bands' : undefined;

/** Draws the chart: a PNG 800 CSS pixels wide. Throws InputError when no error is finite. */
export function errorChart(chart: ErrorChart): Uint8Array {
  const { x } = chart;
  const series = chart.series.map((s) => ({ ...s, points: s.points.map(withGaps) }));
  if (!series.some(({ points }) => points.some(({ error }) => !Number.isNaN(error)))) {
    throw new InputError(`${chart.title}: no error is a finite number, nothing to plot`);
  }
  const y = errorAxis(series, chart.scale ?? 'auto');
  const labels = series.map((s, i) => endLabel(s, i, x, y));
  const lines = series.map((s, i) => line(s, i, x, y));
  // Many bands on top of each other must not add up to a dark one.
  const opacity = Math.min(0.11, 0.6 / series.length);
  const bands = series.flatMap((s, i) => (isBanded(s, series) ? band(s, i, x, y, opacity) : []));
  const marks = (chart.marks ?? []).map((at) => verticalMark(x.place(at), y));
  return renderChart({
    format: chart.format,
    heading: { title: chart.title, notes: chart.notes },
    height: Math.max(480, labelHeight(labels) + 170),
    // Hollow markers lie over solid ones, else they would be lost where both agree.
    lines: [
      ...lines.filter((_, i) => series[i].kind === 'published'),
      ...lines.filter((_, i) => series[i].kind !== 'published'),
      ...bands,
      ...marks,
    ],
    scales: {
      x: scaleOf(x, chart.xTitle, { grid: false }),
      y: scaleOf(y, axisTitle(chart.errorTitle, chart.unit, scaleNote(y))),
    },
    right: labelRoom(labels),
    plugins: [endLabels(labels)],
  });
}

/** The axis on which errors and their bands lie. */
export function errorAxis(series: ErrorSeries[], scale: ErrorScale): Axis {
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ error, low, high }) => [error, low ?? error, high ?? error]),
  );
  if (scale === 'linear') return linearAxis(values);
  // Four decades tell memories apart; a single wrong bit in a whole evaluation must not stretch the axis further. And the
  // least error sets how far down the axis is logarithmic: a percentile may come out far below any mean.
  const errors = series.flatMap(({ points }) => points.map(({ error }) => error).filter((e) => e > 0));
  const least = errors.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const greatest = errors.reduce((a, b) => Math.max(a, b), 0);
  const floor = Math.max(least, greatest / 1e4);
  return scale === 'log'
    ? logAxis(values, { floor, maxTicks: 10 })
    : autoAxis(values, { floor, maxTicks: 10, decades: 2 });
}

/** The point with NaN for what cannot be drawn; a point without error has no band. JSON has null for NaN. */
export function withGaps({ x, error, low, high }: ErrorPoint): ErrorPoint {
  const finite = (value: number) => (Number.isFinite(value) && Number.isFinite(error) ? value : Number.NaN);
  return {
    x,
    error: finite(error),
    low: low === undefined ? undefined : finite(low),
    high: high === undefined ? undefined : finite(high),
  };
}

function line(series: ErrorSeries, i: number, x: Axis, y: Axis): Line {
  const { pointStyle, rotation, dash } = seriesStyle(i);
  const published = series.kind === 'published';
  const color = seriesColor(series, i);
  return {
    data: series.points.map((p) => ({ x: x.place(p.x), y: y.place(p.error) })),
    borderColor: color,
    borderWidth: series.kind === 'trained' ? 3 : 1.75,
    borderDash: published ? PUBLISHED_DASH : dash,
    pointStyle,
    pointRotation: rotation,
    pointRadius: series.kind === 'trained' ? 4.5 : 4,
    pointBorderWidth: 1.5,
    pointBorderColor: color,
    pointBackgroundColor: published ? BACKGROUND : color,
    // Markers on the axes are drawn whole.
    clip: false,
  };
}

/** The band between the percentiles, or a whisker where the line is a single point. */
function band(series: ErrorSeries, i: number, x: Axis, y: Axis, opacity: number): Line[] {
  const points = series.points.filter((p) => p.low !== undefined && p.high !== undefined);
  if (points.length === 0) return [];
  const { color } = seriesStyle(i);
  const common = { pointRadius: 0, borderWidth: 0, clip: false as const };
  const low = points.map((p) => ({ x: x.place(p.x), y: y.place(p.low!) }));
  const high = points.map((p) => ({ x: x.place(p.x), y: y.place(p.high!) }));
  if (points.length === 1) {
    return [{ ...common, data: [low[0], high[0]], borderColor: faint(color, 0.4), borderWidth: 5 }];
  }
  return [
    {
      ...common,
      data: high,
      backgroundColor: faint(color, series.kind === 'trained' ? 0.2 : opacity),
      fill: '+1',
    },
    { ...common, data: low, fill: false },
  ];
}

/** What is published is in ink: no memory of ours has that colour. */
export const seriesColor = (series: Pick<ErrorSeries, 'kind'>, i: number) =>
  series.kind === 'published' ? INK : seriesStyle(i).color;

function verticalMark(x: number, y: Axis): Line {
  return {
    data: [
      { x, y: y.min },
      { x, y: y.max },
    ],
    borderColor: MUTED,
    borderWidth: 1,
    borderDash: [2, 3],
    pointRadius: 0,
  };
}

function endLabel(series: ErrorSeries, i: number, x: Axis, y: Axis): EndLabel {
  const last = series.points.findLast((p) => !Number.isNaN(p.error));
  return {
    name: series.name,
    detail: series.detail,
    color: seriesColor(series, i),
    sample: {
      width: series.kind === 'trained' ? 3 : 1.75,
      dash: series.kind === 'published' ? PUBLISHED_DASH : seriesStyle(i).dash,
      pointStyle: seriesStyle(i).pointStyle,
      rotation: seriesStyle(i).rotation,
      hollow: series.kind === 'published',
    },
    bold: series.kind === 'trained',
    end: last && { x: x.place(last.x), y: y.place(last.error) },
  };
}
