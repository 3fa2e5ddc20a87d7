/** @file The whole update of the outer loop as one tensor function: the loss, its gradient, AdamW, the moving average. */
import * as tf from '@tensorflow/tfjs';
import { gradsWithAuxiliary, type NamedTensors } from '../src/autodiff/index.ts';
import type { InputSpec, TensorFunction } from '../src/compile/index.ts';
import { type AdamW, adamW, MOMENTS } from './adamw.ts';
import type { Trainable } from './learner.ts';
import { learningRate, type Schedule } from './schedule.ts';

/** Prefix of the moving average of the parameters. */
export const AVERAGE = 'a:';

export interface MetaStepSettings {
  trainable: Trainable;
  optimiser: AdamW;
  schedule: Schedule;
  /** Updates in all, for the schedule. */
  steps: number;
  /** Decay of the exponential moving average of the parameters; 0: none is kept. */
  average?: number;
}

/** Prefixes of all that an update carries over to the next, for every parameter. */
export const statePrefixes = ({ average = 0 }: Pick<MetaStepSettings, 'average'>) => [
  'p:',
  ...MOMENTS,
  ...(average > 0 ? [AVERAGE] : []),
];

/**
 * Inputs: `p:NAME`, `m:NAME`, `v:NAME` and, with an average, `a:NAME` for every parameter, `update`, and the batch.
 * Outputs: the same after the update, `loss`, `rate`, `norm`, `finite` and the outputs of the loss.
 */
export function metaStep(settings: MetaStepSettings): TensorFunction {
  const { trainable, optimiser, schedule, steps, average = 0 } = settings;
  const names = Object.keys(trainable.parameters);
  return (inputs) => {
    const p = Object.fromEntries(names.map((name) => [name, inputs[`p:${name}`]]));
    const { value, grads, auxiliary } = gradsWithAuxiliary((...tensors) => {
      const q = Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
      const { loss, outputs } = trainable.loss(q, inputs);
      return { value: loss, auxiliary: outputs };
    })(names.map((name) => p[name]));
    const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]]));
    const moments: NamedTensors = {};
    for (const prefix of MOMENTS) for (const name of names) moments[prefix + name] = inputs[prefix + name];
    const update = inputs.update as tf.Scalar;
    const rate = learningRate(schedule, steps, update);
    const updated = adamW(optimiser, p, moments, gradients, value as tf.Scalar, update, rate);
    const averages: NamedTensors = {};
    if (average > 0) {
      // The first updates are forgotten faster, so that the average does not remember the random start.
      const decay = tf.minimum(average, tf.div(tf.add(update, 1), tf.add(update, 10)));
      for (const name of names) {
        const old = inputs[AVERAGE + name];
        const moved = tf.add(tf.mul(old, decay), tf.mul(updated.p[name], tf.sub(1, decay)));
        averages[AVERAGE + name] = tf.where(tf.cast(updated.finite, 'bool'), moved, old);
      }
    }
    return {
      ...Object.fromEntries(names.map((name) => [`p:${name}`, updated.p[name]])),
      ...updated.moments,
      ...averages,
      loss: value,
      rate,
      norm: updated.norm,
      finite: updated.finite,
      ...auxiliary,
    };
  };
}

/** Shapes of the inputs of `metaStep`. */
export function metaStepInputs(
  settings: MetaStepSettings,
  episodes: number,
  patterns: number,
): Record<string, InputSpec> {
  const specs: Record<string, InputSpec> = {};
  for (const prefix of statePrefixes(settings)) {
    for (const [name, { shape }] of Object.entries(settings.trainable.parameters))
      specs[prefix + name] = { shape };
  }
  specs.update = { shape: [] };
  return { ...specs, ...settings.trainable.inputs(episodes, patterns) };
}
