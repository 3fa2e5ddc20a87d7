/** @file An energy network with its write and read rules, as a memory that can be trained. */
import type * as tf from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import type { NamedTensors } from '../autodiff/index.ts';
import { type EnergyNetwork, NETWORK, writableFloats } from '../energy/network.ts';
import { InputError } from '../errors.ts';
import { MOST_BITS } from './contents.ts';
import type { MemoryModel } from './model.ts';
import { read, startOf } from './read.ts';
import { type Rule, ruleParameters, slower, writableNames } from './rule.ts';
import { unwritten, write, writeMore, writeSteps } from './write.ts';

const RULE = args.fields(
  {
    range: args.range,
    write: args.fields({
      steps: args.whole(1),
      rates: args.oneOf(['terms', 'loss']),
      per_step: args.flag,
      rate: args.positive,
      distance: args.optional(args.positive),
      divisor: args.oneOfOr(['patterns', 'curvature'], args.positive),
      gradient_term: args.flag,
      momentum: args.share,
      bits: args.optional(args.whole(1, MOST_BITS)),
      grid: args.optional(args.positive),
      rounded: args.optional(args.whole(0)),
      forget: args.optional(args.share),
    }),
    read: args.fields({
      steps: args.whole(1),
      rate: args.positive,
      decay: args.share,
      momentum: args.share,
      start: args.oneOfOr(['query'], args.number),
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
