import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { byExample, compiledEngine } from '../../../../src/compile/index.ts';
import { nativeCode } from '../../../../src/compile/native/code.ts';
import { hasAvx2, isSupported } from '../../../../src/compile/native/machine.ts';
import { cyclesNow } from '../../../../src/compile/native/profile.ts';
import { Profile } from '../../../../src/compile/program/profile.ts';
import { trace } from '../../../../src/compile/trace/trace-backend.ts';

const targets = [...(isSupported() ? ['avx512' as const] : []), ...(hasAvx2() ? ['avx2' as const] : [])];
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

describe.each(targets)('%s', (target) => {
  test.each([1, 2])('cycles of every kind of step, on %d threads', async (threads) => {
    const profile = new Profile();
    const engine = compiledEngine({ target, threads, profile });
    const program = await engine.compile(f, specs);
    await program.run(values);
    profile.take();
    const started = cyclesNow();
    const { y } = await program.run(values);
    const took = cyclesNow() - started;
    const { product, loop, ...others } = profile.take();
    expect(product).toBeGreaterThan(0);
    expect(loop).toBeGreaterThan(0);
    const all = product + loop + Object.values(others).reduce((sum, cycles) => sum + cycles, 0);
    expect(all).toBeLessThanOrEqual(threads * took);
    // Since the last time nothing ran.
    expect(Object.values(profile.take()).every((cycles) => cycles === 0)).toBe(true);
    const plain = compiledEngine({ target, threads });
    expect(await (await plain.compile(f, specs)).run(values)).toEqual({ y });
    await Promise.all([engine.dispose(), plain.dispose()]);
    expect(profile.take()).toEqual({});
  });
});

test('code that is not profiled is the same as ever', () => {
  const { inputs, outputs } = trace(f, specs);
  const [plain, profiled] = [false, true].map((profile) =>
    nativeCode(inputs, outputs, undefined, undefined, undefined, profile),
  );
  expect(plain.clocks).toBeUndefined();
  const looks = (code: Uint8Array) => Buffer.from(code).toString('latin1').split('\x0f\x31').length - 1;
  expect(looks(plain.code)).toBe(0);
  // Two looks at the clock, of 16 bytes and of where its sum stands, for every step.
  expect(looks(profiled.code)).toBe(2 * profiled.steps.length);
});
