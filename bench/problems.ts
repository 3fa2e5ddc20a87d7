/** @file The work that is timed: five problems, each with the same initial values and data for this project and its peers. */
import { MOMENTS } from '../meta/adamw.ts';
import { memoryTrainable } from '../meta/memory-learner.ts';
import { type MetaStepSettings, metaStep, metaStepInputs } from '../meta/meta-step.ts';
import { encodeSafetensors, type NamedArray } from '../meta/safetensors.ts';
import type { InputSpec, NamedValues, Program, TensorFunction } from '../src/compile/index.ts';
import {
  convResnet,
  type EnergyNetwork,
  gatedRecurrent,
  hopfieldSite,
  initialise,
  mlp,
} from '../src/energy/index.ts';
import { energyModel } from '../src/memory/energy-model.ts';
import { defaultRule, type Rule, writableNames } from '../src/memory/rule.ts';
import { stream } from '../src/random.ts';
import { sizeOf } from '../src/shapes.ts';

/** What makes a problem: everything else follows from it. */
export interface Setting {
  /** In words, for tables. */
  title: string;
  network: EnergyNetwork;
  /** What the peers call the energy. */
  energy: 'mlp' | 'site' | 'gated' | 'conv';
  /** What a peer cannot see from the shapes of the parameters. */
  options: Record<string, number>;
  rule: Rule;
  /** Whether recall is told which entries of the query are uncorrupted. */
  known: boolean;
  episodes: number;
  patterns: number;
  /** Part of the entries of a query that are turned round. */
  flipped: number;
}

/** With `rates` "loss": one learned rate a step. With "terms": one for each step, tensor and term. */
function rule(rates: Rule['write']['rates'], T: number, K: number, write: number, read: number): Rule {
  return {
    ...defaultRule,
    write: { ...defaultRule.write, steps: T, rates, rate: write },
    read: { ...defaultRule.read, steps: K, rate: read },
  };
}

export interface MlpSize {
  width: number;
  patterns: number;
  episodes: number;
  T: number;
  K: number;
}

/** MLP 128-width-width-1, every weight writable. */
export function mlpSetting({ width, patterns, episodes, T, K }: MlpSize): Setting {
  return {
    title: `MLP 128-${width}-${width}-1, ${patterns} patterns, ${episodes} episodes, T = ${T}, K = ${K}`,
    network: mlp({ patternShape: [128], hidden: [width, width] }),
    energy: 'mlp',
    options: {},
    rule: rule('loss', T, K, 0.01, 1),
    known: false,
    episodes,
    patterns,
    flipped: 0.1,
  };
}

/** The five problems by name; each is made only when it is asked for. */
export const settings = {
  reference: () => mlpSetting({ width: 256, patterns: 32, episodes: 16, T: 3, K: 5 }),
  wide: () => mlpSetting({ width: 1024, patterns: 32, episodes: 8, T: 3, K: 5 }),
  site: (): Setting => ({
    title: 'Hopfield energy, site function of width 16, 128 bits, 64 patterns, 6 episodes, T = 5, K = 5',
    network: hopfieldSite({ patternShape: [128], width: 16 }),
    energy: 'site',
    options: {},
    rule: rule('terms', 5, 5, 0.127, 1.3),
    known: true,
    episodes: 6,
    patterns: 64,
    flipped: 0.25,
  }),
  gated: (): Setting => ({
    title: 'gated recurrent, width 256, 5 hops, 128 bits, 32 patterns, 8 episodes, T = 3, K = 5',
    network: gatedRecurrent({ patternShape: [128], width: 256, hops: 5, memory: 64 }),
    energy: 'gated',
    options: { hops: 5 },
    rule: rule('terms', 3, 5, 0.05, 0.5),
    known: true,
    episodes: 8,
    patterns: 32,
    flipped: 0.25,
  }),
  conv: (): Setting => ({
    title: 'conv-resnet, channels 8 and 16, width 32, 3 hops, 32x32, 16 images, 2 episodes, T = 3, K = 5',
    network: convResnet({
      patternShape: [32, 32, 1],
      channels: [8, 16],
      width: 32,
      memory: 8,
      hops: 3,
      hidden: 128,
    }),
    energy: 'conv',
    options: { hops: 3 },
    rule: rule('terms', 3, 5, 0.01, 0.1),
    known: true,
    episodes: 2,
    patterns: 16,
    flipped: 0.125,
  }),
} satisfies Record<string, () => Setting>;

export type ProblemName = keyof typeof settings;
export const problemNames = Object.keys(settings) as ProblemName[];

/** Takes updates one after the other, each from the parameters and moments of the one before, which have the names of the old ones. */
export function updates(program: Program, { inputs, values }: Problem): () => Promise<NamedValues> {
  let now = values;
  let update = 0;
  return async () => {
    const outputs = await program.run(now);
    update++;
    const carried = Object.fromEntries(Object.entries(outputs).filter(([key]) => key in inputs));
    now = { ...now, ...carried, update: new Float32Array([update + 1]) };
    return outputs;
  };
}

export interface Problem {
  title: string;
  /** The whole update: inputs and outputs are those of `metaStep`. */
  step: TensorFunction;
  inputs: Record<string, InputSpec>;
  values: NamedValues;
  /** All that a peer needs to do the same: a safetensors file. */
  file: Uint8Array;
}

/** AdamW as every contestant runs it. */
export const OPTIMISER = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-6, clip: 1 };
const LEARNING_RATE = 1e-3;

/**
 * The problem of a setting: parameters as the network initialises them, random patterns of -1 and +1, and queries in which
 * a part of the entries is turned round, from fixed seeds.
 */
export function problemOf(setting: Setting): Problem {
  const { network, rule, known, episodes, patterns, flipped } = setting;
  const model = energyModel(network, rule);
  const step: MetaStepSettings = {
    trainable: memoryTrainable({ model, known }),
    optimiser: OPTIMISER,
    schedule: { learning_rate: LEARNING_RATE, warmup: 0, decay: 'constant', final: 0 },
    steps: 1000,
  };
  const random = stream(0, 'reference');
  const shape = [episodes, patterns, ...network.patternShape];
  const stored = Float32Array.from({ length: sizeOf(shape) }, () => 2 * random.bit() - 1);
  const queries = stored.map((v) => (random.uniform() < flipped ? -v : v));
  const batch: NamedValues = { patterns: stored, queries };
  if (known) batch.known = stored.map((v, i) => Number(v === queries[i]));
  const values: NamedValues = { ...batch, update: new Float32Array([1]) };
  const arrays: Record<string, NamedArray> = {};
  for (const [name, value] of Object.entries(batch)) arrays[name] = { shape, values: value as Float32Array };
  for (const [name, value] of Object.entries(initialise(model.parameters, 0))) {
    values[`p:${name}`] = value;
    for (const prefix of MOMENTS) values[prefix + name] = new Float32Array(value.length);
    arrays[`p:${name}`] = { shape: model.parameters[name].shape, values: value };
  }
  const { write, read, range } = rule;
  const told = {
    energy: setting.energy,
    options: setting.options,
    pattern: network.patternShape,
    writable: writableNames(network),
    range,
    write: { steps: write.steps, rates: write.rates, divisor: patterns },
    read: { steps: read.steps },
    optimiser: { ...OPTIMISER, learning_rate: LEARNING_RATE },
  };
  return {
    title: setting.title,
    step: metaStep(step),
    inputs: metaStepInputs(step, episodes, patterns),
    values,
    file: encodeSafetensors(arrays, { problem: JSON.stringify(told) }),
  };
}
