/** @file Images turned, mirrored, shifted, mixed and warped at random: more training images than there are. */
import { z } from 'zod';
import type { Random } from '../src/random.ts';
import type { ImageKind, Pixels } from './image-kind.ts';
import { warped } from './warp.ts';

/** Largest shift along either axis, as a part of the image's side: 2 pixels of 32. */
const LARGEST_SHIFT = 1 / 16;

export const augmentOption = z
  .union([z.boolean(), z.literal('episode'), z.literal('mixed'), z.literal('warped')])
  .default(false);

export type Augment = z.output<typeof augmentOption>;

/**
 * The images of one training episode, augmented: `true` turns each by itself, 'episode' all alike; 'mixed' likewise, and
 * gives every other one part of another; 'warped' as 'mixed', and warps each by itself.
 * @param image one of the split's images, which is left as it is
 * @param others any of the split's images, to mix with
 */
export function augmenter<T extends Pixels>(augment: Augment, kind: ImageKind, random: Random) {
  const turn = augment === true ? undefined : symmetry(random);
  const mixes = augment === 'mixed' || augment === 'warped';
  const changed = (image: T): T => {
    const result = augmented(image, kind, random, turn);
    return augment === 'warped' ? warped(result, kind, random) : result;
  };
  return (image: T, others: (random: Random) => T): T => {
    const result = changed(image);
    if (!mixes || !random.bit()) return result;
    return mixed(result, changed(others(random)), kind, random);
  };
}

/** One of the eight symmetries of the square; of an image that is none, a half turn or a mirror image. */
const symmetry = (random: Random) => [random.bit(), random.bit(), random.bit()];

/** A symmetry of the square, then a shift by whole pixels. */
function augmented<T extends Pixels>(
  image: T,
  { shape, drawings }: ImageKind,
  random: Random,
  turn = symmetry(random),
): T {
  const [height, width, channels] = shape;
  const [transpose, mirrorX, mirrorY] = [turn[0] && height === width, turn[1], turn[2]];
  const shift = (side: number) => {
    const largest = Math.floor(side * LARGEST_SHIFT);
    return random.integer(2 * largest + 1) - largest;
  };
  const dx = shift(width);
  const dy = shift(height);
  const result = new (image.constructor as new (length: number) => T)(image.length);
  for (let toY = 0; toY < height; toY++) {
    for (let toX = 0; toX < width; toX++) {
      let [fromX, fromY] = [toX - dx, toY - dy];
      if (drawings) {
        if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) continue;
      } else {
        fromX = Math.min(width - 1, Math.max(0, fromX));
        fromY = Math.min(height - 1, Math.max(0, fromY));
      }
      const u = mirrorX ? width - 1 - fromX : fromX;
      const v = mirrorY ? height - 1 - fromY : fromY;
      const from = (transpose ? u * width + v : v * width + u) * channels;
      const to = (toY * width + toX) * channels;
      for (let c = 0; c < channels; c++) result[to + c] = image[from + c];
    }
  }
  return result;
}

/** The first image, and of the second what lies in a random rectangle at least half as high and wide as the image. */
function mixed<T extends Pixels>(image: T, other: T, { shape, drawings }: ImageKind, random: Random): T {
  const [height, width, channels] = shape;
  const span = (side: number) => {
    const half = Math.floor(side / 2);
    const length = half + random.integer(half + 1);
    const from = random.integer(side - length + 1);
    return [from, from + length] as const;
  };
  const [[top, bottom], [left, right]] = [span(height), span(width)];
  const result = image.slice() as T;
  for (let y = top; y < bottom; y++)
    for (let i = (y * width + left) * channels; i < (y * width + right) * channels; i++)
      result[i] = drawings ? Math.max(result[i], other[i]) : other[i];
  return result;
}
