/** @file What the load curve and the rate-distortion curve share: error lines with 5-95% bands and labels at their ends. */
import { type Axis, autoAxis, linearAxis, logAxis, scaleNote } from './axis.ts';
import { type EndLabel, endLabels, labelHeight, labelRoom } from './end-labels.ts';
import { headings, type Line, type LineConfiguration, renderPng, scaleOf } from './render.ts';
import { faint, MUTED, PUBLISHED_DASH, seriesStyle } from './style.ts';

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

/** Anything that is not finite is a gap. */
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
  errorTitle: string;
  scale?: ErrorScale;
  series: ErrorSeries[];
  /** A dotted vertical line at this value of x. */
  mark?: { x: number };
}

/** Draws the chart: a PNG 800 CSS pixels wide. */
export function errorChart(chart: ErrorChart): Uint8Array {
  const { series, x } = chart;
  const y = errorAxis(series, chart.scale ?? 'auto');
  const labels = series.map((s, i) => endLabel(s, i, x, y));
  const lines = series.map((s, i) => line(s, i, x, y));
  const bands = series.flatMap((s, i) => band(s, i, x, y));
  const data = [...lines, ...bands];
  if (chart.mark) data.push(verticalMark(x.place(chart.mark.x), y));
  const configuration: LineConfiguration = {
    type: 'line',
    data: { datasets: data },
    options: {
      layout: { padding: { top: 14, left: 10, bottom: 10, right: labelRoom(labels) } },
      plugins: { ...headings(chart.title, chart.notes), legend: { display: false } },
      scales: {
        x: scaleOf(x, chart.xTitle, { grid: { drawOnChartArea: false } }),
        y: scaleOf(y, chart.errorTitle + scaleNote(y)),
      },
    },
    plugins: [endLabels(labels)],
  };
  return renderPng(configuration, Math.max(480, labelHeight(labels) + 170));
}

function errorAxis(series: ErrorSeries[], scale: ErrorScale): Axis {
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ error, low, high }) => [error, low ?? error, high ?? error]),
  );
  if (scale === 'linear') return linearAxis(values);
  // The least error sets how far down the axis is logarithmic: a percentile may come out far below any mean.
  const errors = series.flatMap(({ points }) =>
    points.map(({ error }) => error).filter((error) => error > 0),
  );
  const floor = errors.reduce((least, error) => Math.min(least, error), Number.POSITIVE_INFINITY);
  return scale === 'log' ? logAxis(values, { floor }) : autoAxis(values, { floor, decades: 2 });
}

function line(series: ErrorSeries, i: number, x: Axis, y: Axis): Line {
  const { color, pointStyle, dash } = seriesStyle(i);
  const published = series.kind === 'published';
  return {
    data: series.points.map((p) => ({ x: x.place(p.x), y: y.place(p.error) })),
    borderColor: color,
    borderWidth: series.kind === 'trained' ? 3 : 1.75,
    borderDash: published ? PUBLISHED_DASH : dash,
    pointStyle,
    pointRadius: series.kind === 'trained' ? 4.5 : 4,
    pointBorderWidth: 1.5,
    pointBorderColor: color,
    pointBackgroundColor: published ? '#ffffff' : color,
    // Markers on the axes are drawn whole.
    clip: false,
  };
}

/** The band between the percentiles, or a whisker where the line is a single point. */
function band(series: ErrorSeries, i: number, x: Axis, y: Axis): Line[] {
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
      backgroundColor: faint(color, series.kind === 'trained' ? 0.2 : 0.11),
      fill: '+1',
    },
    { ...common, data: low, fill: false },
  ];
}

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
  const last = series.points.findLast((p) => Number.isFinite(p.error));
  return {
    name: series.name,
    detail: series.detail,
    color: seriesStyle(i).color,
    bold: series.kind === 'trained',
    end: last && { x: x.place(last.x), y: y.place(last.error) },
  };
}
