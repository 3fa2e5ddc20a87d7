import { describe, expect, it } from 'vitest';
import { patternDiffusion, reverseDrift } from '../../../src/diffusion/exact.ts';
import {
  inverseTemperature,
  type Noise,
  varianceExploding,
  variancePreserving,
} from '../../../src/diffusion/process.ts';
import { modernNetwork } from '../../../src/hopfield/modern-network.ts';
import { universalNetwork } from '../../../src/universal/network.ts';
import { gaussians, logDensity } from './points.ts';

const [count, d] = [7, 5];
const patterns = gaussians(1, count * d);
const points = Array.from({ length: 6 }, (_, i) => gaussians(10 + i, d));
const noises: [string, Noise][] = [0.1, 0.7, 2].flatMap((time) => [
  [`variance exploding, t = ${time}`, varianceExploding({ sigma: 1.3 }).at(time)],
  [`variance preserving, t = ${time}`, variancePreserving({ rate: 1.5 }).at(time)],
]);
const diffusion = patternDiffusion(patterns, count, d);

describe.each(noises)('%s', (_, noise) => {
  it('the energy is minus the variance times the log density of the mixture, without the constant', () => {
    for (const x of points) {
      const log = logDensity(x, patterns, noise);
      expect(diffusion.surprise(x, noise)).toBeCloseTo(-log, 10);
      const constant = (d / 2) * Math.log(2 * Math.PI * noise.variance);
      expect(diffusion.energy(x, noise)).toBeCloseTo(-noise.variance * (log + constant), 10);
    }
  });

  it('the score is the gradient of the log density, and of minus the energy over the variance', () => {
    const [score, h] = [new Float64Array(d), 1e-5];
    for (const x of points) {
      expect(diffusion.score(x, noise, score)).toBe(diffusion.energy(x, noise));
      for (let i = 0; i < d; i++) {
        const [up, down] = [x.slice(), x.slice()];
        up[i] += h;
        down[i] -= h;
        const slope = (f: (y: Float64Array) => number) => (f(up) - f(down)) / (2 * h);
        expect(score[i]).toBeCloseTo(
          slope((y) => logDensity(y, patterns, noise)),
          5,
        );
        expect(score[i]).toBeCloseTo(
          slope((y) => -diffusion.energy(y, noise) / noise.variance),
          5,
        );
      }
    }
  });

  it('one denoising step equals one update of the universal Hopfield network, squared Euclidean similarity, softmax', () => {
    const mean = new Float64Array(d);
    const scaled = patterns.map((y) => noise.scale * y);
    const universal = universalNetwork(
      scaled,
      count,
      d,
      {
        similarity: 'euclidean',
        separation: 'softmax',
        parameter: 1 / (2 * noise.variance),
        form: 'negative',
      },
      patterns,
    );
    for (const x of points) {
      diffusion.posteriorMean(x, noise, mean);
      const expected = universal.retrieve(x);
      for (let i = 0; i < d; i++) expect(mean[i]).toBeCloseTo(expected[i], 10);
    }
  });
});

describe('variance exploding, beta = 1 / (sigma^2 tau)', () => {
  const process = varianceExploding({ sigma: 1.3 });

  it('tau u is the modern Hopfield energy with its norm term, up to a constant', () => {
    for (const tau of [0.05, 0.3, 1, 4]) {
      const beta = inverseTemperature(process.at(tau));
      expect(beta).toBeCloseTo(1 / (1.3 ** 2 * tau), 12);
      const hopfield = modernNetwork(Float32Array.from(patterns), count, d, beta, 'euclidean');
      const rounded = patternDiffusion(Float32Array.from(patterns), count, d);
      const difference = (x: Float64Array) => rounded.energy(x, process.at(tau)) - hopfield.energy(x);
      const first = difference(points[0]);
      for (const x of points) expect(difference(x)).toBeCloseTo(first, 10);
    }
  });

  it('for patterns of one norm it is the dot-product energy of Ramsauer et al., whose update is one denoising step', () => {
    const bits = Float32Array.from(gaussians(3, 9 * 16), Math.sign);
    const [mine, other] = [new Float64Array(16), new Float64Array(16)];
    for (const tau of [0.05, 0.5, 3]) {
      const noise = process.at(tau);
      const hopfield = modernNetwork(bits, 9, 16, inverseTemperature(noise), 'dot');
      const exact = patternDiffusion(bits, 9, 16);
      const start = gaussians(4, 16);
      const constant = exact.energy(start, noise) - hopfield.energy(start);
      for (let seed = 5; seed < 9; seed++) {
        const x = gaussians(seed, 16);
        exact.posteriorMean(x, noise, mine);
        hopfield.update(x, other);
        for (let i = 0; i < 16; i++) expect(mine[i]).toBeCloseTo(other[i], 10);
        expect(exact.energy(x, noise) - hopfield.energy(x)).toBeCloseTo(constant, 10);
      }
    }
  });
});

describe('two patterns at -1 and +1, variance preserving (Raya and Ambrogioni 2023)', () => {
  it('the fixed point of retrieval at 0 splits into two at scale sqrt(sqrt 2 - 1) = 0.6436', () => {
    const process = variancePreserving();
    const pair = patternDiffusion([-1, 1], 2, 1);
    const drift = new Float64Array(1);
    const at = (scale: number, x: number) => {
      reverseDrift(pair, process, -2 * Math.log(scale), [x], 'sde', drift);
      return drift[0];
    };
    /** Whether a point beside 0 is driven away from it, where then another fixed point must be. */
    const split = (scale: number) => at(scale, 1e-6) > 0;
    let [low, high] = [0.1, 0.99];
    expect([split(low), split(high)]).toEqual([false, true]);
    while (high - low > 1e-9) {
      const middle = (low + high) / 2;
      if (split(middle)) high = middle;
      else low = middle;
    }
    expect(low).toBeCloseTo(Math.sqrt(Math.SQRT2 - 1), 7);
    expect(low).toBeCloseTo(0.6436, 4);
    // Beyond it the drift changes sign once more above 0, before it never does.
    const signs = (scale: number) => {
      const grid = Array.from({ length: 400 }, (_, i) => Math.sign(at(scale, (i + 1) / 100)));
      return grid.filter((sign, i) => i > 0 && sign !== grid[i - 1]).length;
    };
    expect(signs(0.6)).toBe(0);
    expect(signs(0.69)).toBe(1);
  });
});

describe('reverseDrift', () => {
  it('the score enters the probability flow with half the weight that it has in the stochastic equation', () => {
    const [sde, ode, score] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
    for (const process of [varianceExploding({ sigma: 1.3 }), variancePreserving({ rate: 1.5 })]) {
      const x = points[0];
      reverseDrift(diffusion, process, 0.4, x, 'sde', sde);
      reverseDrift(diffusion, process, 0.4, x, 'ode', ode);
      diffusion.score(x, process.at(0.4), score);
      for (let i = 0; i < d; i++) {
        expect(sde[i] - ode[i]).toBeCloseTo((process.diffusion(0.4) * score[i]) / 2, 10);
      }
    }
  });

  it('the probability flow carries the density: d log p / dt along it is minus its divergence', () => {
    // Time running backwards, dx/ds = b: d/ds log p_t(x) = -div b.
    const process = variancePreserving({ rate: 1.5 });
    const [time, h] = [0.6, 1e-4];
    const x = points[1];
    const drift = new Float64Array(d);
    const driftAt = (y: Float64Array) => {
      reverseDrift(diffusion, process, time, y, 'ode', drift);
      return drift.slice();
    };
    const b = driftAt(x);
    const along = (s: number) =>
      logDensity(
        x.map((value, i) => value + s * b[i]),
        patterns,
        process.at(time - s),
      );
    let divergence = 0;
    for (let i = 0; i < d; i++) {
      const [up, down] = [x.slice(), x.slice()];
      up[i] += h;
      down[i] -= h;
      divergence += (driftAt(up)[i] - driftAt(down)[i]) / (2 * h);
    }
    expect((along(h) - along(-h)) / (2 * h)).toBeCloseTo(-divergence, 5);
  });
});

describe('patternDiffusion', () => {
  it('weights patterns; minus infinity leaves one out', () => {
    const noise = { scale: 1, variance: 0.5 };
    const twice = patternDiffusion([...patterns, ...patterns.subarray(0, d)], count + 1, d);
    const weighted = patternDiffusion(patterns, count, d, [Math.log(2), 0, 0, 0, 0, 0, 0]);
    const without = patternDiffusion(patterns, count, d, [-Infinity, 0, 0, 0, 0, 0, 0]);
    const fewer = patternDiffusion(patterns.subarray(d), count - 1, d);
    for (const x of points) {
      expect(weighted.surprise(x, noise)).toBeCloseTo(twice.surprise(x, noise), 10);
      expect(without.surprise(x, noise)).toBeCloseTo(fewer.surprise(x, noise), 10);
    }
  });

  it('does not overflow where there is hardly any noise', () => {
    const mean = new Float64Array(d);
    const noise = { scale: 1, variance: 1e-12 };
    const x = patterns.slice(2 * d, 3 * d).map((value) => value + 1e-3);
    const energy = diffusion.posteriorMean(x, noise, mean);
    expect(mean).toEqual(patterns.slice(2 * d, 3 * d));
    expect(energy).toBeCloseTo((d / 2) * 1e-6, 9);
  });
});
