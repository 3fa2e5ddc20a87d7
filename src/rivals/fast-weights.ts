/**
 * @file One matrix written to pattern after pattern, by the rules that are proposed for streams: Hebb's with decay, the delta rule
 * (Widrow and Hoff 1960), the gated delta rule (Yang, Kautz and Hatamizadeh, ICLR 2025, equation 10), and gradient steps with momentum and
 * decay (Titans: Behrouz, Zhong and Mirrokni 2025, equations 13 and 14). Auto-associative: keys and values are the pattern.
 */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import type { ParameterSpec } from '../energy/network.ts';
import { keptPart } from '../energy/packing.ts';
import type { MemoryModel } from '../memory/model.ts';
import { sizeOf } from '../shapes.ts';
import type { Range } from './codec.ts';
import { signed, updated } from './recurrent.ts';

/**
 * With H the hollow symmetric part, e = x - W x the surprise and beta, alpha, eta learned:
 * hebb: W <- alpha W + beta H(x x') / d; delta: W <- W + beta H(e x') / d, and a part of it forgotten with `forgets`;
 * gated-delta: likewise of alpha W, where alpha and beta depend on the mean square of the surprise;
 * momentum: S <- eta S + beta H(e x') / d, W <- alpha W + S, with the same gates.
 */
export const fastWeightRules = ['hebb', 'delta', 'gated-delta', 'momentum'] as const;
export type FastWeightRule = (typeof fastWeightRules)[number];

export interface FastWeightsOptions {
  patternShape: number[];
  range?: Range;
  /** Default delta. */
  rule?: FastWeightRule;
  /** Updates of the units at recall. Default 8. */
  steps?: number;
}

/** Initial alpha, as a logit: a time constant of about 50 patterns. */
const KEEP = 4;

/**
 * Recall: x <- tanh(g_k W x), known entries kept, the gain g_k learned for every step. State: `W` [d, d], hollow: d (d - 1) / 2 floats;
 * with momentum also `S`, as many again.
 */
export function fastWeights({
  patternShape,
  range = [-1, 1],
  rule = 'delta',
  steps = 8,
}: FastWeightsOptions): MemoryModel {
  const d = sizeOf(patternShape);
  const momentum = rule === 'momentum';
  const names = momentum ? ['W', 'S'] : ['W'];
  const scalar = (value: number): ParameterSpec => ({
    shape: [1],
    init: { constant: value },
    writable: false,
  });
  const gated = rule === 'gated-delta' || momentum;
  const forgets = rule !== 'delta';
  /** A gate: the logistic function of a number, and where gated of what the surprise adds to it. */
  const gate = (p: NamedTensors, name: string, surprise?: tf.Tensor) => {
    const bias = p[name];
    return tf.sigmoid(gated && surprise ? tf.add(bias, tf.mul(p[`${name}.surprise`], surprise)) : bias);
  };

  /** One pattern x [episodes, 1, d]. */
  function addOne(p: NamedTensors, state: NamedTensors, x: tf.Tensor): NamedTensors {
    const { W } = state;
    const e = tf.sub(x, tf.matMul(x, W));
    const surprise = tf.reshape(tf.mean(tf.square(e), [1, 2]), [-1, 1, 1]);
    const kept = forgets ? tf.mul(W, gate(p, 'keep', surprise)) : W;
    const error = rule === 'hebb' ? x : rule === 'delta' ? e : tf.sub(x, tf.matMul(x, kept));
    const outer = keptPart(tf.matMul(error, x, true, false), 'hollow');
    // At most 2 / d: a step of the delta rule that is longer than 2 / |x|^2 overshoots.
    const change = tf.mul(outer, tf.mul(gate(p, 'rate', surprise), 2 / d));
    if (!momentum) return { W: tf.add(kept, change) };
    const S = tf.add(tf.mul(state.S, gate(p, 'momentum', surprise)), change);
    return { W: tf.add(kept, S), S };
  }

  const empty = (_: NamedTensors, episodes: number): NamedTensors =>
    Object.fromEntries(names.map((name) => [name, tf.zeros([episodes, d, d])]));
  const add = (p: NamedTensors, state: NamedTensors, patterns: tf.Tensor): NamedTensors => {
    const all = signed(patterns, range);
    return tf.split(all, all.shape[1]!, 1).reduce((before, x) => addOne(p, before, x), state);
  };
  const gates = [...(forgets ? [['keep', KEEP] as const] : []), ['rate', 0] as const, ...(momentum ? [['momentum', -1] as const] : [])]; // biome-ignore format: a list
  return {
    name: rule === 'hebb' ? 'hebb-decay' : rule === 'momentum' ? 'gradient-momentum' : rule,
    patternShape,
    range,
    steps,
    state: Object.fromEntries(names.map((name) => [name, [d, d]])),
    packing: Object.fromEntries(names.map((name) => [name, 'hollow' as const])),
    floats: (names.length * d * (d - 1)) / 2,
    parameters: {
      ...Object.fromEntries(gates.map(([name, value]) => [name, scalar(value)])),
      ...(gated ? Object.fromEntries(gates.map(([name]) => [`${name}.surprise`, scalar(0)])) : {}),
      gain: { shape: [steps], init: { constant: 2 }, writable: false },
    },
    store: (p, patterns) => add(p, empty(p, patterns.shape[0]), patterns),
    empty,
    add,
    recall(p, { W }, queries, known, count = steps) {
      const gain = (k: number) => tf.reshape(tf.slice(p.gain, [Math.min(k, steps - 1)], [1]), []);
      return updated(W, gain, { queries, known, range, count });
    },
  };
}
