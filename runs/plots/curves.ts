/** @file Lines of a function each, with their names in a legend: energies over a line, fractions against a load. */
import { InputError } from '../../src/errors.ts';
import type { Axis } from './axis.ts';
import type { Heading } from './heading.ts';
import { renderChart, scaleOf } from './render.ts';
import { seriesStyle } from './style.ts';
import type { Format } from './surface.ts';

export interface Curves {
  heading: Heading;
  x: Axis;
  xTitle: string;
  y: Axis;
  yTitle: string;
  curves: { name: string; points: { x: number; y: number }[] }[];
  /** Markers at the points. Default false. */
  markers?: boolean;
  /** In CSS pixels, default 440. */
  height?: number;
  /** Default: png. */
  format?: Format;
}

/** A PNG 800 CSS pixels wide. Throws InputError when there is nothing to draw. */
export function curvesPng({
  heading,
  x,
  xTitle,
  y,
  yTitle,
  curves,
  markers,
  height = 440,
  format,
}: Curves): Uint8Array {
  if (!curves.some(({ points }) => points.length > 0)) {
    throw new InputError(`${heading.title}: no curve has a point, nothing to plot`);
  }
  const styles = curves.map((_, i) => seriesStyle(i));
  return renderChart({
    format,
    heading,
    height,
    lines: curves.map(({ points }, i) => ({
      data: points.map((p) => ({ x: x.place(p.x), y: y.place(p.y) })),
      borderColor: styles[i].color,
      borderDash: styles[i].dash,
      borderWidth: 2,
      pointStyle: styles[i].pointStyle,
      pointRotation: styles[i].rotation,
      pointRadius: markers ? 4 : 0,
      pointBorderWidth: 0,
      pointBackgroundColor: styles[i].color,
      clip: markers ? false : undefined,
    })),
    scales: { x: scaleOf(x, xTitle, { grid: false }), y: scaleOf(y, yTitle) },
    legend: curves.map(({ name }, i) => ({
      text: name,
      color: styles[i].color,
      width: 2,
      dash: styles[i].dash,
    })),
  });
}
