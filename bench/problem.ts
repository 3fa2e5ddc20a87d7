/** @file The work that is timed (DESIGN, reference step): the same initial values and data for this project and its peers. */
import { MOMENTS } from '../meta/adamw.ts';
import { memoryTrainable } from '../meta/memory-learner.ts';
import { type MetaStepSettings, metaStep, metaStepInputs } from '../meta/meta-step.ts';
import type { NamedArray } from '../meta/safetensors.ts';
import type { InputSpec, NamedValues, TensorFunction } from '../src/compile/index.ts';
import { initialise, mlp } from '../src/energy/index.ts';
import { energyModel } from '../src/memory/energy-model.ts';
import { defaultRule, type Rule } from '../src/memory/rule.ts';
import { stream } from '../src/random.ts';

export interface Problem {
  name: string;
  step: TensorFunction;
  inputs: Record<string, InputSpec>;
  values: NamedValues;
  /** What a peer needs to do the same. */
  arrays: Record<string, NamedArray>;
}

/** MLP d-width-width-1, every weight writable, T = 3 write steps with the full writing loss, K = 5 read steps, AdamW. */
export function referenceStep({ dimension = 128, width = 256, patterns = 32, episodes = 16 } = {}): Problem {
  const network = mlp({ patternShape: [dimension], hidden: [width, width] });
  const rule: Rule = {
    ...defaultRule,
    write: { ...defaultRule.write, steps: 3, rates: 'loss', rate: 0.01 },
    read: { ...defaultRule.read, steps: 5, rate: 1 },
  };
  const model = energyModel(network, rule);
  const settings: MetaStepSettings = {
    trainable: memoryTrainable({ model, known: false }),
    optimiser: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-6, clip: 1 },
    schedule: { learning_rate: 1e-3, warmup: 0, decay: 'constant', final: 0 },
    steps: 1000,
  };
  const specs = model.parameters;
  const parameters = initialise(specs, 0);
  const random = stream(0, 'reference');
  const size = episodes * patterns * dimension;
  const stored = Float32Array.from({ length: size }, () => 2 * random.bit() - 1);
  const queries = stored.map((v) => (random.uniform() < 0.1 ? -v : v));
  const shape = [episodes, patterns, dimension];
  const values: NamedValues = { patterns: stored, queries, update: new Float32Array([1]) };
  const arrays: Record<string, NamedArray> = {
    patterns: { shape, values: stored },
    queries: { shape, values: queries },
  };
  for (const [name, value] of Object.entries(parameters)) {
    values[`p:${name}`] = value;
    for (const prefix of MOMENTS) values[prefix + name] = new Float32Array(value.length);
    arrays[name] = { shape: specs[name].shape, values: value };
  }
  return {
    name: `MLP ${dimension}-${width}-${width}-1, ${patterns} patterns, ${episodes} episodes, T = 3, K = 5`,
    step: metaStep(settings),
    inputs: metaStepInputs(settings, episodes, patterns),
    values,
    arrays,
  };
}
