/**
 * @file Universal Hopfield networks (Millidge et al. 2022) whose memories are writable weights, so that a learned write can
 * store more patterns in them than they have slots: E(x) = kappa |x|^2 / 2 - d scale L(beta sim(M, x) / d), with L the
 * Lagrangian of the separation. With the dot product, L = log sum exp and kappa = 1 it is the modern continuous Hopfield
 * network (Ramsauer et al. 2020), with a power the dense associative memory (Krotov and Hopfield 2016).
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { dense } from './layers.ts';
import { type EnergyNetwork, sizeOf } from './network.ts';

/** Every similarity with a derivative; each as `src/universal/similarities.ts` defines it, distances negative. */
export const slotSimilarities = [
  'dot',
  'normalised-dot',
  'cosine',
  'euclidean',
  'manhattan',
  'kl',
  'reverse-kl',
  'jensen-shannon',
] as const;
export type SlotSimilarity = (typeof slotSimilarities)[number];

/** Every separation with a smooth Lagrangian. */
export const slotSeparations = ['softmax', 'power', 'identity', 'exponential', 'logarithm'] as const;
export type SlotSeparation = (typeof slotSeparations)[number];

export interface UniversalEnergyOptions {
  patternShape: number[];
  /** Memories K. Default 16. */
  slots?: number;
  /** Default dot. */
  similarity?: SlotSimilarity;
  /** Default softmax. */
  separation?: SlotSeparation;
  /** n of `power`, default 3: the energy is of degree n + 1. */
  degree?: number;
  /** Initial beta, for similarities of order d; learned. Default 10. */
  beta?: number;
  /** Initial kappa; learned. Default 1 for the dot product, else 0: other similarities are bounded by themselves. */
  decay?: number;
  /** Standard deviation of the initial memories, which are learned. Default 0.3. */
  deviation?: number;
  /**
   * Where the values of patterns are centred at first, before they are compared with the memories and before |x|^2; learned
   * for every value. Not for the similarities of distributions. Default: not centred.
   */
  mean?: number;
  /** Values that patterns lie in, for the divergences. Default [-1, 1]. */
  range?: readonly [number, number];
}

type Similarity = (memories: tf.Tensor, x: tf.Tensor, range: readonly [number, number]) => tf.Tensor;

/** x [episodes, patterns, d] times memories [slots, d] or [episodes, slots, d]: [episodes, patterns, slots]. */
const products = (memories: tf.Tensor, x: tf.Tensor) =>
  dense(x, tf.transpose(memories, memories.rank === 2 ? [1, 0] : [0, 2, 1]));

/** Sums over entries of memories, beside those of x: [1 or episodes, 1, slots]. */
const beside = (sums: tf.Tensor) => tf.expandDims(sums.rank === 1 ? tf.expandDims(sums, 0) : sums, 1);
const squares = (x: tf.Tensor) => tf.sum(tf.square(x), -1);
const unit = (x: tf.Tensor) => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-6)));

/** Smoothing as a share of the range, as in `src/universal`. */
const SMOOTHING = 0.01;
const distribution = (x: tf.Tensor, [low, high]: readonly [number, number], smoothing = SMOOTHING) => {
  const positive = tf.add(tf.relu(tf.sub(x, low)), smoothing * (high - low));
  return tf.div(positive, tf.sum(positive, -1, true));
};
const entropy = (p: tf.Tensor) => tf.sum(tf.mul(p, tf.log(p)), -1);
/** All pairs of x and memories, entry by entry: [episodes, patterns, slots, d]. */
const pairs = (
  memories: tf.Tensor,
  x: tf.Tensor,
  combine: (m: tf.Tensor, x: tf.Tensor) => tf.Tensor,
): tf.Tensor =>
  combine(tf.expandDims(memories.rank === 2 ? tf.expandDims(memories, 0) : memories, 1), tf.expandDims(x, 2));

const SIMILARITIES: Record<SlotSimilarity, Similarity> = {
  dot: products,
  'normalised-dot': (m, x, range) => products(distribution(m, range, 1e-6), distribution(x, range, 1e-6)),
  cosine: (m, x) => products(unit(m), unit(x)),
  euclidean: (m, x) =>
    tf.sub(tf.mul(products(m, x), 2), tf.add(beside(squares(m)), tf.expandDims(squares(x), 2))),
  manhattan: (m, x) =>
    tf.neg(
      tf.sum(
        pairs(m, x, (a, b) => tf.abs(tf.sub(a, b))),
        3,
      ),
    ),
  kl(m, x, range) {
    const [p, q] = [distribution(m, range), distribution(x, range)];
    return tf.sub(products(p, tf.log(q)), beside(entropy(p)));
  },
  'reverse-kl'(m, x, range) {
    const [p, q] = [distribution(m, range), distribution(x, range)];
    return tf.sub(products(tf.log(p), q), tf.expandDims(entropy(q), 2));
  },
  'jensen-shannon'(m, x, range) {
    const [p, q] = [distribution(m, range), distribution(x, range)];
    const mean = pairs(p, q, (a, b) => tf.mul(tf.add(a, b), 0.5));
    const own = tf.add(beside(entropy(p)), tf.expandDims(entropy(q), 2));
    return tf.sub(tf.sum(tf.mul(mean, tf.log(mean)), 3), tf.mul(own, 0.5));
  },
};
/** Of order one as they are; the others grow with d and are divided by it. */
const BOUNDED: readonly SlotSimilarity[] = ['normalised-dot', 'cosine', 'kl', 'reverse-kl', 'jensen-shannon'];
/** Of vectors divided by their sums, which centred ones have not. */
const OF_SHARES: readonly SlotSimilarity[] = ['normalised-dot', 'kl', 'reverse-kl', 'jensen-shannon'];

/** L(h) of h [episodes, patterns, slots]: [episodes, patterns]. */
const LAGRANGIANS: Record<SlotSeparation, (h: tf.Tensor, n: number) => tf.Tensor> = {
  softmax: (h) => tf.logSumExp(h, 2),
  // Rectified where an even n would not be convex. Distances, which are negative, are for softmax and exponential.
  power: (h, n) => tf.sum(tf.div(tf.pow(n % 2 === 1 ? h : tf.relu(h), n + 1), n + 1), 2),
  identity: (h) => tf.sum(tf.mul(tf.square(h), 0.5), 2),
  exponential: (h) => tf.sum(tf.exp(h), 2),
  logarithm: (h) => {
    const positive = tf.relu(h);
    return tf.sum(tf.sub(tf.mul(tf.add(positive, 1), tf.log1p(positive)), positive), 2);
  },
};

export function universalEnergy({
  patternShape,
  slots = 16,
  similarity = 'dot',
  separation = 'softmax',
  degree = 3,
  beta = 10,
  decay = similarity === 'dot' ? 1 : 0,
  deviation = 0.3,
  mean,
  range = [-1, 1],
}: UniversalEnergyOptions): EnergyNetwork {
  if (!slotSimilarities.includes(similarity)) {
    throw new InputError(`network.similarity is "${similarity}", expected ${slotSimilarities.join(', ')}`);
  }
  if (!slotSeparations.includes(separation)) {
    throw new InputError(`network.separation is "${separation}", expected ${slotSeparations.join(', ')}`);
  }
  if (mean !== undefined && OF_SHARES.includes(similarity)) {
    throw new InputError(`network.mean is ${mean}, expected none with network.similarity "${similarity}"`);
  }
  const d = sizeOf(patternShape);
  const scale = BOUNDED.includes(similarity) ? 1 : 1 / d;
  return {
    patternShape,
    parameters: {
      M: { shape: [slots, d], init: { normal: deviation }, writable: true },
      // Logarithms, so that both stay positive.
      'log.beta': { shape: [1], init: { constant: Math.log(beta) }, writable: false },
      'log.scale': { shape: [1], init: { constant: -Math.log(beta) }, writable: false },
      decay: { shape: [1], init: { constant: decay }, writable: false },
      ...(mean === undefined
        ? {}
        : { mean: { shape: [d], init: { constant: mean }, writable: false as const } }),
    },
    energy(p, x) {
      const [episodes, patterns] = x.shape as [number, number];
      const all = tf.reshape(x, [episodes, patterns, d]);
      const flat = mean === undefined ? all : tf.sub(all, p.mean);
      const scores = tf.mul(SIMILARITIES[similarity](p.M, flat, range), scale);
      const memory = LAGRANGIANS[separation](tf.mul(scores, tf.exp(p['log.beta'])), degree);
      const kept = tf.mul(squares(flat), tf.mul(p.decay, 0.5));
      return tf.sub(kept, tf.mul(memory, tf.mul(tf.exp(p['log.scale']), d)));
    },
  };
}
