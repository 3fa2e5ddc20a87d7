/** @file Says which quantity of an update went first when its loss or gradient is not finite. */
import { type NamedTensors, valueAndGradsOf } from '../src/autodiff/index.ts';
import type { Engine, NamedValues } from '../src/compile/index.ts';
import type { Trainable } from './learner.ts';

/**
 * Names the first quantity of an update that is not finite, in words; undefined when all are.
 * @param values `p:NAME` of every parameter, and the batch
 */
export type TroubleFinder = (
  episodes: number,
  patterns: number,
  values: NamedValues,
) => Promise<string | undefined>;

/**
 * Computes an update's quantities in the order in which they come into being: parameters, what is written, what is
 * read, the loss, the gradient of each parameter. Nothing is compiled before it is asked.
 */
export function troubleFinder(trainable: Trainable, engine: Engine): TroubleFinder {
  const names = Object.keys(trainable.parameters);
  const quantities = (given: NamedTensors): NamedTensors => {
    const p = Object.fromEntries(names.map((name) => [name, given[`p:${name}`]]));
    const { value, grads } = valueAndGradsOf((q) => trainable.loss(q, given).loss)(p);
    return {
      ...trainable.stages?.(p, given),
      'the loss': value,
      ...Object.fromEntries(names.map((name) => [`the gradient of ${name}`, grads[name]])),
    };
  };
  return async (episodes, patterns, values) => {
    const specs = Object.entries(trainable.parameters).map(([name, { shape }]) => [`p:${name}`, { shape }]);
    const inputs = { ...Object.fromEntries(specs), ...trainable.inputs(episodes, patterns) };
    const own = Object.fromEntries(Object.keys(inputs).map((name) => [name, values[name]]));
    const broken = Object.keys(inputs).find((name) => !allFinite(own[name]));
    if (broken) return broken.startsWith('p:') ? `parameter ${broken.slice(2)}` : `the batch's ${broken}`;
    const outputs = await (await engine.compile(quantities, inputs)).run(own);
    return Object.keys(outputs).find((name) => !allFinite(outputs[name]));
  };
}

function allFinite(values: NamedValues[string]): boolean {
  for (const value of values) if (!Number.isFinite(Number(value))) return false;
  return true;
}
