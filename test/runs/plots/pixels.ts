/** @file What tests ask of a PNG: its size, and how much of a region is drawn on. */
import { type DecodedPng, decode } from 'fast-png';

/** A region in CSS pixels, half the device pixels. */
export interface Region {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Size in CSS pixels and the pixels themselves. */
export function decodePng(png: Uint8Array) {
  const { width, height, data, channels } = decoded.get(png) ?? decode(png);
  decoded.set(png, { width, height, data, channels });
  return { width: width / 2, height: height / 2, data, channels };
}
const decoded = new WeakMap<Uint8Array, Pick<DecodedPng, 'width' | 'height' | 'data' | 'channels'>>();

/** Whether two files are the same, byte by byte. (`toEqual` would take seconds to look at them.) */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Pixels in the region for which `is` holds, by default all that are not white. */
export function countPixels(
  png: Uint8Array,
  region: Partial<Region> = {},
  is: (red: number, green: number, blue: number) => boolean = (r, g, b) => r + g + b < 3 * 250,
): number {
  const { width, height, data, channels } = decodePng(png);
  const { left = 0, top = 0, right = width, bottom = height } = region;
  let count = 0;
  for (let y = Math.round(2 * top); y < 2 * bottom; y++) {
    for (let x = Math.round(2 * left); x < 2 * right; x++) {
      const i = (y * 2 * width + x) * channels;
      if (is(data[i], data[i + 1], data[i + 2])) count++;
    }
  }
  return count;
}

/** Where the title stands in every picture. */
export const TITLE: Region = { left: 0, top: 12, right: 400, bottom: 36 };

/** Whether a colour is the one given, up to the rounding of antialiasing. */
export function near(color: string, tolerance = 12) {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return (red: number, green: number, blue: number) =>
    Math.abs(red - r) <= tolerance && Math.abs(green - g) <= tolerance && Math.abs(blue - b) <= tolerance;
}
