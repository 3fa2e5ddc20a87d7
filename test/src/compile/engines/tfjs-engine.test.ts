import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { loadTfjsBackend, type NamedTensors, tfjsEngine } from '../../../../src/compile/index.ts';
import { InputError } from '../../../../src/errors.ts';

const engine = await tfjsEngine('cpu');
const vector = { x: { shape: [3] } };
const x = Float32Array.of(1, -2, 3);

test('a program runs its function eagerly on named values', async () => {
  expect(engine.name).toBe('tfjs on cpu');
  const program = await engine.compile(
    ({ x, n }) => ({ y: tf.mul(x, 2), n: tf.add(n, tf.scalar(1, 'int32')) }),
    { x: { shape: [3] }, n: { shape: [], dtype: 'int32' } },
  );
  const results = await program.run({ x, n: Int32Array.of(1) });
  expect(results).toEqual({ y: Float32Array.of(2, -4, 6), n: Int32Array.of(2) });
  expect(program.outputShapes).toEqual({ y: [3], n: [] });
});

test('running leaves no tensor behind, and constants from outside alive', async () => {
  const constant = tf.tensor1d([1, 2, 3]);
  const { numTensors } = tf.memory();
  const f = ({ x }: NamedTensors) => ({ x, constant, y: tf.add(x, constant), kept: tf.keep(tf.neg(x)) });
  const program = await engine.compile(f, vector);
  for (let i = 0; i < 2; i++) {
    const { y, constant: returned } = await program.run({ x });
    expect(y).toEqual(Float32Array.of(2, 0, 6));
    expect(returned).toEqual(Float32Array.of(1, 2, 3));
  }
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(constant.dataSync()).toEqual(Float32Array.of(1, 2, 3));
});

test('neither does a function that throws', async () => {
  const { numTensors } = tf.memory();
  const program = await engine.compile(({ x }) => ({ y: tf.reshape(tf.neg(x), [2, 2]) }), vector);
  await expect(program.run({ x })).rejects.toThrow();
  expect(tf.memory().numTensors).toBe(numTensors);
});

test('the same function and shapes give the same program', async () => {
  const f = ({ x }: NamedTensors) => ({ y: tf.neg(x) });
  expect(await engine.compile(f, vector)).toBe(await engine.compile(f, vector));
});

test('a backend that is not installed is named in one line', async () => {
  const error = await loadTfjsBackend('@tensorflow/tfjs-missing' as 'cpu').catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toMatch(/^tfjs backend "@tensorflow\/tfjs-missing" cannot be loaded: [^\n]*$/);
});
