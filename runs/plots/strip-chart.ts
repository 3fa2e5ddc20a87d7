/** @file Errors of memories at one load: a row each, its mean a point, its 5-95% band a bar, its numbers at the right. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Plugin } from 'chart.js';
import { InputError } from '../../src/errors.ts';
import { type Axis, axisTitle, scaleNote } from './axis.ts';
import { type ErrorScale, type ErrorSeries, errorAxis, seriesColor, withGaps } from './error-chart.ts';
import { type Heading, headingHeight } from './heading.ts';
import { formatNumber } from './numbers.ts';
import { type Line, renderChart, scaleOf } from './render.ts';
import { BACKGROUND, canvasFont, faint, INK, MARGIN, MUTED, seriesStyle, TEXT, WIDTH } from './style.ts';
import type { Format } from './surface.ts';
import { shorten, textWidth } from './text.ts';

export interface StripChart {
  heading: Heading;
  errorTitle: string;
  unit: string;
  scale?: ErrorScale;
  /** Of one point each; the least error comes first. */
  series: ErrorSeries[];
  /** Default: png. */
  format?: Format;
}

const ROW = 36;
/** Room of a name, at most. */
const NAME = 210;

/** Draws the chart: a PNG 800 CSS pixels wide. @throws InputError when no error is finite */
export function stripChart({ heading, errorTitle, unit, scale, series, format }: StripChart): Uint8Array {
  const rows = series
    .map((s, i) => ({ ...s, point: withGaps(s.points[0]), i }))
    // What has no finite error comes last.
    .sort((a, b) => (a.point.error || 0) - (b.point.error || 0) || a.i - b.i)
    .sort((a, b) => Number(Number.isNaN(a.point.error)) - Number(Number.isNaN(b.point.error)));
  if (rows.length === 0 || Number.isNaN(rows[0].point.error))
    throw new InputError(`${heading.title}: no error is a finite number, nothing to plot`);
  const x = errorAxis(series.map((s) => ({ ...s, points: s.points.map(withGaps) })), scale ?? 'auto'); // biome-ignore format: one axis
  const at = (row: number) => rows.length - 1 - row;
  const y: Axis = {
    kind: 'linear',
    min: -0.6,
    max: rows.length - 0.4,
    ticks: rows.map(({ name }, row) => ({ at: at(row), label: shorten(name, NAME, TEXT.small) })),
    place: (value) => value,
  };
  const lines: Line[] = [];
  for (const [row, { point, kind, i }] of rows.entries()) {
    const { pointStyle, rotation } = seriesStyle(i);
    const color = seriesColor({ kind }, i);
    const trained = kind === 'trained';
    lines.push({
      data: [{ x: x.place(point.error), y: at(row) }],
      pointStyle,
      pointRotation: rotation,
      pointRadius: trained ? 6 : 5,
      pointBorderWidth: 1.5,
      pointBorderColor: color,
      pointBackgroundColor: kind === 'published' ? BACKGROUND : color,
      clip: false,
    });
    if (point.low !== undefined && point.high !== undefined) {
      lines.push({
        data: [point.low, point.high].map((v) => ({ x: x.place(v), y: at(row) })),
        borderColor: faint(color, trained ? 0.4 : 0.28),
        borderWidth: trained ? 12 : 9,
        pointRadius: 0,
      });
    }
  }
  const texts = rows.map(({ point, detail }) => ({
    value: Number.isNaN(point.error) ? 'no finite error' : formatNumber(point.error, 3),
    detail,
  }));
  const room = Math.max(
    ...texts.map(({ value, detail }) => textWidth(value, TEXT.normal, 600) + (detail ? 8 + textWidth(detail, TEXT.small) : 0)), // biome-ignore format: one width
  );
  return renderChart({
    format,
    heading,
    height: headingHeight(heading, WIDTH) + 74 + ROW * rows.length,
    lines,
    scales: {
      x: scaleOf(x, axisTitle(errorTitle, unit, scaleNote(x))),
      y: scaleOf(y, '', { grid: false }),
    },
    right: room + 16 + MARGIN,
    plugins: [rowTexts(texts, at)],
  });
}

/** The mean of each row, and what else there is to say of it, right of the chart. */
function rowTexts(
  texts: readonly { value: string; detail: string }[],
  at: (row: number) => number,
): Plugin<'line'> {
  return {
    id: 'rowTexts',
    afterDatasetsDraw(chart) {
      const context = chart.ctx as unknown as SKRSContext2D;
      context.save();
      context.textBaseline = 'middle';
      for (const [row, { value, detail }] of texts.entries()) {
        const [left, y] = [chart.chartArea.right + 16, chart.scales.y.getPixelForValue(at(row))];
        context.font = canvasFont(TEXT.normal, 600);
        context.fillStyle = INK;
        context.fillText(value, left, y);
        const beside = left + context.measureText(value).width + 8;
        context.font = canvasFont(TEXT.small);
        context.fillStyle = MUTED;
        context.fillText(detail, beside, y);
      }
      context.restore();
    },
  };
}
