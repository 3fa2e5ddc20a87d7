/** @file The whole update of the outer loop as one tensor function: write, read, loss, its gradient, AdamW. */
import type * as tf from '@tensorflow/tfjs';
import { gradsWithAuxiliary, type NamedTensors } from '../src/autodiff/index.ts';
import type { InputSpec, TensorFunction } from '../src/compile/index.ts';
import type { EnergyNetwork } from '../src/energy/index.ts';
import { type Rule, ruleParameters } from '../src/memory/rule.ts';
import { type AdamW, adamW, MOMENTS } from './adamw.ts';
import { objective } from './objective.ts';
import { learningRate, type Schedule } from './schedule.ts';

/** All that training adjusts: the network's parameters and the rule's. */
export const metaParameters = (network: EnergyNetwork, rule: Rule) => ({
  ...network.parameters,
  ...ruleParameters(rule, network),
});

export interface MetaStepSettings {
  network: EnergyNetwork;
  rule: Rule;
  optimiser: AdamW;
  schedule: Schedule;
  /** Updates in all, for the schedule. */
  steps: number;
  /** Whether recall is told which entries of the query are uncorrupted. */
  known: boolean;
  /** Weights of the read iterates in the loss; default all one. */
  iterateWeights?: readonly number[];
}

/**
 * Inputs: `p:NAME`, `m:NAME`, `v:NAME` for every meta-parameter, `update`, `patterns`, `queries` and, with known
 * entries, `known`. Outputs: the same p, m and v after the update, `loss`, `rate`, `norm`, `finite` and `recalled`.
 */
export function metaStep(settings: MetaStepSettings): TensorFunction {
  const { network, rule, optimiser, schedule, steps, known, iterateWeights } = settings;
  const names = Object.keys(metaParameters(network, rule));
  return (inputs) => {
    const p = Object.fromEntries(names.map((name) => [name, inputs[`p:${name}`]]));
    const episode = {
      patterns: inputs.patterns,
      queries: inputs.queries,
      known: known ? inputs.known : undefined,
    };
    const { value, grads, auxiliary } = gradsWithAuxiliary((...tensors) => {
      const q = Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
      const { loss, recalled } = objective(network, rule, q, episode, iterateWeights);
      return { value: loss, auxiliary: { recalled } };
    })(names.map((name) => p[name]));
    const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]]));
    const moments: NamedTensors = {};
    for (const prefix of MOMENTS) for (const name of names) moments[prefix + name] = inputs[prefix + name];
    const update = inputs.update as tf.Scalar;
    const rate = learningRate(schedule, steps, update);
    const updated = adamW(optimiser, p, moments, gradients, update, rate);
    return {
      ...Object.fromEntries(names.map((name) => [`p:${name}`, updated.p[name]])),
      ...updated.moments,
      loss: value,
      rate,
      norm: updated.norm,
      finite: updated.finite,
      recalled: auxiliary.recalled,
    };
  };
}

/** Shapes of the inputs of `metaStep`. */
export function metaStepInputs(
  { network, rule, known }: MetaStepSettings,
  episodes: number,
  patterns: number,
): Record<string, InputSpec> {
  const specs: Record<string, InputSpec> = {};
  for (const prefix of ['p:', ...MOMENTS]) {
    for (const [name, { shape }] of Object.entries(metaParameters(network, rule)))
      specs[prefix + name] = { shape };
  }
  const batch = { shape: [episodes, patterns, ...network.patternShape] };
  specs.update = { shape: [] };
  specs.patterns = batch;
  specs.queries = batch;
  if (known) specs.known = batch;
  return specs;
}
