/**
 * @file The energy with a fully connected memory of Bartunov et al. 2020 for images (appendix pseudocode): residual blocks
 * see the image, a linear layer with writable outputs remembers, a gated recurrence settles, a hidden layer gives the energy.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { dense, gate } from './layers.ts';
import type { EnergyNetwork } from './network.ts';
import { linearSpecs, norm, normSpecs, resBlock, resBlockSpecs } from './residual.ts';

export interface FcResnetOptions {
  /** [height, width, channels]; height and width are multiples of 8. */
  patternShape: number[];
  /** Channels of the three residual blocks. The paper's: [32, 64, 96]. */
  channels?: [number, number, number];
  /** Inputs of the writable layer. The paper's: 256. */
  features?: number;
  /** Writable outputs: (features + 1) x memory floats. The paper's: 12 to 64. */
  memory?: number;
  /** Width of the representation and of the recurrence. The paper's: 512. */
  width?: number;
  /** Updates of the recurrence. The paper's: 3. */
  hops?: number;
  /** Units of the last hidden layer. The paper's: 1024. */
  hidden?: number;
}

/** Writable: memory [features, memory] and its bias. */
export function fcResnet({
  patternShape,
  channels = [32, 64, 96],
  features = 256,
  memory = 32,
  width = 512,
  hops = 3,
  hidden = 1024,
}: FcResnetOptions): EnergyNetwork {
  checkImages('fc-resnet', patternShape);
  if (memory >= width)
    throw new InputError(`network.memory is ${memory}, expected less than its width ${width}`);
  const [height, wide, colours] = patternShape;
  const flat = (height / 8) * (wide / 8) * channels[2];
  return {
    patternShape,
    parameters: {
      ...resBlockSpecs('block1', colours, channels[0]),
      ...resBlockSpecs('block2', channels[0], channels[1]),
      ...resBlockSpecs('block3', channels[1], channels[2]),
      ...linearSpecs('features', flat, features),
      ...normSpecs('features', features),
      ...linearSpecs('memory', features, memory, true),
      ...linearSpecs('static', features, width - memory),
      ...linearSpecs('candidate.x', width, width),
      ...linearSpecs('candidate.s', width, width),
      ...normSpecs('candidate', width),
      ...linearSpecs('gate.x', width, width),
      ...linearSpecs('gate.s', width, width),
      ...normSpecs('gate', width),
      ...linearSpecs('hidden', width, hidden),
      'energy.w': { shape: [hidden, 1], init: { lecun: hidden }, writable: false },
    },
    energy(p, x) {
      const linear = (name: string, input: tf.Tensor) => dense(input, p[`${name}.w`], p[`${name}.b`]);
      let image = x;
      for (let i = 1; i <= channels.length; i++) image = resBlock(p, `block${i}`, image);
      const rows = tf.reshape(image, [x.shape[0], x.shape[1]!, flat]);
      const seen = tf.tanh(norm(p, 'features', linear('features', rows)));
      const r = tf.tanh(tf.concat([linear('memory', seen), linear('static', seen)], 2));
      // What the recurrence is told of r is the same at every hop.
      const [drive, bias] = [linear('candidate.x', r), linear('gate.x', r)];
      let s: tf.Tensor = r;
      for (let hop = 0; hop < hops; hop++) {
        const candidate = tf.tanh(norm(p, 'candidate', tf.add(drive, linear('candidate.s', s))));
        s = gate(s, candidate, norm(p, 'gate', tf.add(bias, linear('gate.s', s))));
      }
      return tf.squeeze(dense(tf.tanh(linear('hidden', s)), p['energy.w']), [2]);
    },
  };
}

/** @throws InputError unless patterns are images whose sides can be halved three times */
export function checkImages(network: string, patternShape: readonly number[]): void {
  const [height, width] = patternShape;
  if (patternShape.length !== 3 || height % 8 || width % 8) {
    throw new InputError(
      `network "${network}" needs patterns [height, width, channels] with sides in multiples of 8, not [${patternShape}]`,
    );
  }
}
