import { tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { type RivalName, rivals } from '../../../src/hopfield/index.ts';
import { episode } from './episode.ts';

describe.each(Object.keys(rivals) as RivalName[])('rival %s', (name) => {
  const { patterns, queries, known, count, d } = episode(1, 4, 128, 40);
  const zeroOne = (x: ArrayLike<number>) =>
    tensor(
      Float32Array.from(x, (v) => (v + 1) / 2),
      [count, d],
    );

  /** Floats of these patterns where `budget` are to be had. */
  const size = (budget: number) => {
    if (name === 'modern-packed') return (count * d) / 32;
    // All coefficients, four in a float.
    if (name === 'modern-truncated-packed') return (count * d) / 4;
    return /dense|modern|nearest/.test(name) ? budget : 8256;
  };

  it('bears its name, recalls a few patterns in its range, and gives its size and energies', async () => {
    const memory = rivals[name]({ seed: 3, range: [0, 1] });
    expect(memory.name).toBe(name);
    expect(memory.range).toEqual([0, 1]);
    const stored = await memory.store(zeroOne(patterns));
    expect(stored.floats).toBe(size(count * d));
    const options = { known: tensor(known, [count, d]) };
    const result = await stored.recall(zeroOne(queries), options);
    const found = await result.patterns.data();
    for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo((patterns[i] + 1) / 2, 5);
    // One that only compares has no energy.
    if (name !== 'nearest') {
      expect(result.energies!.length).toBe(result.steps + 1);
      expect((await stored.energy!(result.patterns)).length).toBe(count);
    }
    const again = await stored.recall(zeroOne(queries), options);
    expect(await again.patterns.data()).toEqual(found);
  });

  it('keeps to a budget of floats where it keeps patterns', async () => {
    const stored = await rivals[name]({ seed: 3, range: [0, 1], floats: 2 * d }).store(zeroOne(patterns));
    expect(stored.floats).toBe(size(2 * d));
  });
});
