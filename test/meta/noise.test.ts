/** @file Training that shows a memory where queries are noise (training.noise). */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import { memoryLearner } from '../../meta/memory-learner.ts';
import { objective } from '../../meta/objective.ts';
import { codedSlots, initialise } from '../../src/energy/index.ts';
import { InputError } from '../../src/errors.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import { defaultRule, type Rule, ruleParameters } from '../../src/memory/rule.ts';
import { stream } from '../../src/random.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const shape = [4, 4, 1];
const rule: Rule = {
  ...defaultRule,
  write: { ...defaultRule.write, steps: 1, rate: 1, divisor: 1, distance: 1e-5, gradient_term: false },
  read: { steps: 1, rate: 1, decay: 0.9, momentum: 0.01, start: 0 },
};

function made(noise: boolean) {
  const network = codedSlots({ patternShape: shape, slots: 3, code: 4, halvings: 0, width: 3, noise });
  const model = energyModel(network, rule);
  const specs = { ...network.parameters, ...ruleParameters(rule, network) };
  const p = Object.fromEntries(
    Object.entries(initialise(specs, 3)).map(([name, v]) => [name, tf.tensor(v, specs[name].shape)]),
  );
  return { model, p };
}

const drawn = (seed: number) => {
  const random = stream(seed, 'drawings');
  return tf.tensor(
    Array.from({ length: 3 * 16 }, () => 2 * random.bit() - 1),
    [1, 3, ...shape],
  );
};

test('the loss gains the cross-entropy of trust and truth, in so much weight', () => {
  const { model, p } = made(true);
  const uncorrupted = tf.relu(drawn(3));
  const episode = {
    patterns: drawn(1),
    queries: drawn(2),
    known: tf.fill([1, 3, ...shape], -1),
    uncorrupted,
  };
  const loss = (noise: number) =>
    objective(model, p, episode, undefined, undefined, noise).loss.dataSync()[0];
  // Before training it believes every pixel as much: of logit 2.
  const right = Array.from(uncorrupted.dataSync()).reduce((sum, v) => sum + v, 0) / 48;
  const entropy = Math.log1p(Math.exp(2)) - 2 * right;
  expect(loss(0.5) - loss(0)).toBeCloseTo(entropy / 2, 4);
});

test('without any iterate in the loss nothing is stored or recalled, and that cross-entropy is all', () => {
  const { model, p } = made(true);
  const uncorrupted = tf.relu(drawn(3));
  const episode = { patterns: drawn(1), queries: drawn(2), uncorrupted };
  const fail = () => {
    throw new Error('stored or recalled');
  };
  const idle = { ...model, store: fail, recall: fail };
  const { loss, recalled } = objective(idle, p, episode, [0], undefined, 2);
  const logits = model.trust!(p, episode.queries);
  const entropy = tf.mean(tf.sub(tf.softplus(logits), tf.mul(uncorrupted, logits)));
  expect(loss.dataSync()[0]).toBeCloseTo(2 * entropy.dataSync()[0], 5);
  expect(recalled.arraySync()).toEqual(episode.queries.arraySync());
});

test('each pixel of four has an opinion of its own', () => {
  const { model, p } = made(true);
  const logits = model.trust!({ ...p, 'trust6.b': tf.tensor1d([1, 2, 3, 4]) }, drawn(1));
  expect(logits.shape).toEqual([1, 3, ...shape]);
  const [first] = tf.unstack(tf.reshape(logits, [3, 4, 4]));
  expect((first.arraySync() as number[][]).slice(0, 2)).toEqual([
    [1, 2, 1, 2],
    [3, 4, 3, 4],
  ]);
});

test('where recall is told, what is judged is what reading starts from', () => {
  const { model, p } = made(true);
  const louder = { ...p, 'trust6.w': tf.randomNormal(p['trust6.w'].shape, 0, 1, 'float32', 5) };
  const known = tf.relu(drawn(4));
  const of = (queries: tf.Tensor) => Array.from(model.trust!(louder, queries, known).dataSync());
  // Queries that differ only where recall is told that they are wrong.
  const other = tf.add(tf.mul(drawn(1), known), tf.mul(drawn(2), tf.sub(1, known)));
  expect(of(other)).toEqual(of(drawn(1)));
});

test.each([
  ['a memory that has no opinion', false, { noise: 1 }],
  ['nothing to train', true, { iterates: 'none' }],
] as const)('%s is refused', (_, noise, training) => {
  const { model } = made(noise);
  const network = { name: 'coded-slots', noise } as const;
  const config = parseConfig({ task: { name: 'omniglot' }, network, training }, 'test');
  const corruption = { name: 'none', spec: 'none:1', apply: () => new Uint8Array() };
  expect(() => memoryLearner({ config, task: {} as never, corruption: corruption as never, model })).toThrow(
    InputError,
  );
});
