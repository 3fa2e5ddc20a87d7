import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { valueAndGrad } from '../../../src/autodiff/index.ts';
import { type CodedSlotsOptions, codedSlots, initialise } from '../../../src/energy/index.ts';
import { InputError } from '../../../src/errors.ts';
import { energyModel } from '../../../src/memory/energy-model.ts';
import { defaultRule, type Rule, ruleParameters } from '../../../src/memory/rule.ts';
import { stream } from '../../../src/random.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const shape = [4, 4, 1];
const d = 16;
/** One step of rate one, as the presets write. */
const rule: Rule = {
  ...defaultRule,
  write: { ...defaultRule.write, steps: 1, rate: 1, divisor: 1, distance: 1e-5, gradient_term: false },
  read: { steps: 2, rate: 1, decay: 0.9, momentum: 0.01, start: 0 },
};

/** A network before training, and a memory of it. */
function made(options: Partial<CodedSlotsOptions> = {}) {
  const network = codedSlots({ patternShape: shape, slots: 4, code: d, halvings: 0, width: 3, ...options });
  const specs = { ...network.parameters, ...ruleParameters(rule, network) };
  const p = Object.fromEntries(
    Object.entries(initialise(specs, 3)).map(([name, values]) => [
      name,
      tf.tensor(values, specs[name].shape),
    ]),
  );
  // Enough sharpness that attention is all on one row: patterns of so few pixels are near each other.
  p.sharpness = tf.tensor1d([20]);
  return { network, p, model: energyModel(network, rule) };
}

const drawn = (count: number, seed: number) => {
  const random = stream(seed, 'drawings');
  return tf.tensor(
    Float32Array.from({ length: count * d }, () => 2 * random.bit() - 1),
    [1, count, ...shape],
  );
};
const numbers = (t: tf.Tensor) => Array.from(t.dataSync());
const largest = (t: tf.Tensor) => Math.max(...numbers(tf.abs(t)));

describe('before training, with complete codes', () => {
  const patterns = () => drawn(4, 1);

  test('a stored image has no energy and no slope, and every other image has more', () => {
    const { network, p, model } = made();
    const stored = { ...p, ...model.store(p, patterns()) };
    const exact = patterns();
    const { value, grad } = valueAndGrad((x) => network.energy(stored, x))(exact);
    expect(largest(value)).toBeLessThan(1e-6);
    expect(largest(grad)).toBeLessThan(1e-3);
    for (let i = 0; i < d; i++) {
      const nudge = tf.reshape(tf.oneHot(i, d), [1, 1, ...shape]);
      for (const sign of [-0.1, 0.1]) {
        const beside = network.energy(stored, tf.add(exact, tf.mul(nudge, sign)));
        expect(Math.min(...numbers(beside))).toBeGreaterThan(1e-4);
      }
    }
  });

  test('an image with missing pixels is recalled whole', () => {
    const { p, model } = made();
    const exact = patterns();
    const known = tf.concat([tf.zeros([1, 4, 2, 4, 1]), tf.ones([1, 4, 2, 4, 1])], 2);
    const iterates = model.recall(p, model.store(p, patterns()), tf.mul(exact, known), known);
    expect(numbers(tf.sign(iterates.at(-1)!))).toEqual(numbers(exact));
  });

  test('the order of patterns does not matter to recall', () => {
    const { network, p, model } = made({ code: 8 });
    const turned = tf.reverse(patterns(), 1);
    const x = drawn(3, 2);
    const energy = (order: tf.Tensor) => numbers(network.energy({ ...p, ...model.store(p, order) }, x));
    const [a, b] = [energy(patterns()), energy(turned)];
    for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i], 4);
  });

  test('rows never written attract nothing', () => {
    const { network, p, model } = made({ code: 8 });
    const two = tf.slice(patterns(), [0, 0], [1, 2]);
    const small = made({ code: 8, slots: 2 });
    const x = drawn(5, 3);
    const many = numbers(network.energy({ ...p, ...model.store(p, two) }, x));
    const few = numbers(small.network.energy({ ...small.p, ...small.model.store(small.p, two) }, x));
    for (const [i, value] of many.entries()) expect(value).toBeCloseTo(few[i], 4);
    // The mean itself, which is what a row of zeros stands for, is drawn to what is stored.
    const mean = tf.reshape(p.mean, [1, 1, ...shape]);
    const [energy] = numbers(network.energy({ ...p, ...model.store(p, two) }, mean));
    expect(energy).toBeGreaterThan(0.1);
  });
});

describe('cuts', () => {
  test.each([
    [2, { slots: 4, code: 4, halvings: 1, longest: 8 }, 8],
    [3, { slots: 4, code: 4, halvings: 1, longest: 8 }, 4],
    [4, { slots: 4, code: 4, halvings: 1 }, 4],
    [5, { slots: 4, code: 4, halvings: 1 }, 2],
    [8, { slots: 4, code: 4, halvings: 1 }, 2],
    [9, { slots: 4, code: 4, halvings: 2 }, 1],
  ])('%i patterns of %o get %i numbers each', (count, options, length) => {
    const { p, model } = made(options);
    const rows = numbers(tf.reshape(model.store(p, drawn(count, 4)).M, [16 / length, length]) as tf.Tensor);
    const used = Array.from({ length: 16 / length }, (_, row) =>
      rows.slice(row * length, (row + 1) * length).some((v, i) => v !== 0 && row * length + i < 15),
    );
    expect(used.filter(Boolean).length).toBe(Math.min(count, 16 / length));
    expect(model.floats).toBe(16);
  });

  test('what is cut otherwise is not read as if it were', () => {
    const { network, p, model } = made({ code: 8, halvings: 1 });
    const patterns = drawn(8, 5);
    const stored = { ...p, ...model.store(p, patterns) };
    // With complete attention each has the energy of its own code's error alone.
    const { mean } = p;
    const decode = p['decode.w'];
    const flat = tf.reshape(patterns, [8, d]);
    const codes = tf.matMul(tf.div(tf.sub(flat, mean), d / 4), tf.slice(p['code.w'], [0, 0], [d, 4]));
    const rough = tf.add(tf.matMul(codes, tf.slice(decode, [0, 0], [4, d])), mean);
    const own = numbers(tf.sum(tf.squaredDifference(flat, rough), 1));
    const energies = numbers(network.energy(stored, patterns));
    // At most: another row may be nearer. Half of a squared error counts before training, and the sum is halved.
    for (const [i, energy] of energies.slice(0, 7).entries()) expect(energy).toBeLessThan(own[i] / 4 + 1e-3);
  });

  test.each([
    { slots: 4, code: d },
    { slots: 4, code: 4, halvings: 2 },
  ])('of a stream to %o the newest patterns are kept as if they alone had been stored', (options) => {
    const { p, model } = made(options);
    const patterns = drawn(6, 7);
    const part = (from: number, count: number) => tf.slice(patterns, [0, from], [1, count]);
    let state = model.empty!(p, 1);
    for (const from of [0, 2, 4]) state = model.add!(p, state, part(from, 2));
    const together = model.store(p, tf.concat([part(4, 2), part(2, 2)], 1)).M;
    for (const [i, value] of numbers(state.M).entries()) expect(value).toBeCloseTo(numbers(together)[i], 5);
  });

  test('more patterns than the finest cut has rows are written over each other, and finite', () => {
    const { network, p, model } = made({ code: 4 });
    const stored = { ...p, ...model.store(p, drawn(6, 6)) };
    expect(numbers(network.energy(stored, drawn(6, 6))).every(Number.isFinite)).toBe(true);
  });
});

test('tied or not, it codes alike before training', () => {
  const [free, tied] = [made({ code: 8 }), made({ code: 8, tied: true })];
  const patterns = drawn(4, 7);
  const [a, b] = [free, tied].map(({ p, model }) => numbers(model.store(p, patterns).M));
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i], 5);
});

test('what is no image of even size, or longer than an image, is refused', () => {
  expect(() => codedSlots({ patternShape: [16] })).toThrow(InputError);
  expect(() => codedSlots({ patternShape: [5, 4, 1] })).toThrow(InputError);
  expect(() => codedSlots({ patternShape: shape, code: 17 })).toThrow(InputError);
  expect(() => codedSlots({ patternShape: shape, code: 8, longest: 4 })).toThrow(InputError);
});
