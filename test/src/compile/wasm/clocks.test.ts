import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { byExample, compiledEngine } from '../../../../src/compile/index.ts';
import { Profile } from '../../../../src/compile/program/profile.ts';
import { kindsOf, nanosecondsNow, timer } from '../../../../src/compile/wasm/clocks.ts';

const f = byExample(
  ({ x, w }) => ({ y: tf.tanh(tf.matMul(x as tf.Tensor3D, w as tf.Tensor3D)) }),
  ['w'],
  ['x'],
);
const specs = { x: { shape: [16, 64, 64] }, w: { shape: [1, 64, 64] } };
const values = {
  x: Float32Array.from({ length: 16 * 64 * 64 }, (_, i) => Math.sin(i)),
  w: Float32Array.from({ length: 64 * 64 }, (_, i) => Math.cos(i) / 8),
};

test.each([1, 2])('nanoseconds of every kind of step, on %d threads', async (threads) => {
  const profile = new Profile();
  const engine = compiledEngine({ target: 'wasm', threads, profile });
  const program = await engine.compile(f, specs);
  await program.run(values);
  profile.take();
  const started = nanosecondsNow();
  const { y } = await program.run(values);
  const took = nanosecondsNow() - started;
  const { product, loop, ...others } = profile.take();
  expect(product).toBeGreaterThan(0);
  expect(loop).toBeGreaterThan(0);
  const all = product + loop + Object.values(others).reduce((sum, ticks) => sum + ticks, 0);
  expect(all).toBeLessThanOrEqual(threads * took);
  // Since the last time nothing ran.
  expect(Object.values(profile.take()).every((ticks) => ticks === 0)).toBe(true);
  expect(profile.missed).toBe(false);
  const plain = compiledEngine({ target: 'wasm', threads });
  expect(await (await plain.compile(f, specs)).run(values)).toEqual({ y });
  await Promise.all([engine.dispose(), plain.dispose()]);
  expect(profile.take()).toEqual({});
});

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
