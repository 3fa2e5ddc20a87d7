/** @file One step of a long short-term memory (Hochreiter and Schmidhuber 1997) for many episodes at once. */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import type { ParameterSpec } from '../energy/network.ts';

/** Cell and output, [episodes, units] each. */
export interface LstmState {
  cell: tf.Tensor;
  output: tf.Tensor;
}

/** Gates in the order input, forget, output, candidate; the forget gate starts open. */
export function lstmParameters(name: string, inputs: number, units: number): Record<string, ParameterSpec> {
  const bias = Array.from({ length: 4 * units }, (_, i) => Number(i >= units && i < 2 * units));
  return {
    [`${name}.x`]: { shape: [inputs, 4 * units], init: { lecun: inputs }, writable: false },
    [`${name}.h`]: { shape: [units, 4 * units], init: { lecun: units }, writable: false },
    [`${name}.b`]: { shape: [4 * units], init: { values: bias }, writable: false },
  };
}

/**
 * @param driven what the inputs add to the gates, x W + b, [episodes, 4 units], so that it can be made for a whole sequence
 * at once
 */
export function lstmStep(
  p: NamedTensors,
  name: string,
  driven: tf.Tensor,
  state: LstmState | undefined,
): LstmState {
  const units = driven.shape[1]! / 4;
  const gates = state ? tf.add(driven, tf.matMul(state.output, p[`${name}.h`])) : driven;
  const part = (i: number) => tf.slice(gates, [0, i * units], [gates.shape[0], units]);
  const written = tf.mul(tf.sigmoid(part(0)), tf.tanh(part(3)));
  const cell = state ? tf.add(tf.mul(tf.sigmoid(part(1)), state.cell), written) : written;
  return { cell, output: tf.mul(tf.sigmoid(part(2)), tf.tanh(cell)) };
}
