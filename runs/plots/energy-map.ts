/** @file Energies over the plane as a strip of maps: a column for each time, a row for each set of patterns. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { InputError } from '../../src/errors.ts';
import { drawHeading, type Heading, headingHeight } from './heading.ts';
import { BACKGROUND, canvasFont, INK, MARGIN, MUTED, PALETTE, TEXT, WIDTH } from './style.ts';
import { type Format, picture } from './surface.ts';

export interface EnergyMaps {
  heading: Heading;
  /** Above each column. */
  columns: string[];
  rows: MapRow[];
  /** Maps show [-extent, extent]^2. */
  extent: number;
  /** Default: png. */
  format?: Format;
}

export interface MapRow {
  /** Left of the row. */
  name: string;
  /** Patterns to mark, [n, 2]; none are marked beyond 200. */
  points: ArrayLike<number>;
  /** One for each column. */
  energies: ((x: number, y: number) => number)[];
  /** paths[query][column]: where retrieval is when a column's time begins, [2]; the query starts at the first. */
  paths?: ArrayLike<number>[][];
}

const LABEL = 94;
const GAP = 6;
const COLUMN_HEADING = 24;
/** Points of the grid along each side of a map: one for each device pixel would only cost time. */
const GRID_POINTS = 96;
/** Bands of equal energy, whose edges are the contours. */
const BANDS = 14;

/** From low energy to high: dark to pale blue, in equal steps of lightness. */
const LOW = [8, 48, 107];
const HIGH = [247, 251, 255];

/** A PNG 800 CSS pixels wide; each map has colours of its own, from its least energy to its greatest. */
export function energyMaps(maps: EnergyMaps): Uint8Array {
  const { heading, columns, rows } = maps;
  if (rows.length === 0 || rows.some(({ energies }) => energies.length !== columns.length)) {
    throw new InputError(`energy maps need an energy for each of ${columns.length} columns in every row`);
  }
  const side = Math.floor((WIDTH - 2 * MARGIN - LABEL - (columns.length - 1) * GAP) / columns.length);
  const top = headingHeight(heading, WIDTH) + COLUMN_HEADING;
  const height = top + rows.length * (side + GAP) - GAP + MARGIN;
  return picture(WIDTH, height, maps.format ?? 'png', (context) => drawMaps(context, maps, side, top));
}

function drawMaps(
  context: SKRSContext2D,
  { heading, columns, rows, extent }: EnergyMaps,
  side: number,
  top: number,
): void {
  drawHeading(context, heading, WIDTH);
  const left = (c: number) => MARGIN + LABEL + c * (side + GAP);
  context.textBaseline = 'middle';
  context.fillStyle = INK;
  context.font = canvasFont(TEXT.small, 600);
  context.textAlign = 'center';
  columns.forEach((text, c) => {
    context.fillText(text, left(c) + side / 2, top - COLUMN_HEADING / 2);
  });
  rows.forEach(({ name, points, energies, paths }, r) => {
    const y = top + r * (side + GAP);
    context.textAlign = 'left';
    context.font = canvasFont(TEXT.small, 600);
    context.fillStyle = INK;
    context.fillText(name, MARGIN, y + side / 2);
    energies.forEach((energy, c) => {
      drawMap(context, energy, left(c), y, side, extent);
      const place = (p: ArrayLike<number>) =>
        [
          left(c) + ((p[0] + extent) / (2 * extent)) * side,
          y + ((extent - p[1]) / (2 * extent)) * side,
        ] as const;
      context.save();
      context.beginPath();
      context.rect(left(c), y, side, side);
      context.clip();
      if (points.length <= 400) drawPoints(context, points, place);
      for (const path of paths ?? []) drawPath(context, path.slice(0, c + 1).map(place));
      context.restore();
    });
  });
}

function drawMap(
  context: SKRSContext2D,
  energy: (x: number, y: number) => number,
  left: number,
  top: number,
  side: number,
  extent: number,
): void {
  const at = (i: number) => (((i + 0.5) / GRID_POINTS) * 2 - 1) * extent;
  const values = Array.from({ length: GRID_POINTS }, (_, j) =>
    Array.from({ length: GRID_POINTS }, (_, i) => energy(at(i), -at(j))),
  );
  const flat = values.flat();
  const low = flat.reduce((a, b) => Math.min(a, b));
  const high = flat.reduce((a, b) => Math.max(a, b));
  const cell = side / GRID_POINTS;
  values.forEach((row, j) => {
    row.forEach((value, i) => {
      // The root spends most bands near the bottom, where the minima are.
      const share = high > low ? Math.sqrt((value - low) / (high - low)) : 0;
      const band = Math.min(BANDS - 1, Math.floor(share * BANDS)) / (BANDS - 1);
      const channels = LOW.map((channel, k) => Math.round(channel + band * (HIGH[k] - channel)));
      context.fillStyle = `rgb(${channels.join(',')})`;
      // A little larger than the cell: no seams between them.
      context.fillRect(left + i * cell, top + j * cell, cell + 0.5, cell + 0.5);
    });
  });
  context.clearRect(left + side, top, GAP, side + 1);
  context.clearRect(left, top + side, side + GAP, 1);
  context.fillStyle = BACKGROUND;
  context.fillRect(left + side, top, GAP, side + 1);
  context.fillRect(left, top + side, side + GAP, 1);
}

type Place = (p: ArrayLike<number>) => readonly [number, number];

function drawPoints(context: SKRSContext2D, points: ArrayLike<number>, place: Place): void {
  for (let n = 0; n < points.length / 2; n++) {
    const [x, y] = place([points[2 * n], points[2 * n + 1]]);
    context.beginPath();
    context.arc(x, y, 2.5, 0, 2 * Math.PI);
    context.fillStyle = PALETTE[1];
    context.fill();
    context.lineWidth = 1;
    context.strokeStyle = BACKGROUND;
    context.stroke();
  }
}

function drawPath(context: SKRSContext2D, places: (readonly [number, number])[]): void {
  context.beginPath();
  for (const [k, [x, y]] of places.entries()) {
    if (k === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.lineWidth = 1;
  context.strokeStyle = MUTED;
  context.stroke();
  const [x, y] = places[places.length - 1];
  context.beginPath();
  context.arc(x, y, 2, 0, 2 * Math.PI);
  context.fillStyle = INK;
  context.fill();
}
