import { expect, test } from 'vitest';
import { fromRange, patternErrors, recallError, toRange } from '../../meta/units.ts';

const bits = { unit: 'bits', patternShape: [4] } as const;

test('ranges map there and back', () => {
  const values = new Float32Array([0, 0.25, 1]);
  expect(Array.from(toRange(values, [-1, 1]))).toEqual([-1, -0.5, 1]);
  expect(Array.from(fromRange(toRange(values, [-1, 1]), [-1, 1]))).toEqual([0, 0.25, 1]);
});

test('bits count the entries on the wrong side of the middle, a value that is no number among them', () => {
  const patterns = new Float32Array([0, 0, 1, 1, 0, 1, 0, 1]);
  const recalled = new Float32Array([-1, 0.2, 0.1, -0.1, Number.NaN, Number.NaN, -1, 1]);
  expect(Array.from(patternErrors({ ...bits, patternShape: [4] }, [-1, 1], recalled, patterns))).toEqual([
    2, 2,
  ]);
});

test('squared error is summed over entries in [0, 1], whatever the range of the memory', () => {
  const task = { unit: 'squared error', patternShape: [2] } as const;
  const error = recallError(
    { ...task, patternShape: [2] },
    [-1, 1],
    new Float32Array([1, 0]),
    new Float32Array([0, 0.5]),
  );
  expect(error).toBe(1);
});
