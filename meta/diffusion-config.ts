/** @file The part of a configuration that is a learned diffusion model: one schema for each kind of score network. */
import { z } from 'zod';
import { completions, type ScoreNetwork, scoreMlp, scoreUnet } from '../src/diffusion/index.ts';
import type { LearnedRecall } from '../src/diffusion/learned-model.ts';
import { loops, whole } from './config-numbers.ts';

const common = {
  answer: z
    .enum(['pattern', 'residual'])
    .optional()
    .describe('what the network estimates; default: the pattern, of a U-Net what is missing to it'),
  batch: whole(1).default(256).describe('noisy patterns in an update'),
  noise: z
    .strictObject({
      start: z.number().positive().default(100).describe('greatest relative variance that it learns'),
      end: z.number().positive().default(0.01).describe('least'),
    })
    .prefault({}),
  recall: z
    .strictObject({
      method: z.enum(['ode', 'denoise']).default('ode').describe('probability flow, or repeated denoising'),
      process: z
        .enum(['exploding', 'preserving'])
        .default('preserving')
        .describe('what a query is taken to be: y + noise, or a y + noise of variance 1 - a^2'),
      start: z.number().positive().default(3).describe('relative variance of that noise'),
      steps: loops(1).default(16).describe('levels of noise'),
      completion: z
        .enum(completions)
        .default('replacement')
        .describe('with known entries, whether the others begin as the query has them or, by erasure, at 0'),
    })
    .prefault({}),
};

const perceptron = {
  width: whole(1).default(256).describe('units of each hidden layer'),
  layers: loops(1).default(3).describe('hidden layers'),
  frequencies: whole(0, 24)
    .default(0)
    .describe('sines and cosines of each input, at 1, 2, 4, ... times it: to tell close patterns apart'),
  ...common,
};

/** All weights are the memory, and training writes a fixed set of patterns into them: `training.patterns` of the task. */
export const scoreNetworkSchemas = [
  z.strictObject({ name: z.literal('score-mlp'), ...perceptron }),
  z.strictObject({ name: z.literal('score-energy'), ...perceptron }),
  z.strictObject({
    name: z.literal('score-unet'),
    channels: whole(1).default(16).describe('channels at full resolution'),
    whole: whole(0)
      .default(0)
      .describe('units of a perceptron over the whole of the coarsest image; 0: none'),
    ...common,
  }),
] as const;

export type ScoreNetworkConfig = z.output<(typeof scoreNetworkSchemas)[number]>;

export const isScoreNetwork = (network: { name: string }): network is ScoreNetworkConfig =>
  network.name.startsWith('score-');

/** @throws InputError for patterns that the network does not take */
export function makeScoreNetwork(config: ScoreNetworkConfig, patternShape: number[]): ScoreNetwork {
  const { noise, answer } = config;
  if (config.name === 'score-unet') {
    return scoreUnet({ patternShape, noise, answer, channels: config.channels, whole: config.whole });
  }
  const { width, layers, frequencies } = config;
  const potential = config.name === 'score-energy';
  return scoreMlp({ patternShape, noise, answer, width, layers, frequencies, potential });
}

export const recallOf = ({ recall }: ScoreNetworkConfig): LearnedRecall => recall;
