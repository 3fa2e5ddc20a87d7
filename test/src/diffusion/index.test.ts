import { tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { type DiffusionRivalName, diffusionRivals } from '../../../src/diffusion/index.ts';
import { episode } from '../hopfield/episode.ts';

describe.each(Object.keys(diffusionRivals) as DiffusionRivalName[])('rival %s', (name) => {
  const { patterns, queries, count, d } = episode(1, 4, 128, 40);
  const zeroOne = (x: ArrayLike<number>) =>
    tensor(
      Float32Array.from(x, (v) => (v + 1) / 2),
      [count, d],
    );

  it('bears its name, recalls a few patterns in its range, keeps to its budget, and again the same', async () => {
    const memory = diffusionRivals[name]({ seed: 3, range: [0, 1] });
    expect(memory.name).toBe(name);
    expect(memory.range).toEqual([0, 1]);
    const stored = await memory.store(zeroOne(patterns));
    expect(stored.floats).toBe(count * d);
    const found = await (await stored.recall(zeroOne(queries))).patterns.data();
    for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo((patterns[i] + 1) / 2, 5);
    expect(await (await stored.recall(zeroOne(queries))).patterns.data()).toEqual(found);
    const small = await diffusionRivals[name]({ seed: 3, range: [0, 1], floats: 2 * d }).store(
      zeroOne(patterns),
    );
    expect(small.floats).toBe(2 * d);
  });
});
