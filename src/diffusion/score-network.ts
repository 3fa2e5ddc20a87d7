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

/**
 * What a network's estimate is. `pattern`: E[y | x] itself, for patterns apart from each other, as bits are. `residual`: what
 * is missing to it from x, at unit variance at every level (Karras et al., "Elucidating the design space of diffusion-based
 * generative models", 2022, table 1, for a data variance of 1): for patterns close to each other.
 */
export type Answer = 'pattern' | 'residual';

/** All parameters are writable: they are the memory. Exactly one of the two functions is there. */
export interface ScoreNetwork {
  /** One pattern: [128], [28, 28, 1]. */
  patternShape: number[];
  parameters: Record<string, ParameterSpec>;
  noise: NoiseRange;
  answer: Answer;
  /** The estimate [n, ...patternShape] from z = x / sqrt(1 + w) and time features [n, timeFeatures]. */
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

/** With z = x / sqrt(1 + w) and F the network's estimate: E[y | x] = skip x + output F(z). */
function preconditioning({ answer }: ScoreNetwork, x: tf.Tensor, w: tf.Tensor) {
  const each = tf.reshape(w, [w.shape[0], ...x.shape.slice(1).map(() => 1)]);
  const total = tf.add(each, 1);
  const z = tf.mul(x, tf.rsqrt(total));
  if (answer === 'pattern') return { z, total, skip: undefined, output: undefined };
  return { z, total, skip: tf.reciprocal(total), output: tf.sqrt(tf.div(each, total)) };
}

/** The denoiser: E[y | x] for states x [n, ...patternShape] at relative variances w [n]. */
export function denoise(network: ScoreNetwork, p: NamedTensors, x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  const time = featuresOf(w, network.noise);
  const { z, skip, output } = preconditioning(network, x, w);
  const { estimate, potential } = network;
  const F = estimate ? estimate(p, z, time) : grad((y) => potential!(p, y, time))(z);
  return skip ? tf.add(tf.mul(x, skip), tf.mul(output, F)) : F;
}

/**
 * E(x) [n] of a network with a potential G, so that E[y | x] = x - grad E(x): what `PatternDiffusion.energy` is to the exact
 * diffusion, w times -log p(x) up to a constant. E = (1 - skip) |x|^2 / 2 - output sqrt(1 + w) G(z); where the answer is the
 * pattern, |x|^2 / 2 - sqrt(1 + w) G(z): the modern Hopfield energy with a learned function in place of its log-sum-exp.
 */
export function learnedEnergy(network: ScoreNetwork, p: NamedTensors, x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  if (!network.potential) throw new Error('this score network has no potential');
  const axes = x.shape.slice(1).map((_, i) => i + 1);
  const { z } = preconditioning(network, x, w);
  const potential = network.potential(p, z, featuresOf(w, network.noise));
  const norm = tf.mul(tf.sum(tf.square(x), axes), 0.5);
  const total = tf.add(w, 1);
  return network.answer === 'pattern'
    ? tf.sub(norm, tf.mul(tf.sqrt(total), potential))
    : tf.sub(tf.mul(tf.div(w, total), norm), tf.mul(tf.sqrt(w), potential));
}

/** Greatest weight of a level in the loss of networks that answer with the pattern. */
const greatestWeight = 5;

/**
 * Denoising score matching (Vincent 2011) on patterns y and noisy x = y + sqrt(w) e: mean of |E[y | x] - y|^2, weighted by
 * 1 + 1 / w, which makes every level as hard as the others, but by 5 at most where the answer is the pattern. In terms of the
 * score that weighs |score + e / sqrt(w)|^2 by w^2 times as much.
 * @returns the loss, and the denoised patterns
 */
export function denoisingLoss(
  network: ScoreNetwork,
  p: NamedTensors,
  { patterns, noisy, level }: NamedTensors,
): { loss: tf.Scalar; denoised: tf.Tensor } {
  const denoised = denoise(network, p, noisy, level);
  const whole = tf.add(tf.reciprocal(level), 1);
  const weight = network.answer === 'pattern' ? tf.minimum(whole, greatestWeight) : whole;
  const each = tf.reshape(weight, [level.shape[0], ...noisy.shape.slice(1).map(() => 1)]);
  return { loss: tf.mean(tf.mul(each, tf.squaredDifference(denoised, patterns))), denoised };
}
