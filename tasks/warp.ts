/** @file Images warped at random: turned by some degrees, stretched, slanted, and bent as if drawn by another hand. */
import type { Random } from '../src/random.ts';
import type { ImageKind, Pixels } from './image-kind.ts';

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
  const { x, y } = origins(height, width, random);
  const result = new (image.constructor as new (length: number) => T)(image.length);
  const at = (column: number, row: number, c: number) => {
    const inside = column >= 0 && column < width && row >= 0 && row < height;
    if (inside) return image[(row * width + column) * channels + c];
    if (drawings) return 0;
    return image[(clamp(row, height) * width + clamp(column, width)) * channels + c];
  };
  for (let pixel = 0; pixel < x.length; pixel++) {
    const left = Math.floor(x[pixel]);
    const top = Math.floor(y[pixel]);
    const right = x[pixel] - left;
    const below = y[pixel] - top;
    for (let c = 0; c < channels; c++) {
      const upper = (1 - right) * at(left, top, c) + right * at(left + 1, top, c);
      const lower = (1 - right) * at(left, top + 1, c) + right * at(left + 1, top + 1, c);
      const value = (1 - below) * upper + below * lower;
      result[pixel * channels + c] = drawings ? Number(value >= 0.5) : value;
    }
  }
  return result;
}

const clamp = (i: number, side: number) => Math.min(side - 1, Math.max(0, i));

/** Where in the image each pixel of the warped one comes from. */
function origins(height: number, width: number, random: Random) {
  const between = (limit: number) => (2 * random.uniform() - 1) * limit;
  const angle = between(TURN);
  const slant = between(SLANT);
  const stretchX = Math.exp(between(STRETCH));
  const stretchY = Math.exp(between(STRETCH));
  const x = bends(height, width, width, random);
  const y = bends(height, width, height, random);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const middleX = (width - 1) / 2;
  const middleY = (height - 1) / 2;
  for (let pixel = 0; pixel < x.length; pixel++) {
    const down = Math.floor(pixel / width) - middleY;
    const dx = ((pixel % width) - middleX) * stretchX + down * slant;
    const dy = down * stretchY;
    x[pixel] += middleX + cos * dx - sin * dy;
    y[pixel] += middleY + sin * dx + cos * dy;
  }
  return { x, y };
}

/** Displacements [height, width] along an axis of length `side`: linear between the corners of a grid, which are normal. */
function bends(height: number, width: number, side: number, random: Random): Float64Array {
  const corners = Float64Array.from({ length: (CELLS + 1) ** 2 }, () => random.normal() * BEND * side);
  const result = new Float64Array(height * width);
  for (let row = 0; row < height; row++) {
    const j = ((row + 0.5) / height) * CELLS;
    const below = j - Math.floor(j);
    const first = Math.floor(j) * (CELLS + 1);
    for (let column = 0; column < width; column++) {
      const i = ((column + 0.5) / width) * CELLS;
      const right = i - Math.floor(i);
      const corner = first + Math.floor(i);
      const upper = (1 - right) * corners[corner] + right * corners[corner + 1];
      const lower = (1 - right) * corners[corner + CELLS + 1] + right * corners[corner + CELLS + 2];
      result[row * width + column] = (1 - below) * upper + below * lower;
    }
  }
  return result;
}
