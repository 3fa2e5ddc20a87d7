/**
 * @file Dense associative memory by random features (DrDAM: Hoover et al., "Dense associative memory through the lens of random
 * features", NeurIPS 2024): the sum of kernels over patterns becomes a product with one vector, so that the memory has as many floats
 * however many patterns it holds.
 */

import { tensor } from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import { centre, energiesOf, type Range, readBatch, readQueries, uncentre } from '../hopfield/boundary.ts'; // biome-ignore format: one import
import type { AssociativeMemory, StoredMemory } from '../memory/associative.ts';
import { checkContents, heldIn } from '../memory/contents.ts';
import { checkNumbers, checkSteps, recallOptions } from '../memory/inputs.ts';
import { checkNames, type Names } from '../option-names.ts';
import { stream } from '../random.ts';
import { LARGEST, sizeOf } from '../shapes.ts';

export interface RandomFeatures {
  /** phi(x) [features]: cosines and sines of random projections, so that phi(x) . phi(y) is about exp(-beta |x - y|^2 / 2). */
  features(x: ArrayLike<number>): Float64Array;
  /** phi(x) . weights, and its gradient in x [d], in one pass. */
  sumAndGradient(x: ArrayLike<number>, weights: ArrayLike<number>): { sum: number; gradient: Float64Array };
}

/** Rahimi and Recht (2007): frequencies normal with variance beta. `count` is even. */
export function randomFeatures(d: number, count: number, beta: number, seed: number): RandomFeatures {
  const half = count / 2;
  const random = stream(seed, 'random features');
  const scale = Math.sqrt(1 / half);
  const frequencies = Float64Array.from({ length: half * d }, () => Math.sqrt(beta) * random.normal());
  const angles = (x: ArrayLike<number>) =>
    Float64Array.from({ length: half }, (_, k) => {
      let sum = 0;
      for (let i = 0, at = k * d; i < d; i++, at++) sum += frequencies[at] * x[i];
      return sum;
    });
  const sumAndGradient: RandomFeatures['sumAndGradient'] = (x, weights) => {
    let sum = 0;
    const gradient = new Float64Array(d);
    for (const [k, angle] of angles(x).entries()) {
      const [c, s] = [scale * Math.cos(angle), scale * Math.sin(angle)];
      sum += c * weights[k] + s * weights[half + k];
      const slope = c * weights[half + k] - s * weights[k];
      for (let i = 0, at = k * d; i < d; i++, at++) gradient[i] += slope * frequencies[at];
    }
    return { sum, gradient };
  };
  return {
    features(x) {
      const phi = new Float64Array(count);
      for (const [k, angle] of angles(x).entries()) {
        phi[k] = scale * Math.cos(angle);
        phi[half + k] = scale * Math.sin(angle);
      }
      return phi;
    },
    sumAndGradient,
  };
}

export interface RandomFeatureOptions {
  /** Floats of the memory, made even. Default 8192. */
  floats?: number;
  /** Inverse width of the kernel, for patterns in [-1, 1]. Default 6 / d. */
  beta?: number;
  /** Values its patterns lie in, default [-1, 1]. */
  range?: Range;
  /** Seed of the frequencies, which are no memory. Default 0. */
  seed?: number;
}

/** Steps of descent, and the length of each as a part of 1 / beta. */
const STEPS = 60;
const RATE = 0.3;
/** beta d by default: of 4 to 8 the least error at 64 patterns of 128 bits in 8,192 floats. */
const SHARPNESS = 6;
/** Least sum of kernels, as a part of one kernel at its centre: the estimate may come out below zero. */
const LEAST = 1e-3;

const OPTIONS: Names<RandomFeatureOptions> = {
  floats: args.whole(1),
  beta: args.positive,
  range: args.range,
  seed: args.number,
};

/**
 * The memory T = sum_mu phi(xi_mu); E(x) = -(1/beta) log max(phi(x) . T, 0.001), descended by `steps` gradient steps (default 60) in
 * [-1, 1], known entries clamped; where some are known the others start at 0, which is as near to every pattern of bits.
 */
export function randomFeatureMemory(options: RandomFeatureOptions = {}): AssociativeMemory {
  const name = 'dense-random';
  checkNames('randomFeatures', options, OPTIONS);
  const { floats = 8192, beta, range = [-1, 1], seed = 0 } = options;
  const count = 2 * Math.max(1, Math.floor(floats / 2));
  const stored = (weights: Float64Array, shape: number[], d: number): StoredMemory => {
    const sharpness = beta ?? SHARPNESS / d;
    checkNumbers(`${name}: ${count} floats`, [count / 2, d], LARGEST);
    const kernel = randomFeatures(d, count, sharpness, seed);
    const sumAt = (x: ArrayLike<number>) => {
      const sum = kernel.features(x).reduce((total, phi, k) => total + phi * weights[k], 0);
      return Math.max(sum, LEAST);
    };
    return {
      floats: count,
      contents: () => ({
        patternShape: shape,
        tensors: { features: { shape: [count], values: Float32Array.from(weights) } },
      }),
      async recall(queries, options) {
        const { known, steps = STEPS } = recallOptions(options);
        checkSteps(name, steps);
        const {
          values,
          mask,
          count: asked,
        } = await readQueries(queries, known, { shape, range, noisy: true });
        const states = Float64Array.from(centre(values, range));
        for (let q = 0; q < asked; q++) {
          const x = states.subarray(q * d, (q + 1) * d);
          if (mask && steps > 0)
            x.forEach((_, i) => {
              if (!mask[q * d + i]) x[i] = 0;
            });
          for (let k = 0; k < steps; k++) {
            const { sum, gradient } = kernel.sumAndGradient(x, weights);
            // -dE/dx = gradient / (beta sum); a kernel alone would pull straight to its centre with a step of one.
            const step = RATE / (sharpness * Math.max(sum, LEAST));
            for (let i = 0; i < d; i++) {
              if (!mask?.[q * d + i]) x[i] = Math.min(1, Math.max(-1, x[i] + step * gradient[i]));
            }
          }
        }
        return { patterns: tensor(uncentre(states, range, values, mask), queries.shape, 'float32'), steps };
      },
      energy: (x) => energiesOf(x, { shape, range }, (point) => -Math.log(sumAt(point)) / sharpness),
    };
  };
  return {
    name,
    range,
    async store(patterns) {
      const { values, count: held, d, shape } = await readBatch('patterns', patterns, { range });
      const kernel = randomFeatures(d, count, beta ?? SHARPNESS / d, seed);
      const centred = centre(values, range);
      const weights = new Float64Array(count);
      for (let mu = 0; mu < held; mu++) {
        for (const [k, phi] of kernel.features(centred.subarray(mu * d, (mu + 1) * d)).entries())
          weights[k] += phi;
      }
      return stored(weights, shape, d);
    },
    async restore(contents) {
      const shape = [...checkContents(name, contents).patternShape];
      const { values } = heldIn(name, contents, 'features', [count]);
      return stored(Float64Array.from(values), shape, sizeOf(shape));
    },
  };
}
