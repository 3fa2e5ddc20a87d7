/** @file Score networks for vectors (and small images, flattened): a residual perceptron, as estimate or as potential. */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import { type Activation, activations } from '../energy/layers.ts';
import type { ParameterSpec } from '../energy/network.ts';
import { sizeOf } from '../shapes.ts';
import { type Answer, type NoiseRange, type ScoreNetwork, timeFeatures } from './score-network.ts';

export interface ScoreMlpOptions {
  patternShape: number[];
  noise: NoiseRange;
  /** Default pattern. */
  answer?: Answer;
  /** Default 256. */
  width?: number;
  /** Hidden layers, default 3. From the second on each adds to the state before it. */
  layers?: number;
  /**
   * The network also sees sin(2^k z) and cos(2^k z) of its input, k from 0 to `frequencies` - 1 (Tancik et al., "Fourier
   * features let networks learn high frequency functions in low dimensional domains", 2020). Default 0: none.
   */
  frequencies?: number;
  /** Default silu. */
  activation?: Activation;
  /** Whether the network is a potential, one number, whose gradient is the estimate. Default false. */
  potential?: boolean;
}

/** Parameters W1, T1 (of the time features), b1, ... for the hidden layers, and `out`; of a potential `out` has one output. */
export function scoreMlp(options: ScoreMlpOptions): ScoreNetwork {
  const {
    patternShape,
    noise,
    answer = 'pattern',
    width = 256,
    layers = 3,
    frequencies = 0,
    activation = 'silu',
    potential = false,
  } = options;
  const d = sizeOf(patternShape);
  const writable = true;
  const parameters: Record<string, ParameterSpec> = {};
  for (let layer = 1; layer <= layers; layer++) {
    const inputs = layer === 1 ? d * (1 + 2 * frequencies) : width;
    parameters[`W${layer}`] = { shape: [inputs, width], init: { he: inputs }, writable };
    parameters[`T${layer}`] = { shape: [timeFeatures, width], init: { lecun: timeFeatures }, writable };
    parameters[`b${layer}`] = { shape: [width], init: { constant: 0 }, writable };
  }
  // Starts as the estimate 0: the answer to pure noise.
  const last = potential ? { lecun: width } : { constant: 0 };
  parameters.out = { shape: [width, potential ? 1 : d], init: last, writable };
  const hidden = (p: NamedTensors, z: tf.Tensor, time: tf.Tensor) => {
    let h: tf.Tensor = waves(tf.reshape(z, [z.shape[0], d]), frequencies);
    for (let layer = 1; layer <= layers; layer++) {
      const sum = tf.add(product(h, p[`W${layer}`]), tf.add(product(time, p[`T${layer}`]), p[`b${layer}`]));
      const active = activations[activation](sum);
      h = layer === 1 ? active : tf.add(h, active);
    }
    return product(h, p.out);
  };
  if (potential) {
    return {
      patternShape,
      parameters,
      noise,
      answer,
      potential: (p, z, time) => tf.squeeze(hidden(p, z, time), [1]),
    };
  }
  return {
    patternShape,
    parameters,
    noise,
    answer,
    estimate: (p, z, time) => tf.reshape(hidden(p, z, time), z.shape),
  };
}

/** z [n, d] beside its sines and cosines: [n, d (1 + 2 frequencies)]. */
function waves(z: tf.Tensor, frequencies: number): tf.Tensor {
  const scaled = Array.from({ length: frequencies }, (_, k) => tf.mul(z, 2 ** k));
  return frequencies > 0 ? tf.concat([z, ...scaled.map(tf.sin), ...scaled.map(tf.cos)], 1) : z;
}

const product = (x: tf.Tensor, w: tf.Tensor) => tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D);
