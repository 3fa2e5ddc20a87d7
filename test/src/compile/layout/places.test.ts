import { describe, expect, test } from 'vitest';
import { collapsed, expanded, isContiguous, newPlace, type Place, reshaped, sliced, transposed } from '../../../../src/compile/layout/places.ts'; // biome-ignore format: one import
import { sizeOf } from '../../../../src/shapes.ts';

/** Where every entry lies, in row-major order. */
function offsets({ offset, shape, strides }: Place): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, k) => {
    let [at, rest] = [offset, k];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    return at;
  });
}

const place = newPlace([4, 3, 5]);

test('a transposed place', () => {
  const y = transposed(place, [2, 0, 1]);
  expect(y.shape).toEqual([5, 4, 3]);
  expect(offsets(y).slice(0, 4)).toEqual([0, 5, 10, 15]);
  expect(isContiguous(y)).toBe(false);
  expect(isContiguous(transposed(newPlace([1, 3, 1]), [1, 0, 2]))).toBe(true);
});

test('a slice with steps, also backwards', () => {
  const y = sliced(place, [2, 3, 3], [1, 2, 0], [2, -1, 2]);
  expect(offsets(y)).toEqual([25, 27, 29, 20, 22, 24, 15, 17, 19, 55, 57, 59, 50, 52, 54, 45, 47, 49]);
});

test('a broadcast place', () => {
  expect(offsets(expanded(newPlace([3, 1]), [2, 3, 2]))).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
});

describe('another shape', () => {
  test.each([[[12, 5]], [[60]], [[2, 2, 15]], [[4, 1, 3, 5, 1]], [[2, 6, 5]]])(
    '%j, of a whole buffer',
    (shape) => {
      const y = reshaped(place, shape)!;
      expect(y.shape).toEqual(shape);
      expect(offsets(y)).toEqual(offsets(place));
    },
  );

  test('of a view keeps the order of entries, or needs a copy', () => {
    const turned = transposed(place, [1, 0, 2]);
    expect(reshaped(turned, [12, 5])).toBeUndefined();
    expect(offsets(reshaped(turned, [3, 2, 2, 5])!)).toEqual(offsets(turned));
    const spread = expanded(newPlace([3, 1]), [3, 4]);
    expect(offsets(reshaped(spread, [3, 2, 2])!)).toEqual(offsets(spread));
    expect(reshaped(spread, [12])).toBeUndefined();
  });
});

test('axes that all operands pass through alike are one loop', () => {
  const strides = (y: Place) => y.strides;
  expect(collapsed([4, 3, 5], [strides(place), strides(place)])).toEqual([{ length: 60, strides: [1, 1] }]);
  const row = expanded(newPlace([5]), [4, 3, 5]);
  expect(collapsed([4, 3, 5], [strides(place), strides(row)])).toEqual([
    { length: 12, strides: [5, 0] },
    { length: 5, strides: [1, 1] },
  ]);
  expect(collapsed([1, 1], [[7, 9]])).toEqual([]);
});
