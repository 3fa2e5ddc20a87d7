import { expect, test } from 'vitest';
import { stream } from '../../src/random.ts';
import { augmenter } from '../../tasks/augment.ts';
import { warped } from '../../tasks/warp.ts';

const drawing = { shape: [32, 32, 1], drawings: true } as const;
const picture = { shape: [16, 24, 3], drawings: false } as const;

/** A square of ink, 12 pixels wide, in the middle. */
const square = Uint8Array.from({ length: 1024 }, (_, i) =>
  Number(Math.abs((i % 32) - 15.5) < 6 && Math.abs(Math.floor(i / 32) - 15.5) < 6),
);

test('a warped drawing is of paper and ink, has about as much ink, about where it was, and is another each time', () => {
  const random = stream(0, 'warp');
  const seen = new Set<string>();
  for (let k = 0; k < 50; k++) {
    const result = warped(square, drawing, random);
    expect(result).toBeInstanceOf(Uint8Array);
    expect(new Set(result)).toEqual(new Set([0, 1]));
    const ink = [...result.keys()].filter((i) => result[i] === 1);
    // stretched and squeezed by at most e^0.2 along each axis, and bent
    expect(ink.length / 144).toBeGreaterThan(0.5);
    expect(ink.length / 144).toBeLessThan(2);
    const mean = (of: (i: number) => number) => ink.reduce((sum, i) => sum + of(i), 0) / ink.length;
    expect(Math.abs(mean((i) => i % 32) - 15.5)).toBeLessThan(3.5);
    expect(Math.abs(mean((i) => Math.floor(i / 32)) - 15.5)).toBeLessThan(3.5);
    seen.add(result.join(''));
  }
  expect(seen.size).toBe(50);
  expect(square.reduce((sum, v) => sum + v, 0)).toBe(144);
});

test('paper moves into a drawing, the border into a picture; a picture of one colour stays one', () => {
  const random = stream(1, 'warp');
  const full = new Uint8Array(1024).fill(1);
  const corners = Array.from({ length: 20 }, () => warped(full, drawing, random)[0]);
  expect(corners).toContain(0);
  const colours = Float32Array.from({ length: 16 * 24 * 3 }, (_, i) => [0.2, 0.5, 0.9][i % 3]);
  for (let k = 0; k < 20; k++)
    for (const [i, v] of warped(colours, picture, random).entries()) expect(v).toBeCloseTo(colours[i], 6);
});

test('values of a picture stay in the range of its own', () => {
  const random = stream(2, 'warp');
  const image = Float32Array.from({ length: 16 * 24 * 3 }, () => random.uniform());
  for (let k = 0; k < 20; k++) {
    const result = warped(image, picture, random);
    expect(Math.min(...result)).toBeGreaterThanOrEqual(Math.min(...image));
    expect(Math.max(...result)).toBeLessThanOrEqual(Math.max(...image));
  }
});

test('the same seed gives the same warp; an augmenter mixes warped drawings', () => {
  const make = () => warped(square, drawing, stream(3, 'warp'));
  expect(make()).toEqual(make());
  const inkOf = (image: Uint8Array) => image.reduce((sum, v) => sum + v, 0);
  const change = augmenter<Uint8Array>('warped', drawing, stream(4, 'warp'));
  const results = Array.from({ length: 40 }, () => change(square, () => new Uint8Array(1024).fill(1)));
  // what is mixed in here is all ink
  expect(results.filter((image) => inkOf(image) < 300).length).toBeGreaterThan(8);
  expect(results.filter((image) => inkOf(image) > 300).length).toBeGreaterThan(8);
});
