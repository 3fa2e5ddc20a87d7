/** @file Images warped at random: turned by some degrees, stretched, slanted, and bent as if drawn by another hand. */
import type { Random } from '../src/random.ts';
import type { ImageKind, Pixels } from './augment.ts';

/** Largest turn, in radians. */
const TURN = 0.3;
/** Largest stretch or squeeze along each axis, as a natural logarithm. */
const STRETCH = 0.2;
/** Largest slant: shift along x for each pixel along y. */
const SLANT = 0.2;
/** Bends: standard deviation of the displacement at the corners of a grid of CELLS x CELLS, as a part of the image's side. */
const BEND = 0.035;
const CELLS = 4;

/**
 * Pixels are read between pixels, linearly, and of drawings rounded to paper or ink again. What lies outside is paper, of pictures the
 * pixels of the border.
 */
export function warped<T extends Pixels>(image: T, { shape, drawings }: ImageKind, random: Random): T {
  const [height, width, channels] = shape;
  const source = warp(height, width, random);
  const at = (x: number, y: number, c: number) => {
    if (drawings && (x < 0 || x >= width || y < 0 || y >= height)) return 0;
    const column = Math.min(width - 1, Math.max(0, x));
    return image[(Math.min(height - 1, Math.max(0, y)) * width + column) * channels + c];
  };
  const result = new (image.constructor as new (length: number) => T)(image.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = source(x, y);
      const [left, top] = [Math.floor(u), Math.floor(v)];
      const [right, below] = [u - left, v - top];
      for (let c = 0; c < channels; c++) {
        const upper = (1 - right) * at(left, top, c) + right * at(left + 1, top, c);
        const lower = (1 - right) * at(left, top + 1, c) + right * at(left + 1, top + 1, c);
        const value = (1 - below) * upper + below * lower;
        result[(y * width + x) * channels + c] = drawings ? Number(value >= 0.5) : value;
      }
    }
  }
  return result;
}

/** Where in the image each pixel of the warped one comes from. */
function warp(height: number, width: number, random: Random) {
  const between = (limit: number) => (2 * random.uniform() - 1) * limit;
  const [angle, slant] = [between(TURN), between(SLANT)];
  const [stretchX, stretchY] = [Math.exp(between(STRETCH)), Math.exp(between(STRETCH))];
  const corners = (side: number) =>
    Array.from({ length: (CELLS + 1) ** 2 }, () => random.normal() * BEND * side);
  const [bendX, bendY] = [corners(width), corners(height)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  return (x: number, y: number): [number, number] => {
    const dx = (x - middleX) * stretchX + (y - middleY) * slant;
    const dy = (y - middleY) * stretchY;
    const [i, j] = [((x + 0.5) / width) * CELLS, ((y + 0.5) / height) * CELLS];
    return [
      middleX + cos * dx - sin * dy + within(bendX, i, j),
      middleY + sin * dx + cos * dy + within(bendY, i, j),
    ];
  };
}

/** Between the four corners of a grid around (i, j), each in [0, CELLS]. */
function within(corners: readonly number[], i: number, j: number): number {
  const [column, row] = [Math.min(CELLS - 1, Math.floor(i)), Math.min(CELLS - 1, Math.floor(j))];
  const [right, below] = [i - column, j - row];
  const corner = (k: number, l: number) => corners[(row + l) * (CELLS + 1) + column + k];
  return (
    (1 - below) * ((1 - right) * corner(0, 0) + right * corner(1, 0)) +
    below * ((1 - right) * corner(0, 1) + right * corner(1, 1))
  );
}
