/**
 * @file Resizing as Pillow's `resize(size, BILINEAR)` does it, to the byte, which is torchvision's default: a triangle as wide as
 * the pixels that one new pixel covers, along rows, then along columns, each rounded to bytes.
 */
import type { Picture } from './picture.ts';

/** Weights are whole multiples of 2^-22, so that sums of bytes fit into 32 bits. */
const PRECISION = 22;

/** The picture of another size, without regard to its proportions. */
export function resized(picture: Picture, width: number, height: number): Picture {
  const { channels } = picture;
  let { values } = picture;
  if (width !== picture.width) values = alongRows(values, picture.width, width, channels);
  if (height !== picture.height) values = alongColumns(values, picture.height, height, width * channels);
  return { ...picture, width, height, values };
}

interface Taps {
  from: number;
  weights: Int32Array;
}

/** For each new pixel, the first old one that it is made of, and their weights. */
function tapsOf(from: number, to: number): Taps[] {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(from, Math.trunc(center + support + 0.5)) - first;
    const weights = Array.from({ length: count }, (_, k) =>
      Math.max(0, 1 - Math.abs((k + first - center + 0.5) / support)),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return {
      from: first,
      weights: Int32Array.from(weights, (w) => Math.trunc(0.5 + (w / sum) * 2 ** PRECISION)),
    };
  });
}

const rounded = (sum: number) => Math.min(255, Math.max(0, (sum + 2 ** (PRECISION - 1)) >> PRECISION));

function alongRows(values: Uint8Array, from: number, to: number, channels: number): Uint8Array {
  const taps = tapsOf(from, to);
  const rows = values.length / (from * channels);
  const result = new Uint8Array(rows * to * channels);
  for (let row = 0, at = 0; row < rows; row++) {
    for (const { from: first, weights } of taps) {
      const start = (row * from + first) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += values[start + k * channels + c] * weights[k];
        result[at++] = rounded(sum);
      }
    }
  }
  return result;
}

function alongColumns(values: Uint8Array, from: number, to: number, stride: number): Uint8Array {
  const result = new Uint8Array(to * stride);
  for (const [row, { from: first, weights }] of tapsOf(from, to).entries()) {
    for (let i = 0; i < stride; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += values[(first + k) * stride + i] * weights[k];
      result[row * stride + i] = rounded(sum);
    }
  }
  return result;
}
