import { describe, expect, test } from 'vitest';
import { logSumExpEnergy } from '../../../src/universal/log-sum-exp.ts';
import { universalNetwork } from '../../../src/universal/network.ts';
import { compare } from '../../../src/universal/similarities.ts';
import { randomVectors, rowOf, slopes } from './vectors.ts';

const [COUNT, D] = [6, 8];
const memories = randomVectors('memories', COUNT, D);
const x = randomVectors('x', 1, D);

describe.each(['euclidean', 'manhattan', 'cosine', 'kl', 'reverse-kl', 'jensen-shannon'] as const)(
  '%s',
  (name) => {
    test('the gradient is the slope of the energy', () => {
      const { energy, gradient } = logSumExpEnergy(compare(name, memories, COUNT, D), 3);
      const own = gradient(x);
      slopes(energy, x).forEach((slope, i) => {
        expect(own[i]).toBeCloseTo(slope, 6);
      });
    });

    test('descent from a memory stays near it, once beta is large', () => {
      const comparison = compare(name, memories, COUNT, D);
      const { descend, energy } = logSumExpEnergy(comparison, 2000);
      const start = rowOf(memories, 3, D).map((m, i) => m + (i % 2 ? 0.02 : -0.02));
      const end = descend(start, 0.002, 300);
      expect(energy(end)).toBeLessThan(energy(start));
      const scores = comparison.scores(end);
      expect(scores.indexOf(Math.max(...scores))).toBe(3);
      // The least distance but for rounding, and for the last step along a kink.
      expect(comparison.scores(end)[3]).toBeGreaterThan(comparison.scores(rowOf(memories, 3, D))[3] - 0.02);
    });
  },
);

test('for the squared distance a gradient step of 1/2 is the update of the network', () => {
  const beta = 4;
  const { descend } = logSumExpEnergy(compare('euclidean', memories, COUNT, D), beta);
  const update = universalNetwork(memories, COUNT, D, {
    similarity: 'euclidean',
    separation: 'softmax',
    parameter: beta,
  }).retrieve(x);
  descend(x, 0.5, 1).forEach((value, i) => {
    expect(value).toBeCloseTo(update[i], 12);
  });
});

test.each(['dot', 'normalised-dot', 'hamming'] as const)('%s has none', (name) => {
  expect(() => logSumExpEnergy(compare(name, memories, COUNT, D), 1)).toThrow(/has no log-sum-exp energy/);
});
