/**
 * @file A trained score network as a memory model: everything it stores is in its weights, so that storing does nothing,
 * and recall is the probability flow or repeated denoising, a pure function.
 */
import * as tf from '@tensorflow/tfjs';
import type { MemoryModel } from '../memory/model.ts';
import { sizeOf } from '../shapes.ts';
import { clean, ladder, type Noise, type ProcessName, processes, varianceExploding } from './process.ts';
import { type Completion, type Method, stepOf } from './retrieval.ts';
import { denoise, learnedEnergy, type ScoreNetwork } from './score-network.ts';

export interface LearnedRecall {
  /** The stochastic equation needs noise, which a pure function has not: `retrieve` runs it. */
  method: Exclude<Method, 'sde'>;
  /** What a query is taken to be, and the relative variance of its noise: see `DiffusionMemoryOptions`. */
  process: ProcessName;
  start: number;
  /** Levels of noise. */
  steps: number;
  /** How known entries enter, default replacement. */
  completion?: Completion;
}

/** Memory size: all weights. `energy`, where the network has a potential, is that of the last level of noise. */
export function learnedModel(
  network: ScoreNetwork,
  { method, process, start, steps, completion = 'replacement' }: LearnedRecall,
): MemoryModel {
  const { patternShape, parameters, noise } = network;
  const levelsOf = (count: number) => ladder(varianceExploding(), start, noise.end, count);
  const { potential } = network;
  const scale = relativeScale(process, { scale: 1, variance: start });
  return {
    name: 'diffusion-learned',
    patternShape,
    range: [-1, 1],
    parameters,
    state: {},
    floats: Object.values(parameters).reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    steps,
    store: () => ({}),
    recall(p, _, queries, known, count = steps) {
      const [episodes, n] = queries.shape;
      const free = known && tf.sub(1, known);
      const kept = known && tf.mul(queries, known);
      const levels = levelsOf(count);
      const iterates: tf.Tensor[] = [];
      // In units of variance exploding noise, in which networks are trained, a state is 1 / scale as large.
      const entered = scale === 1 ? queries : tf.div(queries, scale);
      let x: tf.Tensor = entered;
      if (free) x = completion === 'erasure' ? kept! : tf.add(tf.mul(entered, free), kept!);
      for (const [k, level] of levels.entries()) {
        const next = levels[k + 1] ?? clean;
        const states = tf.reshape(x, [episodes * n!, ...patternShape]);
        const means = tf.reshape(
          denoise(network, p, states, tf.fill([episodes * n!], level.variance)),
          queries.shape,
        );
        const { mean, state } = stepOf(method, level, next);
        const moved = tf.add(tf.mul(means, mean), tf.mul(x, state));
        x = free ? tf.add(tf.mul(moved, free), kept!) : moved;
        // Shown in the units of the process, in which the query came.
        const shown = relativeScale(process, next);
        iterates.push(shown === 1 ? x : tf.mul(x, shown));
      }
      return iterates;
    },
    energy: potential
      ? (p, _, x) => {
          const [episodes, n] = x.shape;
          const states = tf.reshape(x, [episodes * n!, ...patternShape]);
          const energies = learnedEnergy(network, p, states, tf.fill([episodes * n!], noise.end));
          return tf.reshape(energies, [episodes, n!]);
        }
      : undefined,
  };
}

/** The scale that a process has where it has the noise of `noise`, a level of variance exploding noise. */
function relativeScale(process: ProcessName, { variance }: Noise): number {
  const own = processes[process]();
  return own.at(own.timeOf(variance)).scale;
}
