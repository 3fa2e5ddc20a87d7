import { describe, expect, it } from 'vitest';
import { patternDiffusion, reverseDrift } from '../../../src/diffusion/exact.ts';
import { denoiserOf } from '../../../src/diffusion/memory.ts';
import { ladder, varianceExploding, variancePreserving } from '../../../src/diffusion/process.ts';
import { retrieve } from '../../../src/diffusion/retrieval.ts';
import { modernNetwork, recallModern } from '../../../src/hopfield/modern-network.ts';
import { circle, gaussians } from './points.ts';

const [count, d] = [6, 4];
const patterns = gaussians(1, count * d);
const exact = patternDiffusion(patterns, count, d);
const exploding = varianceExploding();

describe('ode', () => {
  it('follows the probability flow, as Euler steps of a thousandth do', async () => {
    for (const process of [exploding, variancePreserving()]) {
      const [start, end] = [1.5, 0.2];
      const query = gaussians(2, d);
      const time = [process.timeOf(start), process.timeOf(end)];
      const x = query.map((value) => value * process.at(time[0]).scale);
      const [steps, drift] = [20000, new Float64Array(d)];
      const h = (time[0] - time[1]) / steps;
      for (let k = 0; k < steps; k++) {
        reverseDrift(exact, process, time[0] - k * h, x, 'ode', drift);
        for (let i = 0; i < d; i++) x[i] += h * drift[i];
      }
      let reached = new Float64Array(d);
      const levels = ladder(process, start, end, 3000);
      const state = query.map((value) => value * process.at(time[0]).scale);
      await retrieve(denoiserOf(exact), state, d, {
        method: 'ode',
        levels,
        watch: (step, states) => {
          if (step === levels.length - 1) reached = states.slice();
        },
      });
      for (let i = 0; i < d; i++) expect(reached[i]).toBeCloseTo(x[i], 3);
    }
  });
});

describe('sde', () => {
  it('draws every pattern equally often from pure noise', async () => {
    const [samples, k] = [2000, 4];
    const diffusion = patternDiffusion(circle(k), k, 2);
    const start = 30;
    const { states } = await retrieve(
      denoiserOf(diffusion),
      gaussians(3, 2 * samples).map((e) => e * Math.sqrt(start)),
      2,
      { method: 'sde', levels: ladder(exploding, start, 1e-4, 60) },
    );
    const drawn = new Array(k).fill(0);
    for (let q = 0; q < samples; q++) {
      const angle = Math.atan2(states[2 * q + 1], states[2 * q]);
      drawn[Math.round((angle / (2 * Math.PI)) * k + k) % k]++;
      expect(Math.hypot(states[2 * q], states[2 * q + 1])).toBeCloseTo(1, 4);
    }
    // five standard deviations of a binomial
    for (const n of drawn)
      expect(Math.abs(n - samples / k)).toBeLessThan(5 * Math.sqrt(samples * 0.25 * 0.75));
  });

  it('at fixed beta is Langevin dynamics: its states are spread as the density of that level', async () => {
    const variance = 0.5;
    const pair = patternDiffusion([-0.5, 0.7], 2, 1);
    const levels = ladder(exploding, variance, variance, 250);
    let last = new Float64Array();
    await retrieve(denoiserOf(pair), new Float64Array(3000), 1, {
      method: 'sde',
      levels,
      rate: 0.03,
      watch: (step, states) => {
        if (step === levels.length - 1) last = states.slice();
      },
    });
    const mean = last.reduce((a, b) => a + b) / last.length;
    const variance2 = last.reduce((sum, x) => sum + (x - mean) ** 2, 0) / last.length;
    // five standard deviations of the mean, and 3% for the steps' length
    const expected = 0.6 ** 2 + variance;
    expect(Math.abs(mean - 0.1)).toBeLessThan(5 * Math.sqrt(expected / last.length));
    expect(Math.abs(variance2 / expected - 1)).toBeLessThan(0.03 + 5 * Math.sqrt(2 / last.length));
  });

  it('a query recalls the same whatever it is asked with, and otherwise by another seed', async () => {
    const queries = gaussians(4, 3 * d);
    const levels = ladder(exploding, 2, 0.01, 10);
    const recall = async (n: number, seed: number) =>
      (await retrieve(denoiserOf(exact), queries.subarray(0, n * d), d, { method: 'sde', levels, seed }))
        .states;
    let seen = '';
    await retrieve(denoiserOf(exact), queries, d, {
      method: 'sde',
      levels,
      seed: 2,
      watch: (step, x) => {
        if (step === 5) seen = x.join();
      },
    });
    await retrieve(denoiserOf(exact), queries, d, {
      method: 'sde',
      levels,
      seed: 3,
      watch: (step, x) => {
        if (step === 5) expect(x.join()).not.toBe(seen);
      },
    });
    expect((await recall(3, 2)).subarray(0, d)).toEqual(await recall(1, 2));
  });
});

describe('denoise', () => {
  it('at fixed beta is the modern Hopfield network', async () => {
    const variance = 0.5;
    const queries = Float32Array.from(gaussians(5, 4 * d));
    const stored = Float32Array.from(patterns);
    const hopfield = modernNetwork(stored, count, d, 1 / variance, 'euclidean');
    const expected = recallModern(hopfield, queries, { steps: 5 });
    const { states, energies } = await retrieve(denoiserOf(patternDiffusion(stored, count, d)), queries, d, {
      method: 'denoise',
      levels: ladder(exploding, variance, variance, 5),
    });
    for (let i = 0; i < states.length; i++) expect(states[i]).toBeCloseTo(expected.states[i], 5);
    expect(energies!.length).toBe(6);
    for (const [k, own] of energies!.entries()) {
      for (const [q, energy] of own.entries())
        expect(energy).toBeCloseTo(expected.energies[k]?.[q] ?? energy, 5);
    }
  });
});

describe('replacement', () => {
  it.each(['sde', 'ode', 'denoise'] as const)(
    '%s ends with known entries as the query has them',
    async (method) => {
      const query = patterns.slice(3 * d, 4 * d);
      query[3] = 5;
      const { states } = await retrieve(denoiserOf(exact), query, d, {
        method,
        levels: ladder(exploding, 1, 0.001, 40),
        known: [1, 1, 1, 0],
      });
      expect(states.subarray(0, 3)).toEqual(query.subarray(0, 3));
      expect(states[3]).toBeCloseTo(patterns[3 * d + 3], 4);
    },
  );
});

describe('the two processes', () => {
  it('are one retrieval in two units', async () => {
    const queries = gaussians(6, 3 * d);
    for (const method of ['sde', 'ode', 'denoise'] as const) {
      const [a, b] = await Promise.all(
        [exploding, variancePreserving()].map((process) =>
          retrieve(
            denoiserOf(exact),
            queries.map((x) => x * process.at(process.timeOf(3)).scale),
            d,
            { method, levels: ladder(process, 3, 0.05, 12) },
          ),
        ),
      );
      for (let i = 0; i < a.states.length; i++) expect(a.states[i]).toBeCloseTo(b.states[i], 9);
    }
  });
});
