/** @file A kernel that ran, with its tensors, and what is known of the gradients of its kind. */
import * as tf from '@tensorflow/tfjs';

/** By name; a kernel that takes a list has one. An optional one that was left out is null or undefined. */
export type Inputs = Readonly<Record<string, tf.TensorInfo | null | undefined>>;

/** A kernel that ran. */
export interface KernelCall {
  kernelName: string;
  inputs: Inputs;
  outputs: readonly tf.TensorInfo[];
  attributes: object;
  /** The scope of the tf.customGrad that it ran in, if it did. */
  custom?: string;
  /** Once somebody asked for it. */
  kind?: CallKind;
}

/** Calls of one kernel with the same attributes, whose tensors have the same names, shapes and types. */
export interface CallKind {
  /** By which of the tensors are one and which gradients are wanted; undefined where there is none. */
  readonly recipes: Map<string, Recipe | undefined>;
}

/** How the gradients of a call are made: those with respect to one input after the other. */
export type Recipe = readonly RecipePart[];

/** Tensors of a recipe are numbers: first those of the call, then what was given, then what its steps make, in their order. */
export type Slot = number;

export interface RecipePart {
  input: string;
  /** Constants that its steps want: they come before what the steps make. */
  given: readonly tf.TensorInfo[];
  steps: readonly RecipeStep[];
  result: Slot;
}

/** A kernel that a recipe runs. */
export interface RecipeStep {
  kernelName: string;
  attributes: object;
  inputs: readonly (readonly [name: string, slot: Slot])[];
  /** Whether the tape was stopped. */
  stopped: boolean;
  kind: CallKind;
}

/** What a tape asks of its backend. */
export interface Kernels {
  /** Runs a kernel without tfjs's operation around it, and without telling the tape. */
  run(kernelName: string, inputs: Inputs, attributes: object): readonly tf.TensorInfo[];
  /** Whether a tensor is no kernel's result but values that were given to tfjs. */
  isGiven(tensor: tf.TensorInfo): boolean;
}

/** An optional input that was left out is null or undefined. */
export const present = <T>(inputs: Readonly<Record<string, T | null | undefined>>): T[] =>
  Object.values(inputs).filter((input) => input != null);

/** What tfjs calls a tensor, where it is none yet. */
export const asTensor = (info: tf.TensorInfo): tf.Tensor =>
  info instanceof tf.Tensor ? info : anotherTensor(info);

/** Another tensor of the same data. */
export function anotherTensor(info: tf.TensorInfo): tf.Tensor {
  const engine = tf.engine();
  engine.backend.incRef(info.dataId);
  return engine.makeTensorFromTensorInfo(info as Parameters<typeof engine.makeTensorFromTensorInfo>[0]);
}
