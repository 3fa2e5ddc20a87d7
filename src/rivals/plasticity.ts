/**
 * @file Differentiable plasticity (Miconi, Clune and Stanley 2018): a recurrent layer whose connections have a fixed part
 * and a plastic part, a Hebbian trace of the patterns shown, scaled for each connection by a learned coefficient.
 */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import type { MemoryModel } from '../memory/model.ts';
import { sizeOf } from '../shapes.ts';
import type { Range } from './codec.ts';
import { signed, updated } from './recurrent.ts';

export interface PlasticityOptions {
  patternShape: number[];
  range?: Range;
  /** Updates of the units at recall. Default 5. */
  steps?: number;
}

/**
 * Storing: trace <- (1 - rate) trace + rate x x^T for every pattern in turn. Recall: x <- tanh(x (W + alpha trace)), in
 * [-1, 1], known entries kept. State: `trace` [d, d], symmetric: d(d+1)/2 floats.
 */
export function plasticity({ patternShape, range = [-1, 1], steps = 5 }: PlasticityOptions): MemoryModel {
  const d = sizeOf(patternShape);
  return {
    name: 'plasticity',
    patternShape,
    range,
    steps,
    state: { trace: [d, d] },
    packing: { trace: 'symmetric' },
    floats: (d * (d + 1)) / 2,
    parameters: {
      fixed: { shape: [d, d], init: { normal: 0.1 / Math.sqrt(d) }, writable: false },
      coefficients: { shape: [d, d], init: { constant: 1 }, writable: false },
      // The logit of the rate; about one part in 64 at first.
      rate: { shape: [1], init: { constant: -4 }, writable: false },
      gain: { shape: [1], init: { constant: 1 }, writable: false },
    },
    store: (p, patterns) => ({ trace: traceOf(p, signed(patterns, range)) }),
    recall(p, state, queries, known, count = steps) {
      const weights = tf.add(p.fixed, tf.mul(p.coefficients, state.trace));
      return updated(weights, () => p.gain, { queries, known, range, count });
    },
  };
}

/** All patterns at once: pattern i of N ends up with weight rate (1 - rate)^(N - 1 - i). */
function traceOf(p: NamedTensors, patterns: tf.Tensor): tf.Tensor {
  const n = patterns.shape[1]!;
  const rate = tf.sigmoid(p.rate);
  const ages = tf.tensor(Float32Array.from({ length: n }, (_, i) => n - 1 - i));
  // (1 - rate)^age = exp(age log(1 - rate)), log(1 - sigmoid(r)) = -softplus(r).
  const weights = tf.mul(rate, tf.exp(tf.neg(tf.mul(ages, tf.softplus(p.rate)))));
  return tf.matMul(tf.mul(patterns, tf.reshape(weights, [1, n, 1])), patterns, true, false);
}
