import { describe, expect, it } from 'vitest';
import { condition } from '../../../src/diffusion/conditioning.ts';
import { patternDiffusion } from '../../../src/diffusion/exact.ts';
import { gaussians } from './points.ts';

const [count, d] = [6, 5];
const patterns = gaussians(1, count * d);
const known = [1, 0, 0, 1, 0];
const query = gaussians(2, d);

describe('condition', () => {
  it('known entries observed through noise: the posterior mean is that of the whole mixture with little noise on the others', () => {
    // Give free entries the variance v and known ones s: rescaling known entries by sqrt(v / s) makes one isotropic mixture.
    const [v, s] = [0.8, 0.3];
    const { diffusion, free } = condition(patterns, count, d, query, known, s);
    expect(free).toEqual([1, 2, 4]);
    const stretch = (x: ArrayLike<number>) =>
      Float64Array.from(x, (value, k) => value * (known[k % d] ? Math.sqrt(v / s) : 1));
    const whole = patternDiffusion(stretch(patterns), count, d);
    const [mine, all] = [new Float64Array(3), new Float64Array(d)];
    const noise = { scale: 1, variance: v };
    diffusion.posteriorMean(
      free.map((i) => query[i]),
      noise,
      mine,
    );
    whole.posteriorMean(stretch(query), noise, all);
    for (const [k, i] of free.entries()) expect(mine[k]).toBeCloseTo(all[i], 10);
  });

  it('without noise only the patterns that agree best are left, and equals share', () => {
    const bits = [1, 1, 1, 1, -1, 1, 1, 1, -1, -1, 1, -1];
    const { diffusion } = condition(bits, 4, 3, [1, 1, 1], [1, 0, 0]);
    const mean = new Float64Array(2);
    // At much noise the posterior mean is the plain mean of what is left: patterns 0, 1 and 2.
    diffusion.posteriorMean([0, 0], { scale: 1, variance: 1e9 }, mean);
    expect(mean[0]).toBeCloseTo((1 - 1 + 1) / 3, 6);
    expect(mean[1]).toBeCloseTo((1 + 1 - 1) / 3, 6);
  });
});
