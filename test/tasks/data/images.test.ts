import { expect, test } from 'vitest';
import { concatenate, type Images, slice } from '../../../tasks/data/images.ts';

const images = (count: number, first: number): Images => ({
  shape: [1, 2, 1],
  count,
  bytes: Uint8Array.from({ length: 2 * count }, (_, i) => first + i),
});

test('slices and sums of sets keep the order', () => {
  const all = concatenate([images(2, 0), images(3, 10)]);
  expect(all).toEqual({ ...images(5, 0), bytes: Uint8Array.from([0, 1, 2, 3, 10, 11, 12, 13, 14, 15]) });
  expect(slice(all, 1, 3)).toMatchObject({ count: 2, bytes: Uint8Array.from([2, 3, 10, 11]) });
  expect(slice(all, 4)).toMatchObject({ count: 1, bytes: Uint8Array.from([14, 15]) });
  expect(slice(all, 4, 9).count).toBe(1);
});

test('sets of other shapes are no one set', () => {
  expect(() => concatenate([images(1, 0), { ...images(1, 0), shape: [2, 1, 1] }])).toThrow(
    'images of [1,2,1] and of [2,1,1] cannot be one set',
  );
});
