/** @file Every architecture at a small size, with random parameters: for tests of laws that all networks obey. */
import * as tf from '@tensorflow/tfjs';
import {
  codedSlots,
  convolutional,
  convResnet,
  type EnergyNetwork,
  fcResnet,
  gatedRecurrent,
  hopfieldSite,
  keyValue,
  levelSlots,
  mlp,
  type NetworkOptions,
  universalEnergy,
} from '../../../src/energy/index.ts';
import { stream } from '../../../src/random.ts';

export const small: { [N in keyof NetworkOptions]: EnergyNetwork } = {
  'hopfield-site': hopfieldSite({ patternShape: [6], width: 4 }),
  'key-value': keyValue({ patternShape: [4, 6, 1], keys: 3, code: 5, width: 3 }),
  'coded-slots': codedSlots({
    patternShape: [4, 4, 1],
    slots: 2,
    code: 3,
    halvings: 0,
    width: 2,
    tied: true,
  }),
  'level-slots': levelSlots({ patternShape: [6], slots: 2, bits: 2, steps: 3 }),
  mlp: mlp({ patternShape: [6], hidden: [5, 4] }),
  'gated-recurrent': gatedRecurrent({ patternShape: [6], width: 5, hops: 3, memory: 2 }),
  convolutional: convolutional({
    patternShape: [8, 8, 1],
    channels: [2, 3, 3],
    memory: [1, 1],
    hops: 1,
    hidden: 4,
  }),
  'fc-resnet': fcResnet({
    patternShape: [8, 8, 1],
    channels: [4, 4, 5],
    features: 5,
    memory: 2,
    width: 5,
    hops: 1,
    hidden: 3,
  }),
  'conv-resnet': convResnet({
    patternShape: [8, 8, 1],
    channels: [4, 5],
    width: 8,
    memory: 1,
    hops: 1,
    hidden: 3,
  }),
  universal: universalEnergy({ patternShape: [6], slots: 3 }),
};

export const names = Object.keys(small) as (keyof NetworkOptions)[];

/** Those that give every pattern a row of its own, in the order in which patterns come. */
export const slotted: readonly string[] = ['coded-slots', 'level-slots'];

/** Normal numbers of standard deviation 0.5, the same for the same seed and path. */
export function noise(shape: number[], ...path: (string | number)[]): tf.Tensor {
  const random = stream(0, 'noise', ...path);
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => 0.5 * random.normal());
  return tf.tensor(values, shape, 'float32');
}

/** Random parameters; with `episodes`, written ones have values of their own for every episode. */
export function randomParameters(network: EnergyNetwork, episodes?: number): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(network.parameters).map(([name, { shape, writable }]) => [
      name,
      noise(writable && episodes ? [episodes, ...shape] : shape, name),
    ]),
  );
}
