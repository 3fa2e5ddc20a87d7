import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { stream } from '../../../src/random.ts';
import { countMinima, epanechnikovEnergy, epanechnikovMemory } from '../../../src/universal/index.ts';
import { slopes } from './vectors.ts';

const d = 3;
const count = 8;
const random = stream(5, 'epanechnikov');
const patterns = Float32Array.from({ length: count * d }, () => random.normal());
const at = (mu: number) => Float64Array.from(patterns.subarray(mu * d, (mu + 1) * d));

test('the energy is the logarithm of a sum of Epanechnikov kernels, and infinite beyond all of them', () => {
  const energy = epanechnikovEnergy(patterns, count, d, 0.5);
  const x = [0.2, -0.1, 0.3];
  const squares = Array.from({ length: count }, (_, mu) =>
    at(mu).reduce((sum, v, i) => sum + (v - x[i]) ** 2, 0),
  );
  const sum = squares.reduce((total, r) => total + Math.max(0, 1 - 0.25 * r), 0);
  expect(energy.energy(x)).toBeCloseTo(-2 * Math.log(sum), 12);
  expect(energy.energy([99, 0, 0])).toBe(Number.POSITIVE_INFINITY);
  expect(Array.from(energy.settle([99, 0, 0]))).toEqual([99, 0, 0]);
});

test('no update raises the energy, and where it settles the slope is zero', () => {
  for (const beta of [0.2, 0.5, 1, 2]) {
    const energy = epanechnikovEnergy(patterns, count, d, beta);
    for (let trial = 0; trial < 40; trial++) {
      let x: Float64Array = Float64Array.from({ length: d }, () => random.normal());
      for (let k = 0; k < 6; k++) {
        const next = energy.update(x);
        expect(energy.energy(next)).toBeLessThanOrEqual(energy.energy(x) + 1e-12);
        x = next;
      }
      const end = energy.settle(x);
      if (energy.active(end).length === 0) continue;
      for (const slope of slopes(energy.energy, end, 1e-6)) expect(Math.abs(slope)).toBeLessThan(1e-5);
    }
  }
});

test('alone, every pattern is a minimum; all within reach, the only one is their mean; in between new ones emerge', () => {
  // Reach sqrt(2 / beta): 0.01, and 1,000.
  expect(countMinima(patterns, count, d, 2e4)).toEqual({ stored: count, emergent: 0, all: true });
  expect(countMinima(patterns, count, d, 2e-6)).toEqual({ stored: 0, emergent: 1, all: true });
  const between = [0.3, 0.6, 1, 1.5, 2.5].map((beta) => countMinima(patterns, count, d, beta));
  expect(Math.max(...between.map(({ emergent }) => emergent))).toBeGreaterThan(1);
});

test('emergent minima by hand: neighbours on a line share their means', () => {
  const line = Float32Array.of(0, 1, 3);
  // Reach 1.2: 0 and 1 reach each other, so neither is a minimum; 0.5 is one, and 2, which 1 and 3 reach but 0 does not; and 3 itself.
  expect(countMinima(line, 3, 1, 2 / 1.44)).toEqual({ stored: 1, emergent: 2, all: true });
  const energy = epanechnikovEnergy(line, 3, 1, 2 / 1.44);
  expect(energy.settle([0.1])[0]).toBeCloseTo(0.5, 12);
  expect(energy.settle([2.9])[0]).toBe(3);
});

test('by default every stored pattern is a minimum of its own, in any dimension and scale', async () => {
  for (const [size, spread] of [
    [8, 1],
    [64, 0.05],
  ]) {
    const values = Float32Array.from({ length: 20 * size }, () => spread * Math.tanh(random.normal()));
    const patterns = tf.tensor(values, [20, size]);
    const { patterns: recalled, steps } = await (await epanechnikovMemory().store(patterns)).recall(patterns);
    expect(Array.from(recalled.dataSync())).toEqual(Array.from(values));
    expect(steps).toBe(0);
  }
});

test('patterns that stand apart are recalled exactly', async () => {
  const bits = tf.tensor(
    Array.from({ length: 5 * 64 }, () => 2 * random.bit() - 1),
    [5, 64],
  );
  const memory = epanechnikovMemory();
  const stored = await memory.store(bits);
  const known = tf.tensor(
    Array.from({ length: 5 * 64 }, (_, i) => Number(i % 64 > 7)),
    [5, 64],
  );
  const queries = tf.mul(bits, tf.sub(tf.mul(known, 2), 1));
  const { patterns: recalled, converged } = await stored.recall(queries, { known });
  expect(Array.from(recalled.dataSync())).toEqual(Array.from(bits.dataSync()));
  expect(converged).toEqual(Array(5).fill(true));
});
