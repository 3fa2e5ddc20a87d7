/** @file Gradients inside traced functions, which the trace's own tape finds: as those of tfjs, and refused where those are. */
import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { grad, grads } from '../../../../src/autodiff/index.ts';
import { compiledEngine } from '../../../../src/compile/index.ts';
import { InputError } from '../../../../src/errors.ts';

const engine = compiledEngine({ threads: 1 });
afterAll(() => engine.dispose());

const x = [0.5, -2, 1.25, 0.75, 0.3, -0.1];
const shape = [2, 3];

/** f of x, compiled and by tfjs. */
async function both(f: (y: tf.Tensor) => tf.Tensor): Promise<[number[], number[]]> {
  const program = await engine.compile(({ x }) => ({ y: f(x) }), { x: { shape } });
  const { y } = await program.run({ x: Float32Array.from(x) });
  const [expected] = tf.tidy(() => [Array.from(f(tf.tensor(x, shape)).dataSync())]);
  return [[...y], expected];
}

const stop = tf.customGrad((y) => ({
  value: tf.square(y as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));
const stopped = tf.customGrad((y) => ({
  value: tf.clone(y as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));
const third = (f: (y: tf.Tensor) => tf.Tensor) => grad(grad(grad(f)));

describe('the gradient is that of tfjs', () => {
  test.each<[string, (y: tf.Tensor) => tf.Tensor]>([
    ['of third order', third((y) => tf.mul(tf.tanh(y), tf.exp(tf.sigmoid(y))))],
    ['where not all outputs of an operation are used', grad((y) => tf.square(tf.unstack(tf.tanh(y))[1]))],
    [
      'of lists',
      grad((y) => tf.mul(tf.addN([y, tf.square(y), y]), tf.concat([y, y], 1).slice([0, 2], [2, 3]))),
    ],
    ['where a mask is a constant', third((y) => tf.mul(tf.exp(y), tf.max(tf.square(y), 1, true)))],
    ['where it is zero', grad((y) => tf.add(tf.mul(tf.sign(y), 2), 1))],
    ['of what it does not depend on', (y) => grads((a) => tf.square(a))([y, tf.exp(y)])[1]],
    ['of the argument itself', grad((y) => y)],
    ['times a given tensor', (y) => grad(tf.tanh)(y, tf.sin(y))],
    [
      'of the inner level through both its argument and what encloses it',
      grad((y) => tf.mul(y, grad((z) => tf.mul(tf.mul(z, z), y))(y))),
    ],
    [
      'where tensors were disposed of since',
      grad((y) => {
        const [half, tanh] = [tf.scalar(0.5), tf.tanh(y)];
        const product = tf.mul(tf.mul(tanh, half), tf.exp(tanh));
        tf.dispose([half, tanh]);
        return tf.tidy(() => tf.square(product));
      }),
    ],
    ["inside one of tfjs's own", (y) => tf.grad((z: tf.Tensor) => tf.mul(z, grad(tf.tanh)(z)))(y)],
    ["around one of tfjs's own", grad((y) => tf.mul(y, tf.grad((z: tf.Tensor) => tf.tanh(tf.square(z)))(y)))],
    [
      'where an operation without exact derivatives is not on its way',
      grad((y) => {
        stop(y);
        return tf.mul(tf.square(y), tf.sum(stop(tf.scalar(3))));
      }),
    ],
  ])('%s', async (_, f) => {
    const [found, expected] = await both(f);
    expect(found.length).toBe(expected.length);
    for (const [i, value] of expected.entries())
      expect(Math.abs(found[i] - value)).toBeLessThan(2e-5 * (1 + Math.abs(value)));
  });
});

/** The one line of an InputError. */
async function refusal(f: () => unknown): Promise<string> {
  const error = await Promise.resolve().then(f).then(() => undefined, (error) => error); // biome-ignore format: one thought
  expect(error).toBeInstanceOf(InputError);
  return error.message;
}

test.each<[string, (y: tf.Tensor) => tf.Tensor]>([
  ['an operation without exact derivatives', (y) => tf.floorDiv(y, tf.scalar(0.3))],
  ['a custom gradient', (y) => stop(y)],
  ['a custom gradient in a named scope', (y) => tf.tidy('Neg', () => stop(y))],
  ['logSoftmax', (y) => tf.logSoftmax(y)],
  ['logSigmoid', (y) => tf.logSigmoid(y)],
  ['a custom gradient that copies', (y) => stopped(y)],
  [
    "a custom gradient inside one of tfjs's own",
    (y) => tf.grad((z: tf.Tensor) => tf.mul(stopped(tf.square(z)), z))(y),
  ],
  ['an inner level', (y) => grad((z) => tf.mul(tf.floorDiv(y, tf.scalar(0.3)), z))(tf.exp(y))],
])('%s is refused as by tfjs', async (_, f) => {
  const compiled = await refusal(() => engine.compile(({ x }) => ({ y: grad(f)(x) }), { x: { shape } }));
  expect(compiled).toBe(await refusal(() => grad(f)(tf.tensor(x, shape))));
  expect(compiled).toMatch(/is not allowed in an energy/);
});

test('a trace leaves no tensors behind', async () => {
  const before = tf.memory().numTensors;
  const step = { f: third((y) => tf.mul(tf.tanh(y), tf.max(tf.square(y), 1, true))) };
  await engine.compile(({ x }) => ({ y: step.f(x) }), { x: { shape } });
  expect(tf.memory().numTensors).toBe(before);
});
