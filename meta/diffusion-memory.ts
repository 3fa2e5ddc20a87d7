/**
 * @file A learned diffusion model as an associative memory: storing trains its network on the patterns from scratch, by
 * thousands of gradient steps, and all weights are its memory.
 */
import * as tf from '@tensorflow/tfjs';
import type { Engine, NamedTensors } from '../src/compile/index.ts';
import {
  type Denoiser,
  denoise,
  learnedEnergy,
  learnedModel,
  type ScoreNetwork,
} from '../src/diffusion/index.ts';
import { readBatch } from '../src/hopfield/boundary.ts';
import type { AssociativeMemory } from '../src/memory/associative.ts';
import { LearnedMemory } from '../src/memory/learned-memory.ts';
import { trainedParameters } from './checkpoint.ts';
import { configSchema } from './config.ts';
import { makeScoreNetwork, recallOf, type ScoreNetworkConfig } from './diffusion-config.ts';
import { diffusionLearner } from './diffusion-learner.ts';
import { Trainer } from './trainer.ts';

export interface DiffusionTraining {
  network: ScoreNetworkConfig;
  /** Gradient steps that store a set of patterns. */
  steps: number;
  engine: Engine;
  seed: number;
  /** Peak rate, default 0.002. */
  learningRate?: number;
}

/** A trained score network and what training took. */
export interface TrainedScore {
  network: ScoreNetwork;
  parameters: Record<string, Float32Array>;
  /** Seconds of training, compilation not counted. */
  seconds: number;
  /** Mean loss of the last tenth of training. */
  loss: number;
}

/** Trains a network on patterns [count, ...patternShape] in [-1, 1]. The same seed gives the same weights. */
export async function trainScore(
  patterns: Float32Array,
  patternShape: number[],
  { network: config, steps, engine, seed, learningRate = 0.002 }: DiffusionTraining,
): Promise<TrainedScore> {
  const network = makeScoreNetwork(config, patternShape);
  const learner = diffusionLearner({ network, patterns, batch: config.batch, seed });
  const training = configSchema.shape.training.parse({
    steps,
    episodes: 1,
    learning_rate: learningRate,
    warmup: Math.min(100, Math.ceil(steps / 20)),
    average: 0.995,
  });
  const trainer = new Trainer({ training, learner, engine, seed });
  const tail: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const { loss } = await trainer.update();
    if (step > 0.9 * steps) tail.push(loss);
  }
  return {
    network,
    parameters: trainedParameters(trainer.state),
    seconds: trainer.state.seconds,
    loss: tail.reduce((a, b) => a + b, 0) / tail.length,
  };
}

/** The denoiser of a trained network, for `retrieve`; with energies where it has a potential. */
export function learnedDenoiser(
  network: ScoreNetwork,
  parameters: Record<string, Float32Array>,
  engine: Engine,
): Denoiser {
  const specs = Object.entries(network.parameters).map(
    ([name, { shape }]) => [`p:${name}`, { shape }] as const,
  );
  const values = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`p:${name}`, value]));
  const f = ({ x, level, ...inputs }: NamedTensors): NamedTensors => {
    const p = Object.fromEntries(Object.keys(network.parameters).map((name) => [name, inputs[`p:${name}`]]));
    const levels = tf.tile(level, [x.shape[0]]);
    const means = denoise(network, p, x, levels);
    return network.potential ? { means, energies: learnedEnergy(network, p, x, levels) } : { means };
  };
  const d = network.patternShape.reduce((a, b) => a * b, 1);
  return async (x, noise) => {
    const program = await engine.compile(f, {
      ...Object.fromEntries(specs),
      x: { shape: [x.length / d, ...network.patternShape] },
      level: { shape: [1] },
    });
    const { scale, variance } = noise;
    const outputs = await program.run({
      ...values,
      x: Float32Array.from(x, (value) => value / scale),
      level: new Float32Array([variance / (scale * scale)]),
    });
    return {
      means: outputs.means as Float32Array,
      // in the units of a state of that scale, as the exact energy is
      energies: outputs.energies && Array.from(outputs.energies, (energy) => Number(energy) * scale * scale),
    };
  };
}

/**
 * The memory. `floats` counts all weights. Recall is the probability flow or repeated denoising, as the network's
 * configuration says; patterns lie in [-1, 1].
 */
export function trainedDiffusion(options: DiffusionTraining & { name?: string }): AssociativeMemory {
  const { name = 'diffusion-learned', engine, network: config } = options;
  return {
    name,
    range: [-1, 1],
    async store(patterns) {
      const { values, shape } = await readBatch('patterns', patterns);
      const { network, parameters } = await trainScore(values, shape, options);
      const model = learnedModel(network, recallOf(config));
      return new LearnedMemory({ name, model, parameters, engine }).store(patterns);
    },
  };
}

/** Learned diffusion models that an episode is stored in, by name: 2,000 steps of a perceptron or of a potential. */
export const trainedRivals = {
  'diffusion-learned': (options: RivalTraining) => rival('diffusion-learned', 'score-mlp', options),
  'diffusion-energy': (options: RivalTraining) => rival('diffusion-energy', 'score-energy', options),
};

export type TrainedRivalName = keyof typeof trainedRivals;

type RivalTraining = Pick<DiffusionTraining, 'engine' | 'seed'>;

const rival = (name: string, network: string, options: RivalTraining) =>
  trainedDiffusion({
    ...options,
    name,
    network: configSchema.shape.network.parse({ name: network }) as ScoreNetworkConfig,
    steps: 2000,
  });
