/**
 * @file A Hopfield energy for images: pixels of one lattice remember each other, a small convolutional network of pixels
 * and fields gives the energy. An architecture of this project.
 *
 * The pixels at a distance of `spacing` from each other form a group, and every group has a matrix of its own, so the
 * memory is small and whatever hides a neighbourhood hides few members of any group. Nearby groups meet in the network.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import type { EnergyNetwork } from './network.ts';

export interface HopfieldLatticeOptions {
  /** [height, width, 1], sides in multiples of `spacing`. */
  patternShape: number[];
  /** Distance between pixels of a group. Default 8. */
  spacing?: number;
  /** Channels of the two hidden layers. Default 16. */
  width?: number;
  /** Side of the first layer's filters. Default 5. */
  kernel?: number;
  /** Standard deviation of the initial W. Default 0.02. */
  deviation?: number;
}

/** Maps that the network sees: x, h, y h, h^2 and x^2, with y = x - mean. */
const MAPS = 5;
/** Mean of handwriting at -1 (paper) and +1 (ink): where x is centred at first. */
const INK_MEAN = -0.85;

export function hopfieldLattice({
  patternShape,
  spacing = 8,
  width = 16,
  kernel = 5,
  deviation = 0.02,
}: HopfieldLatticeOptions): EnergyNetwork {
  const [height, wide, channels] = patternShape;
  if (patternShape.length !== 3 || channels !== 1 || height % spacing || wide % spacing) {
    throw new InputError(
      `network "hopfield-lattice" needs patterns [height, width, 1] with sides in multiples of its spacing ${spacing}, not [${patternShape}]`,
    );
  }
  const [rows, columns] = [height / spacing, wide / spacing];
  const members = rows * columns;
  const groups = spacing * spacing;
  return {
    patternShape,
    parameters: {
      // Symmetric, without a diagonal.
      W: {
        shape: [groups, members, members],
        init: { normal: deviation },
        writable: true,
        floats: (groups * members * (members - 1)) / 2,
      },
      mean: { shape: [1], init: { constant: INK_MEAN }, writable: false },
      'site.linear': { shape: [1, 1, MAPS, 1], init: { values: [0, 0, -0.5, 0, 0.2] }, writable: false },
      'site.w1': {
        shape: [kernel, kernel, MAPS, width],
        init: { lecun: kernel * kernel * MAPS },
        writable: false,
      },
      'site.b1': { shape: [width], init: { constant: 0 }, writable: false },
      'site.w2': { shape: [1, 1, width, width], init: { lecun: width }, writable: false },
      'site.b2': { shape: [width], init: { constant: 0 }, writable: false },
      'site.w3': { shape: [1, 1, width, 1], init: { normal: 0.1 / Math.sqrt(width) }, writable: false },
    },
    energy(p, pattern) {
      const [episodes, patterns] = pattern.shape;
      const count = episodes * patterns!;
      // [episodes, groups, patterns, members] and back.
      const layer = (input: tf.Tensor, w: tf.Tensor) =>
        tf.conv2d(input as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
      const x = tf.reshape(pattern, [count, height, wide, 1]);
      const y = tf.sub(x, p.mean);
      const apart = tf.transpose(
        tf.reshape(y, [episodes, patterns!, rows, spacing, columns, spacing]),
        [0, 3, 5, 1, 2, 4],
      );
      const grouped = tf.reshape(apart, [episodes * groups, patterns!, members]);
      const fields = tf.reshape(tf.matMul(grouped, couplings(p.W, episodes)), apart.shape);
      const h = tf.reshape(tf.transpose(fields, [0, 3, 4, 1, 5, 2]), [count, height, wide, 1]);
      const maps = tf.concat([x, h, tf.mul(y, h), tf.square(h), tf.square(x)], 3);
      const seen = tf.tanh(tf.add(layer(maps, p['site.w1']), p['site.b1']));
      const hidden = tf.tanh(tf.add(layer(seen, p['site.w2']), p['site.b2']));
      const sites = tf.add(layer(hidden, p['site.w3']), layer(maps, p['site.linear']));
      return tf.sum(tf.reshape(sites, [episodes, patterns!, height * wide]), 2);
    },
  };

  /** The symmetric part of W without its diagonal, for every episode: [episodes groups, members, members]. */
  function couplings(w: tf.Tensor, episodes: number): tf.Tensor {
    const all = w.rank === 4 ? w : tf.broadcastTo(tf.expandDims(w, 0), [episodes, ...w.shape]);
    const flat = tf.reshape(all, [episodes * groups, members, members]);
    const off = tf.sub(0.5, tf.mul(0.5, tf.eye(members)));
    return tf.mul(tf.add(flat, tf.transpose(flat, [0, 2, 1])), off);
  }
}
