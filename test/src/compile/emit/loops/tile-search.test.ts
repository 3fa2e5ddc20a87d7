import { expect, test } from 'vitest';
import { splitEvenly } from '../../../../../src/compile/emit/loops/loops.ts';
import { cheapest, costOfTiles } from '../../../../../src/compile/emit/loops/tile-search.ts';

test('the cheapest tile is the first of those that are as good', () => {
  expect(cheapest([3, 1, -1, 2], (x) => x * x)).toEqual({ tile: 1, cost: 1 });
  expect(() => cheapest([], () => 0)).toThrow('no tile');
});

test('every tile of a result is counted once', () => {
  const [rows, columns] = [7, 11];
  for (let height = 1; height <= rows; height++)
    for (let width = 1; width <= columns; width++) {
      const axes = [splitEvenly(rows, height), splitEvenly(columns, width)];
      expect(costOfTiles(axes, (h, w) => h * w)).toBe(rows * columns);
      expect(costOfTiles(axes, () => 1)).toBe(Math.ceil(rows / height) * Math.ceil(columns / width));
    }
});
