/**
 * @file Blocks of the residual image energies of Bartunov et al. 2020 (appendix): what is printed there as ResBlock and
 * bottleneck, on images [episodes, patterns, height, width, channels]. Layer normalisation is over the channels of a place.
 */
import * as tf from '@tensorflow/tfjs';
import { convolution, layerNorm } from './layers.ts';
import type { ParameterSpec, Parameters } from './network.ts';

export type Specs = Record<string, ParameterSpec>;

const zeros = (size: number, writable = false): ParameterSpec => ({
  shape: [size],
  init: { constant: 0 },
  writable,
});

export function filterSpecs(
  name: string,
  kernel: number,
  inputs: number,
  outputs: number,
  writable = false,
): Specs {
  const fan = kernel * kernel * inputs;
  return {
    [`${name}.w`]: { shape: [kernel, kernel, inputs, outputs], init: { lecun: fan }, writable },
    [`${name}.b`]: zeros(outputs, writable),
  };
}

export function linearSpecs(name: string, inputs: number, outputs: number, writable = false): Specs {
  return {
    [`${name}.w`]: { shape: [inputs, outputs], init: { lecun: inputs }, writable },
    [`${name}.b`]: zeros(outputs, writable),
  };
}

export const normSpecs = (name: string, size: number): Specs => ({
  [`${name}.scale`]: { shape: [size], init: { constant: 1 }, writable: false },
  [`${name}.shift`]: zeros(size),
});

export const norm = (p: Parameters, name: string, x: tf.Tensor) =>
  layerNorm(x, p[`${name}.scale`], p[`${name}.shift`]);

export const filter = (p: Parameters, name: string, x: tf.Tensor, stride = 1) =>
  convolution(x, p[`${name}.w`], p[`${name}.b`], stride);

/** Means of 2x2 squares: half the height and width, which must be even. */
export function halve(x: tf.Tensor): tf.Tensor {
  const [episodes, patterns, height, width, channels] = x.shape as number[];
  const images = tf.reshape(x, [episodes * patterns, height, width, channels]) as tf.Tensor4D;
  const small = tf.avgPool(images, 2, 2, 'valid');
  return tf.reshape(small, [episodes, patterns, height / 2, width / 2, channels]);
}

/** The paper prints no internals: two 3x3 convolutions, the first of stride 2, beside a pooled 1x1 skip. */
export const resBlockSpecs = (name: string, inputs: number, outputs: number): Specs => ({
  ...filterSpecs(`${name}.first`, 3, inputs, outputs),
  ...normSpecs(`${name}.norm1`, outputs),
  ...filterSpecs(`${name}.second`, 3, outputs, outputs),
  ...filterSpecs(`${name}.skip`, 1, inputs, outputs),
  ...normSpecs(`${name}.norm2`, outputs),
});

export function resBlock(p: Parameters, name: string, x: tf.Tensor): tf.Tensor {
  const first = tf.tanh(norm(p, `${name}.norm1`, filter(p, `${name}.first`, x, 2)));
  const sum = tf.add(filter(p, `${name}.second`, first), filter(p, `${name}.skip`, halve(x)));
  return tf.tanh(norm(p, `${name}.norm2`, sum));
}

/** 1x1 to `narrow`, then 3x3 with `memory` writable channels of the `outputs`, beside a 1x1 skip. */
export const bottleneckSpecs = (
  name: string,
  inputs: number,
  narrow: number,
  outputs: number,
  memory: number,
): Specs => ({
  ...filterSpecs(`${name}.narrow`, 1, inputs, narrow),
  ...normSpecs(`${name}.norm1`, narrow),
  ...filterSpecs(`${name}.static`, 3, narrow, outputs - memory),
  ...filterSpecs(`${name}.memory`, 3, narrow, memory, true),
  ...filterSpecs(`${name}.skip`, 1, inputs, outputs),
  ...normSpecs(`${name}.norm2`, outputs),
});

export function bottleneck(p: Parameters, name: string, x: tf.Tensor, downscale: boolean): tf.Tensor {
  const narrow = tf.tanh(norm(p, `${name}.norm1`, filter(p, `${name}.narrow`, x)));
  const stride = downscale ? 2 : 1;
  const wide = tf.concat(
    [filter(p, `${name}.static`, narrow, stride), filter(p, `${name}.memory`, narrow, stride)],
    4,
  );
  const skip = filter(p, `${name}.skip`, downscale ? halve(x) : x);
  return tf.tanh(norm(p, `${name}.norm2`, tf.add(wide, skip)));
}
