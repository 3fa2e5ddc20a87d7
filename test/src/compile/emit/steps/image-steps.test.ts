import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { avx2, avx512 } from '../../../../../src/compile/emit/assembler/target.ts';
import { tfjsEngine } from '../../../../../src/compile/engines/tfjs-engine.ts';
import { compiledEngine, type NamedTensors } from '../../../../../src/compile/index.ts';
import { NativeProgram } from '../../../../../src/compile/native/native-program.ts';
import { trace } from '../../../../../src/compile/trace/trace-backend.ts';
import { wasmCode } from '../../../../../src/compile/wasm/code.ts';
import { presentTargets } from '../../engines.ts';
import { someNumbers } from '../subroutine.ts';

/** The gradients of a small network of all kinds of layers that images pass. */
function network(inputs: NamedTensors) {
  const loss = (x: tf.Tensor, w: tf.Tensor, u: tf.Tensor, d: tf.Tensor, s: tf.Tensor, v: tf.Tensor) => {
    const first = tf.tanh(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'));
    const mixed = tf.conv2d(first as tf.Tensor4D, u as tf.Tensor4D, 1, 'same');
    const side = tf.conv2d(tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'), v as tf.Tensor4D, 1, 'same');
    const centred = tf.sub(mixed, tf.mean(mixed, 3, true));
    const scaled = tf.mul(tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), 3, true), 0.1))), s);
    const both = tf.concat([scaled, side], 3);
    const deep = tf.depthwiseConv2d(both as tf.Tensor4D, d as tf.Tensor4D, 1, 'valid');
    const rows = tf.tanh(tf.reshape(deep, [x.shape[0], -1]));
    return tf.sum(tf.square(tf.matMul(rows, rows, true))) as tf.Scalar;
  };
  const names = ['x', 'w', 'u', 'd', 's', 'v'];
  const gradients = tf.grads(loss as (...args: tf.Tensor[]) => tf.Scalar)(names.map((name) => inputs[name]));
  const again = tf.sum(tf.square(gradients[1]));
  return { ...Object.fromEntries(names.map((name, i) => [name, gradients[i]])), again };
}

describe.each(presentTargets.filter((name) => name !== 'onnxruntime'))('images, %s', (target) => {
  it.each([1, 5, 8, 16, 19])('are those of tfjs for %i of them', async (images) => {
    const shapes = { x: [images, 8, 10, 3], w: [3, 3, 3, 4], u: [3, 3, 4, 5], d: [2, 2, 7, 1], s: [5], v: [1, 1, 3, 2] }; // biome-ignore format: one line
    const specs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
    const values = Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => [name, someNumbers(shape.reduce((a, b) => a * b), i + 1)]),
    ); // biome-ignore format: one idea
    // Nothing that would run elsewhere.
    if (target !== 'wasm')
      new NativeProgram(
        trace(network, specs),
        specs,
        0,
        undefined,
        undefined,
        target === 'avx2' ? avx2 : avx512,
      ).free();
    else wasmCode(trace(network, specs), specs);
    const engines = [compiledEngine({ target, threads: 1 }), await tfjsEngine()];
    const [found, expected] = await Promise.all(engines.map(async (engine) => (await engine.compile(network, specs)).run(values))); // biome-ignore format: one line
    for (const name of Object.keys(expected)) {
      const [is, shouldBe] = [Array.from(found[name]), Array.from(expected[name])];
      const size = Math.hypot(...shouldBe);
      const error = Math.hypot(...shouldBe.map((n, i) => n - is[i]));
      expect(error / size, name).toBeLessThan(1e-5);
    }
    await Promise.all(engines.map((engine) => engine.dispose()));
  });
});
