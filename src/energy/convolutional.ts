/**
 * @file A small convolutional energy after the convolutional-memory network of Bartunov et al. 2020 (appendix): static
 * convolutions see the image, a convolution with static and writable channels remembers, a gated recurrence of
 * convolutions settles, a linear layer gives the energy.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { convolution, dense, gate, layerNorm } from './layers.ts';
import type { EnergyNetwork } from './network.ts';

export interface ConvolutionalOptions {
  /** [height, width, channels]; height and width are multiples of 8. */
  patternShape: number[];
  /** Channels after each of the three downscaling convolutions. Default [16, 32, 64]. */
  channels?: [number, number, number];
  /** Writable channels of the second and of the third convolution. Default [0, 8]. */
  memory?: [number, number];
  /** Recurrent updates after the encoder. Default 2. */
  hops?: number;
  /** Units of the last hidden layer. Default 128. */
  hidden?: number;
}

/** Writable: the 3x3 filters and biases of the memory channels. */
export function convolutional({
  patternShape,
  channels = [16, 32, 64],
  memory = [0, 8],
  hops = 2,
  hidden = 128,
}: ConvolutionalOptions): EnergyNetwork {
  const [height, width, colours] = patternShape;
  if (patternShape.length !== 3 || height % 8 || width % 8) {
    throw new InputError(
      `network "convolutional" needs patterns [height, width, channels] with sides in multiples of 8, not [${patternShape}]`,
    );
  }
  const [c1, c2, c3] = channels;
  if (memory[0] >= c2 || memory[1] >= c3 || memory[0] + memory[1] === 0) {
    throw new InputError(
      `network.memory is [${memory}], expected fewer than [${c2}, ${c3}] channels and not none`,
    );
  }
  const flat = (height / 8) * (width / 8) * c3;
  const parameters: EnergyNetwork['parameters'] = {};
  const filter = (name: string, inputs: number, outputs: number, writable = false) => {
    if (outputs === 0) return;
    parameters[`${name}.w`] = { shape: [3, 3, inputs, outputs], init: { lecun: 9 * inputs }, writable };
    parameters[`${name}.b`] = { shape: [outputs], init: { constant: 0 }, writable };
  };
  const norm = (name: string, size: number) => {
    parameters[`${name}.scale`] = { shape: [size], init: { constant: 1 }, writable: false };
    parameters[`${name}.shift`] = { shape: [size], init: { constant: 0 }, writable: false };
  };
  filter('encode1', colours, c1);
  filter('encode2', c1, c2 - memory[0]);
  filter('memory2', c1, memory[0], true);
  norm('norm2', c2);
  filter('encode3', c2, c3 - memory[1]);
  filter('memory3', c2, memory[1], true);
  norm('norm3', c3);
  if (hops > 0) {
    filter('recur', c3, c3);
    filter('gate', c3, c3);
    norm('norm4', c3);
  }
  parameters['hidden.w'] = { shape: [flat, hidden], init: { lecun: flat }, writable: false };
  parameters['hidden.b'] = { shape: [hidden], init: { constant: 0 }, writable: false };
  parameters['energy.w'] = { shape: [hidden, 1], init: { lecun: hidden }, writable: false };

  return {
    patternShape,
    parameters,
    energy(p, x) {
      const layer = (name: string, input: tf.Tensor, stride = 1) =>
        convolution(input, p[`${name}.w`], p[`${name}.b`], stride);
      const mixed = (level: 2 | 3, input: tf.Tensor) => {
        const fixed = layer(`encode${level}`, input, 2);
        const all = p[`memory${level}.w`] ? tf.concat([fixed, layer(`memory${level}`, input, 2)], 4) : fixed;
        return tf.tanh(layerNorm(all, p[`norm${level}.scale`], p[`norm${level}.shift`]));
      };
      let s = mixed(3, mixed(2, tf.tanh(layer('encode1', x, 2))));
      for (let hop = 0; hop < hops; hop++) {
        const candidate = tf.tanh(layerNorm(layer('recur', s), p['norm4.scale'], p['norm4.shift']));
        s = gate(s, candidate, layer('gate', s));
      }
      const rows = tf.reshape(s, [x.shape[0], x.shape[1]!, flat]);
      return tf.squeeze(dense(tf.tanh(dense(rows, p['hidden.w'], p['hidden.b'])), p['energy.w']), [2]);
    },
  };
}
