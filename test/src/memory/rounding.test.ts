import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { grads } from '../../../src/autodiff/index.ts';
import { hopfieldSite, initialise, writableFloats } from '../../../src/energy/index.ts';
import { numbersOf } from '../../../src/memory/contents.ts';
import { energyModel } from '../../../src/memory/energy-model.ts';
import { quantised } from '../../../src/memory/quantise.ts';
import { roundThrough } from '../../../src/memory/rounding.ts';
import { defaultRule } from '../../../src/memory/rule.ts';
import { stream } from '../../../src/random.ts';

test('levels are odd multiples of half a step, and what lies beyond goes to the outermost', () => {
  const x = tf.tensor([-9, -0.26, -0.24, -0.01, 0.01, 0.24, 0.26, 9]);
  const step = tf.scalar(0.25);
  const in2 = Array.from(roundThrough(x, step, 2).dataSync());
  expect(in2).toEqual([-0.375, -0.375, -0.125, -0.125, 0.125, 0.125, 0.375, 0.375]);
  const in1 = Array.from(roundThrough(x, step, 1).dataSync());
  expect(in1).toEqual([-1, -1, -1, -1, 1, 1, 1, 1].map((s) => s / 8));
});

test('slopes go straight through inside, are none outside, and in the step are those of Esser et al. (equation 3)', () => {
  const values = [-9, -0.26, 0.03, 0.3, 9];
  const step = 0.25;
  const [dx, ds] = grads((x, s) => roundThrough(x, s, 2))([tf.tensor(values), tf.scalar(step)]);
  expect(Array.from(dx.dataSync())).toEqual([0, 1, 1, 1, 0]);
  const expected = values.reduce((sum, v) => {
    const u = v / step;
    if (u <= -1.5) return sum - 1.5;
    if (u >= 1.5) return sum + 1.5;
    return sum + (Math.floor(u) + 0.5 - u);
  }, 0);
  expect(ds.dataSync()[0]).toBeCloseTo(expected, 4);
});

const network = hopfieldSite({ patternShape: [24], width: 4, self: 0.5 });
const write = { ...defaultRule.write, steps: 3, divisor: 8, bits: 2, grid: 0.05 };

test('what is written lies on the grid, so that evaluation in as many bits changes nothing', () => {
  const random = stream(1, 'rounding');
  const x = tf.tensor(
    Array.from({ length: 8 * 24 }, () => 2 * random.bit() - 1),
    [1, 8, 24],
  );
  for (const rounded of [0, 2, 3]) {
    const model = energyModel(network, { ...defaultRule, write: { ...write, rounded } });
    const initial = initialise(model.parameters, 1);
    const p = Object.fromEntries(
      Object.entries(model.parameters).map(([name, { shape }]) => [name, tf.tensor(initial[name], shape)]),
    );
    const { W } = model.store(p, x);
    const [numbers] = numbersOf({ shape: [24, 24], values: W.dataSync() as Float32Array, packing: 'hollow' });
    expect(numbers.length).toBe(writableFloats(network));
    const levels = new Set(Array.from(numbers, (w) => w.toFixed(5)));
    expect(levels.size).toBeGreaterThan(1);
    expect(levels.size).toBeLessThanOrEqual(4);
    for (const [i, w] of quantised(numbers, 2).entries()) expect(w).toBeCloseTo(numbers[i], 5);
  }
});

test('a shared self-connection in place of the diagonal is the same energy as that diagonal written', () => {
  const written = hopfieldSite({ patternShape: [24], width: 4 });
  const p = Object.fromEntries(
    Object.entries(initialise({ ...written.parameters, ...network.parameters }, 2)).map(([name, values]) => [
      name,
      tf.tensor(values, { ...written.parameters, ...network.parameters }[name].shape),
    ]),
  );
  const diagonal = tf.mul(tf.eye(24), 0.5);
  const without = tf.mul(p.W, tf.sub(1, tf.eye(24)));
  const x = tf.randomUniform([1, 5, 24], -1, 1, 'float32', 4);
  const a = network.energy(p, x).dataSync();
  const b = written.energy({ ...p, W: tf.add(without, diagonal) }, x).dataSync();
  for (const [i, e] of a.entries()) expect(e).toBeCloseTo(b[i], 4);
  expect(writableFloats(written) - writableFloats(network)).toBe(24);
});
