import { describe, expect, test } from 'vitest';
import { drawSet, gridOf, spoil, wrongBits } from '../../../../../runs/explorer/page/lab/sources.ts';
import { binaryTask } from '../../../../../tasks/binary.ts';

test('a vector is shown in rows about twice as wide as high, an image as it is', () => {
  expect(gridOf([128])).toEqual({ rows: 8, columns: 16 });
  expect(gridOf([24])).toEqual({ rows: 3, columns: 8 });
  expect(gridOf([13])).toEqual({ rows: 1, columns: 13 });
  expect(gridOf([32, 28, 1])).toEqual({ rows: 32, columns: 28 });
});

describe('sets', () => {
  const drawings = Float32Array.from({ length: 6 * 16 }, (_, i) => Math.floor(i / 16));

  test('of drawings have each at most once, and no more than there are', () => {
    const { count, values } = drawSet('drawings', [4, 4, 1], 10, 1, drawings);
    expect(count).toBe(6);
    const first = Array.from({ length: 6 }, (_, n) => values[n * 16]);
    expect(first.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(drawSet('drawings', [4, 4, 1], 3, 1, drawings).values).toEqual(values.subarray(0, 48));
    expect(drawSet('drawings', [4, 4, 1], 6, 2, drawings).values).not.toEqual(values);
  });

  test('of bits are those of the task', () => {
    const { values, rows, columns } = drawSet('bits', [32], 5, 7, new Float32Array(0));
    expect([rows, columns]).toEqual([4, 8]);
    expect(values).toEqual(binaryTask({ dimension: 32 }).patterns('test', 7, 0, 5));
  });
});

test('what is spoilt is not known, and what is known is right', () => {
  const pattern = Float32Array.from({ length: 128 }, (_, i) => i % 2);
  const { values, known } = spoil(pattern, 'resample:64', [128], 3);
  expect(known.reduce((a, b) => a + b, 0)).toBe(64);
  for (let i = 0; i < 128; i++) if (known[i]) expect(values[i]).toBe(pattern[i]);
  expect(wrongBits(values, pattern)).toBeGreaterThan(10);
  expect(spoil(pattern, 'resample:64', [128], 3).values).toEqual(values);
});

test('bits are wrong on the other side of a half', () => {
  expect(wrongBits([0.5, 0.51, 0, 1], [0, 0, 1, 1])).toBe(2);
});
