import { expect, test } from 'vitest';
import { spread } from '../../../runs/plots/end-labels.ts';

test('labels with room stay where they are', () => {
  expect(spread([10, 50, 90], [20, 20, 20], 0, 100)).toEqual([10, 50, 90]);
});

test('labels that meet share the move', () => {
  expect(spread([50, 50], [20, 20], 0, 100)).toEqual([40, 60]);
});

test('labels keep their order, do not overlap and stay inside', () => {
  const wanted = [98, 97, 3, 99, 50, 51, 52, 0];
  const heights = [10, 16, 10, 10, 10, 16, 10, 10];
  const centres = spread(wanted, heights, 0, 100);
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  let end = 0;
  for (const i of order) {
    expect(centres[i] - heights[i] / 2).toBeGreaterThanOrEqual(end - 1e-9);
    end = centres[i] + heights[i] / 2;
  }
  expect(end).toBeLessThanOrEqual(100 + 1e-9);
});

test('too many labels start at the top and run over the bottom', () => {
  expect(spread([5, 5, 5], [10, 10, 10], 0, 20)).toEqual([5, 15, 25]);
});
