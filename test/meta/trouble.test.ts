import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { Trainable } from '../../meta/learner.ts';
import { memoryTrainable } from '../../meta/memory-learner.ts';
import { troubleFinder } from '../../meta/trouble.ts';
import { compiledEngine } from '../../src/compile/index.ts';
import { type EnergyNetwork, initialise } from '../../src/energy/index.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import { defaultRule } from '../../src/memory/rule.ts';

/** sqrt(w) * x, by way of the stage exp(x). */
const trainable: Trainable = {
  parameters: { w: { shape: [], init: { constant: 1 }, writable: false } },
  outputs: [],
  inputs: () => ({ x: { shape: [] } }),
  loss: (p, { x }) => ({ loss: tf.mul(tf.sqrt(p.w), x) as tf.Scalar, outputs: {} }),
  stages: (_, { x }) => ({ 'the stage exp(x)': tf.exp(x) }),
};

const find = troubleFinder(trainable, compiledEngine());
const at = (w: number, x: number) =>
  find(1, 1, {
    'p:w': new Float32Array([w]),
    x: new Float32Array([x]),
    other: new Float32Array([Number.NaN]),
  });

test.each([
  [1, 1, undefined],
  [Number.NaN, 1, 'parameter w'],
  [1, Number.POSITIVE_INFINITY, "the batch's x"],
  [1, 1000, 'the stage exp(x)'],
  [-1, 1, 'the loss'],
  [0, 1, 'the gradient of w'],
])('w = %d, x = %d: %s', async (w, x, expected) => {
  expect(await at(w, x)).toBe(expected);
});

test('a norm written from 0 has no slope there: that is said, not that writing diverged', async () => {
  const d = 4;
  const network: EnergyNetwork = {
    patternShape: [d],
    parameters: { b: { shape: [d], init: { constant: 0 }, writable: true } },
    energy: (p, x) => tf.add(tf.sum(tf.square(tf.sub(x, tf.expandDims(p.b, 1))), 2), tf.norm(tf.expandDims(p.b, 1), 2, 2)), // biome-ignore format: one thought
  };
  const model = energyModel(network, { ...defaultRule, write: { ...defaultRule.write, steps: 2 } });
  const engine = compiledEngine({ threads: 1 });
  const trouble = troubleFinder(memoryTrainable({ model, known: false }), engine);
  const values = Object.entries(initialise(model.parameters, 1)).map(([name, list]) => [`p:${name}`, list]);
  const batch = new Float32Array(2 * 3 * d).fill(0.5);
  const found = await trouble(2, 3, { ...Object.fromEntries(values), patterns: batch, queries: batch });
  expect(found).toMatch(/^the slope of the writing loss in b, where writing starts/);
  await engine.dispose();
});
