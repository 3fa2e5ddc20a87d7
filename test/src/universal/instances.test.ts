import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { classicalHopfield, denseHopfield, modernHopfield } from '../../../src/hopfield/index.ts';
import type { AssociativeMemory } from '../../../src/memory/associative.ts';
import {
  attention,
  denseMemory,
  hopfieldNetwork,
  modernNetworkMemory,
  nearestNeighbour,
} from '../../../src/universal/instances.ts';
import { batchOf, randomVectors, rowOf } from './vectors.ts';

const D = 100;
const bits = (name: string, count: number) => randomVectors(name, count, D, (r) => 2 * r.bit() - 1);
const batch = (values: Float64Array) => batchOf(values, [D]);

async function recalled(
  memory: AssociativeMemory,
  patterns: Float64Array,
  queries: Float64Array,
  steps?: number,
) {
  const stored = await memory.store(batch(patterns));
  return (await stored.recall(batch(queries), { steps })).patterns.data();
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

describe('the Hopfield network', () => {
  const patterns = bits('patterns', 9);
  const queries = bits('queries', 20);

  test('is sign(X X q), entry by entry', async () => {
    const out = await recalled(hopfieldNetwork(), patterns, queries, 1);
    for (let q = 0; q < 20; q++) {
      for (let i = 0; i < D; i++) {
        let field = 0;
        for (let j = 0; j < D; j++) {
          for (let mu = 0; mu < 9; mu++)
            field += patterns[mu * D + i] * patterns[mu * D + j] * queries[q * D + j];
        }
        expect(out[q * D + i]).toBe(field === 0 ? queries[q * D + i] : Math.sign(field));
      }
    }
  });

  test("is Hebb's rule with self-connections, updated synchronously, at every step", async () => {
    const hebb = classicalHopfield({ rule: 'hebb', update: 'synchronous', selfConnections: true });
    for (const steps of [1, 2, 10]) {
      expect(
        distance(
          await recalled(hopfieldNetwork(), patterns, queries, steps),
          await recalled(hebb, patterns, queries, steps),
        ),
      ).toBe(0);
    }
  });
});

describe.each([2, 3, 4, 6])('the dense associative memory of degree %i', (degree) => {
  const patterns = bits('dense', 12);

  test('is sign(sum xi (xi q)^(n - 1))', async () => {
    const queries = bits('queries', 10);
    const out = await recalled(denseMemory({ degree }), patterns, queries, 1);
    for (let q = 0; q < 10; q++) {
      const overlaps = Array.from({ length: 12 }, (_, mu) =>
        rowOf(patterns, mu, D).reduce((sum, x, i) => sum + x * queries[q * D + i], 0),
      );
      for (let i = 0; i < D; i++) {
        const field = overlaps.reduce((sum, z, mu) => sum + patterns[mu * D + i] * z ** (degree - 1), 0);
        expect(out[q * D + i]).toBe(field === 0 ? queries[q * D + i] : Math.sign(field));
      }
    }
  });

  test('recalls what the network of differences of energies recalls', async () => {
    const noisy = patterns.map((x, k) => (k % D < 15 ? -x : x));
    const few = 6;
    const [stored, asked] = [patterns.subarray(0, few * D), noisy.subarray(0, few * D)];
    const own = await recalled(denseMemory({ degree, steps: 20 }), stored, asked);
    const rival = denseHopfield({ degree, update: 'synchronous' });
    expect(distance(own, await recalled(rival, stored, asked))).toBe(0);
    expect(distance(own, stored)).toBe(0);
  });
});

describe('the modern continuous Hopfield network', () => {
  test.each([0.05, 0.3, 4])("is Ramsauer's, at beta %d, after any number of steps", async (beta) => {
    const [patterns, queries] = [randomVectors('modern', 15, D), randomVectors('queries', 6, D)].map((v) =>
      v.map((x) => 2 * x - 1),
    );
    for (const steps of [1, 3, 100]) {
      const own = await recalled(modernNetworkMemory({ beta, steps }), patterns, queries);
      const rival = await recalled(modernHopfield({ beta }), patterns, queries, steps);
      expect(distance(own, rival)).toBeLessThan(1e-5);
    }
  });
});

test('attention is values times softmax(keys q / sqrt(d))', async () => {
  const [keys, queries] = [randomVectors('keys', 7, D), randomVectors('queries', 3, D)];
  const values = randomVectors('values', 7, 5);
  const stored = await attention(D).storePairs(batch(keys), batchOf(values, [5]));
  const out = (await stored.recall(batch(queries))).patterns;
  const direct = (batch(queries).matMul(batch(keys), false, true) as Tensor)
    .div(Math.sqrt(D))
    .softmax()
    .matMul(batchOf(values, [5]));
  expect(distance(out.dataSync(), direct.dataSync())).toBeLessThan(1e-5);
});

describe('nearest neighbour', () => {
  const [patterns, queries] = [randomVectors('near', 30, D), randomVectors('queries', 10, D)];

  test.each([
    ['euclidean', (a: number, b: number) => (a - b) ** 2],
    ['manhattan', (a: number, b: number) => Math.abs(a - b)],
  ] as const)('is the stored pattern at the least %s distance', async (similarity, term) => {
    const out = await recalled(nearestNeighbour({ similarity }), patterns, queries);
    for (let q = 0; q < 10; q++) {
      const distances = Array.from({ length: 30 }, (_, mu) =>
        rowOf(patterns, mu, D).reduce((sum, x, i) => sum + term(x, queries[q * D + i]), 0),
      );
      const nearest = distances.indexOf(Math.min(...distances));
      expect(distance(out.subarray(q * D, (q + 1) * D), rowOf(patterns, nearest, D))).toBeLessThan(1e-6);
    }
  });

  test('is the modern network with Euclidean similarity that ends at the nearest', async () => {
    const own = await recalled(nearestNeighbour(), patterns, queries);
    const rival = modernHopfield({ similarity: 'euclidean', finish: 'nearest', range: [0, 1] });
    expect(distance(own, await recalled(rival, patterns, queries, 0))).toBeLessThan(1e-6);
  });
});

test('a degree below 2 is refused', () => {
  expect(() => denseMemory({ degree: 1 })).toThrow(
    'universal-dense: degree 1, expected an integer of at least 2',
  );
});
