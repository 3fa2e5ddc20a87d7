import { describe, expect, it } from 'vitest';
import { nearestDistances, outcomesOf, thresholdsOf } from '../../../src/diffusion/outcomes.ts';
import { circle } from './points.ts';

describe('outcomesOf', () => {
  it('tells what is stored, what recurs without being stored, and what is new', () => {
    const patterns = [0, 0, 1, 0];
    const samples = [0, 0.01, 1.02, 0, 5, 5, 5, 5.01, 9, 9];
    const { memorised, spurious, generalised } = outcomesOf(samples, patterns, 2, {
      memorised: 0.05,
      spurious: 0.05,
    });
    expect(memorised).toBeCloseTo(2 / 5, 12);
    expect(spurious).toBeCloseTo(2 / 5, 12);
    expect(generalised).toBeCloseTo(1 / 5, 12);
  });
});

describe('thresholdsOf', () => {
  it('fresh points themselves score the given chance', () => {
    const [patterns, fresh, other] = [circle(60, 1), circle(2000, 2), circle(2000, 3)];
    const thresholds = thresholdsOf(fresh, patterns, 2, 0.05);
    expect(outcomesOf(fresh, patterns, 2, thresholds).memorised).toBeCloseTo(0.05, 2);
    const { memorised, spurious } = outcomesOf(other, patterns, 2, thresholds);
    // five standard deviations of a binomial
    const room = 5 * Math.sqrt((0.05 * 0.95) / 2000);
    expect(Math.abs(memorised - 0.05)).toBeLessThan(room);
    expect(Math.abs(spurious - 0.05)).toBeLessThan(2 * room);
  });
});

describe('nearestDistances', () => {
  it('gives the least Euclidean distance, and leaves a point itself out among others', () => {
    expect(Array.from(nearestDistances([0, 0], [3, 4, 6, 8], 2))).toEqual([5]);
    expect(Array.from(nearestDistances([0, 1, 3], [0, 1, 3], 1, true))).toEqual([1, 1, 2]);
  });
});
