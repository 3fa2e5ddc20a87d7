import { describe, expect, it } from 'vitest';
import { circleEnergy, logBesselI0 } from '../../../src/diffusion/circle.ts';
import { patternDiffusion } from '../../../src/diffusion/exact.ts';
import { circle } from './points.ts';

describe('circleEnergy', () => {
  it('is the energy of many patterns spread evenly over the unit circle', () => {
    const many = patternDiffusion(circle(2000), 2000, 2);
    for (const noise of [
      { scale: 1, variance: 0.01 },
      { scale: 1, variance: 0.5 },
      { scale: 0.6, variance: 0.64 },
    ]) {
      for (const [x, y] of [
        [0, 0],
        [0.3, 0.2],
        [-0.6, 0.8],
        [1.5, -0.7],
      ]) {
        expect(many.energy([x, y], noise)).toBeCloseTo(circleEnergy(Math.hypot(x, y), noise), 6);
      }
    }
  });

  it('is half of Pham et al. (2025): R^2 + 1 - log I0(2 beta R) / beta at beta = 1 / 2v', () => {
    const [variance, radius] = [0.2, 0.8];
    const beta = 1 / (2 * variance);
    const theirs = radius ** 2 + 1 - logBesselI0(2 * beta * radius) / beta;
    expect(circleEnergy(radius, { scale: 1, variance })).toBeCloseTo(theirs / 2, 12);
  });
});

describe('logBesselI0', () => {
  it('equals the integral of exp(z cos t) over the circle', () => {
    for (const z of [0, 0.5, 2, 3.7, 3.8, 10, 200]) {
      const n = 4000;
      let sum = 0;
      for (let k = 0; k < n; k++) sum += Math.exp(z * (Math.cos((2 * Math.PI * k) / n) - 1)) / n;
      expect(logBesselI0(z)).toBeCloseTo(Math.log(sum) + z, 6);
    }
  });
});
