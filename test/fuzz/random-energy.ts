/**
 * @file Random energy networks and random write and read rules, as one function: the meta-loss of an episode batch and its gradient in
 * all parameters (third order of the energy). Half of the networks are the project's own, half made up of layers and terms.
 */
import * as tf from '@tensorflow/tfjs';
import { objective } from '../../meta/objective.ts';
import { valueAndGradsOf } from '../../src/autodiff/index.ts';
import {
  type EnergyNetwork,
  type NetworkOptions,
  networks,
  type ParameterSpec,
  type Parameters,
  siteFeatures,
  slotSeparations,
  slotSimilarities,
} from '../../src/energy/index.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import type { Rule } from '../../src/memory/rule.ts';
import { type Random, stream } from '../../src/random.ts';
import type { RandomFunction } from './random-expression.ts';

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)];
const between = (random: Random, low: number, high: number) => low + random.integer(high - low + 1);

const activations: ((x: tf.Tensor) => tf.Tensor)[] = [
  tf.tanh,
  tf.softplus,
  tf.sigmoid,
  tf.sin,
  tf.cos,
  tf.erf,
  tf.asinh,
  (x) => tf.mul(x, tf.sigmoid(x)),
  (x) => tf.square(tf.tanh(x)),
  (x) => tf.softmax(x),
  (x) => tf.log(tf.cosh(x)),
  (x) => tf.pow(tf.add(tf.square(x), 0.5), 0.7),
  (x) => tf.cumsum(x, x.rank - 1),
  (x) => tf.neg(tf.tanh(tf.mul(x, -0.7))),
  (x) => x,
];

/** Layers with weights of the memory, shared ones or both, and a sum of terms of what they give. */
function madeUp(random: Random): EnergyNetwork {
  const d = between(random, 3, 6);
  const parameters: Record<string, ParameterSpec> = {};
  const parameter = (name: string, shape: number[], writable: boolean) => {
    parameters[name] = { shape, init: { normal: 0.5 }, writable };
  };
  const depth = between(random, 1, 3);
  const widths = Array.from({ length: depth }, () => between(random, 2, 6));
  const layers = widths.map((width, i) => {
    const from = i === 0 ? d : widths[i - 1];
    // The first layer always has weights that are written.
    const written = i === 0 || random.bit() === 1;
    parameter(`w${i}`, [from, width], written);
    const bias = random.integer(3);
    if (bias > 0) parameter(`b${i}`, [width], bias === 1);
    return { written, transposed: random.integer(4) === 0, bias, activation: pick(random, activations), scaled: random.integer(3) }; // biome-ignore format: one thought
  });
  parameter('v', [widths[depth - 1], d], random.bit() === 1);
  parameter('s', [], false);
  const terms = Array.from({ length: between(random, 1, 3) }, () => ({
    kind: random.integer(8),
    factor: pick(random, [1, -1, 0.5, 2, 0.1]),
    learned: random.integer(3) === 0,
  }));
  /** x [episodes, patterns, n] times a matrix of every episode, or of all. */
  const times = (x: tf.Tensor, w: tf.Tensor) => {
    if (w.rank === 3) return (w.shape[2] as number) % 2 ? tf.einsum('epi,eij->epj', x, w) : tf.matMul(x, w);
    const [episodes, patterns, n] = x.shape;
    const rows = tf.matMul(tf.reshape(x, [episodes * patterns, n]), w as tf.Tensor2D);
    return tf.reshape(rows, [episodes, patterns, w.shape[1] as number]);
  };
  return {
    patternShape: [d],
    parameters,
    energy(p: Parameters, x: tf.Tensor) {
      let h = x;
      for (const [i, { bias, activation, scaled }] of layers.entries()) {
        h = times(h, p[`w${i}`]);
        const b = p[`b${i}`];
        if (b) h = tf.add(h, bias === 1 && b.rank === 2 ? tf.expandDims(b, 1) : b);
        if (scaled === 1) h = tf.mul(h, p.s);
        h = activation(h);
        if (scaled === 2) h = tf.mul(0.5, h);
      }
      const back = times(h, p.v);
      const energies = terms.map(({ kind, factor, learned }) => {
        const term = energyOf(kind, x, h, back);
        const scaled = tf.mul(term, factor);
        return learned ? tf.mul(scaled, tf.softplus(p.s)) : scaled;
      });
      return energies.reduce((sum, e) => tf.add(sum, e));
    },
  };
}

/** [episodes, patterns] from x, the last layer h, and what it gives back in the space of x. */
function energyOf(kind: number, x: tf.Tensor, h: tf.Tensor, back: tf.Tensor): tf.Tensor {
  switch (kind) {
    case 0:
      return tf.sum(h, 2);
    case 1:
      return tf.neg(tf.sum(tf.mul(x, back), 2));
    case 2:
      return tf.sum(tf.square(tf.sub(x, back)), -1);
    case 3:
      return tf.neg(tf.logSumExp(h, 2));
    case 4:
      return tf.mean(tf.softplus(back), 2);
    case 5:
      return tf.sum(tf.mul(tf.softmax(h), h), 2);
    case 6:
      return tf.sum(tf.concat([tf.square(h), tf.tanh(back)], 2), 2);
    default:
      return tf.sqrt(tf.add(tf.sum(tf.square(back), 2), 0.1));
  }
}

/** One of the project's networks, of random options. */
function ofProject(random: Random): EnergyNetwork {
  const flat = [between(random, 4, 6)];
  const image = [pick(random, [4, 8]), pick(random, [4, 8]), between(random, 1, 2)];
  const makers: { [N in keyof NetworkOptions]: () => NetworkOptions[N] } = {
    'hopfield-site': () => ({
      patternShape: flat,
      width: pick(random, [0, 2, 4]),
      features: siteFeatures.filter(() => random.integer(3) > 0).concat('xh' as never).filter((f, i, all) => all.indexOf(f) === i), // biome-ignore format: one thought
      self: pick(random, ['written', 0.1] as const),
    }),
    'key-value': () => ({
      patternShape: image,
      keys: between(random, 2, 4),
      code: between(random, 2, 5),
      width: between(random, 2, 4),
      writing: pick(random, ['energy', 'code'] as const),
    }),
    'coded-slots': () => ({
      patternShape: image,
      slots: between(random, 2, 4),
      code: between(random, 2, 5),
      halvings: 0,
      width: between(random, 1, 3),
      blank: random.bit() === 1,
      tied: random.bit() === 1,
    }),
    'level-slots': () => ({
      patternShape: [pick(random, [4, 6])],
      slots: between(random, 2, 4),
      bits: pick(random, [1, 2]),
      steps: between(random, 1, 4),
    }),
    mlp: () => ({
      patternShape: flat,
      hidden: Array.from({ length: between(random, 1, 2) }, () => between(random, 2, 6)),
      activation: pick(random, ['tanh', 'softplus', 'silu', 'gelu'] as const),
    }),
    'gated-recurrent': () => ({ patternShape: flat, width: between(random, 4, 6), hops: between(random, 1, 3), memory: between(random, 1, 3) }), // biome-ignore format: one thought
    convolutional: () => ({
      patternShape: [8, 8, 1],
      channels: [2, 3, 3],
      memory: [1, 1],
      hops: 1,
      hidden: 4,
    }),
    'fc-resnet': () => ({ patternShape: [8, 8, 1], channels: [4, between(random, 1, 4), between(random, 1, 5)], features: between(random, 3, 9), memory: between(random, 1, 2), width: between(random, 4, 8), hops: between(random, 1, 2), hidden: 3 }), // biome-ignore format: one thought
    'conv-resnet': () => ({
      patternShape: [8, 8, 1],
      channels: [4, 5],
      width: 8,
      memory: 1,
      hops: 1,
      hidden: 3,
    }),
    universal: () => ({
      patternShape: flat,
      slots: between(random, 2, 4),
      similarity: pick(random, slotSimilarities),
      separation: pick(random, slotSeparations),
    }),
  };
  // Images are slow in tfjs: seldom.
  const all = Object.keys(makers) as (keyof NetworkOptions)[];
  const vectors: (keyof NetworkOptions)[] = ['hopfield-site', 'mlp', 'gated-recurrent', 'universal'];
  const name = pick(random, random.integer(5) === 0 ? all : vectors);
  const make = networks[name] as (options: object) => EnergyNetwork;
  return make(makers[name]());
}

function ruleOf(random: Random, network: EnergyNetwork): Rule {
  const divisors: Rule['write']['divisor'][] = ['patterns', 3];
  if (network.curvature) divisors.push('curvature');
  const bits = random.integer(5) === 0 ? { bits: between(random, 2, 6) } : {};
  return {
    range: pick(random, [[-1, 1], [0, 1]] as const), // biome-ignore format: a list
    write: {
      steps: between(random, 1, 3),
      rates: pick(random, ['terms', 'loss'] as const),
      per_step: random.bit() === 1,
      rate: 0.1,
      ...(random.bit() ? { distance: 0.05 } : {}),
      divisor: pick(random, divisors),
      gradient_term: random.integer(3) > 0,
      momentum: pick(random, [0, 0, 0.5]),
      ...bits,
    },
    read: {
      steps: between(random, 1, 3),
      rate: 0.3,
      decay: 0.8,
      momentum: 0.5,
      start: pick(random, ['query', 'query', 0.1] as const),
    },
  };
}

/** The meta-loss of a random energy under a random rule, what it recalls, and the gradient in every parameter. */
export function energyFunction(seed: number): RandomFunction {
  const random = stream(seed, 'energy');
  const network = random.bit() ? madeUp(random) : ofProject(random);
  const rule = ruleOf(random, network);
  const model = energyModel(network, rule);
  const batch = [between(random, 1, 2), between(random, 1, 4), ...network.patternShape];
  const known = random.bit() === 1;
  const numbers = (shape: readonly number[], one: () => number) =>
    Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => Math.fround(one()));
  const inputs: RandomFunction['inputs'] = {};
  const input = (name: string, shape: readonly number[], one: () => number) => {
    inputs[name] = { shape: [...shape], dtype: 'float32', values: numbers(shape, one) };
  };
  const [low, high] = rule.range;
  const inside = () => low + (high - low) * (0.1 + 0.8 * random.uniform());
  input('patterns', batch, inside);
  input('queries', batch, inside);
  if (known) input('known', batch, () => random.bit());
  for (const [name, spec] of Object.entries(model.parameters)) {
    const drawn = 'values' in spec.init ? [...spec.init.values] : numbers(spec.shape, () => 0.4 * random.normal()); // biome-ignore format: one thought
    inputs[`p:${name}`] = { shape: spec.shape, dtype: 'float32', values: drawn };
  }
  return {
    inputs,
    f(tensors) {
      const { patterns, queries } = tensors;
      const p = Object.fromEntries(Object.keys(model.parameters).map((name) => [name, tensors[`p:${name}`]]));
      const episode = { patterns, queries, ...(known ? { known: tensors.known } : {}) };
      const { value, grads } = valueAndGradsOf((q) => objective(model, q, episode).loss)(p);
      return { value, recalled: objective(model, p, episode).recalled, ...grads };
    },
  };
}
