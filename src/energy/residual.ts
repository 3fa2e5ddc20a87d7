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

/**
 * 1x1 to `narrow`, then 3x3 with `memory` writable channels of the `outputs`, beside a 1x1 skip; with `target`, also
 * 3x3 filters of the input that say what the writable channels are to be.
 */
export const bottleneckSpecs = (
  name: string,
  inputs: number,
  narrow: number,
  outputs: number,
  memory: number,
  target = false,
): Specs => ({
  ...filterSpecs(`${name}.narrow`, 1, inputs, narrow),
  ...normSpecs(`${name}.norm1`, narrow),
  ...filterSpecs(`${name}.static`, 3, narrow, outputs - memory),
  ...filterSpecs(`${name}.memory`, 3, narrow, memory, true),
  ...filterSpecs(`${name}.skip`, 1, inputs, outputs),
  ...normSpecs(`${name}.norm2`, outputs),
  ...(target ? filterSpecs(`${name}.target`, 3, inputs, memory) : {}),
});

export interface Bottleneck {
  /** Inputs of the 3x3 filters. */
  narrow: tf.Tensor;
  /** Their writable channels. */
  memory: tf.Tensor;
  output: tf.Tensor;
}

/**
 * `centred`: the 3x3 filters see how a place differs from the mean of all places. Most places of a drawing are paper, and
 * what they have in common would else be nearly all that is written.
 */
export function bottleneck(
  p: Parameters,
  name: string,
  x: tf.Tensor,
  downscale: boolean,
  centred = false,
): Bottleneck {
  const inputs = tf.tanh(norm(p, `${name}.norm1`, filter(p, `${name}.narrow`, x)));
  const narrow = centred ? tf.sub(inputs, tf.mean(inputs, [2, 3], true)) : inputs;
  const stride = downscale ? 2 : 1;
  const memory = filter(p, `${name}.memory`, narrow, stride);
  const wide = tf.concat([filter(p, `${name}.static`, narrow, stride), memory], 4);
  const skip = filter(p, `${name}.skip`, downscale ? halve(x) : x);
  return { narrow, memory, output: tf.tanh(norm(p, `${name}.norm2`, tf.add(wide, skip))) };
}

/**
 * |m - A x|^2 / 2 with m the writable channels of a bottleneck and A its target filters, summed over channels, averaged
 * over places: [episodes, patterns].
 */
export function targetError(p: Parameters, name: string, x: tf.Tensor, memory: tf.Tensor): tf.Tensor {
  const stride = x.shape[2]! / memory.shape[2]!;
  const squares = tf.square(tf.sub(memory, filter(p, `${name}.target`, x, stride)));
  return tf.div(tf.mean(tf.sum(squares, 4), [2, 3]), 2);
}
