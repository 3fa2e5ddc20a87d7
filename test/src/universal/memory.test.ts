import { tensor } from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { universalMemory } from '../../../src/universal/memory.ts';
import { separationNames } from '../../../src/universal/separations.ts';
import { similarityNames } from '../../../src/universal/similarities.ts';
import { batchOf, randomVectors } from './vectors.ts';

const [COUNT, SHAPE, D] = [6, [4, 5], 20];
const values = randomVectors('patterns', COUNT, D);
const patterns = batchOf(values, SHAPE);

describe.each(similarityNames)('%s', (similarity) => {
  test.each(separationNames)('with %s is a memory', async (separation) => {
    for (const form of ['negative', 'reciprocal'] as const) {
      for (const normalise of [false, true]) {
        const memory = universalMemory({ similarity, separation, form, normalise });
        const stored = await memory.store(patterns);
        expect(stored.floats).toBe(COUNT * D);
        const { patterns: recalled } = await stored.recall(patterns);
        expect(recalled.shape).toEqual(patterns.shape);
        // Means of stored patterns, exact matches included.
        expect((await recalled.data()).every((x) => x >= 0 && x <= 1)).toBe(true);
        recalled.dispose();
      }
    }
  });
});

test('one step and a fixed point: the iteration stops where an update changes nothing', async () => {
  const memory = universalMemory({
    similarity: 'dot',
    separation: 'softmax',
    parameter: 8,
    range: [-1, 1],
    steps: 50,
  });
  const bits = batchOf(
    randomVectors('bits', 4, 64, (r) => 2 * r.bit() - 1),
    [64],
  );
  const stored = await memory.store(bits);
  const noisy = bits.mul(tensor(Array.from({ length: 64 }, (_, i) => (i < 10 ? -1 : 1))));
  const one = await stored.recall(noisy, { steps: 1 });
  const all = await stored.recall(noisy);
  expect(one.steps).toBe(1);
  expect(all.converged).toEqual([true, true, true, true]);
  const again = await stored.recall(all.patterns, { steps: 1 });
  const change = again.patterns.sub(all.patterns).abs().max().dataSync()[0];
  expect(change).toBeLessThan(1e-5);
  expect((await stored.recall(noisy, { steps: 0 })).patterns.sub(noisy).abs().max().dataSync()[0]).toBe(0);
});

test('known entries stay as the query has them', async () => {
  const stored = await universalMemory({ similarity: 'euclidean', separation: 'maximum' }).store(patterns);
  const query = batchOf(randomVectors('other', 1, D), SHAPE);
  const known = tensor(
    Array.from({ length: D }, (_, i) => (i < 7 ? 1 : 0)),
    [1, ...SHAPE],
  );
  const out = await (await stored.recall(query, { known })).patterns.data();
  const asked = await query.data();
  const all = await patterns.data();
  const found = [...Array(COUNT).keys()].find((mu) => all[mu * D + 7] === out[7])!;
  for (let i = 0; i < D; i++) expect(out[i]).toBe(i < 7 ? asked[i] : all[found * D + i]);
});

test('pairs: keys recall values of another shape', async () => {
  const memory = universalMemory({ similarity: 'manhattan', separation: 'maximum' });
  const targets = batchOf(randomVectors('targets', COUNT, 3), [3]);
  const stored = await memory.storePairs(patterns, targets);
  expect(stored.floats).toBe(COUNT * (D + 3));
  const { patterns: recalled } = await stored.recall(patterns);
  expect(await recalled.array()).toEqual(await targets.array());
  await expect(memory.storePairs(patterns, targets.slice([0, 0], [2, 3]))).rejects.toThrow(
    '6 keys and 2 values',
  );
});

test('a budget keeps the first patterns that fit', async () => {
  const memory = universalMemory({ similarity: 'euclidean', separation: 'maximum', floats: 2 * D + 3 });
  const stored = await memory.store(patterns);
  expect(stored.floats).toBe(2 * D);
  const recalled = await (await stored.recall(patterns)).patterns.data();
  const all = await patterns.data();
  for (let mu = 0; mu < COUNT; mu++) {
    const from = [0, 1].some((kept) => recalled[mu * D] === all[kept * D]);
    expect(from).toBe(true);
  }
});

test('the energy is there where similarity and separation are differentiable', async () => {
  const energyOf = async (options: Parameters<typeof universalMemory>[0]) =>
    (await universalMemory(options).store(patterns)).energy;
  expect(await energyOf({ similarity: 'hamming', separation: 'softmax' })).toBeUndefined();
  expect(await energyOf({ similarity: 'dot', separation: 'maximum' })).toBeUndefined();
  const energy = await energyOf({ similarity: 'dot', separation: 'softmax', parameter: 2 });
  const [own] = await energy!(patterns.slice([0, 0, 0], [1, ...SHAPE]));
  const x = await patterns.data();
  let [norm2, sum] = [0, 0];
  for (let i = 0; i < D; i++) norm2 += x[i] * x[i];
  for (let mu = 0; mu < COUNT; mu++) {
    let dot = 0;
    for (let i = 0; i < D; i++) dot += x[mu * D + i] * x[i];
    sum += Math.exp(2 * dot);
  }
  expect(own).toBeCloseTo(norm2 / 2 - Math.log(sum) / 2, 4);
});

test.each([
  [{ similarity: 'dot', separation: 'softmix' }, /separation is "softmix", expected one of identity/],
  [{ similarity: 'dott', separation: 'softmax' }, /similarity is "dott", expected one of dot/],
  [{ similarity: 'dot', separation: 'softmax', steps: 0 }, /steps is 0, expected a whole number from 1/],
  [{ similarity: 'dot', separation: 'power', parameter: 1.5, readout: 'sign' }, /n 1.5 with read-out "sign"/],
  [{ similarity: 'dot', separation: 'softmax', range: [1, 0] }, /expected two finite numbers, low < high/],
  [{ similarity: 'hamming', separation: 'softmax', mode: 'official' }, /the public code has no similarity/],
])('%o is refused before anything is stored', (options, message) => {
  const make = () => universalMemory(options as never);
  expect(make).toThrow(InputError);
  expect(make).toThrow(message);
});
