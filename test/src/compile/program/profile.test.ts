import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { byExample, compiledEngine } from '../../../../src/compile/index.ts';
import { hasAvx2, isSupported } from '../../../../src/compile/native/machine.ts';
import { cyclesNow } from '../../../../src/compile/native/profile.ts';
import { Profile } from '../../../../src/compile/program/profile.ts';
import { nanosecondsNow } from '../../../../src/compile/wasm/clocks.ts';

const targets = [
  ...(isSupported() ? [['avx512', cyclesNow] as const] : []),
  ...(hasAvx2() ? [['avx2', cyclesNow] as const] : []),
  ['wasm', nanosecondsNow] as const,
];
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

describe.each(targets)('%s', (target, now) => {
  test.each([1, 2])('ticks of every kind of step, on %d threads', async (threads) => {
    const profile = new Profile();
    const engine = compiledEngine({ target, threads, profile });
    const program = await engine.compile(f, specs);
    await program.run(values);
    profile.take();
    const started = now();
    const { y } = await program.run(values);
    const took = now() - started;
    const { product, loop, ...others } = profile.take();
    expect(product).toBeGreaterThan(0);
    expect(loop).toBeGreaterThan(0);
    const all = product + loop + Object.values(others).reduce((sum, ticks) => sum + ticks, 0);
    expect(all).toBeLessThanOrEqual(threads * took);
    // Since the last time nothing ran.
    expect(Object.values(profile.take()).every((ticks) => ticks === 0)).toBe(true);
    expect(profile.missed).toBe(false);
    const plain = compiledEngine({ target, threads });
    expect(await (await plain.compile(f, specs)).run(values)).toEqual({ y });
    await Promise.all([engine.dispose(), plain.dispose()]);
    expect(profile.take()).toEqual({});
  });
});
