/** @file A multilayer perceptron as an energy: E(x) = w . a(... a(x W1 + b1) ...). */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { type Activation, activations, dense } from './layers.ts';
import { type EnergyNetwork, type ParameterSpec, sizeOf } from './network.ts';

export interface MlpOptions {
  patternShape: number[];
  /** Widths of the hidden layers. Default [256, 256]. */
  hidden?: number[];
  /** Default tanh. */
  activation?: Activation;
  /** Layers that writing changes, counted from 1 up to the output layer; default all. */
  writable?: number[] | 'all';
}

/** Parameters W1, b1, ..., Wn (the last layer has one output and no bias: an energy has no origin). */
export function mlp({
  patternShape,
  hidden = [256, 256],
  activation = 'tanh',
  writable = 'all',
}: MlpOptions): EnergyNetwork {
  const layers = hidden.length + 1;
  const written = (layer: number) => writable === 'all' || writable.includes(layer);
  if (writable !== 'all' && writable.some((layer) => !(layer >= 1 && layer <= layers))) {
    throw new InputError(`network.writable is [${writable}], expected layers between 1 and ${layers}`);
  }
  const widths = [sizeOf(patternShape), ...hidden, 1];
  const parameters: Record<string, ParameterSpec> = {};
  for (let layer = 1; layer <= layers; layer++) {
    const [inputs, outputs] = [widths[layer - 1], widths[layer]];
    parameters[`W${layer}`] = { shape: [inputs, outputs], init: { lecun: inputs }, writable: written(layer) };
    if (layer < layers)
      parameters[`b${layer}`] = { shape: [outputs], init: { constant: 0 }, writable: written(layer) };
  }
  return {
    patternShape,
    parameters,
    energy(p, x) {
      let h = tf.reshape(x, [x.shape[0], x.shape[1]!, widths[0]]) as tf.Tensor;
      for (let layer = 1; layer < layers; layer++) {
        h = activations[activation](dense(h, p[`W${layer}`], p[`b${layer}`]));
      }
      return tf.squeeze(dense(h, p[`W${layers}`]), [2]);
    },
  };
}
