import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { byExample } from '../../../../src/compile/index.ts';
import { nativeCode } from '../../../../src/compile/native/code.ts';
import { trace } from '../../../../src/compile/trace/trace-backend.ts';

const f = byExample(
  ({ x, w }) => ({ y: tf.tanh(tf.matMul(x as tf.Tensor3D, w as tf.Tensor3D)) }),
  ['w'],
  ['x'],
);
const specs = { x: { shape: [16, 64, 64] }, w: { shape: [1, 64, 64] } };

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
