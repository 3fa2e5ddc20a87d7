import { expect, test } from 'vitest';
import { shrink } from '../../../tasks/data/shrink.ts';

const image = Float64Array.from({ length: 105 * 105 }, (_, i) => ((i * 7919) % 101) / 100);
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b) / values.length;

test('shrinking keeps the mean', () => {
  expect(mean(shrink(image, 105, 32))).toBeCloseTo(mean(image), 12);
});

test('a whole ratio averages blocks', () => {
  expect([...shrink([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 4, 2)]).toEqual([
    3.5, 5.5, 11.5, 13.5,
  ]);
});

test('a pixel on a border is shared by area', () => {
  // 3 x 3 -> 2 x 2: the corner pixel whole, its neighbours by halves, the centre by a quarter, over 9 / 4
  const corner = shrink([1, 1, 0, 1, 1, 0, 0, 0, 0], 3, 2);
  expect(corner[0]).toBeCloseTo(1, 12);
  expect(corner[1]).toBeCloseTo((0.5 * 1.5) / 2.25, 12);
  expect(corner[3]).toBeCloseTo(0.25 / 2.25, 12);
});

test('the same size is the same image', () => {
  expect([...shrink(image, 105, 105)].map((v) => v.toFixed(9))).toEqual([...image].map((v) => v.toFixed(9)));
});
