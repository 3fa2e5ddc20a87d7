import { expect, test } from 'vitest';
import { kindsOf, nanosecondsNow, timer } from '../../../../src/compile/wasm/clocks.ts';

test('a step has the time since the one before, under its kind', () => {
  const { kinds, of } = kindsOf(['product 4x4', 'loop tanh', 'product 2x2']);
  expect({ kinds, of }).toEqual({ kinds: ['product', 'loop'], of: [0, 1, 0] });
  const ticks = new Float64Array(2);
  const { start, step } = timer({ of, ticks });
  const started = nanosecondsNow();
  start();
  for (const index of [0, 1, 2]) step(index);
  expect(ticks[0] + ticks[1]).toBeLessThanOrEqual(nanosecondsNow() - started);
});
