import { expect, test } from 'vitest';
import { dequantise, packBits, quantise, quantised, unpackBits } from '../../../src/memory/quantise.ts';
import { stream } from '../../../src/random.ts';

const random = stream(1, 'quantise');
const gaussian = Float32Array.from({ length: 20000 }, () => random.normal());
const squaredError = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0) / a.length;

test('a normal distribution loses what Max (1960, table II) says of the best uniform quantiser', () => {
  // Mean squared error of a unit normal in 2, 4, 8, 16, 32 uniform levels.
  const published = [0.3634, 0.1188, 0.03744, 0.01154, 0.00349];
  for (const [i, error] of published.entries()) {
    const own = squaredError(gaussian, quantised(gaussian, i + 1));
    expect(own / error).toBeGreaterThan(0.95);
    expect(own / error).toBeLessThan(1.05);
  }
});

test('numbers on a grid of so many bits come back as they were', () => {
  for (const bits of [1, 2, 3, 4, 8]) {
    for (const offset of [0, 0.5]) {
      const half = 2 ** (bits - 1);
      const numbers = Float32Array.from(
        { length: 500 },
        () => Math.fround(0.3) * (random.integer(2 * half) - half + offset),
      );
      const back = quantised(numbers, bits);
      for (const [i, x] of back.entries()) expect(x).toBeCloseTo(numbers[i], 5);
    }
  }
});

test('few levels in use, zeros alone and one number are no special cases', () => {
  // Levels 1/2 and -1/2 of a grid that would have eight.
  const few = Float32Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? 0.1 : -0.1));
  expect(squaredError(few, quantised(few, 3))).toBeLessThan(1e-14);
  expect(Array.from(quantised(new Float32Array(4), 2))).toEqual([0, 0, 0, 0]);
  expect(quantised(Float32Array.of(-7), 1)[0]).toBeCloseTo(-7, 5);
  expect(quantised(Float32Array.of(1e-38, -1e-38), 1).every(Number.isFinite)).toBe(true);
});

test('rounding again changes nothing, and more bits never cost', () => {
  let before = Number.POSITIVE_INFINITY;
  for (const bits of [1, 2, 3, 4, 5, 6, 8, 12, 16]) {
    const once = quantised(gaussian, bits);
    expect(squaredError(once, quantised(once, bits))).toBeLessThan(1e-12);
    const error = squaredError(gaussian, once);
    expect(error).toBeLessThan(before);
    before = error;
  }
});

test('packed codes take their bits and come back', () => {
  for (const bits of [1, 2, 3, 5, 7, 8, 11, 16]) {
    const codes = Uint16Array.from({ length: 37 }, () => random.integer(2 ** bits));
    const bytes = packBits(codes, bits);
    expect(bytes.length).toBe(Math.ceil((37 * bits) / 8));
    expect(unpackBits(bytes, bits, 37)).toEqual(codes);
  }
});

test('codes and scale say all', () => {
  const { bits, scale, offset, codes } = quantise(gaussian, 3);
  expect(bits).toBe(3);
  expect(Math.fround(scale)).toBe(scale);
  expect(Math.max(...codes)).toBeLessThan(8);
  expect(dequantise({ bits, scale, offset, codes })).toEqual(quantised(gaussian, 3));
});
