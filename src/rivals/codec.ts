/**
 * @file What the learned rivals share: a perceptron with a linear path, an encoder of patterns, and what every one does
 * with its guess: bound it to the range and keep the known entries.
 */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import { convolution, dense } from '../energy/layers.ts';
import type { ParameterSpec } from '../energy/network.ts';
import { sizeOf } from '../shapes.ts';

export type Range = readonly [low: number, high: number];

const spec = (shape: number[], fan: number, scale = 1): ParameterSpec => ({
  shape,
  init: { normal: scale / Math.sqrt(fan) },
  writable: false,
});
const zeros = (shape: number[]): ParameterSpec => ({ shape, init: { constant: 0 }, writable: false });

/** Parameters of y = x A + tanh(x B + b) C + c, under `name`. */
export function perceptronParameters(
  name: string,
  inputs: number,
  hidden: number,
  outputs: number,
): Record<string, ParameterSpec> {
  return {
    [`${name}.a`]: spec([inputs, outputs], inputs),
    [`${name}.b`]: spec([inputs, hidden], inputs),
    [`${name}.b0`]: zeros([hidden]),
    [`${name}.c`]: spec([hidden, outputs], hidden, 0.1),
    [`${name}.c0`]: zeros([outputs]),
  };
}

/** x [episodes, n, inputs] to [episodes, n, outputs]. */
export function perceptron(p: NamedTensors, name: string, x: tf.Tensor): tf.Tensor {
  const hidden = tf.tanh(dense(x, p[`${name}.b`], p[`${name}.b0`]));
  return tf.add(dense(x, p[`${name}.a`]), dense(hidden, p[`${name}.c`], p[`${name}.c0`]));
}

export interface Encoder {
  parameters: Record<string, ParameterSpec>;
  /** Features of x [episodes, n, ...patternShape], or of a pattern with more channels; [episodes, n, size]. */
  encode(p: NamedTensors, x: tf.Tensor): tf.Tensor;
  size: number;
}

/** Channels of the two downscaling convolutions that see an image. */
const CHANNELS = [16, 32] as const;

/**
 * Vectors pass as they are; images also go through two 3x3 convolutions of stride 2, whose features stand beside the
 * pixels.
 */
export function encoder(patternShape: readonly number[]): Encoder {
  const d = sizeOf(patternShape);
  const flat = (x: tf.Tensor) => tf.reshape(x, [x.shape[0], x.shape[1]!, d]);
  if (patternShape.length !== 3) return { parameters: {}, encode: (_, x) => flat(x), size: d };
  const [height, width, colours] = patternShape;
  const [first, second] = CHANNELS;
  const half = (n: number) => Math.ceil(n / 2);
  const features = half(half(height)) * half(half(width)) * second;
  return {
    parameters: {
      'encode1.w': spec([3, 3, colours, first], 9 * colours),
      'encode1.b': zeros([first]),
      'encode2.w': spec([3, 3, first, second], 9 * first),
      'encode2.b': zeros([second]),
    },
    encode(p, x) {
      const layer = (input: tf.Tensor, name: string) =>
        tf.tanh(convolution(input, p[`${name}.w`], p[`${name}.b`], 2));
      const seen = layer(layer(x, 'encode1'), 'encode2');
      return tf.concat([flat(x), tf.reshape(seen, [x.shape[0], x.shape[1]!, features])], 2);
    },
    size: d + features,
  };
}

/** A guess before it is bounded, [episodes, n, d], as patterns in the range, with the known entries of the query. */
export function guess(
  logits: tf.Tensor,
  [low, high]: Range,
  queries: tf.Tensor,
  known: tf.Tensor | undefined,
): tf.Tensor {
  const bounded = tf.add(tf.mul(tf.tanh(logits), (high - low) / 2), (high + low) / 2);
  const free = tf.reshape(bounded, queries.shape);
  return known ? tf.add(free, tf.mul(known, tf.sub(queries, free))) : free;
}

/** The query's features and what is known of it (nothing, where recall is not told): [episodes, n, size + d]. */
export function asked(features: tf.Tensor, queries: tf.Tensor, known: tf.Tensor | undefined): tf.Tensor {
  const [episodes, n] = features.shape;
  const mask = tf.reshape(known ?? tf.zerosLike(queries), [episodes, n!, -1]);
  return tf.concat([features, mask], 2);
}
