/**
 * @file The energy with a fully connected memory of Bartunov et al. 2020 for images (appendix pseudocode): residual blocks
 * see the image, a linear layer with writable outputs remembers, a gated recurrence settles, a hidden layer gives the energy.
 *
 * That energy is bounded, and at first hardly depends on what is written. With `target`, which is not in the paper, it has
 * the term |m - A b|^2 / 2 besides, with m the writable outputs, b what the residual blocks put out and A a shared matrix:
 * writing is then the delta rule (Widrow and Hoff 1960) from the first update on, and stored images are where m meets A b.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { largestEigenvalue, withBias } from './curvature.ts';
import { dense, gate } from './layers.ts';
import type { EnergyNetwork, Parameters } from './network.ts';
import { linearSpecs, norm, normSpecs, resBlock, resBlockSpecs } from './residual.ts';

export interface FcResnetOptions {
  /** [height, width, channels]; height and width are multiples of 8. */
  patternShape: number[];
  /** Channels of the three residual blocks. The paper's: [32, 64, 96]. */
  channels?: [number, number, number];
  /** Inputs of the writable layer. The paper's: 256. */
  features?: number;
  /** Writable outputs: (features + 1) x memory floats. The paper's: 12 to 64. */
  memory?: number;
  /** Width of the representation and of the recurrence. The paper's: 512. */
  width?: number;
  /** Updates of the recurrence. The paper's: 3. */
  hops?: number;
  /** Units of the last hidden layer. The paper's: 1024. */
  hidden?: number;
  /** Whether the energy has the squared error of the writable outputs against a learned target. Default false (paper). */
  target?: boolean;
  /** What writing descends: the energy, or that squared error alone, which is quadratic. Default the energy (paper). */
  writing?: 'energy' | 'target';
}

/** Writable: memory [features, memory] and its bias. */
export function fcResnet({
  patternShape,
  channels = [32, 64, 96],
  features = 256,
  memory = 32,
  width = 512,
  hops = 3,
  hidden = 1024,
  target = false,
  writing = 'energy',
}: FcResnetOptions): EnergyNetwork {
  checkImages('fc-resnet', patternShape);
  if (memory >= width)
    throw new InputError(`network.memory is ${memory}, expected less than its width ${width}`);
  checkTarget(target, writing);
  const [height, wide, colours] = patternShape;
  const flat = (height / 8) * (wide / 8) * channels[2];
  const linear = (p: Parameters, name: string, input: tf.Tensor) =>
    dense(input, p[`${name}.w`], p[`${name}.b`]);
  /** What the blocks put out, as rows, and the inputs of the writable layer. */
  const look = (p: Parameters, x: tf.Tensor) => {
    let image = x;
    for (let i = 1; i <= channels.length; i++) image = resBlock(p, `block${i}`, image);
    const rows = tf.reshape(image, [x.shape[0], x.shape[1]!, flat]);
    return { rows, seen: tf.tanh(norm(p, 'features', linear(p, 'features', rows))) };
  };
  /** |m - A b|^2 / 2, [episodes, patterns]. */
  const error = (p: Parameters, m: tf.Tensor, rows: tf.Tensor) =>
    tf.div(tf.sum(tf.square(tf.sub(m, linear(p, 'target', rows))), 2), 2);
  const network: EnergyNetwork = {
    patternShape,
    parameters: {
      ...resBlockSpecs('block1', colours, channels[0]),
      ...resBlockSpecs('block2', channels[0], channels[1]),
      ...resBlockSpecs('block3', channels[1], channels[2]),
      ...linearSpecs('features', flat, features),
      ...normSpecs('features', features),
      ...linearSpecs('memory', features, memory, true),
      ...linearSpecs('static', features, width - memory),
      ...linearSpecs('candidate.x', width, width),
      ...linearSpecs('candidate.s', width, width),
      ...normSpecs('candidate', width),
      ...linearSpecs('gate.x', width, width),
      ...linearSpecs('gate.s', width, width),
      ...normSpecs('gate', width),
      ...linearSpecs('hidden', width, hidden),
      'energy.w': { shape: [hidden, 1], init: { lecun: hidden }, writable: false },
    },
    energy(p, x) {
      const { rows, seen } = look(p, x);
      const m = linear(p, 'memory', seen);
      const r = tf.tanh(tf.concat([m, linear(p, 'static', seen)], 2));
      // What the recurrence is told of r is the same at every hop.
      const [drive, bias] = [linear(p, 'candidate.x', r), linear(p, 'gate.x', r)];
      let s: tf.Tensor = r;
      for (let hop = 0; hop < hops; hop++) {
        const candidate = tf.tanh(norm(p, 'candidate', tf.add(drive, linear(p, 'candidate.s', s))));
        s = gate(s, candidate, norm(p, 'gate', tf.add(bias, linear(p, 'gate.s', s))));
      }
      const bounded = tf.squeeze(dense(tf.tanh(linear(p, 'hidden', s)), p['energy.w']), [2]);
      return target ? tf.add(bounded, error(p, m, rows)) : bounded;
    },
  };
  if (!target) return network;
  const writingEnergy: EnergyNetwork['energy'] = (p, x) => {
    const { rows, seen } = look(p, x);
    return error(p, linear(p, 'memory', seen), rows);
  };
  return {
    ...network,
    parameters: { ...network.parameters, ...linearSpecs('target', flat, memory) },
    ...(writing === 'target' ? { writingEnergy } : {}),
    curvature: (p, x) => largestEigenvalue(withBias(look(p, x).seen)),
  };
}

/** @throws InputError where writing is to descend a term that the energy lacks */
export function checkTarget(target: boolean, writing: 'energy' | 'target'): void {
  if (writing === 'target' && !target)
    throw new InputError('network.writing is "target", but network.target is false');
}

/** @throws InputError unless patterns are images whose sides can be halved three times */
export function checkImages(network: string, patternShape: readonly number[]): void {
  const [height, width] = patternShape;
  if (patternShape.length !== 3 || height % 8 || width % 8) {
    throw new InputError(
      `network "${network}" needs patterns [height, width, channels] with sides in multiples of 8, not [${patternShape}]`,
    );
  }
}
