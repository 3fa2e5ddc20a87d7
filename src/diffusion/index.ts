/** @file Diffusion models as associative memories: by name, and the exact mathematics beneath them. */
import { type RivalOptions, rivalOptionNames } from '../hopfield/index.ts';
import type { AssociativeMemory } from '../memory/associative.ts';
import { checkNames } from '../option-names.ts';
import { type DiffusionMemoryOptions, diffusionMemory } from './memory.ts';

export { circleEnergy } from './circle.ts';
export { condition } from './conditioning.ts';
export { type PatternDiffusion, patternDiffusion, reverseDrift } from './exact.ts';
export { type LearnedRecall, learnedModel } from './learned-model.ts';
export { type DiffusionMemoryOptions, denoiserOf, diffusionMemory } from './memory.ts';
export { nearestDistances, type Outcomes, outcomesOf, type Thresholds, thresholdsOf } from './outcomes.ts';
export {
  inverseTemperature,
  ladder,
  type Noise,
  type Process,
  processes,
  relativeVariance,
  varianceExploding,
  variancePreserving,
} from './process.ts';
export {
  type Completion,
  completions,
  type Denoiser,
  erased,
  type Method,
  methods,
  type RetrievalOptions,
  retrieve,
} from './retrieval.ts';
export { type ScoreMlpOptions, scoreMlp } from './score-mlp.ts';
export {
  denoise,
  denoisingLoss,
  learnedEnergy,
  type NoiseRange,
  type ScoreNetwork,
} from './score-network.ts';
export { type ScoreUnetOptions, scoreUnet } from './score-unet.ts';

const variants = {
  /** Reverse stochastic equation, beta growing. */
  diffusion: {},
  /** Probability flow. */
  'diffusion-ode': { method: 'ode' },
  /** Repeated denoising: modern Hopfield updates with beta growing. */
  'diffusion-denoise': { method: 'denoise' },
  /** With known entries, nothing is read into the others. */
  'diffusion-erasure': { method: 'denoise', completion: 'erasure' },
  /** Known entries by exact conditioning. */
  'diffusion-conditioned': { completion: 'conditioning' },
  /** Langevin dynamics at beta = 1: noise, but no growing beta. */
  'diffusion-fixed': { end: 1 },
} as const satisfies Record<string, DiffusionMemoryOptions>;

export type DiffusionRivalName = keyof typeof variants;

/** The exact diffusion memories that a learned memory can be measured against, with their defaults. */
export const diffusionRivals = Object.fromEntries(
  Object.entries(variants).map(([name, variant]) => [
    name,
    (options: Partial<RivalOptions> = {}) => {
      checkNames(name, options, rivalOptionNames);
      return diffusionMemory({ name, ...variant, ...options });
    },
  ]),
) as Record<DiffusionRivalName, (options?: Partial<RivalOptions>) => AssociativeMemory>;
