import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  checkNetwork,
  type EnergyNetwork,
  type Initialiser,
  initialise,
  writableFloats,
} from '../../../src/energy/index.ts';
import { InputError } from '../../../src/errors.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** E(x) = -w . x, a network as small as they come. */
const linear: EnergyNetwork = {
  patternShape: [3],
  parameters: { w: { shape: [3], init: { normal: 1 }, writable: true } },
  energy: (p, x) => tf.neg(tf.sum(tf.mul(x, p.w.rank === 1 ? p.w : tf.expandDims(p.w, 1)), -1)),
};
const withInit = (init: Initialiser, shape = [20, 500]): EnergyNetwork => ({
  ...linear,
  parameters: { w: { shape, init, writable: true } },
});

describe('initialise', () => {
  const pair = (...names: string[]): EnergyNetwork => ({
    ...linear,
    parameters: Object.fromEntries(
      names.map((name) => [name, { shape: [4], init: { normal: 1 }, writable: true }]),
    ),
  });

  test('gives the same values for the same seed, others for another', () => {
    expect(initialise(pair('a', 'b').parameters, 1)).toEqual(initialise(pair('a', 'b').parameters, 1));
    expect(initialise(pair('a', 'b').parameters, 1)).not.toEqual(initialise(pair('a', 'b').parameters, 2));
  });

  test('a parameter’s values depend on its name alone, not on its place among others', () => {
    const { a, b } = initialise(pair('a', 'b').parameters, 1);
    expect(initialise(pair('c', 'b', 'a').parameters, 1)).toMatchObject({ a, b });
    expect(a).not.toEqual(b);
  });

  test.each([
    [{ normal: 0.3 }, 0.3],
    [{ he: 50 }, 0.2],
    [{ lecun: 100 }, 0.1],
  ] as const)('%j has standard deviation %d and mean 0', (init, deviation) => {
    const { w } = initialise(withInit(init).parameters, 0);
    const mean = w.reduce((sum, v) => sum + v, 0) / w.length;
    const variance = w.reduce((sum, v) => sum + (v - mean) ** 2, 0) / w.length;
    // 10,000 values: five standard errors.
    expect(Math.abs(mean)).toBeLessThan(0.05 * deviation);
    expect(Math.abs(Math.sqrt(variance) / deviation - 1)).toBeLessThan(0.036);
  });

  test('constants and given values are themselves', () => {
    expect(initialise(withInit({ constant: 2 }, [3]).parameters, 0).w).toEqual(Float32Array.of(2, 2, 2));
    expect(initialise(withInit({ values: [1, 2, 3] }, [3]).parameters, 0).w).toEqual(
      Float32Array.of(1, 2, 3),
    );
  });
});

test('memory is counted in writable parameters, by their own count where they have one', () => {
  const parameters: EnergyNetwork['parameters'] = {
    a: { shape: [2, 3], init: { constant: 0 }, writable: true },
    b: { shape: [100], init: { constant: 0 }, writable: false },
    c: { shape: [4, 4], init: { constant: 0 }, writable: true, floats: 10 },
  };
  expect(writableFloats({ ...linear, parameters })).toBe(16);
});

describe('checkNetwork', () => {
  const { w } = linear.parameters;
  const broken: [string, unknown, string][] = [
    ['nothing', undefined, 'has no function energy(p, x)'],
    ['no energy', { ...linear, energy: undefined }, 'has no function energy(p, x)'],
    [
      'no pattern shape',
      { ...linear, patternShape: undefined },
      'patternShape is undefined, expected a list of positive integers',
    ],
    [
      'a side of zero',
      { ...linear, patternShape: [3, 0] },
      'patternShape is [3, 0], expected a list of positive integers',
    ],
    [
      'no parameters',
      { ...linear, parameters: undefined },
      'has no writable parameter, so nothing can be stored in it',
    ],
    [
      'nothing writable',
      { ...linear, parameters: { w: { ...w, writable: false } } },
      'has no writable parameter, so nothing can be stored in it',
    ],
    [
      'half a row',
      { ...linear, parameters: { w: { ...w, shape: [1.5] } } },
      'parameter "w".shape is [1.5], expected a list of positive integers',
    ],
    [
      'too few values',
      { ...linear, parameters: { w: { ...w, init: { values: [1] } } } },
      'parameter "w" has 1 initial values for shape [3]',
    ],
    [
      'no initial values',
      { ...linear, parameters: { w: { ...w, init: undefined } } },
      'parameter "w".init is undefined, expected one of normal, he, lecun, constant, values',
    ],
    [
      'an unknown initialiser',
      { ...linear, parameters: { w: { ...w, init: { uniform: 1 } } } },
      'parameter "w".init is { uniform: 1 }, expected one of normal, he, lecun, constant, values',
    ],
    [
      'a name that the rule has',
      { ...linear, parameters: { w, 'rule.read': w } },
      'parameter "rule.read" has a name that ebmm uses itself',
    ],
    [
      'one energy for all',
      { ...linear, energy: (_: unknown, x: tf.Tensor) => tf.sum(x) },
      'its energy of patterns [2,3,3] has shape [], expected [2,3] (one number for each pattern)',
    ],
    [
      'an energy for every entry',
      { ...linear, energy: (_: unknown, x: tf.Tensor) => tf.neg(x) },
      'its energy of patterns [2,3,3] has shape [2,3,3], expected [2,3] (one number for each pattern)',
    ],
    [
      'a number for an energy',
      { ...linear, energy: () => 1 },
      'its energy of patterns [2,3,3] has shape none, expected [2,3] (one number for each pattern)',
    ],
  ];
  test.each(broken)('names %s in one line', (_, network, message) => {
    const check = () => checkNetwork(network as EnergyNetwork, 'mine');
    expect(check).toThrow(InputError);
    expect(check).toThrow(`network "mine": ${message}`);
  });

  test('accepts a network of one line, and leaves no tensor behind', () => {
    const { numTensors } = tf.memory();
    expect(() => checkNetwork(linear, 'linear')).not.toThrow();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
