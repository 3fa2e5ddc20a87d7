import { tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { modernHopfield } from '../../../src/hopfield/modern.ts';
import { modernNetwork, recallModern } from '../../../src/hopfield/modern-network.ts';
import { stream } from '../../../src/random.ts';
import { episode, greatestRise } from './episode.ts';

const similarities = ['dot', 'euclidean'] as const;

/** [count, d], standard normal. */
function gaussians(seed: number, count: number, d: number): Float32Array {
  const random = stream(seed, 'gaussians');
  return Float32Array.from({ length: count * d }, () => random.normal());
}

describe.each(similarities)('with %s similarity', (similarity) => {
  it('an update never raises the energy, at any beta, with or without known entries; the energy is not negative', () => {
    const [count, d] = [12, 20];
    const patterns = gaussians(1, count, d);
    const queries = gaussians(2, 30, d);
    const known = Uint8Array.from(queries, (_, i) => (i % 3 === 0 ? 1 : 0));
    for (const beta of [0.01, 0.1, 0.5, 1, 20]) {
      const network = modernNetwork(patterns, count, d, beta, similarity);
      for (const mask of [undefined, known]) {
        const { energies, steps } = recallModern(network, queries, { known: mask, steps: 200 });
        expect(steps).toBeGreaterThan(0);
        expect(greatestRise(energies)).toBeLessThanOrEqual(1e-9);
        expect(Math.min(...energies.flat())).toBeGreaterThanOrEqual(-1e-9);
      }
    }
  });

  it('the update is the gradient step x - grad E(x)', () => {
    const [count, d] = [5, 6];
    const network = modernNetwork(gaussians(3, count, d), count, d, 0.7, similarity);
    const x = Float64Array.from(gaussians(4, 1, d));
    const next = new Float64Array(d);
    expect(network.update(x, next)).toBeCloseTo(network.energy(x), 12);
    for (let i = 0; i < d; i++) {
      const [up, down] = [x.slice(), x.slice()];
      up[i] += 1e-4;
      down[i] -= 1e-4;
      const slope = (network.energy(up) - network.energy(down)) / 2e-4;
      expect(next[i]).toBeCloseTo(x[i] - slope, 6);
    }
  });

  it('at a large beta one update gives the most similar pattern, without overflow', () => {
    const [count, d] = [10, 30];
    const patterns = gaussians(5, count, d);
    const queries = gaussians(6, 8, d);
    const network = modernNetwork(patterns, count, d, 1e6, similarity);
    const { states } = recallModern(network, queries, { steps: 1 });
    for (let q = 0; q < 8; q++) {
      const scores = Array.from({ length: count }, (_, mu) => {
        let score = 0;
        for (let i = 0; i < d; i++) {
          const [m, x] = [patterns[mu * d + i], queries[q * d + i]];
          score += similarity === 'dot' ? m * x : -((m - x) ** 2);
        }
        return score;
      });
      const best = scores.indexOf(Math.max(...scores));
      expect(states.subarray(q * d, (q + 1) * d)).toEqual(patterns.subarray(best * d, (best + 1) * d));
    }
  });
});

describe('recallModern', () => {
  it('at a small beta converges to the mean of the patterns, and reports where it is', () => {
    const [count, d] = [4, 8];
    const patterns = gaussians(7, count, d);
    const network = modernNetwork(patterns, count, d, 1e-9);
    const { states, converged, steps } = recallModern(network, gaussians(8, 1, d), { steps: 10 });
    expect(converged).toEqual([true]);
    expect(steps).toBe(1);
    for (let i = 0; i < d; i++) {
      let mean = 0;
      for (let mu = 0; mu < count; mu++) mean += patterns[mu * d + i] / count;
      expect(states[i]).toBeCloseTo(mean, 5);
    }
  });

  it('makes at most the given number of updates', () => {
    const network = modernNetwork(gaussians(9, 6, 10), 6, 10, 0.2);
    const queries = gaussians(10, 3, 10);
    const none = recallModern(network, queries, { steps: 0 });
    expect(none.states).toEqual(queries);
    expect(none.converged).toEqual([false, false, false]);
    const two = recallModern(network, queries, { steps: 2 });
    expect(two.steps).toBe(2);
    expect(two.energies.length).toBe(3);
  });

  it('keeps known entries, also in the finish', () => {
    const { patterns, queries, known, count, d } = episode(11, 20, 32, 16);
    const network = modernNetwork(Float32Array.from(patterns), count, d, 0.1);
    const start = Float32Array.from(queries, (x, i) => x * (0.5 + (i % 7) / 14));
    for (const finish of ['soft', 'nearest'] as const) {
      const { states } = recallModern(network, start, { known, steps: 5, finish });
      for (let i = 0; i < states.length; i++) if (known[i]) expect(states[i]).toBe(start[i]);
    }
  });
});

describe('modernHopfield', () => {
  it('recalls more patterns of bits than there are dimensions, exactly', async () => {
    const { patterns, queries, count, d } = episode(12, 200, 64, 20);
    const memory = await modernHopfield({ finish: 'nearest' }).store(
      tensor(Float32Array.from(patterns), [count, 8, 8]),
    );
    expect(memory.floats).toBe(count * d);
    const result = await memory.recall(tensor(Float32Array.from(queries), [count, 8, 8]));
    expect(result.patterns.shape).toEqual([count, 8, 8]);
    expect(Int8Array.from(await result.patterns.data())).toEqual(patterns);
  });

  it('holds only the first patterns that its budget allows', async () => {
    const { patterns, count, d } = episode(13, 10, 64, 0);
    const x = tensor(Float32Array.from(patterns), [count, d]);
    const memory = await modernHopfield({ floats: 64 * 4 + 1, finish: 'nearest' }).store(x);
    expect(memory.floats).toBe(64 * 4);
    const { patterns: recalled } = await memory.recall(x);
    const values = Int8Array.from(await recalled.data());
    expect(values.subarray(0, 4 * d)).toEqual(patterns.subarray(0, 4 * d));
    for (let q = 4; q < count; q++) {
      expect(values.subarray(q * d, (q + 1) * d)).not.toEqual(patterns.subarray(q * d, (q + 1) * d));
    }
    await expect(modernHopfield({ floats: 10 }).store(x)).rejects.toThrow(InputError);
  });

  it('in any range is the same memory as in [-1, 1]', async () => {
    const { patterns, queries, known, count, d } = episode(14, 12, 32, 16);
    const bytes = (x: Int8Array) =>
      tensor(
        Float32Array.from(x, (v) => ((v + 1) / 2) * 255),
        [count, d],
      );
    const signed = (x: Int8Array) => tensor(Float32Array.from(x), [count, d]);
    const options = { known: tensor(known, [count, d]) };
    const a = await (await modernHopfield({ beta: 0.1 }).store(signed(patterns))).recall(
      signed(queries),
      options,
    );
    const memory = await modernHopfield({ beta: 0.1, range: [0, 255] }).store(bytes(patterns));
    const b = await memory.recall(bytes(queries), options);
    const [expected, found] = [await a.patterns.data(), await b.patterns.data()];
    for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(((expected[i] + 1) / 2) * 255, 3);
    const energies = await memory.energy!(b.patterns);
    for (let q = 0; q < count; q++) expect(energies[q]).toBeCloseTo(b.energies!.at(-1)![q], 3);
  });

  it('with Euclidean similarity finds the nearest of patterns of unequal norm, where the dot product does not', async () => {
    const patterns = tensor([
      [0.1, 0.1],
      [1, 1],
    ]);
    const query = tensor([[0.2, 0.15]]);
    const answer = async (similarity: 'dot' | 'euclidean') => {
      const memory = await modernHopfield({ similarity, finish: 'nearest', beta: 100 }).store(patterns);
      return (await (await memory.recall(query)).patterns.data())[0];
    };
    expect(await answer('euclidean')).toBeCloseTo(0.1, 6);
    expect(await answer('dot')).toBe(1);
  });

  it('rejects options it cannot use', () => {
    expect(() => modernHopfield({ beta: 0 })).toThrow('modern: beta is 0, expected a number above 0');
    expect(() => modernHopfield({ finish: 'hard' as 'soft' })).toThrow(InputError);
    expect(() => modernHopfield({ similarity: 'cosine' as 'dot' })).toThrow(InputError);
    expect(() => modernHopfield({ range: [0, 0] })).toThrow(InputError);
    expect(() => modernHopfield({ floats: -1 })).toThrow(InputError);
  });
});
