/**
 * @file The gated recurrent energy of Bartunov et al. 2020 for binary patterns (appendix pseudocode, its slips mended):
 * c = tanh([memory(x), static([x, s])]), u = sigmoid(gate([x, s])), s <- u c + (1 - u) s, E = linear(s).
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { dense, gate } from './layers.ts';
import { type EnergyNetwork, sizeOf } from './network.ts';

export interface GatedRecurrentOptions {
  patternShape: number[];
  /** Width of the state s. The paper's: 1024. */
  width?: number;
  /** Updates of the state. The paper's: 5. */
  hops?: number;
  /** Outputs of the writable layer. The paper's: 64, which at 128 bits makes 8,256 floats with the biases. */
  memory?: number;
}

/**
 * Writable: memory [d, memory] and its bias. The layers that see [x, s] hold their weights for x and for s apart, so
 * that the part of x is computed once for all hops.
 */
export function gatedRecurrent({
  patternShape,
  width = 1024,
  hops = 5,
  memory = 64,
}: GatedRecurrentOptions): EnergyNetwork {
  if (memory >= width)
    throw new InputError(`network.memory is ${memory}, expected less than its width ${width}`);
  const d = sizeOf(patternShape);
  const fan = d + width;
  const shared = width - memory;
  return {
    patternShape,
    parameters: {
      'memory.w': { shape: [d, memory], init: { he: d }, writable: true },
      'memory.b': { shape: [memory], init: { constant: 0 }, writable: true },
      'static.x': { shape: [d, shared], init: { he: fan }, writable: false },
      'static.s': { shape: [width, shared], init: { he: fan }, writable: false },
      'static.b': { shape: [shared], init: { constant: 0 }, writable: false },
      'gate.x': { shape: [d, width], init: { he: fan }, writable: false },
      'gate.s': { shape: [width, width], init: { he: fan }, writable: false },
      'gate.b': { shape: [width], init: { constant: 0 }, writable: false },
      'energy.w': { shape: [width, 1], init: { he: width }, writable: false },
    },
    energy(p, pattern) {
      const [episodes, patterns] = pattern.shape;
      const x = tf.reshape(pattern, [episodes, patterns, d]);
      const recalled = tf.tanh(dense(x, p['memory.w'], p['memory.b']));
      const seen = dense(x, p['static.x'], p['static.b']);
      const gating = dense(x, p['gate.x'], p['gate.b']);
      // The state starts at zero, so the first hop needs no product with it.
      let s = tf.mul(tf.sigmoid(gating), tf.concat([recalled, tf.tanh(seen)], 2));
      for (let hop = 1; hop < hops; hop++) {
        const candidate = tf.concat([recalled, tf.tanh(tf.add(seen, dense(s, p['static.s'])))], 2);
        s = gate(s, candidate, tf.add(gating, dense(s, p['gate.s'])));
      }
      return tf.squeeze(dense(s, p['energy.w']), [2]);
    },
  };
}
