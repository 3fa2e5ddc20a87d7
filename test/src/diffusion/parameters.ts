/** @file Parameters for the tests of score networks. */
import * as tf from '@tensorflow/tfjs';
import type { ScoreNetwork } from '../../../src/diffusion/score-network.ts';
import { initialise } from '../../../src/energy/index.ts';
import { stream } from '../../../src/random.ts';

/** Random parameters for all, also those that start at zero. */
export function randomParameters(network: ScoreNetwork, seed: number): Record<string, tf.Tensor> {
  const values = initialise(network.parameters, seed);
  return Object.fromEntries(
    Object.entries(network.parameters).map(([name, { shape }]) => {
      const random = stream(seed, 'test', name);
      const nudged = values[name].map((v) => v + 0.3 * random.normal());
      return [name, tf.tensor(nudged, shape)];
    }),
  );
}
