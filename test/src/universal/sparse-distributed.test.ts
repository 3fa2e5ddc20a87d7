import { tensor } from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/random.ts';
import { sparseDistributedMemory } from '../../../src/universal/sparse-distributed.ts';
import { batchOf, randomVectors } from './vectors.ts';

const [D, LOCATIONS, COUNT] = [64, 300, 5];
const patterns = randomVectors('sdm', COUNT, D, (r) => 2 * r.bit() - 1);
const noisy = patterns.map((x, k) => (k % D < 6 ? -x : x));
const batch = (values: Float64Array) => batchOf(values, [D]);

/** Kanerva's memory as he describes it: an address space, counters, and a radius. */
function kanerva(addresses: number[][], radius: number) {
  const near = (a: number[], x: ArrayLike<number>) => a.filter((bit, i) => bit !== x[i]).length <= radius;
  const counters = addresses.map(() => new Array(D).fill(0));
  return {
    write(x: ArrayLike<number>) {
      addresses.forEach((address, l) => {
        if (near(address, x)) for (let i = 0; i < D; i++) counters[l][i] += x[i];
      });
    },
    read(q: ArrayLike<number>) {
      const sums = new Array(D).fill(0);
      addresses.forEach((address, l) => {
        if (near(address, q)) for (let i = 0; i < D; i++) sums[i] += counters[l][i];
      });
      return sums.map((sum, i) => (sum === 0 ? q[i] : Math.sign(sum)));
    },
  };
}

describe('binary', () => {
  const radius = 28;
  const memory = sparseDistributedMemory({ locations: LOCATIONS, radius, seed: 3 });

  test("equals Kanerva's own description, read for read", async () => {
    const random = stream(3, 'sdm', 'addresses');
    const addresses = Array.from({ length: LOCATIONS }, () =>
      Array.from({ length: D }, () => 2 * random.bit() - 1),
    );
    const direct = kanerva(addresses, radius);
    for (let mu = 0; mu < COUNT; mu++) direct.write(patterns.subarray(mu * D, (mu + 1) * D));
    const stored = await memory.store(batch(patterns));
    expect(stored.floats).toBe(LOCATIONS * D);
    const out = (await stored.recall(batch(noisy))).patterns.arraySync() as number[][];
    for (let q = 0; q < COUNT; q++) expect(out[q]).toEqual(direct.read(noisy.subarray(q * D, (q + 1) * D)));
  });

  test('cleans up noise', async () => {
    const stored = await sparseDistributedMemory({ locations: 3000 }).store(batch(patterns));
    const out = (await stored.recall(batch(noisy), { steps: 3 })).patterns.dataSync();
    const wrong = patterns.filter((x, i) => x !== out[i]).length;
    expect(wrong).toBeLessThan(5);
  });

  test('by default one location in twenty is active', async () => {
    const stored = await sparseDistributedMemory({ locations: 4000 }).store(batch(patterns.subarray(0, D)));
    // A read of what was written alone gives it back whatever the radius; a far query reaches nothing.
    const own = (await stored.recall(batch(patterns.subarray(0, D)))).patterns.dataSync();
    expect([...own]).toEqual([...patterns.subarray(0, D)]);
    const opposite = patterns.subarray(0, D).map((x) => -x);
    expect([...(await stored.recall(batch(opposite))).patterns.dataSync()]).toEqual([...opposite]);
  });
});

describe('continuous', () => {
  const values = randomVectors('real', COUNT, D, (r) => 2 * r.uniform() - 1);
  const beta = 12;
  const memory = sparseDistributedMemory({ kind: 'continuous', locations: LOCATIONS, beta, seed: 5 });

  test('is the mean of the patterns, each by the overlap of its activation with the query’s', async () => {
    const random = stream(5, 'sdm', 'addresses');
    const addresses = Array.from({ length: LOCATIONS }, () =>
      Array.from({ length: D }, () => random.normal()),
    );
    const active = (x: ArrayLike<number>) => {
      const norm = (v: ArrayLike<number>) => Math.sqrt(Array.from(v).reduce((s, y) => s + y * y, 0));
      const cosines = addresses.map((a) => a.reduce((s, y, i) => s + y * x[i], 0) / norm(a) / norm(x));
      const e = cosines.map((c) => Math.exp(beta * c));
      const all = e.reduce((a, b) => a + b);
      return e.map((v) => v / all);
    };
    const written = Array.from({ length: COUNT }, (_, mu) => active(values.subarray(mu * D, (mu + 1) * D)));
    const query = randomVectors('query', 1, D, (r) => 2 * r.uniform() - 1);
    const reach = written.map((w) => active(query).reduce((sum, a, l) => sum + a * w[l], 0));
    const all = reach.reduce((a, b) => a + b);
    const stored = await memory.store(batch(values));
    expect(stored.floats).toBe(LOCATIONS * (D + 1));
    const out = (await stored.recall(batch(query))).patterns.dataSync();
    for (let i = 0; i < D; i++) {
      const mean = reach.reduce((sum, w, mu) => sum + w * values[mu * D + i], 0) / all;
      expect(out[i]).toBeCloseTo(mean, 5);
    }
  });

  test('known entries stay', async () => {
    const stored = await memory.store(batch(values));
    const known = tensor(
      Array.from({ length: D }, (_, i) => i % 2),
      [1, D],
    );
    const query = batch(values.subarray(0, D).map((x) => -x));
    const out = (await stored.recall(query, { known })).patterns.dataSync();
    const asked = query.dataSync();
    for (let i = 1; i < D; i += 2) expect(out[i]).toBe(asked[i]);
  });
});

test('bad options are refused', () => {
  expect(() => sparseDistributedMemory({ locations: 0 })).toThrow('locations is 0, expected a whole number');
  expect(() => sparseDistributedMemory({ kind: 'dense' as never })).toThrow('kind is "dense", expected');
});
