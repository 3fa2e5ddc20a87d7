import * as tf from '@tensorflow/tfjs';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { beforeAll, describe, expect, test } from 'vitest';
import { largestEigenvalue, withBias } from '../../../src/energy/curvature.ts';
import { convResnet, type EnergyNetwork, fcResnet, writableFloats } from '../../../src/energy/index.ts';
import { initialise } from '../../../src/energy/network.ts';
import { energyModel } from '../../../src/memory/energy-model.ts';
import { defaultRule, type Rule, ruleParameters } from '../../../src/memory/rule.ts';
import { write } from '../../../src/memory/write.ts';
import { noise, randomParameters } from './small.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const numbers = (t: tf.Tensor) => Array.from(t.dataSync());
const patternShape = [16, 16, 1];
const fc = {
  patternShape,
  channels: [4, 4, 5] as [number, number, number],
  features: 6,
  memory: 3,
  width: 8,
  hops: 1,
  hidden: 3,
};
const conv = { patternShape, channels: [4, 5] as [number, number], width: 8, memory: 2, hops: 1, hidden: 3 };
const made = {
  'fc-resnet': (options: object) => fcResnet({ ...fc, ...options }),
  'conv-resnet': (options: object) => convResnet({ ...conv, ...options }),
};

describe.each(Object.entries(made))('%s with a target', (_, make) => {
  const plain = make({});
  const targeted = make({ target: true });
  const quadratic = make({ target: true, writing: 'target' });
  const x = () => noise([2, 5, ...patternShape], 'x');
  const total = (network: EnergyNetwork, p: Record<string, tf.Tensor>) =>
    numbers(tf.sum((network.writingEnergy ?? network.energy)(p, x()), 1));

  test('has the memory of one without, and shared parameters besides', () => {
    expect(writableFloats(targeted)).toBe(writableFloats(plain));
    const more = Object.keys(targeted.parameters).filter((name) => !(name in plain.parameters));
    expect(more.length).toBeGreaterThan(0);
    for (const name of more) {
      expect(name).toMatch(/target\.[wb]$/);
      expect(targeted.parameters[name].writable).toBe(false);
    }
  });

  test('its squared error is positive, and grows with memory and target together', () => {
    const p = randomParameters(quadratic);
    const scaled = Object.fromEntries(
      Object.entries(p).map(([name, t]) => [
        name,
        /memory|target/.test(name) && !/neck1/.test(name) ? tf.mul(t, 2) : t,
      ]),
    );
    const [once, twice] = [quadratic.writingEnergy!(p, x()), quadratic.writingEnergy!(scaled, x())];
    for (const value of numbers(once)) expect(value).toBeGreaterThan(0);
    expect(twice.shape).toEqual([2, 5]);
    for (const [i, value] of numbers(twice).entries()) expect(value).toBeGreaterThan(numbers(once)[i]);
  });

  test('writing with steps divided by its curvature never raises that error', () => {
    const rule = (steps: number): Rule => ({
      ...defaultRule,
      write: {
        ...defaultRule.write,
        steps,
        divisor: 'curvature',
        gradient_term: false,
        rate: 1,
        distance: 1e-9,
        per_step: false,
      },
    });
    const after = (steps: number) => {
      const given = rule(steps);
      const specs = ruleParameters(given, quadratic);
      const own = Object.fromEntries(
        Object.entries(initialise(specs, 0)).map(([name, v]) => [name, tf.tensor(v, specs[name].shape)]),
      );
      return total(quadratic, write(quadratic, given, { ...randomParameters(quadratic), ...own }, x()));
    };
    const start = total(quadratic, randomParameters(quadratic));
    let before = start;
    for (let steps = 1; steps <= 5; steps++) {
      const now = after(steps);
      for (const [e, value] of now.entries()) expect(value).toBeLessThanOrEqual(before[e] * (1 + 1e-5));
      before = now;
    }
    for (const [e, value] of before.entries()) expect(value).toBeLessThan(0.8 * start[e]);
    expect(() => energyModel(quadratic, rule(1))).not.toThrow();
  });

  test('without one, there is nothing for writing to descend but the energy', () => {
    expect(() => make({ writing: 'target' })).toThrow(
      'network.writing is "target", but network.target is false',
    );
    expect(plain.writingEnergy).toBeUndefined();
    expect(plain.curvature).toBeUndefined();
    expect(targeted.writingEnergy).toBeUndefined();
  });
});

test('the energy of fc-resnet with a target is that without, and the squared error', () => {
  const p = randomParameters(fcResnet({ ...fc, target: true }));
  const x = noise([2, 3, ...patternShape], 'x');
  const error = fcResnet({ ...fc, target: true, writing: 'target' }).writingEnergy!(p, x);
  const sum = numbers(tf.add(fcResnet(fc).energy(p, x), error));
  for (const [i, value] of numbers(fcResnet({ ...fc, target: true }).energy(p, x)).entries())
    expect(value).toBeCloseTo(sum[i], 5);
});

test.each([
  [3, 6],
  [9, 4],
])(
  'the bound for %i rows of %i keys and a bias is never below the largest eigenvalue, nor twice it',
  (rows, keys) => {
    const k = withBias(noise([2, rows, keys], 'k'));
    expect(k.shape).toEqual([2, rows, keys + 1]);
    for (const [e, bound] of numbers(largestEigenvalue(k)).entries()) {
      const one = tf.squeeze(tf.slice(k, [e], [1]), [0]) as tf.Tensor2D;
      const gram = tf.matMul(one, one, true, false).arraySync() as number[][];
      const largest = Math.max(...new EigenvalueDecomposition(new Matrix(gram)).realEigenvalues);
      expect(bound).toBeGreaterThanOrEqual(largest * (1 - 1e-5));
      expect(bound).toBeLessThan(2 * largest);
    }
  },
);
