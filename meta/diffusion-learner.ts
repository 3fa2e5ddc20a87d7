/** @file Denoising score matching of a fixed set of patterns, as something to train: how a diffusion model stores. */
import { denoisingLoss, type ScoreNetwork } from '../src/diffusion/index.ts';
import { stream } from '../src/random.ts';
import { sizeOf } from '../src/shapes.ts';
import type { Task } from '../tasks/index.ts';
import type { Learner, Trainable } from './learner.ts';
import { recallError } from './units.ts';

export interface DiffusionLearnerOptions {
  network: ScoreNetwork;
  /** [count, ...patternShape], in [-1, 1]. */
  patterns: Float32Array;
  /** Noisy patterns in an update. */
  batch: number;
  seed: number;
  /** Unit of the reported error, that of one denoising step. Default squared error. */
  unit?: Task['unit'];
}

/** Its batch: `patterns` and `noisy` [batch, ...patternShape] and the relative variances `level` [batch]; its output: `denoised`. */
export function scoreTrainable(network: ScoreNetwork, batch: number): Trainable {
  const shape = [batch, ...network.patternShape];
  return {
    parameters: network.parameters,
    outputs: ['denoised'],
    inputs: () => ({ patterns: { shape }, noisy: { shape }, level: { shape: [batch] } }),
    loss(p, inputs) {
      const { loss, denoised } = denoisingLoss(network, p, inputs);
      return { loss, outputs: { denoised } };
    },
  };
}

/**
 * An update draws patterns at random with noise of every level: the logarithms of the variances are spread evenly over the
 * network's range, one in each of `batch` equal parts.
 */
export function diffusionLearner(options: DiffusionLearnerOptions): Learner {
  const { network, patterns, batch, seed, unit = 'squared error' } = options;
  const { patternShape, noise } = network;
  const d = sizeOf(patternShape);
  const count = patterns.length / d;
  const unitInterval = (values: Float32Array) => values.map((value) => (value + 1) / 2);
  const task = { unit, patternShape };
  return {
    trainable: scoreTrainable(network, batch),
    loads: [count],
    load: () => count,
    draw(update, { k, of } = { k: 0, of: 1 }) {
      const random = stream(seed, 'denoising', update);
      const chosen = new Float32Array(batch * d);
      const noisy = new Float32Array(batch * d);
      const level = new Float32Array(batch);
      for (let b = 0; b < batch; b++) {
        const n = random.integer(count);
        level[b] = noise.end * (noise.start / noise.end) ** ((b + random.uniform()) / batch);
        chosen.set(patterns.subarray(n * d, (n + 1) * d), b * d);
        const deviation = Math.sqrt(level[b]);
        for (let i = b * d; i < (b + 1) * d; i++) noisy[i] = chosen[i] + deviation * random.normal();
      }
      const part = (values: Float32Array) =>
        values.subarray((k * values.length) / of, ((k + 1) * values.length) / of);
      return {
        patterns: count,
        values: { patterns: part(chosen), noisy: part(noisy), level: part(level) },
        measure({ denoised }) {
          const wanted = unitInterval(part(chosen));
          return {
            error: recallError(task, [-1, 1], denoised as Float32Array, wanted),
            queryError: recallError(task, [-1, 1], part(noisy), wanted),
          };
        },
      };
    },
  };
}
