/**
 * @file An energy for images whose memory is one small matrix from keys to codes: E(x) = sum_i f(y_i, h_i and those of
 * the neighbours), with y the image less its mean and h = D V k(y). An architecture of this project.
 *
 * A shared projection makes a short key of the image, the writable matrix V turns the key into a code, and a shared basis D
 * turns the code into the field h, what the memory expects at every pixel. A small convolutional network f, like the site
 * function of `hopfield-site.ts`, judges pixels against their fields. It starts as |y - h|^2 / 2, under which a gradient
 * step on V is the delta rule (Widrow and Hoff 1960), and D as the lowest frequencies of the cosine transform.
 */
import * as tf from '@tensorflow/tfjs';
import { cosines } from '../cosines.ts';
import { InputError } from '../errors.ts';
import { dense } from './layers.ts';
import { type EnergyNetwork, sizeOf } from './network.ts';

export interface KeyValueOptions {
  /** [height, width, 1]. */
  patternShape: number[];
  /** Length of the key. Default 32. */
  keys?: number;
  /** Length of the code. Default 256: with 32 keys, 8,192 floats. */
  code?: number;
  /** Channels of the two hidden layers of f. Default 16. */
  width?: number;
  /** Side of the filters of f's first layer. Default 3. */
  kernel?: number;
  /** Where pixels are centred at first. Default -0.85, the mean of handwriting at -1 (paper) and +1 (ink). */
  mean?: number;
}

/** |y - h|^2 / 2 in the maps y, h, y h, h^2 and y^2. */
const DELTA_RULE = [0, 0, -1, 0.5, 0.5];
const MAPS = DELTA_RULE.length;

export function keyValue({
  patternShape,
  keys = 32,
  code = 256,
  width = 16,
  kernel = 3,
  mean = -0.85,
}: KeyValueOptions): EnergyNetwork {
  const [height, wide, channels] = patternShape;
  if (patternShape.length !== 3 || channels !== 1) {
    throw new InputError(`network "key-value" needs patterns [height, width, 1], not [${patternShape}]`);
  }
  const d = sizeOf(patternShape);
  if (code > d)
    throw new InputError(`network.code is ${code}, expected at most the ${d} pixels of a pattern`);
  return {
    patternShape,
    parameters: {
      V: { shape: [keys, code], init: { constant: 0 }, writable: true },
      mean: { shape: [d], init: { constant: mean }, writable: false },
      'key.w': { shape: [d, keys], init: { lecun: keys }, writable: false },
      'decode.w': { shape: [code, d], init: { values: cosines(height, wide, code) }, writable: false },
      'site.linear': { shape: [1, 1, MAPS, 1], init: { values: DELTA_RULE }, writable: false },
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
      const [episodes, patterns] = pattern.shape as [number, number];
      const centred = tf.sub(tf.reshape(pattern, [episodes, patterns, d]), p.mean);
      // Keys shorter than one, so that the rates of writing do not depend on how much ink there is.
      const projected = dense(centred, p['key.w']);
      const key = tf.mul(projected, tf.rsqrt(tf.add(tf.sum(tf.square(projected), 2, true), 1)));
      const field = dense(dense(key, p.V), p['decode.w']);
      const images = (values: tf.Tensor) => tf.reshape(values, [episodes * patterns, height, wide, 1]);
      const [y, h] = [images(centred), images(field)];
      const maps = tf.concat([y, h, tf.mul(y, h), tf.square(h), tf.square(y)], 3);
      const layer = (input: tf.Tensor, w: tf.Tensor) =>
        tf.conv2d(input as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
      const first = tf.tanh(tf.add(layer(maps, p['site.w1']), p['site.b1']));
      const second = tf.tanh(tf.add(layer(first, p['site.w2']), p['site.b2']));
      const sites = tf.add(layer(second, p['site.w3']), layer(maps, p['site.linear']));
      return tf.sum(tf.reshape(sites, [episodes, patterns, height * wide]), 2);
    },
  };
}
