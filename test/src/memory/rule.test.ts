import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { initialise, mlp } from '../../../src/energy/index.ts';
import {
  defaultRule,
  type Rule,
  readSchedule,
  ruleParameters,
  writableNames,
} from '../../../src/memory/rule.ts';
import { stream } from '../../../src/random.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const network = mlp({ patternShape: [4], hidden: [3, 2], writable: [2, 3] });
const rule: Rule = {
  ...defaultRule,
  write: { ...defaultRule.write, steps: 3, rate: 0.02 },
  read: { steps: 4, rate: 0.7, decay: 0.9, momentum: 0.3, start: 'query' },
};
const values = (given: Rule) => initialise(ruleParameters(given, network), 0);
const softplus = (x: number) => Math.log1p(Math.exp(x));
const scheduleOf = (read: ArrayLike<number>, momentum: ArrayLike<number>) =>
  readSchedule(
    { 'rule.read': tf.tensor1d(Array.from(read)), 'rule.momentum': tf.tensor1d(Array.from(momentum)) },
    read.length,
  ).map(({ rate, momentum }) => [rate.dataSync()[0], momentum.dataSync()[0]]);

test('the written tensors are the writable ones, in the network’s order', () => {
  expect(writableNames(network)).toEqual(['W2', 'b2', 'W3']);
});

test('the distance term has an initial rate of its own where one is given', () => {
  const given: Rule = { ...rule, write: { ...rule.write, distance: 0.001 } };
  const rates = Array.from(values(given)['rule.write'], softplus);
  for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(i % 3 === 2 ? 0.001 : 0.02, 6);
  for (const rate of Array.from(values(rule)['rule.write'], softplus)) expect(rate).toBeCloseTo(0.02, 6);
});

describe('the rule’s parameters', () => {
  const perStep = (per_step: boolean): Rule => ({ ...rule, write: { ...rule.write, per_step } });
  const byLoss: Rule = { ...rule, write: { ...rule.write, rates: 'loss' } };
  const shapes = (given: Rule) =>
    Object.fromEntries(
      Object.entries(ruleParameters(given, network)).map(([name, { shape }]) => [name, shape]),
    );

  test('are a rate for each step, tensor and term, or for each tensor and term', () => {
    expect(shapes(rule)).toEqual({ 'rule.read': [4], 'rule.momentum': [4], 'rule.write': [3, 3, 3] });
    expect(shapes(perStep(false))['rule.write']).toEqual([1, 3, 3]);
  });

  test('or a rate for each step, with alpha and beta', () => {
    expect(shapes(byLoss)).toEqual({
      'rule.read': [4],
      'rule.momentum': [4],
      'rule.write': [3],
      'rule.weights': [2],
    });
  });

  test('start at the rates that the rule says', () => {
    for (const given of [rule, perStep(false), byLoss]) {
      for (const raw of values(given)['rule.write']) expect(softplus(raw)).toBeCloseTo(0.02, 6);
    }
    const [alpha, beta] = values(byLoss)['rule.weights'];
    expect(softplus(alpha)).toBeCloseTo(0.1, 6);
    expect(softplus(beta)).toBeCloseTo(0.01, 6);
    const { 'rule.read': read, 'rule.momentum': momentum } = values(rule);
    for (const [k, [rate, psi]] of scheduleOf(read, momentum).entries()) {
      expect(rate).toBeCloseTo(0.7 * 0.9 ** k, 6);
      expect(psi).toBeCloseTo(0.3 * 0.9 ** k, 6);
    }
  });

  test('the paper’s rate of 1e-4 is representable', () => {
    const [raw] = values({ ...rule, write: { ...rule.write, rate: 1e-4 } })['rule.write'];
    expect(softplus(raw)).toBeCloseTo(1e-4, 9);
  });
});

test('step sizes and momenta never increase, momenta are below one, whatever is learned', () => {
  const random = stream(0, 'raw');
  for (let trial = 0; trial < 20; trial++) {
    const raw = () => Array.from({ length: 6 }, () => 4 * random.normal());
    const schedule = scheduleOf(raw(), raw());
    for (const [k, [rate, momentum]] of schedule.entries()) {
      expect(rate).toBeGreaterThan(0);
      expect(momentum).toBeGreaterThan(0);
      expect(momentum).toBeLessThan(1);
      if (k === 0) continue;
      expect(rate).toBeLessThanOrEqual(schedule[k - 1][0]);
      expect(momentum).toBeLessThanOrEqual(schedule[k - 1][1]);
    }
  }
});
