/**
 * @file The learned rule of writing and reading: step counts, and the meta-parameters that training adjusts
 * (Bartunov et al. 2020, section 3 and appendix).
 */

import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import type { EnergyNetwork, ParameterSpec } from '../energy/network.ts';
import { sizeOf } from '../shapes.ts';
import { inverseSoftplus } from '../softplus.ts';

export interface Rule {
  /** Values of patterns; iterates are projected to this interval. The paper: [0, 1]. */
  range: readonly [low: number, high: number];
  write: {
    /** Gradient steps T that store a batch of patterns. */
    steps: number;
    /**
     * terms: a learned rate for each writable tensor and each term of the writing loss (the paper's).
     * loss: one learned rate for each step, and the terms weighted by learned alpha and beta.
     */
    rates: 'terms' | 'loss';
    /** terms only: rates of their own for every step, or the same for all (the paper's). */
    per_step: boolean;
    /** Initial rate. The paper: 1e-4. */
    rate: number;
    /** terms only: initial rate of the distance term; default `rate`, which is too much where that is near one. */
    distance?: number;
    /**
     * What the writing loss divides its sum over patterns by: their number (the paper's mean), or a constant. With a
     * constant every pattern is written as strongly at any load, so that one set of rates serves many loads. With the
     * network's own bound on the curvature of that sum, a step of rate below 2 cannot diverge on a quadratic writing loss,
     * however alike the patterns are.
     */
    divisor: 'patterns' | 'curvature' | number;
    /** Whether the writing loss has its gradient term alpha |grad_x E|^2. */
    gradient_term: boolean;
    /**
     * Initial momentum of writing, in [0, 1): every step also repeats this part of the step before; learned for every
     * step and tensor. 0: none, and none is learned (the paper's).
     */
    momentum: number;
    /**
     * Bits in which every written number is kept, 1 to 16: it is rounded to 2^bits levels at odd multiples of half a step, one step a
     * tensor, learned. Undefined: float32. Outer derivatives go straight through the rounding.
     */
    bits?: number;
    /** Initial step between those levels. */
    grid?: number;
    /**
     * Last write steps that take their slopes at the rounded weights, and change those beneath, so that each makes up for the rounding
     * of the others (Courbariaux et al. 2015); 0: only the result is rounded. Default: all.
     */
    rounded?: number;
    /**
     * Where patterns are added one after another: the part of what has been written that is forgotten with every addition, in (0, 1), at
     * first; learned for every tensor. Undefined: nothing is.
     */
    forget?: number;
  };
  read: {
    /** Gradient steps K that recall. The paper: 5. */
    steps: number;
    /** Initial first step size. */
    rate: number;
    /** Initial ratio of a step size to the one before, in (0, 1). */
    decay: number;
    /** Initial first momentum, in (0, 1). */
    momentum: number;
    /**
     * Where entries begin that recall is told are not known: at the query's own value (the paper's), or all at this one,
     * which is then learned for every entry of a pattern. What the query has there says nothing if it has been redrawn.
     */
    start: 'query' | number;
  };
}

export const defaultRule: Rule = {
  range: [-1, 1],
  write: {
    steps: 5,
    rates: 'terms',
    per_step: true,
    rate: 0.127,
    divisor: 'patterns',
    gradient_term: true,
    momentum: 0,
  },
  read: { steps: 5, rate: 1.3, decay: 0.88, momentum: 0.5, start: 'query' },
};

/** Terms of the writing loss: the energy, its squared gradient in the pattern, the distance to the initial weights. */
export const TERMS = ['energy', 'gradient', 'distance'] as const;

const logit = (p: number) => Math.log(p / (1 - p));

/** The names of the tensors that writing changes, in the order in which the rule's rates stand. */
export const writableNames = (network: EnergyNetwork) =>
  Object.keys(network.parameters).filter((name) => network.parameters[name].writable);

/**
 * The rule's own meta-parameters. Rates are stored before softplus, ratios before the logistic function:
 * `rule.write` [T or 1, writable tensors, 3] or, with rates "loss", [T] and `rule.weights` [2] (alpha, beta);
 * `rule.write_momentum` [T - 1, writable tensors], where writing has momentum, before the logistic function;
 * `rule.read` [K], the first step size and the ratios of later ones; `rule.momentum` [K] likewise; `rule.start`
 * [...patternShape], where reading starts at a value of its own; `rule.grid` [writable tensors], the step between levels before
 * softplus, where what is written is rounded; `rule.forget` [writable tensors], before the logistic function.
 */
export function ruleParameters(rule: Rule, network: EnergyNetwork): Record<string, ParameterSpec> {
  const { write, read } = rule;
  const spec = (shape: number[], values: number[]): ParameterSpec => ({
    shape,
    init: { values },
    writable: false,
  });
  const rest = (first: number, ratio: number) => [first, ...Array(read.steps - 1).fill(logit(ratio))];
  const parameters: Record<string, ParameterSpec> = {
    'rule.read': spec([read.steps], rest(inverseSoftplus(read.rate), read.decay)),
    'rule.momentum': spec([read.steps], rest(logit(read.momentum), read.decay)),
  };
  const raw = inverseSoftplus(write.rate);
  if (write.rates === 'terms') {
    const shape = [write.per_step ? write.steps : 1, writableNames(network).length, TERMS.length];
    const row = [raw, raw, inverseSoftplus(write.distance ?? write.rate)];
    parameters['rule.write'] = spec(
      shape,
      Array(sizeOf(shape) / TERMS.length)
        .fill(row)
        .flat(),
    );
  } else {
    parameters['rule.write'] = spec([write.steps], Array(write.steps).fill(raw));
    parameters['rule.weights'] = spec([2], [inverseSoftplus(0.1), inverseSoftplus(0.01)]);
  }
  if (write.momentum > 0 && write.steps > 1) {
    const shape = [write.steps - 1, writableNames(network).length];
    parameters['rule.write_momentum'] = spec(shape, Array(sizeOf(shape)).fill(logit(write.momentum)));
  }
  if (write.forget !== undefined) {
    const forget = logit(write.forget);
    parameters['rule.forget'] = spec(
      [writableNames(network).length],
      writableNames(network).map(() => forget),
    );
  }
  if (write.bits !== undefined) {
    const grids = writableNames(network).map(() => inverseSoftplus(write.grid ?? 0.1));
    parameters['rule.grid'] = spec([grids.length], grids);
  }
  if (read.start !== 'query') {
    const { patternShape } = network;
    parameters['rule.start'] = { shape: patternShape, init: { constant: read.start }, writable: false };
  }
  return parameters;
}

/** softplus of one entry of a meta-parameter, as a scalar tensor. */
export function rateAt(values: tf.Tensor, ...index: number[]): tf.Scalar {
  const one = tf.slice(values, index, Array(index.length).fill(1));
  return tf.softplus(tf.reshape(one, [])) as tf.Scalar;
}

/** `rule.write` with the rates of the energy and its gradient `scale` times as large; the pull to the initial weights stays. */
export function slower({ write }: Rule, values: Float32Array, scale: number): Float32Array {
  const scaled = (raw: number) => inverseSoftplus(scale * Math.max(softplus(raw), 1e-30));
  return values.map((raw, i) =>
    write.rates === 'terms' && i % TERMS.length === TERMS.indexOf('distance') ? raw : scaled(raw),
  );
}

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Step sizes and momenta of every read step: products of ratios below one, hence non-increasing. */
export function readSchedule(p: NamedTensors, steps: number): { rate: tf.Scalar; momentum: tf.Scalar }[] {
  const at = (values: tf.Tensor, k: number) => tf.reshape(tf.slice(values, [k], [1]), []);
  let rate = tf.softplus(at(p['rule.read'], 0)) as tf.Scalar;
  let momentum = tf.sigmoid(at(p['rule.momentum'], 0)) as tf.Scalar;
  const schedule = [{ rate, momentum }];
  for (let k = 1; k < steps; k++) {
    rate = tf.mul(rate, tf.sigmoid(at(p['rule.read'], k)));
    momentum = tf.mul(momentum, tf.sigmoid(at(p['rule.momentum'], k)));
    schedule.push({ rate, momentum });
  }
  return schedule;
}
