import { describe, expect, test } from 'vitest';
import {
  meanWeights,
  type SeparationName,
  separationNames,
  separationParameter,
  separations,
} from '../../../src/universal/separations.ts';
import { randomVectors, slopes } from './vectors.ts';

const PARAMETERS: Record<SeparationName, number[]> = {
  identity: [0],
  threshold: [0.4, -1],
  power: [0.5, 1, 2, 3, 10],
  logarithm: [0],
  exponential: [0.5, 5],
  softmax: [0.5, 5],
  sparsemax: [0.5, 5],
  entmax: [0.5, 5],
  'k-maximum': [1, 3],
  maximum: [0],
};
const CASES = separationNames.flatMap((name) => PARAMETERS[name].map((p) => [name, p] as const));
const total = (values: Float64Array) => values.reduce((a, b) => a + b, 0);

describe.each(CASES)('%s %d', (name, parameter) => {
  const scores = randomVectors('scores', 1, 12, (r) => 2 * r.uniform());

  test('the activation is the gradient of the Lagrangian', () => {
    const { lagrangian, activation, fromZero } = separations[name];
    for (const h of [scores, fromZero ? scores : scores.map((x) => x - 1)]) {
      const numeric = slopes((x) => lagrangian(x, parameter), h, 1e-6);
      activation(h, parameter).forEach((f, mu) => {
        expect(Math.abs(f - numeric[mu])).toBeLessThan(1e-6 * Math.max(1, Math.abs(f)));
      });
    }
  });

  test('the Lagrangian is convex along random lines, below zero too', () => {
    const { lagrangian } = separations[name];
    for (let trial = 0; trial < 20; trial++) {
      const [a, b] = ['a', 'b'].map((end) => randomVectors(`${end}${trial}`, 1, 12, (r) => 3 * r.normal()));
      const between = a.map((x, i) => 0.3 * x + 0.7 * b[i]);
      const bound = 0.3 * lagrangian(a, parameter) + 0.7 * lagrangian(b, parameter);
      expect(lagrangian(between, parameter)).toBeLessThanOrEqual(bound + 1e-9 * Math.abs(bound));
    }
  });

  test('mean weights sum to one, grow with the score, and are finite at any scale', () => {
    for (const scale of [1, -1, 1e-30, 1e30, 1e300, -1e300]) {
      const own = scores.map((score) => score * scale);
      const weights = meanWeights(name, own, parameter);
      expect(total(weights)).toBeCloseTo(1, 12);
      expect(weights.every((weight) => weight >= 0)).toBe(true);
      const order = [...own.keys()].sort((a, b) => own[a] - own[b]);
      for (let k = 1; k < order.length; k++) {
        expect(weights[order[k]]).toBeGreaterThanOrEqual(weights[order[k - 1]] * (1 - 1e-12));
      }
    }
  });

  test('one memory has all the weight, equal scores have equal weights unless one must be chosen', () => {
    expect([...meanWeights(name, Float64Array.of(0.7), parameter)]).toEqual([1]);
    expect([...meanWeights(name, Float64Array.of(0), parameter)]).toEqual([1]);
    const equal = meanWeights(name, new Float64Array(4).fill(0.7), parameter);
    if (name === 'maximum' || name === 'k-maximum') expect(equal[0]).toBeGreaterThan(0);
    else for (const weight of equal) expect(weight).toBeCloseTo(0.25, 12);
  });
});

test('weights by their definitions', () => {
  const s = Float64Array.of(1, 3, 2);
  expect([...meanWeights('identity', s, 0)]).toEqual([1 / 6, 3 / 6, 2 / 6]);
  expect([...meanWeights('power', s, 2)].map((w) => w * 14)).toEqual(
    [1, 9, 4].map((x) => expect.closeTo(x, 12)),
  );
  expect([...meanWeights('threshold', s, 2)]).toEqual([0, 0.5, 0.5]);
  expect([...meanWeights('k-maximum', s, 2)]).toEqual([0, 0.5, 0.5]);
  expect([...meanWeights('k-maximum', s, 9)]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  expect([...meanWeights('maximum', s, 0)]).toEqual([0, 1, 0]);
  const logs = [2, 4, 3].map(Math.log);
  const all = logs[0] + logs[1] + logs[2];
  meanWeights('logarithm', s, 0).forEach((w, i) => {
    expect(w).toBeCloseTo(logs[i] / all, 12);
  });
  const e = [1, 3, 2].map((x) => Math.exp(0.7 * x));
  for (const name of ['softmax', 'exponential'] as const) {
    meanWeights(name, s, 0.7).forEach((w, i) => {
      expect(w).toBeCloseTo(e[i] / (e[0] + e[1] + e[2]), 12);
    });
  }
});

test('negative scores are counted from the lowest where zero matters', () => {
  expect([...meanWeights('identity', Float64Array.of(-5, -1, -3), 0)]).toEqual([0, 4 / 6, 2 / 6]);
});

test('thousands of memories and beta of a million are safe', () => {
  const many = randomVectors('many', 1, 5000, (r) => -1000 * r.uniform());
  for (const name of separationNames) {
    const weights = meanWeights(name, many, separationParameter(name, name === 'softmax' ? 1e6 : undefined));
    expect(total(weights)).toBeCloseTo(1, 9);
  }
});

test.each([
  [() => separationParameter('softmin' as never), /^unknown separation "softmin"; there are identity, /],
  [() => separationParameter('softmax', 0), /^separation "softmax": beta 0, expected a number above 0$/],
  [() => separationParameter('power', Number.NaN), /n NaN, expected a number above 0/],
  [() => separationParameter('k-maximum', 1.5), /k 1.5, expected a whole number of at least 1/],
  [() => separationParameter('maximum', 1), /^separation "maximum" takes no parameter$/],
])('bad parameters are refused', (make, message) => {
  expect(make).toThrow(message);
});

test('defaults stand where no parameter is given', () => {
  expect(separationParameter('power')).toBe(3);
  expect(separationParameter('threshold', -3)).toBe(-3);
});

describe('sparsemax and entmax', () => {
  const scores = randomVectors('sparse', 1, 9, (r) => r.normal());

  test('sparsemax is the projection onto the simplex: no other weights are nearer', () => {
    const p = separations.sparsemax.weights(scores, 1);
    const distance = (w: Float64Array) => w.reduce((sum, x, i) => sum + (x - scores[i]) ** 2, 0);
    for (let trial = 0; trial < 200; trial++) {
      const other = randomVectors(`w${trial}`, 1, 9, (r) => -Math.log(1 - r.uniform()));
      const share = total(other);
      for (const t of [1, 0.1, 0.01]) {
        const mixed = p.map((x, i) => (1 - t) * x + (t * other[i]) / share);
        expect(distance(mixed)).toBeGreaterThanOrEqual(distance(p) - 1e-12);
      }
    }
  });

  test('a margin of 1 / beta, for entmax 2 / beta, leaves the best alone: one update is exact (Santos et al. 2024)', () => {
    const far = (margin: number) => Float64Array.of(0.3, 0.3 - margin, -2, 0.3 - margin);
    expect(Array.from(separations.sparsemax.weights(far(0.5), 2))).toEqual([1, 0, 0, 0]);
    expect(separations.sparsemax.weights(far(0.49), 2)[1]).toBeGreaterThan(0);
    expect(Array.from(separations.entmax.weights(far(1), 2))).toEqual([1, 0, 0, 0]);
    expect(separations.entmax.weights(far(0.99), 2)[1]).toBeGreaterThan(0);
    expect(separations.softmax.weights(far(1), 2)[1]).toBeGreaterThan(0.05);
  });

  test('entmax solves its own equation, and lies between softmax and sparsemax in how many it leaves', () => {
    const p = separations.entmax.weights(scores, 3);
    // Where p > 0: 2 sqrt(p) = beta s - a constant.
    const constants = [...p.keys()].filter((i) => p[i] > 0).map((i) => 3 * scores[i] - 2 * Math.sqrt(p[i]));
    for (const c of constants) expect(c).toBeCloseTo(constants[0], 10);
    const left = (name: 'softmax' | 'entmax' | 'sparsemax') =>
      separations[name].weights(scores, 3).filter((x) => x > 0).length;
    expect(left('softmax')).toBe(9);
    expect(left('entmax')).toBeLessThanOrEqual(9);
    expect(left('sparsemax')).toBeLessThanOrEqual(left('entmax'));
  });
});
