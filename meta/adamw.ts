/** @file AdamW (Loshchilov and Hutter 2019) with global-norm clipping and a learning-rate schedule, in tensor operations. */
import * as tf from '@tensorflow/tfjs';
import * as args from '../src/arguments.ts';
import type { NamedTensors } from '../src/autodiff/index.ts';

export interface AdamW {
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Decoupled: every update also shrinks a parameter by rate * weight_decay of itself. */
  weight_decay: number;
  /** Greatest global norm of the gradient; larger ones are scaled down to it. */
  clip: number;
}

export const OPTIMISER = args.fields({
  beta1: args.number,
  beta2: args.number,
  epsilon: args.number,
  weight_decay: args.number,
  clip: args.number,
});

/** Prefixes of the optimiser's two moments in its named tensors. */
export const MOMENTS = ['m:', 'v:'] as const;

/** The norm of all gradients together. */
export function globalNorm(gradients: NamedTensors): tf.Scalar {
  const squares = Object.values(gradients).map((g) => tf.sum(tf.square(g)));
  return tf.sqrt(squares.reduce((sum, s) => tf.add(sum, s))) as tf.Scalar;
}

/**
 * One update, unless the loss or the gradient is not finite: then nothing changes.
 * @param loss the loss whose gradient it is
 * @param moments by name, prefixed `m:` and `v:`
 * @param update number of this update, from 1, for Adam's bias correction
 * @param rate this update's learning rate
 */
export function adamW(
  settings: AdamW,
  p: NamedTensors,
  moments: NamedTensors,
  gradients: NamedTensors,
  loss: tf.Scalar,
  update: tf.Scalar,
  rate: tf.Scalar,
): { p: NamedTensors; moments: NamedTensors; norm: tf.Scalar; finite: tf.Scalar } {
  const tensors = args.record(args.tensor, 'tensors by name');
  args.check('adamW', {
    settings: [settings, OPTIMISER],
    p: [p, tensors],
    moments: [moments, tensors],
    gradients: [gradients, tensors],
    loss: [loss, args.tensor],
    update: [update, args.tensor],
    rate: [rate, args.tensor],
  });
  for (const name of Object.keys(p))
    args.check('adamW', {
      [`gradients.${name}`]: [gradients[name], args.tensor],
      [`moments.m:${name}`]: [moments[`m:${name}`], args.tensor],
      [`moments.v:${name}`]: [moments[`v:${name}`], args.tensor],
    });
  const { beta1, beta2, epsilon, weight_decay, clip } = settings;
  const norm = globalNorm(gradients);
  const finite = tf.isFinite(tf.add(norm, tf.abs(loss)));
  const scale = tf.div(clip, tf.maximum(norm, clip));
  // 1 - beta^update
  const correction = (beta: number) => tf.sub(1, tf.exp(tf.mul(update, Math.log(beta))));
  const [correction1, correction2] = [correction(beta1), correction(beta2)];
  const stepSize = tf.div(rate, correction1);
  const next: NamedTensors = {};
  const nextMoments: NamedTensors = {};
  for (const [name, value] of Object.entries(p)) {
    const g = tf.mul(gradients[name], scale);
    const [oldM, oldV] = MOMENTS.map((prefix) => moments[prefix + name]);
    const m = tf.add(tf.mul(oldM, beta1), tf.mul(g, 1 - beta1));
    const v = tf.add(tf.mul(oldV, beta2), tf.mul(tf.square(g), 1 - beta2));
    const denominator = tf.add(tf.sqrt(tf.div(v, correction2)), epsilon);
    const decayed = weight_decay ? tf.mul(value, tf.sub(1, tf.mul(rate, weight_decay))) : value;
    const moved = tf.sub(decayed, tf.mul(tf.div(m, denominator), stepSize));
    next[name] = tf.where(finite, moved, value);
    nextMoments[MOMENTS[0] + name] = tf.where(finite, m, oldM);
    nextMoments[MOMENTS[1] + name] = tf.where(finite, v, oldV);
  }
  return { p: next, moments: nextMoments, norm, finite: tf.cast(finite, 'float32') as tf.Scalar };
}
