/** @file An energy network with its write and read rules, as a memory that can be trained. */
import type * as tf from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import type { NamedTensors } from '../autodiff/index.ts';
import { type EnergyNetwork, NETWORK, writableFloats } from '../energy/network.ts';
import { InputError } from '../errors.ts';
import type { MemoryModel } from './model.ts';
import { read, startOf } from './read.ts';
import { type Rule, ruleParameters, slower, writableNames } from './rule.ts';
import { unwritten, write, writeMore, writeSteps } from './write.ts';

const POSITIVE = args.kind('a number above 0', (v) => Number.isFinite(v) && (v as number) > 0);
const SHARE = args.kind('a number from 0 to below 1', (v) => Number.isFinite(v) && (v as number) >= 0 && (v as number) < 1); // biome-ignore format: one thought
const RULE = args.fields(
  {
    range: args.kind(
      'two finite numbers, low < high',
      (v) => Array.isArray(v) && v.length === 2 && v.every(Number.isFinite) && v[0] < v[1],
    ),
    write: args.fields({
      steps: args.whole(1),
      rates: args.oneOf(['terms', 'loss']),
      per_step: args.flag,
      rate: POSITIVE,
      divisor: args.kind(
        'a number above 0, "patterns" or "curvature"',
        (v) => v === 'patterns' || v === 'curvature' || (Number.isFinite(v) && (v as number) > 0),
      ),
      gradient_term: args.flag,
      momentum: SHARE,
    }),
    read: args.fields({
      steps: args.whole(1),
      rate: POSITIVE,
      decay: SHARE,
      momentum: SHARE,
      start: args.kind('"query" or a finite number', (v) => v === 'query' || Number.isFinite(v)),
    }),
  },
  'a rule, as defaultRule',
);

/**
 * The state is the written value of every writable parameter.
 * @throws InputError where the rule divides by a curvature of which the network knows no bound
 */
export function energyModel(network: EnergyNetwork, rule: Rule): MemoryModel {
  args.check('energyModel', { network: [network, NETWORK], rule: [rule, RULE] });
  if (rule.write.divisor === 'curvature' && !network.curvature)
    throw new InputError('write.divisor is "curvature", but the network has no bound on its curvature');
  const writable = writableNames(network);
  return {
    name: 'ebmm',
    patternShape: network.patternShape,
    range: rule.range,
    parameters: { ...network.parameters, ...ruleParameters(rule, network) },
    principal: network.principal,
    state: Object.fromEntries(writable.map((name) => [name, network.parameters[name].shape])),
    packing: Object.fromEntries(writable.map((name) => [name, network.parameters[name].packing ?? 'full'])),
    bits: rule.write.bits,
    floats: writableFloats(network),
    steps: rule.read.steps,
    store(p, patterns) {
      const written = write(network, rule, p, patterns);
      return Object.fromEntries(writable.map((name) => [name, written[name]]));
    },
    slower: (parameters, scale) => ({
      ...parameters,
      'rule.write': slower(rule, parameters['rule.write'], scale),
    }),
    empty: (p, episodes) => unwritten(network, p, episodes),
    add: (p, state, patterns) => writeMore(network, rule, p, state, patterns),
    storing: (p, patterns) => writeSteps(network, rule, p, patterns),
    recall: (p, state, queries, known, steps) =>
      read(network, rule, { ...p, ...state }, queries, known, steps).iterates,
    ...(network.trust
      ? {
          trust: (p: NamedTensors, queries: tf.Tensor, known?: tf.Tensor) =>
            network.trust!(p, startOf(rule, p, queries, known)),
        }
      : {}),
    energy: (p, state, x) => network.energy({ ...p, ...state }, x),
  };
}
