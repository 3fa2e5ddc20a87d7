import { tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { denseHopfield, exponentialNetwork, polynomialNetwork } from '../../../src/hopfield/dense.ts';
import { type BitNetwork, recallBits } from '../../../src/hopfield/dynamics.ts';
import { pairwiseNetwork } from '../../../src/hopfield/pairwise.ts';
import { learn } from '../../../src/hopfield/rules.ts';
import { episode, greatestRise, meanErrors } from './episode.ts';

const networks: [string, (patterns: Int8Array, count: number, d: number) => BitNetwork][] = [
  ['power 2', (patterns, count, d) => polynomialNetwork(patterns, count, d, 2)],
  ['power 3', (patterns, count, d) => polynomialNetwork(patterns, count, d, 3)],
  ['power 30', (patterns, count, d) => polynomialNetwork(patterns, count, d, 30)],
  ['rectified power 3', (patterns, count, d) => polynomialNetwork(patterns, count, d, 3, true)],
  ['exponential', exponentialNetwork],
];

describe.each(networks)('%s', (_, make) => {
  it('never raises the energy along asynchronous recall, and ends in a fixed point', () => {
    const { patterns, queries, count, d } = episode(1, 40, 60, 50);
    const { energies, converged, steps } = recallBits(make(patterns, count, d), queries);
    expect(steps).toBeGreaterThan(0);
    expect(greatestRise(energies)).toBeLessThanOrEqual(1e-9);
    expect(converged.every(Boolean)).toBe(true);
  });

  it('wants exactly the flips that lower its energy', () => {
    const { patterns, queries, count, d } = episode(2, 9, 25, 25);
    const net = make(patterns, count, d);
    const [asked, flipped] = [queries.slice(0, d), queries.slice(0, d)];
    for (let i = 0; i < d; i++) {
      net.load(asked);
      const [wants, before] = [net.wantsFlip(i), net.energy()];
      flipped[i] = -flipped[i];
      net.load(flipped);
      const fall = before - net.energy();
      flipped[i] = -flipped[i];
      if (Math.abs(fall) > 1e-9) expect(wants).toBe(fall > 0);
    }
  });

  it('keeps overlaps right along flips', () => {
    const { patterns, queries, count, d } = episode(3, 12, 40, 30);
    const net = make(patterns, count, d);
    const { states, energies, steps } = recallBits(net, queries);
    for (let q = 0; q < count; q++) {
      net.load(states.subarray(q * d, (q + 1) * d));
      expect(net.energy()).toBeCloseTo(energies[steps][q], 9);
    }
  });

  it('recalls one pattern, and is not upset by duplicates', () => {
    const { patterns, queries, d } = episode(4, 3, 64, 20);
    const one = recallBits(make(patterns.slice(0, d), 1, d), queries.slice(0, d));
    expect(one.states).toEqual(patterns.slice(0, d));
    const doubled = Int8Array.from([...patterns, ...patterns]);
    expect(recallBits(make(doubled, 6, d), queries).states).toEqual(patterns);
  });

  it('never flips a known unit, in either update', () => {
    const { patterns, queries, known, count, d } = episode(5, 40, 48, 24);
    // The mask is shifted by one query, so that known entries are wrong ones, too.
    const mask = Uint8Array.from(known, (_, i) => known[(i + d) % known.length]);
    for (const update of ['asynchronous', 'synchronous'] as const) {
      const { states } = recallBits(make(patterns, count, d), queries, { known: mask, update, steps: 20 });
      for (let i = 0; i < states.length; i++) if (mask[i]) expect(states[i]).toBe(queries[i]);
    }
  });
});

describe('power 2', () => {
  it('is the Hebb network: the same decisions, and the same energy with the diagonal', () => {
    for (const d of [32, 45]) {
      const { patterns, queries, known, count } = episode(6, 12, d, 20);
      const dense = polynomialNetwork(patterns, count, d, 2);
      const hebb = pairwiseNetwork(learn('hebb', patterns, count, d), d);
      for (const update of ['asynchronous', 'synchronous'] as const) {
        for (const mask of [undefined, known]) {
          const options = { update, known: mask };
          expect(recallBits(dense, queries, options).states).toEqual(
            recallBits(hebb, queries, options).states,
          );
        }
      }
      const full = pairwiseNetwork(learn('hebb', patterns, count, d, true), d);
      for (const net of [dense, full]) net.load(queries.slice(0, d));
      expect(dense.energy()).toBeCloseTo(full.energy(), 4);
    }
  });
});

describe('capacity', () => {
  it('grows with the degree: 96 patterns of 128 bits are beyond Hebb, not beyond the power 3', () => {
    const { patterns, queries, known, count, d } = episode(7, 96, 128, 64);
    const errors = (net: BitNetwork) =>
      meanErrors(recallBits(net, queries, { known }).states, patterns, count);
    expect(errors(polynomialNetwork(patterns, count, d, 2))).toBeGreaterThan(10);
    expect(errors(polynomialNetwork(patterns, count, d, 3))).toBeLessThan(2);
    expect(errors(exponentialNetwork(patterns, count, d))).toBeLessThan(0.5);
  });
});

describe('exponential', () => {
  it('is safe at d = 1,024, near patterns (exp overflows) and far from all (exp vanishes beside exp(d))', () => {
    const { patterns, queries, count, d } = episode(8, 64, 1024, 700);
    const net = exponentialNetwork(patterns, count, d);
    const { states, energies } = recallBits(net, queries);
    expect(energies.flat().every(Number.isFinite)).toBe(true);
    expect(states).toEqual(patterns);
    const far = recallBits(net, episode(9, 8, 1024, 0).patterns);
    expect(far.energies.flat().every(Number.isFinite)).toBe(true);
    expect(far.converged.every(Boolean)).toBe(true);
    expect(far.energies.at(-1)!.every((energy) => energy <= -1023)).toBe(true);
  });

  it('has the energy -log sum exp of the overlaps', () => {
    const { patterns, queries, count, d } = episode(10, 5, 12, 12);
    const net = exponentialNetwork(patterns, count, d);
    net.load(queries.slice(0, d));
    let sum = 0;
    for (let mu = 0; mu < count; mu++) {
      let z = 0;
      for (let i = 0; i < d; i++) z += patterns[mu * d + i] * queries[i];
      sum += Math.exp(z);
    }
    expect(net.energy()).toBeCloseTo(-Math.log(sum), 10);
  });
});

describe('denseHopfield', () => {
  it('counts N d floats, and holds the first patterns that its budget allows', async () => {
    const { patterns, queries, known, count, d } = episode(11, 20, 64, 30);
    const [x, query, mask] = [patterns, queries, known].map((v) => tensor(Float32Array.from(v), [count, d]));
    const all = await denseHopfield({ interaction: 'exponential' }).store(x);
    expect(all.floats).toBe(20 * 64);
    const recalled = await all.recall(query, { known: mask });
    expect(Int8Array.from(await recalled.patterns.data())).toEqual(patterns);
    const some = await denseHopfield({ floats: 64 * 7 + 63 }).store(x);
    expect(some.floats).toBe(64 * 7);
    await expect(denseHopfield({ floats: 63 }).store(x)).rejects.toThrow(
      'dense: 63 floats cannot hold one pattern of 64',
    );
  });

  it('rejects options it cannot use', () => {
    expect(() => denseHopfield({ degree: 1 })).toThrow(
      'dense: degree is 1, expected a whole number of at least 2',
    );
    expect(() => denseHopfield({ degree: 2.5 })).toThrow(InputError);
    expect(() => denseHopfield({ interaction: 'cubic' as 'polynomial' })).toThrow(InputError);
    expect(() => denseHopfield({ floats: Number.NaN })).toThrow(InputError);
  });
});
