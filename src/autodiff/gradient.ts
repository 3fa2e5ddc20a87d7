/** @file What a gradient registration is, and the few helpers that the families of gradients share. */

import * as tf from '@tensorflow/tfjs';
import { tapeInUse } from './kernel-tape.ts';

/**
 * A tfjs gradient registration without its kernel's name: operations.ts gives it that. It looks at attributes, shapes and types alone, never
 * at values: what it does for one call is done again for others (gradient-recipes.ts).
 */
export type Gradient = Omit<tf.GradConfig, 'kernelName'>;

// biome-ignore lint/suspicious/noExplicitAny: every kernel has attributes of its own
export type Attributes = any;

/** Gradient of a kernel with one input, from dy and that input. Never from the output: tfjs saves that as a constant. */
export function unary(
  gradient: (dy: tf.Tensor, x: tf.Tensor, attrs: Attributes) => tf.Tensor,
  input = 'x',
): Gradient {
  return {
    inputsToSave: [input],
    gradFunc: (dy, [x], attrs) => ({ [input]: () => gradient(dy as tf.Tensor, x, attrs) }),
  };
}

/** Gradient of a linear kernel with one input, from dy alone. */
export function linear(gradient: (dy: tf.Tensor, attrs: Attributes) => tf.Tensor, input = 'x'): Gradient {
  return { gradFunc: (dy, _, attrs) => ({ [input]: () => gradient(dy as tf.Tensor, attrs) }) };
}

/** Gradients of a kernel with inputs a and b, each from dy, a and b, and still in the shape of dy where a or b was broadcast. */
export function broadcasting(
  da: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  db: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): Gradient {
  return {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({
      a: () => sumTo(da(dy as tf.Tensor, a, b), a.shape),
      b: () => sumTo(db(dy as tf.Tensor, a, b), b.shape),
    }),
  };
}

/** Gradient of a kernel that is constant almost everywhere: zeros for every input. */
export function zero(...inputs: string[]): Gradient {
  return {
    inputsToSave: inputs,
    gradFunc: (_, saved) =>
      Object.fromEntries(inputs.map((name, i) => [name, () => tf.zeros(saved[i].shape)])),
  };
}

/** Sums `t` down to `shape`, the adjoint of broadcasting `shape` to that of `t`. */
export function sumTo(t: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.backend_util.getReductionAxes(shape, t.shape);
  const summed = axes.length > 0 ? tf.sum(t, axes, shape.length === t.rank) : t;
  return viewAs(summed, shape);
}

/** `t` itself if it has this shape already, else reshaped. Not for a gradient's final result, which must be a new tensor. */
export function viewAs(t: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.util.arraysEqual(t.shape, shape) ? t : tf.reshape(t, shape);
}

/**
 * Runs `f` with the tape stopped, so that its result is a constant to every derivative. For what is constant almost
 * everywhere (masks, counts): their zero derivatives would otherwise fill the graph. tfjs stops the tape in this way
 * while a kernel runs.
 */
export function untaped(f: () => tf.Tensor): tf.Tensor {
  const { state } = tf.engine();
  const tape = tapeInUse();
  state.kernelDepth++;
  try {
    return tape ? tape.without(f) : f();
  } finally {
    state.kernelDepth--;
  }
}

/** The same values, a constant to every derivative. */
export const detached = (x: tf.Tensor): tf.Tensor => untaped(() => tf.clone(x));

/** 1 where the boolean tensor that `f` makes is true, else 0: a constant to every derivative. */
export function mask(f: () => tf.Tensor): tf.Tensor {
  return untaped(() => tf.cast(f(), 'float32'));
}

/** `dy` where the boolean tensor that `f` makes is true, else 0. */
export function masked(dy: tf.Tensor, f: () => tf.Tensor): tf.Tensor {
  return tf.mul(dy, mask(f));
}

/** Runs a kernel that tfjs exports no function for. */
export function run(kernelName: string, inputs: Record<string, tf.Tensor>, attrs: Attributes): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs, attrs) as tf.Tensor;
}
