/**
 * @file The decoder of memories of codes for images: small convolutions, at full and at half size, see the rough image that a code stands for
 * and what is around the gap, and put out what is to be added to it. Here also the convolutions that such networks are made of.
 */
import * as tf from '@tensorflow/tfjs';
import { convolution } from './layers.ts';
import type { ParameterSpec, Parameters } from './network.ts';

/** Its parameters, for images of so many channels, which put out 0 at first. @param outputs channels that it puts out */
export function decoderParameters(
  channels: number,
  width: number,
  outputs = channels,
): Record<string, ParameterSpec> {
  return {
    ...filter('decode1', 3 * channels, width),
    ...filter('decode2', width, 2 * width),
    ...filter('decode3', 2 * width, 2 * width),
    ...filter('decode4', 2 * width, 2 * width),
    ...filter('decode5', 3 * width, width),
    ...filter('decode6', width, outputs, 3, 0, 0),
  };
}

/**
 * @param rough the image that a code stands for, [e, n, h, w, channels], of even sides
 * @param heard what is believed of the query, likewise, 0 where nothing is
 * @returns [e, n, h, w, outputs]
 */
export function decoded(p: Parameters, rough: tf.Tensor, heard: tf.Tensor): tf.Tensor {
  const c1 = silu(layer(p, 'decode1', tf.concat([rough, heard, tf.mul(rough, heard)], 4)));
  const c2 = silu(layer(p, 'decode2', c1, 2));
  const c4 = silu(layer(p, 'decode4', silu(layer(p, 'decode3', c2))));
  const c5 = silu(layer(p, 'decode5', tf.concat([c1, enlarged(tf.add(c2, c4))], 4)));
  return layer(p, 'decode6', c5);
}

export const silu = (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x));

export const shared = (shape: number[], init: ParameterSpec['init']): ParameterSpec => ({
  shape,
  init,
  writable: false,
});

/** A convolution's weights; of gain 0 it puts out `bias` at first. */
export function filter(
  name: string,
  inputs: number,
  outputs: number,
  side = 3,
  gain = 1,
  bias = 0,
): Record<string, ParameterSpec> {
  const fan = side * side * inputs;
  return {
    [`${name}.w`]: shared([side, side, inputs, outputs], { normal: gain * Math.sqrt(1.5 / fan) }),
    [`${name}.b`]: shared([outputs], { constant: bias }),
  };
}

export const layer = (p: Parameters, name: string, x: tf.Tensor, stride = 1) =>
  convolution(x, p[`${name}.w`], p[`${name}.b`], stride);

/** Every pixel four times: [e, n, h, w, c] to [e, n, 2 h, 2 w, c]. */
export function enlarged(x: tf.Tensor): tf.Tensor {
  const [e, n, h, w, c] = x.shape as [number, number, number, number, number];
  return tf.reshape(tf.tile(tf.reshape(x, [e * n * h, 1, w, 1, c]), [1, 2, 1, 2, 1]), [
    e,
    n,
    2 * h,
    2 * w,
    c,
  ]);
}
