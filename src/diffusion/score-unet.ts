/** @file A small U-Net as a score network for images (Ronneberger et al. 2015; Ho et al. 2020): two halvings, skips, time in every block. */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import { activations, convolution, dense, layerNorm } from '../energy/layers.ts';
import type { Initialiser, ParameterSpec } from '../energy/network.ts';
import { InputError } from '../errors.ts';
import { type Answer, type NoiseRange, type ScoreNetwork, timeFeatures } from './score-network.ts';

export interface ScoreUnetOptions {
  /** [height, width, channels], height and width divisible by 4. */
  patternShape: number[];
  noise: NoiseRange;
  /** Default residual. */
  answer?: Answer;
  /** At full resolution; twice and four times as many at half and quarter. Default 16. */
  channels?: number;
  /**
   * Units of a perceptron over the whole of the coarsest image, added to the `middle` block's answer: to know a stored image
   * through much noise takes all of it at once, which convolutions do not see. Default 0: none.
   */
  whole?: number;
}

/**
 * Blocks `down1`, `down2`, `middle`, `up2`, `up1` of two 3x3 convolutions with layer norm, SiLU, time features added
 * between and a residual path; halving by a strided convolution, doubling by nearest neighbours.
 * @throws InputError for patterns that are not such images
 */
export function scoreUnet({
  patternShape,
  noise,
  answer = 'residual',
  channels = 16,
  whole = 0,
}: ScoreUnetOptions): ScoreNetwork {
  const [height, width, colours] = patternShape;
  if (patternShape.length !== 3 || height % 4 !== 0 || width % 4 !== 0) {
    throw new InputError(
      `score-unet: patterns of shape [${patternShape}], expected images with sides divisible by 4`,
    );
  }
  const [c1, c2, c3] = [channels, 2 * channels, 4 * channels];
  const parameters: Record<string, ParameterSpec> = {};
  const add = (name: string, shape: number[], init: Initialiser) => {
    parameters[name] = { shape, init, writable: true };
  };
  const addConvolution = (name: string, size: number, from: number, to: number, start?: Initialiser) => {
    add(`${name}.w`, [size, size, from, to], start ?? { he: size * size * from });
    add(`${name}.b`, [to], { constant: 0 });
  };
  const addBlock = (name: string, from: number, to: number) => {
    for (const [part, size] of [
      ['norm1', from],
      ['norm2', to],
    ] as const) {
      add(`${name}.${part}.scale`, [size], { constant: 1 });
      add(`${name}.${part}.shift`, [size], { constant: 0 });
    }
    addConvolution(`${name}.conv1`, 3, from, to);
    addConvolution(`${name}.conv2`, 3, to, to, { constant: 0 });
    add(`${name}.time`, [timeFeatures, to], { lecun: timeFeatures });
    if (from !== to) addConvolution(`${name}.path`, 1, from, to);
  };
  addConvolution('in', 3, colours, c1);
  addBlock('down1', c1, c1);
  addConvolution('halve1', 3, c1, c2);
  addBlock('down2', c2, c2);
  addConvolution('halve2', 3, c2, c3);
  addBlock('middle', c3, c3);
  if (whole > 0) {
    const size = (height / 4) * (width / 4) * c3;
    add('whole.norm.scale', [c3], { constant: 1 });
    add('whole.norm.shift', [c3], { constant: 0 });
    add('whole.in', [size, whole], { he: size });
    add('whole.time', [timeFeatures, whole], { lecun: timeFeatures });
    add('whole.b', [whole], { constant: 0 });
    add('whole.out', [whole, size], { constant: 0 });
  }
  addBlock('up2', c3 + c2, c2);
  addBlock('up1', c2 + c1, c1);
  // Starts as the estimate 0: the answer to pure noise.
  addConvolution('out', 3, c1, colours, { constant: 0 });

  return {
    patternShape,
    parameters,
    noise,
    answer,
    estimate(p, z, time) {
      const n = z.shape[0];
      const features = tf.reshape(time, [1, n, timeFeatures]);
      const images = tf.reshape(z, [1, n, height, width, colours]);
      const first = block(p, 'down1', plain(p, 'in', images), features);
      const second = block(p, 'down2', plain(p, 'halve1', first, 2), features);
      const local = block(p, 'middle', plain(p, 'halve2', second, 2), features);
      const middle = whole > 0 ? tf.add(local, perceptron(p, local, features)) : local;
      const upper = block(p, 'up2', tf.concat([double(middle), second], 4), features);
      const top = block(p, 'up1', tf.concat([double(upper), first], 4), features);
      return tf.reshape(plain(p, 'out', activations.silu(top)), z.shape);
    },
  };
}

/** One convolution. Here and below x is [1, n, height, width, channels]. */
const plain = (p: NamedTensors, name: string, x: tf.Tensor, stride = 1) =>
  convolution(x, p[`${name}.w`], p[`${name}.b`], stride);

function block(p: NamedTensors, name: string, x: tf.Tensor, time: tf.Tensor): tf.Tensor {
  const norm = (part: string, h: tf.Tensor) =>
    activations.silu(layerNorm(h, p[`${name}.${part}.scale`], p[`${name}.${part}.shift`]));
  const moment = dense(time, p[`${name}.time`]);
  const h = tf.add(
    plain(p, `${name}.conv1`, norm('norm1', x)),
    tf.reshape(moment, [1, x.shape[1]!, 1, 1, moment.shape[2]!]),
  );
  const path = p[`${name}.path.w`] ? plain(p, `${name}.path`, x) : x;
  return tf.add(path, plain(p, `${name}.conv2`, norm('norm2', h)));
}

/** What the image as a whole says, to every place of it. */
function perceptron(p: NamedTensors, x: tf.Tensor, time: tf.Tensor): tf.Tensor {
  const n = x.shape[1]!;
  const normal = activations.silu(layerNorm(x, p['whole.norm.scale'], p['whole.norm.shift']));
  const flat = tf.reshape(normal, [1, n, x.size / n]);
  const sum = tf.add(dense(flat, p['whole.in'], p['whole.b']), dense(time, p['whole.time']));
  return tf.reshape(dense(activations.silu(sum), p['whole.out']), x.shape);
}

/** Twice the height and width, every pixel repeated. */
function double(x: tf.Tensor): tf.Tensor {
  const [one, n, height, width, channels] = x.shape as [number, number, number, number, number];
  const cells = tf.reshape(x, [n * height, 1, width, 1, channels]);
  return tf.reshape(tf.tile(cells, [1, 2, 1, 2, 1]), [one, n, 2 * height, 2 * width, channels]);
}
