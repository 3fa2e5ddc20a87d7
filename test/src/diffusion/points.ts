/** @file Points and sums for the tests of diffusion, written the long way. */
import type { Noise } from '../../../src/diffusion/process.ts';
import { stream } from '../../../src/random.ts';

/** [n], standard normal. */
export function gaussians(seed: number, n: number): Float64Array {
  const random = stream(seed, 'gaussians');
  return Float64Array.from({ length: n }, () => random.normal());
}

/** log p(x) of the mixture of Gaussians N(a y, v I), by its definition. */
export function logDensity(x: ArrayLike<number>, patterns: ArrayLike<number>, { scale, variance }: Noise) {
  const d = x.length;
  const count = patterns.length / d;
  let density = 0;
  for (let n = 0; n < count; n++) {
    let product = 1 / count;
    for (let i = 0; i < d; i++) {
      const z = x[i] - scale * patterns[n * d + i];
      product *= Math.exp((-z * z) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
    }
    density += product;
  }
  return Math.log(density);
}

/** K points on the unit circle, [K, 2]: evenly, or at random. */
export function circle(count: number, seed?: number): Float64Array {
  const random = seed === undefined ? undefined : stream(seed, 'circle');
  const points = new Float64Array(2 * count);
  for (let n = 0; n < count; n++) {
    const angle = 2 * Math.PI * (random ? random.uniform() : n / count);
    points.set([Math.cos(angle), Math.sin(angle)], 2 * n);
  }
  return points;
}
