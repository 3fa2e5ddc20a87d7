/** @file A grid of energies as a relief map: colours by height, light from the upper left; and its contour lines. */
import { contours } from 'd3-contour';
import type { BasinMap, EnergyMap } from '../lab/protocol.ts';
import { basinColour, heightColour, mix, type Rgb } from './palette.ts';

/** Heights in [0, 1] of energies: 0 at the lowest, 1 at all above `high`; low parts are stretched. */
export interface Heights {
  low: number;
  high: number;
  of(energy: number): number;
}

/** Share of the map below the top of the colours: what rises further is snow. */
const SNOW = 0.92;

export function heightsOf({ energies }: EnergyMap): Heights {
  const sorted = Float32Array.from(energies).sort();
  const low = sorted[0];
  const high = sorted[Math.floor((sorted.length - 1) * SNOW)];
  const span = high - low || 1;
  return { low, high, of: (energy) => Math.min(1, Math.max(0, (energy - low) / span)) ** 0.6 };
}

/** Paints the map over the whole canvas. */
export function paintRelief(
  canvas: HTMLCanvasElement,
  map: EnergyMap,
  basins: BasinMap | undefined,
  dimmed: boolean,
): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { width, height } = canvas;
  const heights = heightsOf(map);
  const at = sampler(map, heights);
  const image = context.createImageData(width, height);
  const heightsRow = new Float32Array(width + 1);
  let above = new Float32Array(width + 1);
  for (let x = 0; x <= width; x++) above[x] = at(x / width, 0);
  // How steep a slope of one whole height over the map's width is drawn.
  const steep = 9 * (width / 100);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x <= width; x++) heightsRow[x] = at(x / width, (y + 1) / height);
    for (let x = 0; x < width; x++) {
      const h = above[x];
      const slope = (above[x + 1] - h + (heightsRow[x] - h)) * steep;
      const light = 1 / (1 + Math.exp(slope * 0.55));
      let colour: Rgb = heightColour(h);
      if (basins) colour = tint(colour, basins, x / width, y / height);
      const shade = 0.72 + 0.56 * light - (dimmed ? 0.12 : 0);
      const i = 4 * (y * width + x);
      image.data[i] = colour[0] * shade;
      image.data[i + 1] = colour[1] * shade;
      image.data[i + 2] = colour[2] * shade;
      image.data[i + 3] = 255;
    }
    above = heightsRow.slice();
  }
  context.putImageData(image, 0, 0);
}

/** Where descent has been followed: the colour of the pattern it ends at, grey for none. */
function tint(colour: Rgb, { columns, rows, reached }: BasinMap, x: number, y: number): Rgb {
  const to =
    reached[
      Math.min(rows - 1, Math.floor(y * rows)) * columns + Math.min(columns - 1, Math.floor(x * columns))
    ];
  if (to === -2) return colour;
  const grey = (colour[0] + colour[1] + colour[2]) / 3;
  const flat: Rgb = mix(colour, [grey, grey, grey], 0.7);
  return to === -1 ? mix(flat, [128, 128, 128], 0.45) : mix(flat, basinColour(to), 0.62);
}

/** Height at (x, y) in [0, 1] by bilinear interpolation between the middles of the cells. */
function sampler({ columns, rows, energies }: EnergyMap, heights: Heights): (x: number, y: number) => number {
  const grid = Float32Array.from(energies, (e) => heights.of(e));
  return (x, y) => {
    const u = Math.min(columns - 1, Math.max(0, x * columns - 0.5));
    const v = Math.min(rows - 1, Math.max(0, y * rows - 0.5));
    const [i, j] = [Math.min(columns - 2, Math.floor(u)), Math.min(rows - 2, Math.floor(v))];
    const [a, b] = [u - i, v - j];
    const k = j * columns + i;
    const top = grid[k] + a * (grid[k + 1] - grid[k]);
    const bottom = grid[k + columns] + a * (grid[k + columns + 1] - grid[k + columns]);
    return top + b * (bottom - top);
  };
}

export interface Contour {
  energy: number;
  /** Every fourth is drawn stronger. */
  strong: boolean;
  /** SVG path in a box of `width` by `height`. */
  path: string;
}

const LEVELS = 18;

export function contourLines(map: EnergyMap, width: number, height: number): Contour[] {
  const { columns, rows, energies } = map;
  const heights = heightsOf(map);
  const span = heights.high - heights.low;
  if (!(span > 0)) return [];
  const levels = Array.from(
    { length: LEVELS },
    (_, k) => heights.low + span * ((k + 0.5) / LEVELS) ** (1 / 0.6),
  );
  const shapes = contours().size([columns, rows]).thresholds(levels)(Array.from(energies));
  const [sx, sy] = [width / columns, height / rows];
  const edge = (x: number, y: number) => x <= 0 || y <= 0 || x >= columns || y >= rows;
  return shapes.map((shape, k) => {
    let path = '';
    for (const ring of shape.coordinates.flat()) {
      let pen = false;
      for (const [i, [x, y]] of ring.entries()) {
        // What runs along the map's edge is no contour.
        const along = i > 0 && edge(x, y) && edge(ring[i - 1][0], ring[i - 1][1]);
        path += `${pen && !along ? 'L' : 'M'}${(x * sx).toFixed(1)} ${(y * sy).toFixed(1)}`;
        pen = true;
      }
    }
    return { energy: shape.value, strong: k % 4 === 3, path };
  });
}

/** The part of the frame where every value of the point lies within the memory's range: a convex polygon, or nothing. */
export function insideRange(
  plane: { origin: Float32Array; e1: Float64Array; e2: Float64Array },
  frame: { u: number; v: number; width: number; height: number },
  [low, high]: readonly [number, number],
): [number, number][] {
  let polygon: [number, number][] = [
    [frame.u, frame.v],
    [frame.u + frame.width, frame.v],
    [frame.u + frame.width, frame.v + frame.height],
    [frame.u, frame.v + frame.height],
  ];
  const cut = (a: number, b: number, c: number) => {
    // Keeps a u + b v <= c (Sutherland and Hodgman 1974).
    const next: [number, number][] = [];
    for (let i = 0; i < polygon.length; i++) {
      const [p, q] = [polygon[i], polygon[(i + 1) % polygon.length]];
      const [dp, dq] = [a * p[0] + b * p[1] - c, a * q[0] + b * q[1] - c];
      if (dp <= 0) next.push(p);
      if (dp < 0 !== dq < 0 && dp !== dq) {
        const t = dp / (dp - dq);
        next.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
      }
    }
    polygon = next;
  };
  const slack = 1e-6;
  for (let i = 0; i < plane.origin.length && polygon.length > 0; i++) {
    cut(plane.e1[i], plane.e2[i], high - plane.origin[i] + slack);
    cut(-plane.e1[i], -plane.e2[i], plane.origin[i] - low + slack);
  }
  return polygon;
}
