/**
 * @file Writing: T gradient steps on the writing loss store a batch of patterns in the writable weights
 * (Bartunov et al. 2020, equations 4 and 5). A pure function, differentiable in everything.
 */
import * as tf from '@tensorflow/tfjs';
import { grads, gradsWithAuxiliary, type NamedTensors, valueAndGrad } from '../autodiff/index.ts';
import type { EnergyNetwork, Parameters } from '../energy/network.ts';
import { keptPart } from '../energy/packing.ts';
import { roundThrough } from './rounding.ts';
import { type Rule, rateAt, writableNames } from './rule.ts';

/**
 * Stores patterns [episodes, patterns, ...patternShape], separately for every episode, starting from the initial weights
 * in `p`: the last of `writeSteps`.
 * @param p the network's parameters and the rule's
 * @returns p with every writable parameter replaced by its written value, [episodes, ...]
 */
export function write(network: EnergyNetwork, rule: Rule, p: NamedTensors, patterns: tf.Tensor): Parameters {
  return { ...p, ...writeSteps(network, rule, p, patterns).at(-1) };
}

/**
 * The writable parameters, each [episodes, ...], after 0, 1 ... T steps of writing. The writing loss is the mean over
 * patterns of E(x; theta) + alpha |grad_x E(x; theta)|^2, plus beta |theta - theta_0|^2; each term has learned rates (see
 * `Rule`).
 * @param p the network's parameters and the rule's
 * @param start written weights to begin with, each [episodes, ...]; default the initial ones
 */
export function writeSteps(
  network: EnergyNetwork,
  rule: Rule,
  p: NamedTensors,
  patterns: tf.Tensor,
  start?: NamedTensors,
): NamedTensors[] {
  const names = writableNames(network);
  const initial = initialWeights(network, p, patterns.shape[0]);
  const step = rule.write.rates === 'terms' ? stepByTerms : stepByLoss;
  const divisor = divisorOf(network, rule, p, patterns);
  const { steps: count, bits, rounded: from = count, momentum } = rule.write;
  const round = bits === undefined ? undefined : roundingOf(network, names, p, bits);
  let weights = start ? names.map((name) => start[name]) : initial;
  const states = [named(names, weights)];
  let last: tf.Tensor[] | undefined;
  for (let t = 0; t < count; t++) {
    const seen = round && t >= count - from ? round(weights) : weights;
    const slopes = step({
      network,
      rule,
      p,
      patterns,
      names,
      initial,
      weights: seen,
      beneath: weights,
      divisor,
      t,
    });
    const changes: tf.Tensor[] = last ? withMomentum(p, slopes, last, t) : slopes;
    weights = weights.map((w, i) => tf.sub(w, changes[i]));
    if (momentum > 0) last = changes;
    // What is stored is rounded, whatever the steps on the way to it have seen.
    const rounded = round && (t >= count - from || t === count - 1);
    states.push(named(names, rounded ? round(weights) : weights));
  }
  return states;
}

/** The initial weights of so many episodes, each [episodes, ...], in the order of `writableNames`. */
const initialWeights = (network: EnergyNetwork, p: NamedTensors, episodes: number) =>
  writableNames(network).map((name) => {
    const start = network.parameters[name].empty ? tf.mul(p[name], 0) : p[name];
    return tf.broadcastTo(tf.expandDims(start, 0), [episodes, ...start.shape]);
  });

/** What is written before anything is: the initial weights, by name. */
export const unwritten = (network: EnergyNetwork, p: NamedTensors, episodes: number): NamedTensors =>
  named(writableNames(network), initialWeights(network, p, episodes));

/**
 * Adds patterns to what has been written: a learned part of it is forgotten (every tensor moves so far back to its initial weights), the
 * network makes room, where it has a way to, and the steps of `writeSteps` go on from there.
 */
export function writeMore(
  network: EnergyNetwork,
  rule: Rule,
  p: NamedTensors,
  written: NamedTensors,
  patterns: tf.Tensor,
): NamedTensors {
  const names = writableNames(network);
  const [episodes, count] = patterns.shape as [number, number];
  let weights: NamedTensors = Object.fromEntries(names.map((name) => [name, written[name]]));
  const forget = p['rule.forget'];
  if (forget) {
    const initial = unwritten(network, p, episodes);
    for (const [i, name] of names.entries()) {
      const kept = tf.sigmoid(tf.neg(tf.reshape(tf.slice(forget, [i], [1]), [])));
      weights[name] = tf.add(initial[name], tf.mul(tf.sub(weights[name], initial[name]), kept));
    }
  }
  if (network.makeRoom) weights = { ...weights, ...network.makeRoom({ ...p, ...weights }, p, count) };
  return writeSteps(network, rule, p, patterns, weights).at(-1)!;
}

/** Every writable tensor, of which only what counts, rounded to the levels of its own step. */
function roundingOf(network: EnergyNetwork, names: string[], p: NamedTensors, bits: number) {
  return (weights: tf.Tensor[]) =>
    weights.map((w, i) =>
      roundThrough(keptPart(w, network.parameters[names[i]].packing), rateAt(p['rule.grid'], i), bits),
    );
}

/** Heavy ball (Polyak 1964): the change of a step is its scaled slope and a learned part of the change before. */
function withMomentum(p: NamedTensors, slopes: tf.Tensor[], last: tf.Tensor[], t: number): tf.Tensor[] {
  return slopes.map((slope, i) => {
    const momentum = tf.sigmoid(tf.reshape(tf.slice(p['rule.write_momentum'], [t - 1, i], [1, 1]), []));
    return tf.add(slope, tf.mul(last[i], momentum));
  });
}

interface Step {
  network: EnergyNetwork;
  rule: Rule;
  p: NamedTensors;
  patterns: tf.Tensor;
  names: string[];
  initial: tf.Tensor[];
  /** Where slopes are taken. */
  weights: tf.Tensor[];
  /** The weights themselves, where slopes are taken at rounded ones. */
  beneath: tf.Tensor[];
  /** What sums over patterns are divided by: one number, or one for each episode, [episodes, 1]. */
  divisor: number | tf.Tensor;
  t: number;
}

const named = (names: string[], tensors: tf.Tensor[]): NamedTensors =>
  Object.fromEntries(names.map((name, i) => [name, tensors[i]]));

/** `energyModel` has seen to it that the network knows the curvature, where the rule divides by it. */
function divisorOf(network: EnergyNetwork, rule: Rule, p: NamedTensors, patterns: tf.Tensor) {
  const { divisor } = rule.write;
  if (divisor === 'patterns') return patterns.shape[1]!;
  if (divisor !== 'curvature') return divisor;
  return tf.reshape(network.curvature!(p, patterns), [patterns.shape[0], 1]);
}

const writingEnergies = ({ network }: Step, p: Parameters, x: tf.Tensor) =>
  (network.writingEnergy ?? network.energy)(p, x);

/** The mean energy over patterns, summed over episodes. */
const meanEnergy = (step: Step, p: Parameters, x: tf.Tensor) =>
  tf.sum(tf.div(writingEnergies(step, p, x), step.divisor));

/**
 * Gradients of the first two terms of the writing loss in every writable tensor. One backward pass through the energy
 * gives both its slope in the patterns, which the second term squares, and the gradient of the first term.
 */
function termGradients(step: Step) {
  const { rule, p, patterns, names, weights, divisor } = step;
  if (!rule.write.gradient_term) {
    const energy = grads((...w) => meanEnergy(step, { ...p, ...named(names, w) }, patterns))(weights);
    return { energy, gradient: undefined };
  }
  const { grads: gradient, auxiliary } = gradsWithAuxiliary((...w) => {
    const [slope, ...energy] = grads((x, ...v) => meanEnergy(step, { ...p, ...named(names, v) }, x))([
      patterns,
      ...w,
    ]);
    // The slope is that of the mean, 1 / divisor of a pattern's own.
    const squares = tf.sum(tf.reshape(tf.square(slope), [patterns.shape[0], -1]), 1, true);
    return { value: tf.sum(tf.mul(squares, divisor)), auxiliary: named(names, energy) };
  })(weights);
  return { energy: names.map((name) => auxiliary[name]), gradient };
}

/** The sum over terms of rate[t, tensor, term] * gradient of that term, to be taken from theta. */
function stepByTerms(step: Step): tf.Tensor[] {
  const { rule, p, initial, beneath, t } = step;
  const { energy, gradient } = termGradients(step);
  const rate = (i: number, term: number) => rateAt(p['rule.write'], rule.write.per_step ? t : 0, i, term);
  return beneath.map((w, i) => {
    let change: tf.Tensor = tf.mul(energy[i], rate(i, 0));
    if (gradient) change = tf.add(change, tf.mul(gradient[i], rate(i, 1)));
    // At the initial weights the distance has no slope.
    if (t > 0) change = tf.add(change, tf.mul(tf.sub(w, initial[i]), tf.mul(rate(i, 2), 2)));
    return change;
  });
}

/** rate[t] * gradient of (energy + alpha gradient + beta distance), to be taken from theta. */
function stepByLoss(step: Step): tf.Tensor[] {
  const { rule, p, patterns, names, initial, weights, beneath, divisor, t } = step;
  const alpha = rateAt(p['rule.weights'], 0);
  const beta = rateAt(p['rule.weights'], 1);
  const changes = grads((...w) => {
    const parameters = { ...p, ...named(names, w) };
    if (!rule.write.gradient_term) return meanEnergy(step, parameters, patterns);
    const { value, grad } = valueAndGrad((x) => writingEnergies(step, parameters, x))(patterns);
    const squares = tf.sum(tf.reshape(tf.square(grad), [...value.shape, -1]), 2);
    return tf.sum(tf.div(tf.add(value, tf.mul(alpha, squares)), divisor));
  })(weights);
  return beneath.map((w, i) => {
    const pull = t > 0 ? tf.mul(tf.sub(w, initial[i]), tf.mul(beta, 2)) : tf.zerosLike(w);
    return tf.mul(rateAt(p['rule.write'], t), tf.add(changes[i], pull));
  });
}
