/** @file Parts of several pieces, computed by threads that take them by themselves. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import {
  compiledEngine,
  meanName,
  type Split,
  type TargetName,
  type TensorFunction,
} from '../../../../src/compile/index.ts';
import { hasAvx2 } from '../../../../src/compile/native/machine.ts';
import { isKnown } from '../../../../src/compile/plan/plan.ts';
import { addedOf, kernelCut, partSpecs } from '../../../../src/compile/split/split.ts';
import { trace } from '../../../../src/compile/trace/trace-backend.ts';
import { stream } from '../../../../src/random.ts';

const [examples, rows, d] = [8, 300, 128];
const split: Split = {
  batch: ['x', 'n'],
  shared: ['w'],
  part: ({ x, w, n }) => {
    const h = tf.tanh(tf.matMul(x, w));
    const y = tf.mul(h, tf.reshape(n, [-1, 1, 1]));
    return { g: tf.sum(tf.mul(y, tf.sigmoid(tf.matMul(h, w))), [0, 1]), y: tf.sum(y, 2) };
  },
  stacked: ['y'],
  whole: (inputs) => ({ g: inputs[meanName('g')] }),
};
const step: TensorFunction = Object.assign(() => ({}), { split });
const specs = { x: { shape: [examples, rows, d] }, n: { shape: [examples] }, w: { shape: [d, d] } }; // biome-ignore format: one thought
const random = stream('part-loop');
const normal = (length: number) => Float32Array.from({ length }, () => 0.2 * random.normal());
const values = { x: normal(examples * rows * d), n: Float32Array.from({ length: examples }, (_, i) => i - 3), w: normal(d * d) }; // biome-ignore format: one thought

const targets: TargetName[] = hasAvx2() ? ['avx2', 'wasm'] : ['wasm'];

test.each(targets)(
  'several pieces of a part are added up, call after call, on any number of threads: %s',
  async (target) => {
    const look = (count: number) => trace(split.part, partSpecs(split, specs, examples / count));
    expect(kernelCut(split, look, examples, 2)).toEqual({ parts: 2, pieces: 4 });
    expect(addedOf(split, look(1))).toEqual(['g']);
    expect(isKnown(Object.values(look(1).outputs))).toBe(true);
    // What the function says, examples one by one.
    const { y } = tf.tidy(() => split.part({ x: tf.tensor(values.x, specs.x.shape), n: tf.tensor(values.n, specs.n.shape), w: tf.tensor(values.w, specs.w.shape) })); // biome-ignore format: one thought
    const expected = await y.data();
    const results: Record<string, unknown>[] = [];
    for (const threads of [1, 2, 6]) {
      // As many parts as threads of their own take, and fewer.
      for (const parts of threads === 6 ? [2, 8] : [2]) {
        const engine = compiledEngine({ threads, target, parts });
        const program = await engine.compile(step, specs);
        const first = await program.run(values);
        expect(await program.run(values)).toEqual(first);
        const twice = await program.run({ ...values, x: values.x.map((v) => 2 * v) });
        expect(twice).not.toEqual(first);
        if (parts === 2) results.push(first);
        expect(first.y.length).toBe(expected.length);
        for (const [i, v] of expected.entries())
          if (Math.abs(first.y[i] - v) > 1e-3) expect(first.y[i]).toBeCloseTo(v, 3);
        await engine.dispose();
      }
    }
    for (const result of results) expect(result).toEqual(results[0]);
    const engine = compiledEngine({ threads: 2, target, parts: 2 });
    const program = await engine.compile(step, specs);
    await expect(program.run({ ...values, n: values.n.subarray(1) })).rejects.toThrow(
      'input "n" has 7 values instead of 8',
    );
    await engine.dispose();
  },
);
