/** @file The whole update of the outer loop as one tensor function: the loss, its gradient, AdamW, the moving average. */
import * as tf from '@tensorflow/tfjs';
import * as args from '../src/arguments.ts';
import { gradsWithAuxiliary, type NamedTensors } from '../src/autodiff/index.ts';
import type { InputSpec, TensorFunction } from '../src/compile/program/engine.ts';
import { meanName, type Split } from '../src/compile/split/split.ts';
import { prefixed } from '../src/prefixed.ts';
import { type AdamW, adamW, MOMENTS, OPTIMISER } from './adamw.ts';
import { TRAINABLE, type Trainable } from './learner.ts';
import { learningRate, type Schedule } from './schedule.ts';

/** Prefix of the moving average of the parameters. */
export const AVERAGE = 'a:';
/** Prefix of the gradients that parts of a batch give. */
const GRADIENT = 'g:';

export interface MetaStepSettings {
  trainable: Trainable;
  optimiser: AdamW;
  schedule: Schedule;
  /** Updates in all, for the schedule. */
  steps: number;
  /** Decay of the exponential moving average of the parameters; 0: none is kept. */
  average?: number;
  /** Parts that a batch is computed in; default: from sizes alone. */
  parts?: number;
}

const SETTINGS = args.fields({
  trainable: TRAINABLE,
  optimiser: OPTIMISER,
  schedule: args.object,
  steps: args.whole(0),
  average: args.optional(args.number),
  parts: args.optional(args.whole(1)),
});

/** Prefixes of all that an update carries over to the next, for every parameter. */
export const statePrefixes = ({ average = 0 }: Pick<MetaStepSettings, 'average'>) => [
  'p:',
  ...MOMENTS,
  ...(average > 0 ? [AVERAGE] : []),
];

/** The loss of a batch, its gradient by the parameters, and what else the loss puts out. */
function lossAndGradient(trainable: Trainable) {
  const names = Object.keys(trainable.parameters);
  return (inputs: NamedTensors) => {
    const { value, grads, auxiliary } = gradsWithAuxiliary((...tensors) => {
      const q = Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
      const { loss, outputs } = trainable.loss(q, inputs);
      return { value: loss, auxiliary: outputs };
    })(names.map((name) => inputs[`p:${name}`]));
    const gradients: NamedTensors = Object.fromEntries(names.map((name, i) => [name, grads[i]]));
    return { loss: value as tf.Scalar, gradients, auxiliary };
  };
}

/** Parameters, moments and moving average after the update, and what is to be known of it. */
function updated(
  settings: MetaStepSettings,
  inputs: NamedTensors,
  loss: tf.Scalar,
  gradients: NamedTensors,
): NamedTensors {
  const { trainable, optimiser, schedule, steps, average = 0 } = settings;
  const names = Object.keys(trainable.parameters);
  const p = Object.fromEntries(names.map((name) => [name, inputs[`p:${name}`]]));
  const moments: NamedTensors = {};
  for (const prefix of MOMENTS) for (const name of names) moments[prefix + name] = inputs[prefix + name];
  const update = inputs.update as tf.Scalar;
  const rate = learningRate(schedule, steps, update);
  const next = adamW(optimiser, p, moments, gradients, loss, update, rate);
  const averages: NamedTensors = {};
  if (average > 0) {
    // The first updates are forgotten faster, so that the average does not remember the random start.
    const decay = tf.minimum(average, tf.div(tf.add(update, 1), tf.add(update, 10)));
    for (const name of names) {
      const old = inputs[AVERAGE + name];
      const moved = tf.add(tf.mul(old, decay), tf.mul(next.p[name], tf.sub(1, decay)));
      averages[AVERAGE + name] = tf.where(tf.cast(next.finite, 'bool'), moved, old);
    }
  }
  return {
    ...prefixed('p:', next.p),
    ...next.moments,
    ...averages,
    loss,
    rate,
    norm: next.norm,
    finite: next.finite,
  };
}

/**
 * Inputs: `p:NAME`, `m:NAME`, `v:NAME` and, with an average, `a:NAME` for every parameter, `update`, and the batch.
 * Outputs: the same after the update, `loss`, `rate`, `norm`, `finite` and the outputs of the loss. Its split takes the mean
 * of the gradients of parts of the batch.
 */
export function metaStep(settings: MetaStepSettings): TensorFunction {
  args.check('metaStep', { settings: [settings, SETTINGS] });
  const { trainable } = settings;
  const names = Object.keys(trainable.parameters);
  const gradient = lossAndGradient(trainable);
  const step = (inputs: NamedTensors) => {
    const { loss, gradients, auxiliary } = gradient(inputs);
    return { ...updated(settings, inputs, loss, gradients), ...auxiliary };
  };
  const split: Split = {
    batch: Object.keys(trainable.inputs(1, 1)),
    shared: names.map((name) => `p:${name}`),
    part(inputs) {
      const { loss, gradients, auxiliary } = gradient(inputs);
      return { loss, ...prefixed(GRADIENT, gradients), ...auxiliary };
    },
    stacked: trainable.outputs,
    parts: settings.parts,
    whole(inputs) {
      const gradients = Object.fromEntries(names.map((name) => [name, inputs[meanName(GRADIENT + name)]]));
      return updated(settings, inputs, inputs[meanName('loss')] as tf.Scalar, gradients);
    },
  };
  return Object.assign(step, { split });
}
/** Shapes of the inputs of `metaStep`. */
export function metaStepInputs(
  settings: MetaStepSettings,
  episodes: number,
  patterns: number,
): Record<string, InputSpec> {
  args.check('metaStepInputs', {
    settings: [settings, SETTINGS],
    episodes: [episodes, args.whole(1)],
    patterns: [patterns, args.whole(1)],
  });
  const specs: Record<string, InputSpec> = {};
  for (const prefix of statePrefixes(settings)) {
    for (const [name, { shape }] of Object.entries(settings.trainable.parameters))
      specs[prefix + name] = { shape };
  }
  specs.update = { shape: [] };
  return { ...specs, ...settings.trainable.inputs(episodes, patterns) };
}
