/** @file Gradients repeated by recipe ask for the very kernels that tfjs would ask for: graphs are the same, node for node. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GradientRecipes, gradientsByTfjs } from '../../../src/autodiff/gradient-recipes.ts';
import { grad, grads } from '../../../src/autodiff/index.ts';
import { asTensor } from '../../../src/autodiff/kernel-call.ts';
import type { InputSpec } from '../../../src/compile/graph/graph.ts';
import { trace } from '../../../src/compile/trace/trace-backend.ts';
import { type Kind, kinds } from '../../fuzz/kinds.ts';
import { elementwise } from './cases/elementwise.ts';
import { images } from './cases/images.ts';
import { products } from './cases/products.ts';
import { selection } from './cases/selection.ts';
import { shaping } from './cases/shaping.ts';

type NamedTensors = Record<string, tf.Tensor>;
type TensorFunction = (inputs: NamedTensors) => NamedTensors;

afterEach(() => void vi.restoreAllMocks());

/** All nodes that f was traced to, in the order in which they were made, and which of them are its outputs. */
function written(f: TensorFunction, specs: Record<string, InputSpec>): string[] {
  const { builder, outputs } = trace(f, specs);
  const nodes = builder.graph.nodes.map(
    ({ op, inputs, attributes, shape, dtype, values }) =>
    [op, dtype, `[${shape}]`, inputs.map(({ id }) => id), ...Object.entries(attributes), values?.join()].join(' '), // biome-ignore format: one thought
  );
  return [...nodes, ...Object.entries(outputs).map(([name, { id }]) => `${name}: ${id}`)];
}

/** What f was traced to with recipes, where it is to be the same as without. */
function bothWays(f: TensorFunction, specs: Record<string, InputSpec>): string[] {
  const found = written(f, specs);
  const gradients = vi.spyOn(GradientRecipes.prototype, 'gradients').mockImplementation(gradientsByTfjs);
  const sum = vi.spyOn(GradientRecipes.prototype, 'sum').mockImplementation((a, b) => tf.add(asTensor(a), asTensor(b))); // biome-ignore format: one thought
  const expected = written(f, specs);
  gradients.mockRestore();
  sum.mockRestore();
  expect(found).toEqual(expected);
  return found;
}

/** The third derivatives of f, contracted: every gradient is squared and summed up before the next. */
function third(f: (...xs: tf.Tensor[]) => tf.Tensor): (...xs: tf.Tensor[]) => tf.Tensor[] {
  const slope =
    (g: (...xs: tf.Tensor[]) => tf.Tensor) =>
    (...xs: tf.Tensor[]) =>
      grads(g)(xs).reduce((sum, dx) => tf.add(sum, tf.sum(tf.square(dx))), tf.scalar(0));
  const bent = (...xs: tf.Tensor[]) => tf.sum(tf.square(f(...xs.map((x) => tf.add(x, tf.square(x))))));
  return (...xs) => grads(slope(slope(bent)))(xs);
}

const list = (tensors: readonly tf.Tensor[]): NamedTensors =>
  Object.fromEntries(tensors.map((tensor, i) => [`${i}`, tensor]));

/** f of tensors of these shapes. */
const ofShapes = (f: (...xs: tf.Tensor[]) => tf.Tensor[], shapes: readonly number[][]) =>
  bothWays(
    (inputs) => list(f(...Object.values(inputs))),
    Object.fromEntries(shapes.map((shape, i) => [`x${i}`, { shape }])),
  );

const cases = { ...elementwise, ...images, ...products, ...selection, ...shaping };

describe.each(Object.entries(cases))('the same graph of third derivatives: %s', (_, proofs) => {
  test.each(Object.entries(proofs))('%s', (_, { f, shapes }) => {
    ofShapes(third(f), shapes);
  });
});

const counts: Record<Kind, number> = { rough: 30, smooth: 8, energy: 8 };

describe('the same graph of random functions', () => {
  test.each(Object.entries(counts))('%s', (kind, count) => {
    for (let seed = 0; seed < count; seed++) {
      const { f, inputs } = kinds[kind as Kind](seed);
      let failed: unknown;
      try {
        trace(f, inputs);
      } catch (error) {
        failed = error;
      }
      if (!failed) bothWays(f, inputs);
    }
  });
});

describe('a recipe', () => {
  const shape = [2, 3];
  /** How often tfjs was asked for the gradient of a kernel in third derivatives of f. */
  const asked = (kernelName: string, f: (x: tf.Tensor) => tf.Tensor) => {
    const gradient = vi.spyOn(tf.getGradient(kernelName), 'gradFunc');
    trace(({ x }) => list(third(f)(x)), { x: { shape } });
    const count = gradient.mock.calls.length;
    gradient.mockRestore();
    return count;
  };

  test('serves all calls of a kind', () => {
    const steps = (count: number) => (x: tf.Tensor) => {
      let y = x;
      for (let i = 0; i < count; i++) y = tf.tanh(y);
      return y;
    };
    expect(asked('Tanh', steps(1))).toBe(1);
    expect(asked('Tanh', steps(7))).toBe(1);
  });

  test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['whether operands are one', (x) => tf.add(tf.mul(x, x), tf.mul(x, tf.tanh(x)))],
    ['whether what comes back is an operand', (x) => grad((z) => tf.mul(tf.mul(z, z), tf.exp(z)))(x)],
    ['limits without end', (x) => tf.add(tf.clipByValue(x, -Infinity, 1), tf.clipByValue(x, -1, Infinity))],
    ['attributes', (x) => tf.add(tf.leakyRelu(x, 0.1), tf.leakyRelu(x, 0.2))],
    ['lists of attributes', (x) => tf.add(tf.pad(x, [[1, 0], [0, 2]]).slice([0, 0], [2, 3]), tf.pad(x, [[0, 1], [2, 0]]).slice([0, 0], [2, 3]))], // biome-ignore format: lists
    ['shapes', (x) => tf.add(tf.tanh(x), tf.reshape(tf.tanh(tf.reshape(x, [3, 2])), shape))],
    ['which outputs are used', (x) => tf.stack([tf.unstack(tf.tanh(x))[0], tf.unstack(tf.exp(x))[1]])],
    ['which inputs are wanted', (x) => tf.add(tf.mul(x, tf.ones(shape)), tf.mul(tf.ones(shape), tf.tanh(x)))],
    ['a constant and its like', (x) => tf.mul(tf.add(x, 0.5), tf.mul(tf.sub(x, 2), 0.5))],
  ])('is for %s', (_, f) => {
    ofShapes(third(f), [shape]);
  });

  test('is not for what runs inside tf.customGrad, which is refused', () => {
    const squared = (x: tf.Tensor) => grad((z) => tf.mul(tf.tanh(z), tf.tanh(z)))(x);
    const custom = tf.customGrad((x) => ({
      value: squared(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => dy,
    }));
    const f = ({ x }: NamedTensors) => list([squared(x), custom(x)]);
    expect(() => trace(f, { x: { shape } })).toThrow(/a custom gradient .* is not allowed/);
  });
});
