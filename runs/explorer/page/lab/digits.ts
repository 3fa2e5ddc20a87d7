/** @file Digits drawn with a pen of this file's own: strokes, slightly different every time, on a square of pixels. */
import { stream } from '../../../../src/random.ts';

type Point = readonly [x: number, y: number];

const arc = (cx: number, cy: number, rx: number, ry: number, from: number, to: number): Point[] =>
  Array.from({ length: 13 }, (_, k) => {
    const angle = ((from + ((to - from) * k) / 12) * Math.PI) / 180;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });

/** Strokes of every digit in the unit square, y downwards; angles in degrees, clockwise from the right. */
const STROKES: readonly Point[][][] = [
  [arc(0.5, 0.5, 0.27, 0.4, 0, 360)],
  [[[0.33, 0.25], [0.53, 0.1], [0.53, 0.9]]],
  [[...arc(0.5, 0.33, 0.25, 0.23, 190, 390), [0.25, 0.9], [0.78, 0.9]]],
  [[...arc(0.47, 0.3, 0.24, 0.2, 200, 450), ...arc(0.47, 0.7, 0.27, 0.2, 270, 520)]],
  [[[0.62, 0.9], [0.62, 0.1], [0.22, 0.65], [0.82, 0.65]]],
  [[[0.72, 0.1], [0.33, 0.1], [0.3, 0.45], ...arc(0.48, 0.66, 0.26, 0.24, 235, 510)]],
  [[[0.64, 0.1], ...arc(0.5, 0.66, 0.25, 0.24, 195, 555)]],
  [[[0.22, 0.1], [0.78, 0.1], [0.42, 0.9]]],
  [arc(0.5, 0.3, 0.2, 0.2, 90, 450), arc(0.5, 0.7, 0.25, 0.2, 270, 630)],
  [[...arc(0.5, 0.34, 0.24, 0.24, 15, 375), [0.62, 0.9]]],
]; // biome-ignore format: a table

/** `count` digits [count, side, side] of 0 and 1, in the order 0 1 2 ... 9 0 1 ... */
export function drawDigits(count: number, side: number, seed: number): Float32Array {
  const values = new Float32Array(count * side * side);
  for (let n = 0; n < count; n++) {
    const random = stream(seed, 'digit', n);
    const lean = 0.16 * random.normal();
    const [wide, high] = [0.9 + 0.1 * random.normal(), 0.88 + 0.05 * random.normal()];
    const [dx, dy] = [0.03 * random.normal(), 0.03 * random.normal()];
    const pen = (0.036 + 0.012 * random.uniform()) * side;
    const place = ([x, y]: Point): Point => [
      (0.5 + dx + wide * (x - 0.5) - lean * (y - 0.5)) * side,
      (0.5 + dy + high * (y - 0.5)) * side,
    ];
    const strokes = STROKES[n % 10].map((stroke) => stroke.map(place));
    for (let i = 0; i < side * side; i++) {
      const at: Point = [(i % side) + 0.5, Math.floor(i / side) + 0.5];
      if (strokes.some((stroke) => touches(stroke, at, pen))) values[n * side * side + i] = 1;
    }
  }
  return values;
}

function touches(stroke: readonly Point[], [x, y]: Point, pen: number): boolean {
  for (let k = 1; k < stroke.length; k++) {
    const [[ax, ay], [bx, by]] = [stroke[k - 1], stroke[k]];
    const [dx, dy] = [bx - ax, by - ay];
    const size = dx * dx + dy * dy;
    const t = size > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / size)) : 0;
    if (Math.hypot(ax + t * dx - x, ay + t * dy - y) <= pen) return true;
  }
  return false;
}
