import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { initialise, levelSlots, writableFloats } from '../../../src/energy/index.ts';
import { InputError } from '../../../src/errors.ts';
import { energyModel } from '../../../src/memory/energy-model.ts';
import { defaultRule, type Rule, ruleParameters } from '../../../src/memory/rule.ts';
import { stream } from '../../../src/random.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const rule: Rule = {
  ...defaultRule,
  write: { ...defaultRule.write, steps: 1, rate: 1, divisor: 1, distance: 1e-5, gradient_term: false },
  read: { steps: 2, rate: 1, decay: 0.9, momentum: 0.01, start: 'query' },
};
const [d, slots] = [32, 8];
const network = levelSlots({ patternShape: [d], slots });
const specs = { ...network.parameters, ...ruleParameters(rule, network) };
const model = energyModel(network, rule);
const numbers = (t: tf.Tensor) => Array.from(t.dataSync());

/** Two bits as the levels -3, -1, 1, 3, read by three sharp steps: what training is to find, set by hand. */
function byHand(sharpness = 5): Record<string, tf.Tensor> {
  const code = d / 2;
  const p = Object.fromEntries(
    Object.entries(initialise(specs, 1)).map(([name, v]) => [name, tf.tensor(v, specs[name].shape)]),
  );
  const places = [-2, 0, 2, 9, 9, 9, 9, 9];
  // Of the first bit the sign; of the second -1, 1, -1, 1 from level to level. Steps out of reach put out -1.
  const mixes = [0, 1, 1, -1, 0, 1, ...Array(10).fill(0)];
  return {
    ...p,
    'code.w': tf.tensor(Array(code).fill([2, 1]).flat(), [code, 2]),
    linear: tf.tensor1d([0]),
    threshold: tf.tensor(Array(code).fill(places).flat(), [code, 1, 8]),
    slope: tf.fill([code, 1, 8], 20),
    mix: tf.tensor(Array(code).fill(mixes).flat(), [code, 8, 2]),
    sharpness: tf.tensor1d([sharpness]),
  };
}
const bits = (count: number, seed: number) => {
  const random = stream(seed, 'bits');
  return tf.tensor3d(
    Array.from({ length: count * d }, () => 2 * random.bit() - 1),
    [1, count, d],
  );
};

test('two bits a number: half as many numbers as bits', () => {
  expect(writableFloats(network)).toBe((slots * d) / 2);
  expect(writableFloats(levelSlots({ patternShape: [128] }))).toBe(8256);
});

describe('with levels set by hand', () => {
  test('a stored pattern has no energy, and comes back from half of its bits', () => {
    const p = byHand();
    const patterns = bits(slots, 1);
    const state = model.store(p, patterns);
    expect(Math.max(...numbers(network.energy({ ...p, ...state }, patterns)))).toBeLessThan(1e-6);
    const query = tf.concat([tf.slice(patterns, [0, 0, 0], [1, slots, 20]), tf.zeros([1, slots, 12])], 2);
    const recalled = model.recall(p, state, query).at(-1)!;
    expect(numbers(tf.sign(recalled))).toEqual(numbers(patterns));
  });

  test('the order of patterns does not matter', () => {
    const p = byHand(1);
    const patterns = bits(slots, 2);
    const x = bits(5, 3);
    const energy = (order: tf.Tensor) => numbers(network.energy({ ...p, ...model.store(p, order) }, x));
    const turned = energy(tf.reverse(patterns, 1));
    for (const [i, value] of energy(patterns).entries()) expect(value).toBeCloseTo(turned[i], 4);
  });

  test('rows never written attract nothing', () => {
    const p = byHand(0.1);
    const two = bits(2, 4);
    const few = levelSlots({ patternShape: [d], slots: 2 });
    const x = bits(5, 5);
    const small = energyModel(few, rule).store({ ...p, M: tf.zeros([2, d / 2]) }, two);
    const expected = numbers(few.energy({ ...p, ...small }, x));
    const actual = numbers(network.energy({ ...p, ...model.store(p, two) }, x));
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i], 3);
  });
});

test('of a stream the newest patterns are kept as if they alone had been stored, and older ones given up', () => {
  const p = byHand();
  const patterns = bits(slots + 3, 8);
  const part = (from: number, count: number) => tf.slice(patterns, [0, from, 0], [1, count, d]);
  let state = model.empty!(p, 1);
  for (const [from, count] of [
    [0, 3],
    [3, 4],
    [7, 4],
  ])
    state = model.add!(p, state, part(from, count));
  const newest = [part(7, 4), part(3, 4)];
  expect(numbers(state.M)).toEqual(numbers(model.store(p, tf.concat(newest, 1)).M));
  expect(Math.max(...numbers(network.energy({ ...p, ...state }, newest[1])))).toBeLessThan(1e-6);
  expect(Math.min(...numbers(network.energy({ ...p, ...state }, part(0, 3))))).toBeGreaterThan(1);
  const flood = model.add!(p, state, bits(slots + 2, 9));
  expect(numbers(flood.M)).toEqual(numbers(model.store(p, bits(slots + 2, 9)).M));
});

test('before training it reads no levels, and is finite', () => {
  const p = Object.fromEntries(
    Object.entries(initialise(specs, 1)).map(([name, v]) => [name, tf.tensor(v, specs[name].shape)]),
  );
  const energies = numbers(network.energy({ ...p, ...model.store(p, bits(12, 6)) }, bits(12, 6)));
  expect(energies.every((e) => Number.isFinite(e) && e > 0)).toBe(true);
});

test('patterns that are no vectors of whole numbers are refused', () => {
  expect(() => levelSlots({ patternShape: [7] })).toThrow(InputError);
  expect(() => levelSlots({ patternShape: [4, 4, 1] })).toThrow(InputError);
});

test('writing starts from zeros, whatever the start of the table is', () => {
  const p = byHand();
  const moved = { ...p, M: tf.ones([slots, d / 2]) };
  const two = bits(2, 7);
  expect(numbers(model.store(moved, two).M)).toEqual(numbers(model.store(p, two).M));
});
