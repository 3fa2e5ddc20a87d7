import { tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { type ClassicalHopfieldOptions, classicalHopfield } from '../../../src/hopfield/classical.ts';
import { recallBits } from '../../../src/hopfield/dynamics.ts';
import { pairwiseNetwork } from '../../../src/hopfield/pairwise.ts';
import { learn, type RuleName, rules } from '../../../src/hopfield/rules.ts';
import { episode, greatestRise, meanErrors } from './episode.ts';

const names = Object.keys(rules) as RuleName[];

function network(rule: RuleName, patterns: Int8Array, count: number, d: number) {
  return pairwiseNetwork(learn(rule, patterns, count, d), d);
}

describe('asynchronous recall', () => {
  it.each(names)('never raises the energy and ends in a fixed point: %s', (rule) => {
    const { patterns, queries, count, d } = episode(1, 30, 100, 60);
    const { energies, steps, converged } = recallBits(network(rule, patterns, count, d), queries);
    expect(steps).toBeGreaterThan(1);
    expect(greatestRise(energies)).toBeLessThanOrEqual(1e-9);
    expect(converged.every(Boolean)).toBe(true);
  });

  it('lowers the energy with every single flip', () => {
    const { patterns, queries, count, d } = episode(2, 20, 64, 40);
    const net = network('hebb', patterns, count, d);
    net.load(queries.slice(0, d));
    let flips = 0;
    for (let k = 0; k < 5 * d; k++) {
      const before = net.energy();
      if (!net.wantsFlip(k % d)) continue;
      net.flip(k % d);
      flips++;
      expect(net.energy()).toBeLessThan(before);
    }
    expect(flips).toBeGreaterThan(5);
  });

  it("has the energy -1/2 x'Wx at each step", () => {
    const { patterns, queries, count, d } = episode(3, 8, 30, 20);
    const weights = learn('hebb', patterns, count, d);
    const energy = (x: Int8Array) => {
      let sum = 0;
      for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) sum += weights[i * d + j] * x[i] * x[j];
      return -sum / 2;
    };
    for (const steps of [0, 1, 2]) {
      const result = recallBits(pairwiseNetwork(weights, d), queries, { steps });
      for (let q = 0; q < count; q++) {
        expect(result.energies[result.steps][q]).toBeCloseTo(
          energy(result.states.subarray(q * d, (q + 1) * d)),
          9,
        );
      }
    }
  });

  it('is the same for the same seed, and another sweep order for another', () => {
    const { patterns, queries, count, d } = episode(4, 30, 64, 64);
    const net = network('hebb', patterns, count, d);
    const first = recallBits(net, queries, { seed: 5 });
    expect(recallBits(net, queries, { seed: 5 })).toEqual(first);
    expect(recallBits(net, queries, { seed: 6 }).states).not.toEqual(first.states);
  });

  it('of a query does not depend on the others it is asked with', () => {
    const { patterns, queries, count, d } = episode(5, 20, 64, 40);
    const net = network('hebb', patterns, count, d);
    const all = recallBits(net, queries);
    const last = recallBits(net, queries.subarray((count - 1) * d));
    expect(last.states).toEqual(all.states.subarray((count - 1) * d));
  });

  it('stops at the limit of steps and says that it has not converged', () => {
    const { patterns, queries, count, d } = episode(6, 30, 100, 80);
    const { steps, converged, energies } = recallBits(network('hebb', patterns, count, d), queries, {
      steps: 1,
    });
    expect(steps).toBe(1);
    expect(energies.length).toBe(2);
    expect(converged.every(Boolean)).toBe(false);
  });

  it('keeps the value of a unit whose field is zero, also where weights are not exact in binary', () => {
    // Patterns (+,+,...) and (+,-,...) of d = 10: w_01 = 1/10 - 1/10, and so on: unit 0 has fields that cancel.
    const d = 10;
    const a = new Int8Array(d).fill(1);
    const b = Int8Array.from({ length: d }, (_, i) => (i === 0 ? 1 : -1));
    const net = network('hebb', Int8Array.from([...a, ...b, ...a, ...b, ...a, ...b]), 6, d);
    for (const value of [-1, 1]) {
      const { states } = recallBits(
        net,
        Int8Array.from(a, (x, i) => (i === 0 ? value : x)),
      );
      expect(states[0]).toBe(value);
    }
  });
});

describe('synchronous recall', () => {
  it('finds the 2-cycle of two units that copy each other, and stops', () => {
    const net = pairwiseNetwork(Float32Array.from([0, 1, 1, 0]), 2);
    const { steps, converged } = recallBits(net, Int8Array.from([1, -1]), { update: 'synchronous' });
    expect(converged).toEqual([false]);
    expect(steps).toBe(1);
  });

  it.each(names)('ends in a fixed point or a 2-cycle, clamped or not: %s', (rule) => {
    const { patterns, queries, known, count, d } = episode(7, 24, 64, 40);
    const net = network(rule, patterns, count, d);
    for (const mask of [undefined, known]) {
      const options = { update: 'synchronous', known: mask } as const;
      const { states, converged, steps } = recallBits(net, queries, options);
      expect(steps).toBeLessThan(100);
      const once = recallBits(net, states, { ...options, steps: 1 }).states;
      expect(recallBits(net, once, { ...options, steps: 1 }).states).toEqual(states);
      for (let q = 0; q < count; q++) {
        const same =
          meanErrors(once.subarray(q * d, (q + 1) * d), states.subarray(q * d, (q + 1) * d), 1) === 0;
        expect(same).toBe(converged[q]);
      }
    }
  });
});

describe('capacity', () => {
  it('the pseudo-inverse rule makes every pattern a fixed point, with and without its diagonal', () => {
    for (const count of [1, 40, 60, 64, 80]) {
      const { patterns, d } = episode(8, count, 64, 0);
      for (const selfConnections of [true, false]) {
        const net = pairwiseNetwork(learn('pseudo-inverse', patterns, count, d, selfConnections), d);
        expect(recallBits(net, patterns).states).toEqual(patterns);
      }
    }
  });

  it.each(names)('one pattern is recalled from any query nearer to it than to its negative: %s', (rule) => {
    const { patterns, d } = episode(9, 1, 51, 0);
    const query = patterns.map((x, i) => (i < 25 ? -x : x));
    expect(recallBits(network(rule, patterns, 1, d), query).states).toEqual(patterns);
  });

  it.each(['hebb', 'pseudo-inverse'] as const)('a duplicate among the patterns does no harm: %s', (rule) => {
    const { patterns, queries, d } = episode(10, 4, 128, 20);
    const doubled = Int8Array.from([...patterns, ...patterns.subarray(0, d)]);
    const { states } = recallBits(network(rule, doubled, 5, d), queries);
    expect(meanErrors(states, patterns, 4)).toBeLessThan(1);
  });
});

describe('table 1 of Bartunov et al. 2020', () => {
  /** Mean error bits of Hebb's rule at a load, the uncorrupted 64 of 128 bits clamped, and its standard error. */
  function hebb(load: number, episodes: number): { mean: number; standardError: number } {
    const means = Array.from({ length: episodes }, (_, seed) => {
      const { patterns, queries, known, count, d } = episode(seed, load, 128, 64);
      const { states } = recallBits(network('hebb', patterns, count, d), queries, { known, seed });
      return meanErrors(states, patterns, count);
    });
    const mean = means.reduce((a, b) => a + b) / episodes;
    const variance = means.reduce((sum, m) => sum + (m - mean) ** 2, 0) / (episodes - 1);
    return { mean, standardError: Math.sqrt(variance / episodes) };
  }

  // The published row, printed to 0.1.
  it.each([
    [16, 0.4],
    [32, 5.0],
    [48, 9.8],
    [64, 13.0],
    [96, 16.5],
  ])(
    'Hebb at %i patterns, the uncorrupted bits clamped, errs by %f bits',
    { timeout: 60_000 },
    (load, error) => {
      const { mean, standardError } = hebb(load, 100);
      expect(standardError).toBeLessThan(0.15);
      expect(Math.abs(mean - error), `mean ${mean}`).toBeLessThan(3 * standardError + 0.05);
    },
  );
});

describe('classicalHopfield', () => {
  const store = (options: ClassicalHopfieldOptions, values: ArrayLike<number>, shape: number[]) =>
    classicalHopfield(options).store(tensor(Float32Array.from(values), shape));

  it('recalls tensors of any pattern shape and counts d (d + 1) / 2 floats', async () => {
    const { patterns, queries, known } = episode(11, 6, 128, 40);
    const memory = await store({ rule: 'pseudo-inverse' }, patterns, [6, 8, 16]);
    expect(memory.floats).toBe(8256);
    const result = await memory.recall(tensor(Float32Array.from(queries), [6, 8, 16]), {
      known: tensor(known, [6, 8, 16]),
    });
    expect(result.patterns.shape).toEqual([6, 8, 16]);
    expect(Int8Array.from(await result.patterns.data())).toEqual(patterns);
    expect(result.converged).toEqual(new Array(6).fill(true));
    const energies = await memory.energy!(result.patterns);
    for (let q = 0; q < 6; q++) expect(energies[q]).toBeCloseTo(result.energies!.at(-1)![q], 4);
  });

  it('works in any range: thresholds in the middle and answers with the ends', async () => {
    const { patterns, queries } = episode(12, 5, 64, 20);
    const zeroOne = (x: Int8Array) => Array.from(x, (value) => (value + 1) / 2);
    const memory = await store({ rule: 'hebb', range: [0, 1] }, zeroOne(patterns), [5, 64]);
    const { patterns: recalled } = await memory.recall(tensor(zeroOne(queries), [5, 64]));
    const signed = await store({ rule: 'hebb' }, patterns, [5, 64]);
    const { patterns: expected } = await signed.recall(tensor(Float32Array.from(queries), [5, 64]));
    expect([...(await recalled.data())]).toEqual([...(await expected.data())].map((x) => (x + 1) / 2));
  });

  it('never changes a known entry, not even one between the ends of the range', async () => {
    const { patterns, known, count, d } = episode(13, 20, 64, 32);
    const queries = Float32Array.from(patterns, (_, i) => Math.sin(i));
    const memory = await store({ rule: 'hebb' }, patterns, [count, d]);
    const result = await memory.recall(tensor(queries, [count, d]), { known: tensor(known, [count, d]) });
    const recalled = await result.patterns.data();
    for (let i = 0; i < queries.length; i++) {
      if (known[i]) expect(recalled[i]).toBe(queries[i]);
      else expect(Math.abs(recalled[i])).toBe(1);
    }
  });

  it('rejects what it cannot use with one line', async () => {
    const wrong = { rule: 'hebbian' } as unknown as ClassicalHopfieldOptions;
    expect(() => classicalHopfield(wrong)).toThrow(
      /classical: rule is "hebbian", expected one of hebb, storkey/,
    );
    expect(() => classicalHopfield({ rule: 'hebb', range: [1, -1] })).toThrow(InputError);
    const memory = await store({ rule: 'hebb' }, [1, -1, 1, 1], [1, 4]);
    const query = tensor([1, 1, 1, -1], [1, 4]);
    await expect(memory.recall(tensor([[1, 1, 1]]))).rejects.toThrow(
      'queries have shape [1,3], expected [count, 4]',
    );
    await expect(memory.recall(query, { known: tensor([[1]]) })).rejects.toThrow(InputError);
    await expect(memory.recall(query, { steps: -1 })).rejects.toThrow('recall: steps is -1');
    await expect(store({ rule: 'hebb' }, [Number.NaN], [1, 1])).rejects.toThrow('finite');
    await expect(store({ rule: 'hebb' }, [1, 1], [2])).rejects.toThrow(InputError);
  });

  it('stores and recalls 1,024 bits', async () => {
    const { patterns, queries, count, d } = episode(14, 32, 1024, 200);
    const memory = await store({ rule: 'storkey' }, patterns, [count, 32, 32]);
    expect(memory.floats).toBe(524_800);
    const result = await memory.recall(tensor(Float32Array.from(queries), [count, 32, 32]));
    expect(Int8Array.from(await result.patterns.data())).toEqual(patterns);
    expect(d).toBe(1024);
  });
});
