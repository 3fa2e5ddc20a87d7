/** @file The diffusion of all points of the unit circle at once: what the energy tends to as patterns on it grow many. */
import type { Noise } from './process.ts';

/**
 * E = (R^2 + a^2) / 2 - v log I0(a R / v) at a distance R from the centre: `PatternDiffusion.energy` of evenly many
 * patterns. Pham et al. 2025 give it for a = 1 as R^2 + 1 - (1/beta) log I0(2 beta R), twice this at beta = 1 / 2v.
 */
export function circleEnergy(radius: number, { scale, variance }: Noise): number {
  return (radius * radius + scale * scale) / 2 - variance * logBesselI0((scale * radius) / variance);
}

/**
 * log I0(z), z >= 0, to about 1e-7: the polynomials of Abramowitz and Stegun 9.8.1 and 9.8.2.
 */
export function logBesselI0(z: number): number {
  if (z < 3.75) return Math.log(polynomial(SMALL, (z / 3.75) ** 2));
  return z - Math.log(z) / 2 + Math.log(polynomial(LARGE, 3.75 / z));
}

const SMALL = [1, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813];
const LARGE = [
  0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633,
  0.00392377,
];

const polynomial = (coefficients: number[], x: number) =>
  coefficients.reduceRight((sum, c) => sum * x + c, 0);
