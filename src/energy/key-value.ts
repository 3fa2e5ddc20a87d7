/**
 * @file An energy for images whose memory is one small matrix from keys to codes: E(x) = sum_i f(y_i, h_i and those of
 * the neighbours), with y the image less its mean and h = D V k(y). An architecture of this project.
 *
 * A shared projection makes a short key of the image, the writable matrix V turns the key into a code, and a shared basis D
 * turns the code into the field h, what the memory expects at every pixel. A small convolutional network f, like the site
 * function of `hopfield-site.ts`, judges pixels against their fields. It starts as |y - h|^2 / 2, under which a gradient
 * step on V is the delta rule (Widrow and Hoff 1960), and D as the lowest frequencies of the cosine transform.
 *
 * Writing may descend E itself, or |A y - V k(y)|^2 / 2, the squared error of the code, with A a shared matrix that starts
 * as the transpose of D. The latter is quadratic in V and its curvature is the largest eigenvalue of the keys' Gram matrix,
 * which grows with how alike the patterns are: twice from training alphabets to held-out ones. Steps divided by it
 * (`write.divisor` "curvature") are normalised least mean squares (Nagumo and Noda 1967) of a batch.
 */
import * as tf from '@tensorflow/tfjs';
import { colourCosines } from '../cosines.ts';
import { InputError } from '../errors.ts';
import { largestEigenvalue } from './curvature.ts';
import { dense } from './layers.ts';
import { type EnergyNetwork, type Parameters, sizeOf } from './network.ts';

export interface KeyValueOptions {
  /** [height, width, channels]. */
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
  /** What writing descends: the energy, or the squared error of the code. Default the energy. */
  writing?: 'energy' | 'code';
}

/** |y - h|^2 / 2 in the maps y, h, y h, h^2 and y^2. */
const DELTA_RULE = [0, 0, -1, 0.5, 0.5];

export function keyValue({
  patternShape,
  keys = 32,
  code = 256,
  width = 16,
  kernel = 3,
  mean = -0.85,
  writing = 'energy',
}: KeyValueOptions): EnergyNetwork {
  const [height, wide, channels] = patternShape;
  if (patternShape.length !== 3) {
    throw new InputError(
      `network "key-value" needs patterns [height, width, channels], not [${patternShape}]`,
    );
  }
  const d = sizeOf(patternShape);
  if (code > d)
    throw new InputError(`network.code is ${code}, expected at most the ${d} values of a pattern`);
  const maps = DELTA_RULE.length * channels;
  const basis = colourCosines(height, wide, channels, code);
  const centred = (p: Parameters, x: tf.Tensor) =>
    tf.sub(tf.reshape(x, [x.shape[0], x.shape[1]!, d]), p.mean);
  /** Keys shorter than one, so that the rates of writing do not depend on how much ink there is. */
  const keyOf = (p: Parameters, y: tf.Tensor) => {
    const projected = dense(y, p['key.w']);
    return tf.mul(projected, tf.rsqrt(tf.add(tf.sum(tf.square(projected), 2, true), 1)));
  };
  const network: EnergyNetwork = {
    patternShape,
    parameters: {
      V: { shape: [keys, code], init: { constant: 0 }, writable: true },
      mean: { shape: [d], init: { constant: mean }, writable: false },
      'key.w': { shape: [d, keys], init: { lecun: keys }, writable: false },
      'decode.w': { shape: [code, d], init: { values: basis }, writable: false },
      'site.linear': {
        shape: [1, 1, maps, 1],
        init: { values: DELTA_RULE.flatMap((value) => Array(channels).fill(value)) },
        writable: false,
      },
      'site.w1': {
        shape: [kernel, kernel, maps, width],
        init: { lecun: kernel * kernel * maps },
        writable: false,
      },
      'site.b1': { shape: [width], init: { constant: 0 }, writable: false },
      'site.w2': { shape: [1, 1, width, width], init: { lecun: width }, writable: false },
      'site.b2': { shape: [width], init: { constant: 0 }, writable: false },
      'site.w3': { shape: [1, 1, width, 1], init: { normal: 0.1 / Math.sqrt(width) }, writable: false },
    },
    energy(p, pattern) {
      const [episodes, patterns] = pattern.shape as [number, number];
      const flat = centred(p, pattern);
      const field = dense(dense(keyOf(p, flat), p.V), p['decode.w']);
      const images = (values: tf.Tensor) => tf.reshape(values, [episodes * patterns, height, wide, channels]);
      const [y, h] = [images(flat), images(field)];
      const seen = tf.concat([y, h, tf.mul(y, h), tf.square(h), tf.square(y)], 3);
      const layer = (input: tf.Tensor, w: tf.Tensor) =>
        tf.conv2d(input as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
      const first = tf.tanh(tf.add(layer(seen, p['site.w1']), p['site.b1']));
      const second = tf.tanh(tf.add(layer(first, p['site.w2']), p['site.b2']));
      const sites = tf.add(layer(second, p['site.w3']), layer(seen, p['site.linear']));
      return tf.sum(tf.reshape(sites, [episodes, patterns, height * wide]), 2);
    },
  };
  if (writing === 'energy') return network;
  return {
    ...network,
    parameters: {
      ...network.parameters,
      'target.w': { shape: [d, code], init: { values: transposed(basis, code, d) }, writable: false },
    },
    writingEnergy(p, x) {
      const y = centred(p, x);
      const error = tf.sub(dense(y, p['target.w']), dense(keyOf(p, y), p.V));
      return tf.div(tf.sum(tf.square(error), 2), 2);
    },
    curvature: (p, x) => largestEigenvalue(keyOf(p, centred(p, x))),
  };
}

/** [rows, columns] in row-major order, to [columns, rows]. */
function transposed(values: readonly number[], rows: number, columns: number): number[] {
  return Array.from(
    { length: rows * columns },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)],
  );
}
