/**
 * @file The energy with a convolutional memory of Bartunov et al. 2020 for images (appendix pseudocode): residual blocks see
 * the image, two bottlenecks have writable filters, a gated convolutional recurrence settles, a hidden layer gives the energy.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { checkImages } from './fc-resnet.ts';
import { dense, gate } from './layers.ts';
import type { EnergyNetwork } from './network.ts';
import {
  bottleneck,
  bottleneckSpecs,
  filter,
  filterSpecs,
  linearSpecs,
  norm,
  normSpecs,
  resBlock,
  resBlockSpecs,
} from './residual.ts';

export interface ConvResnetOptions {
  /** [height, width, channels]; height and width are multiples of 8 (of 16 with `downscale` 2). */
  patternShape: number[];
  /** Channels of the two residual blocks. The paper's: [32, 64]; 64x64 images: [64, 64]. */
  channels?: [number, number];
  /** Channels of the bottlenecks and of the recurrence; their 3x3 filters see half as many. The paper's: 128; 64x64: 256. */
  width?: number;
  /** Writable channels d of each bottleneck: 2 (9 width / 2 + 1) d floats. The paper's: 2 to 14; 64x64: 8. */
  memory?: number;
  /** How many of the two bottlenecks halve the image. The paper's: 1; 64x64: 2. */
  downscale?: 1 | 2;
  /** Updates of the recurrence. The paper's: 3. */
  hops?: number;
  /** Units of the last hidden layer. The paper's: 1024. */
  hidden?: number;
}

/** Writable: the 3x3 filters and biases of the memory channels of both bottlenecks. */
export function convResnet({
  patternShape,
  channels = [32, 64],
  width = 128,
  memory = 8,
  downscale = 1,
  hops = 3,
  hidden = 1024,
}: ConvResnetOptions): EnergyNetwork {
  checkImages('conv-resnet', patternShape);
  if (memory >= width)
    throw new InputError(`network.memory is ${memory}, expected less than its width ${width}`);
  if (width % 2) throw new InputError(`network.width is ${width}, expected an even number`);
  const [height, wide, colours] = patternShape;
  const shrink = downscale === 1 ? 8 : 16;
  if (height % shrink || wide % shrink)
    throw new InputError(
      `network "conv-resnet": sides of ${height} and ${wide} are not multiples of ${shrink}`,
    );
  const flat = (height / shrink) * (wide / shrink) * width;
  return {
    patternShape,
    parameters: {
      ...resBlockSpecs('block1', colours, channels[0]),
      ...resBlockSpecs('block2', channels[0], channels[1]),
      ...bottleneckSpecs('neck1', channels[1], width / 2, width, memory),
      ...bottleneckSpecs('neck2', width, width / 2, width, memory),
      ...filterSpecs('candidate', 3, width, width),
      ...normSpecs('candidate', width),
      ...filterSpecs('gate', 1, width, width),
      ...normSpecs('gate', width),
      ...linearSpecs('hidden', flat, hidden),
      'energy.w': { shape: [hidden, 1], init: { lecun: hidden }, writable: false },
    },
    energy(p, x) {
      let s = resBlock(p, 'block2', resBlock(p, 'block1', x));
      s = bottleneck(p, 'neck2', bottleneck(p, 'neck1', s, downscale === 2), true);
      for (let hop = 0; hop < hops; hop++) {
        const candidate = tf.tanh(norm(p, 'candidate', filter(p, 'candidate', s)));
        s = gate(s, candidate, norm(p, 'gate', filter(p, 'gate', s)));
      }
      const rows = tf.reshape(s, [x.shape[0], x.shape[1]!, flat]);
      const last = tf.tanh(dense(rows, p['hidden.w'], p['hidden.b']));
      return tf.squeeze(dense(last, p['energy.w']), [2]);
    },
  };
}
