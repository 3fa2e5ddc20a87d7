/**
 * @file The energy with a convolutional memory of Bartunov et al. 2020 for images (appendix pseudocode): residual blocks see
 * the image, two bottlenecks have writable filters, a gated convolutional recurrence settles, a hidden layer gives the energy.
 * With `target`, which is not in the paper, it has the squared error of the writable channels besides, as in `fc-resnet.ts`,
 * and the writable filters see how each place differs from the mean of all.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { largestEigenvalue, withBias } from './curvature.ts';
import { checkImages, checkTarget } from './fc-resnet.ts';
import { dense, gate, patches } from './layers.ts';
import type { EnergyNetwork, Parameters } from './network.ts';
import {
  type Bottleneck,
  bottleneck,
  bottleneckSpecs,
  filter,
  filterSpecs,
  linearSpecs,
  norm,
  normSpecs,
  resBlock,
  resBlockSpecs,
  targetError,
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
  /** Whether the energy has the squared errors of the writable channels against learned targets. Default false (paper). */
  target?: boolean;
  /** What writing descends: the energy, or those squared errors alone. Default the energy (paper). */
  writing?: 'energy' | 'target';
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
  target = false,
  writing = 'energy',
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
  checkTarget(target, writing);
  const flat = (height / shrink) * (wide / shrink) * width;
  /** The image as both bottlenecks see it, and what they make of it. */
  const look = (p: Parameters, x: tf.Tensor) => {
    const first = resBlock(p, 'block2', resBlock(p, 'block1', x));
    const neck1 = bottleneck(p, 'neck1', first, downscale === 2, target);
    const neck2 = bottleneck(p, 'neck2', neck1.output, true, target);
    return { first, neck1, neck2 };
  };
  const error = (p: Parameters, { first, neck1, neck2 }: ReturnType<typeof look>) =>
    tf.add(targetError(p, 'neck1', first, neck1.memory), targetError(p, 'neck2', neck1.output, neck2.memory));
  const network: EnergyNetwork = {
    patternShape,
    parameters: {
      ...resBlockSpecs('block1', colours, channels[0]),
      ...resBlockSpecs('block2', channels[0], channels[1]),
      ...bottleneckSpecs('neck1', channels[1], width / 2, width, memory, target),
      ...bottleneckSpecs('neck2', width, width / 2, width, memory, target),
      ...filterSpecs('candidate', 3, width, width),
      ...normSpecs('candidate', width),
      ...filterSpecs('gate', 1, width, width),
      ...normSpecs('gate', width),
      ...linearSpecs('hidden', flat, hidden),
      'energy.w': { shape: [hidden, 1], init: { lecun: hidden }, writable: false },
    },
    energy(p, x) {
      const seen = look(p, x);
      let s = seen.neck2.output;
      for (let hop = 0; hop < hops; hop++) {
        const candidate = tf.tanh(norm(p, 'candidate', filter(p, 'candidate', s)));
        s = gate(s, candidate, norm(p, 'gate', filter(p, 'gate', s)));
      }
      const rows = tf.reshape(s, [x.shape[0], x.shape[1]!, flat]);
      const last = tf.tanh(dense(rows, p['hidden.w'], p['hidden.b']));
      const bounded = tf.squeeze(dense(last, p['energy.w']), [2]);
      return target ? tf.add(bounded, error(p, seen)) : bounded;
    },
  };
  if (!target) return network;
  return {
    ...network,
    ...(writing === 'target' ? { writingEnergy: (p, x) => error(p, look(p, x)) } : {}),
    // With the initial memory, and as if neither bottleneck's memory changed what the other is told.
    curvature(p, x) {
      const { neck1, neck2 } = look(p, x);
      const bound = ({ narrow, memory }: Bottleneck) => {
        const stride = narrow.shape[2]! / memory.shape[2]!;
        const [episodes, patterns, rows, columns, channels] = narrow.shape as number[];
        const images = tf.reshape(narrow, [episodes * patterns, rows, columns, channels]) as tf.Tensor4D;
        const cut = patches(images, 3, stride);
        const places = cut.shape[1] * cut.shape[2];
        const keys = tf.reshape(cut, [episodes, patterns * places, cut.shape[3]]);
        return tf.div(largestEigenvalue(withBias(keys)), places);
      };
      return tf.add(bound(neck1), bound(neck2));
    },
  };
}
