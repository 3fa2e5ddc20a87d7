/** @file What the trainer trains: parameters with a loss, and where the batches of its updates come from. */
import type * as tf from '@tensorflow/tfjs';
import * as args from '../src/arguments.ts';
import type { NamedTensors } from '../src/autodiff/index.ts';
import type { InputSpec, NamedValues } from '../src/compile/index.ts';
import type { ParameterSpec } from '../src/energy/index.ts';

/**
 * Parameters and a pure loss of them and a batch. The first axis of all tensors of the batch and of all outputs counts
 * episodes or examples, of which the loss is the mean: parts of a batch may be computed each for itself.
 */
export interface Trainable {
  readonly parameters: Record<string, ParameterSpec>;
  /** The batch's tensors in an update of `episodes` episodes of `patterns` patterns. */
  inputs(episodes: number, patterns: number): Record<string, InputSpec>;
  /** Names of the outputs. */
  readonly outputs: readonly string[];
  /** `outputs`: what is to be measured beside the loss. */
  loss(p: NamedTensors, batch: NamedTensors): { loss: tf.Scalar; outputs: NamedTensors };
  /**
   * What comes into being on the way to the loss, in that order, under names for people ("writing: W", "reading: step 1"):
   * where training goes wrong, the first that is not finite is named.
   */
  stages?(p: NamedTensors, batch: NamedTensors): NamedTensors;
}

/** What functions that train it look at. */
export const TRAINABLE = args.fields(
  {
    parameters: args.record(args.fields({ shape: args.axes })),
    inputs: args.callable,
    outputs: args.listOf(args.text),
    loss: args.callable,
  },
  'something to train: { parameters, inputs, outputs, loss }',
);

/** One batch, and how to measure what an update made of it. */
export interface Draw {
  /** Patterns in an episode. */
  patterns: number;
  values: NamedValues;
  /**
   * @param outputs those of the loss
   * @returns error in the task's unit, and that of doing nothing, for scale
   */
  measure(outputs: NamedValues): { error: number; queryError: number };
}

/** One of equal parts of a batch: which, from 0, of how many. */
export interface BatchPart {
  k: number;
  of: number;
}

export interface Learner {
  readonly trainable: Trainable;
  /** Loads that updates may have, the first being the one compiled first. */
  readonly loads: readonly number[];
  /** The load of an update (from 1). */
  load(update: number): number;
  /** The batch of an update (from 1), or a part of it: the same wherever training was resumed. */
  draw(update: number, part?: BatchPart): Draw;
}
