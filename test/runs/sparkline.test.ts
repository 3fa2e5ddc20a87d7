import { expect, test } from 'vitest';
import { sparkline } from '../../runs/sparkline.ts';

test('rises with the logarithm of positive values, in a line of others', () => {
  expect(sparkline([1, 2, 4, 8, 16, 32, 64, 128])).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
});

test('a long history is averaged into its width', () => {
  expect(
    sparkline(
      Array.from({ length: 1000 }, (_, i) => i - 500),
      8,
    ),
  ).toBe('▁▂▃▄▅▆▇█');
});

test('what is not finite is left out; a constant is flat; nothing is nothing', () => {
  expect(sparkline([1, Number.NaN, 128])).toBe('▁█');
  expect(sparkline([3, 3, 3])).toBe('▁▁▁');
  expect(sparkline([])).toBe('');
});
