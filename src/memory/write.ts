/**
 * @file Writing: T gradient steps on the writing loss store a batch of patterns in the writable weights
 * (Bartunov et al. 2020, equations 4 and 5). A pure function, differentiable in everything.
 */
import * as tf from '@tensorflow/tfjs';
import { grads, type NamedTensors, valueAndGrad } from '../autodiff/index.ts';
import type { EnergyNetwork, Parameters } from '../energy/network.ts';
import { type Rule, rateAt, writableNames } from './rule.ts';

/**
 * Stores patterns [episodes, patterns, ...patternShape], separately for every episode, starting from the initial weights
 * in `p`. The writing loss is the mean over patterns of E(x; theta) + alpha |grad_x E(x; theta)|^2, plus
 * beta |theta - theta_0|^2; each term has learned rates (see `Rule`).
 * @param p the network's parameters and the rule's
 * @returns p with every writable parameter replaced by its written value, [episodes, ...]
 */
export function write(network: EnergyNetwork, rule: Rule, p: NamedTensors, patterns: tf.Tensor): Parameters {
  const names = writableNames(network);
  const episodes = patterns.shape[0];
  const initial = names.map((name) => tf.broadcastTo(tf.expandDims(p[name], 0), [episodes, ...p[name].shape]));
  const step = rule.write.rates === 'terms' ? stepByTerms : stepByLoss;
  let weights = initial;
  for (let t = 0; t < rule.write.steps; t++) {
    weights = step({ network, rule, p, patterns, names, initial, weights, t });
  }
  return { ...p, ...named(names, weights) };
}

interface Step {
  network: EnergyNetwork;
  rule: Rule;
  p: NamedTensors;
  patterns: tf.Tensor;
  names: string[];
  initial: tf.Tensor[];
  weights: tf.Tensor[];
  t: number;
}

const named = (names: string[], tensors: tf.Tensor[]): NamedTensors =>
  Object.fromEntries(names.map((name, i) => [name, tensors[i]]));

/** The first two terms of the writing loss, each summed over episodes: mean energy, mean squared gradient. */
function terms({ network, p, patterns, names }: Step, weights: tf.Tensor[]): { energy: tf.Tensor; gradient: tf.Tensor } {
  const parameters = { ...p, ...named(names, weights) };
  const { value, grad } = valueAndGrad((x) => network.energy(parameters, x))(patterns);
  const count = patterns.shape[1]!;
  return { energy: tf.div(tf.sum(value), count), gradient: tf.div(tf.sum(tf.square(grad)), count) };
}

/** theta <- theta - sum over terms of rate[t, tensor, term] * gradient of that term. */
function stepByTerms(step: Step): tf.Tensor[] {
  const { network, rule, p, patterns, names, initial, weights, t } = step;
  const rates = p['rule.write'];
  const row = rule.write.per_step ? t : 0;
  const count = patterns.shape[1]!;
  const byEnergy = grads((...w) =>
    tf.div(tf.sum(network.energy({ ...p, ...named(names, w) }, patterns)), count),
  )(weights);
  const byGradient = rule.write.gradient_term ? grads((...w) => terms(step, w).gradient)(weights) : undefined;
  return weights.map((w, i) => {
    let change: tf.Tensor = tf.mul(byEnergy[i], rateAt(rates, row, i, 0));
    if (byGradient) change = tf.add(change, tf.mul(byGradient[i], rateAt(rates, row, i, 1)));
    if (t > 0) change = tf.add(change, tf.mul(tf.sub(w, initial[i]), tf.mul(rateAt(rates, row, i, 2), 2)));
    return tf.sub(w, change);
  });
}

/** theta <- theta - rate[t] * gradient of (energy + alpha gradient + beta distance). */
function stepByLoss(step: Step): tf.Tensor[] {
  const { rule, p, initial, weights, t } = step;
  const alpha = rateAt(p['rule.weights'], 0);
  const beta = rateAt(p['rule.weights'], 1);
  const changes = grads((...w) => {
    const { energy, gradient } = terms(step, w);
    return rule.write.gradient_term ? tf.add(energy, tf.mul(alpha, gradient)) : energy;
  })(weights);
  return weights.map((w, i) => {
    const pull = t > 0 ? tf.mul(tf.sub(w, initial[i]), tf.mul(beta, 2)) : tf.zerosLike(w);
    return tf.sub(w, tf.mul(rateAt(p['rule.write'], t), tf.add(changes[i], pull)));
  });
}
