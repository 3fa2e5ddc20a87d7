/**
 * @file What a learned score network is, how it is read and how it is trained. Noise is variance exploding, x = y + sqrt(w) e,
 * and the network answers with E[y | x], from which the score is (E[y | x] - x) / w.
 */
import * as tf from '@tensorflow/tfjs';
import { grad, type NamedTensors } from '../autodiff/index.ts';
import type { ParameterSpec } from '../energy/network.ts';

/** Relative variances between which a network is trained and asked. */
export interface NoiseRange {
  /** The greatest. */
  start: number;
  /** The least, above 0. */
  end: number;
}

/** All parameters are writable: they are the memory. Exactly one of the two functions is there. */
export interface ScoreNetwork {
  /** One pattern: [128], [28, 28, 1]. */
  patternShape: number[];
  parameters: Record<string, ParameterSpec>;
  noise: NoiseRange;
  /** E[y | x], [n, ...patternShape], from z = x / sqrt(1 + w) and time features [n, timeFeatures]. */
  estimate?(p: NamedTensors, z: tf.Tensor, time: tf.Tensor): tf.Tensor;
  /** Likewise scalars [n], whose gradient in z is the estimate: then the memory has an energy. */
  potential?(p: NamedTensors, z: tf.Tensor, time: tf.Tensor): tf.Tensor;
}

/** Number of time features. */
export const timeFeatures = 8;

/** Fourier features of the logarithm of the relative variances w [n]: cos(pi k s), k = 0 ..., s from 0 at `end` to 1 at `start`. */
function featuresOf(w: tf.Tensor, { start, end }: NoiseRange): tf.Tensor {
  const span = Math.max(Math.log(start / end), 1e-6);
  const place = tf.div(tf.sub(tf.log(w), Math.log(end)), span);
  const frequencies = tf.tensor1d(Array.from({ length: timeFeatures }, (_, k) => Math.PI * k));
  return tf.cos(tf.mul(tf.expandDims(place, 1), frequencies));
}

/** 1 / sqrt(1 + w) for each state of x, which gives it unit variance. */
function shrink(x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.rsqrt(tf.add(w, 1)), [w.shape[0], ...x.shape.slice(1).map(() => 1)]);
}

/** The denoiser: E[y | x] for states x [n, ...patternShape] at relative variances w [n]. */
export function denoise(network: ScoreNetwork, p: NamedTensors, x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  const time = featuresOf(w, network.noise);
  const z = tf.mul(x, shrink(x, w));
  const { estimate, potential } = network;
  return estimate ? estimate(p, z, time) : grad((y) => potential!(p, y, time))(z);
}

/**
 * E(x) [n] of a network with a potential G, so that E[y | x] = x - grad E(x): what `PatternDiffusion.energy` is to the exact
 * diffusion, w times -log p(x) up to a constant. E = |x|^2 / 2 - sqrt(1 + w) G(x / sqrt(1 + w)): the modern Hopfield energy
 * with a learned function in place of its log-sum-exp.
 */
export function learnedEnergy(network: ScoreNetwork, p: NamedTensors, x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  if (!network.potential) throw new Error('this score network has no potential');
  const axes = x.shape.slice(1).map((_, i) => i + 1);
  const z = tf.mul(x, shrink(x, w));
  const potential = network.potential(p, z, featuresOf(w, network.noise));
  return tf.sub(tf.mul(tf.sum(tf.square(x), axes), 0.5), tf.mul(tf.sqrt(tf.add(w, 1)), potential));
}

/** Greatest weight of a level in the loss. */
const greatestWeight = 5;

/**
 * Denoising score matching (Vincent 2011) on patterns y and noisy x = y + sqrt(w) e: mean of |E[y | x] - y|^2, weighted by
 * min(1 + 1 / w, 5). In terms of the score that weighs |score + e / sqrt(w)|^2 by w^2 times as much.
 * @returns the loss, and the denoised patterns
 */
export function denoisingLoss(
  network: ScoreNetwork,
  p: NamedTensors,
  { patterns, noisy, level }: NamedTensors,
): { loss: tf.Scalar; denoised: tf.Tensor } {
  const denoised = denoise(network, p, noisy, level);
  const weight = tf.minimum(tf.add(tf.reciprocal(level), 1), greatestWeight);
  const each = tf.reshape(weight, [level.shape[0], ...noisy.shape.slice(1).map(() => 1)]);
  return { loss: tf.mean(tf.mul(each, tf.squaredDifference(denoised, patterns))), denoised };
}
