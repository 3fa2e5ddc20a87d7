/** @file One pattern as a picture of whole device pixels: an image, or a bit string folded into a grid of cells. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { InputError } from '../../src/errors.ts';
import { GRID, INK, WRONG } from './style.ts';

/** How a pattern lies in the picture. */
export interface Layout {
  kind: 'bits' | 'grey' | 'rgb';
  /** In pixels of the image, or cells of the grid. */
  width: number;
  height: number;
}

/** [n] is a grid of cells, [h, w] and [h, w, 1] a greyscale image, [h, w, 3] a colour image; others throw InputError. */
export function layoutOf(patternShape: number[]): Layout {
  const [height, width, channels] = patternShape;
  if (patternShape.length === 1) return { kind: 'bits', ...fold(height) };
  const isImage = patternShape.length === 2 || (patternShape.length === 3 && [1, 3].includes(channels));
  if (!isImage)
    throw new InputError(
      `no picture for patterns of shape [${patternShape}], only [n], [h, w, 1], [h, w, 3]`,
    );
  return { kind: channels === 3 ? 'rgb' : 'grey', width, height };
}

/** A grid for n cells about twice as wide as high, without a ragged last row where n has such divisors. */
function fold(n: number): { width: number; height: number } {
  const ideal = Math.sqrt(2 * n);
  let width = Math.ceil(ideal);
  for (let w = Math.ceil(Math.sqrt(n)); w * w <= 4 * n; w++) {
    if (n % w === 0 && (n % width !== 0 || Math.abs(w - ideal) < Math.abs(width - ideal))) width = w;
  }
  return { width, height: Math.ceil(n / width) };
}

/** Whether an entry of a binary pattern comes out on the wrong side of 1/2; what is not a number is wrong. */
export function isWrong(value: number, stored: number): boolean {
  return !(Math.abs(value - stored) < 0.5);
}

/**
 * Draws `values` (in [0, 1], clipped) with its corner at (left, top), each entry `scale` device pixels square. The context
 * is scaled to device pixels. Cells of a grid that differ from `stored` (binary) take the colour of errors. Black is 0 and
 * white 1 in images; in grids, pale is 0 and dark 1.
 */
export function drawFrame(
  context: SKRSContext2D,
  layout: Layout,
  values: ArrayLike<number>,
  stored: ArrayLike<number> | undefined,
  left: number,
  top: number,
  scale: number,
): void {
  const { kind, width, height } = layout;
  // A thin line between cells makes them countable.
  const size = kind === 'bits' && scale >= 6 ? scale - 1 : scale;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (kind === 'bits' && i >= values.length) return;
      context.fillStyle = colorAt(kind, values, stored, i);
      context.fillRect(left + x * scale, top + y * scale, size, size);
    }
  }
}

function colorAt(
  kind: Layout['kind'],
  values: ArrayLike<number>,
  stored: ArrayLike<number> | undefined,
  i: number,
): string {
  if (kind === 'rgb') return css([0, 1, 2].map((channel) => 255 * clip(values[3 * i + channel])));
  if (kind === 'grey') return css(Array(3).fill(255 * clip(values[i])));
  const wrong = stored !== undefined && isWrong(values[i], stored[i]);
  return wrong ? mix(PALE_WRONG, WRONG, clip(values[i])) : mix(GRID, INK, clip(values[i]));
}

const PALE_WRONG = '#f9c9a5';

/** Not a number shows as 1/2. */
function clip(value: number): number {
  return Number.isNaN(value) ? 0.5 : Math.min(1, Math.max(0, value));
}

function mix(from: string, to: string, share: number): string {
  const parse = (color: string) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  const [a, b] = [parse(from), parse(to)];
  return css(a.map((channel, i) => channel + share * (b[i] - channel)));
}

function css(channels: number[]): string {
  return `rgb(${channels.map(Math.round).join(',')})`;
}
