import { expect, test } from 'vitest';
import { drawDigits } from '../../../../../runs/explorer/page/lab/digits.ts';

const SIDE = 24;
const digits = drawDigits(20, SIDE, 1);
const digit = (n: number) => digits.subarray(n * SIDE * SIDE, (n + 1) * SIDE * SIDE);

/** Pieces of the pixels of one value, joined by their sides. */
function pieces(values: Float32Array, of: number): number {
  const seen = new Set<number>();
  let count = 0;
  for (let start = 0; start < values.length; start++) {
    if (values[start] !== of || seen.has(start)) continue;
    count++;
    const todo = [start];
    seen.add(start);
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      const [row, column] = [Math.floor(at / SIDE), at % SIDE];
      const next = [column > 0 && at - 1, column < SIDE - 1 && at + 1, row > 0 && at - SIDE, row < SIDE - 1 && at + SIDE]; // biome-ignore format: four sides
      for (const to of next) {
        if (to === false || values[to] !== of || seen.has(to)) continue;
        seen.add(to);
        todo.push(to);
      }
    }
  }
  return count;
}

test('every digit is one piece of ink, with as many holes as it should have', () => {
  // Paper is in one piece more than there are holes; the tail of a 9 may shut in a second one.
  const holes = [[1], [0], [0], [0], [1], [0], [1], [0], [2], [1, 2]];
  for (let n = 0; n < 20; n++) {
    const values = digit(n);
    expect(new Set(values)).toEqual(new Set([0, 1]));
    expect(pieces(values, 1), `${n % 10}: ink`).toBe(1);
    expect(holes[n % 10], `${n % 10}: holes`).toContain(pieces(values, 0) - 1);
  }
});

test('the same seed draws the same, another seed, and the next of a kind, another', () => {
  expect(drawDigits(20, SIDE, 1)).toEqual(digits);
  expect(drawDigits(20, SIDE, 2)).not.toEqual(digits);
  expect(digit(3)).not.toEqual(digit(13));
});
