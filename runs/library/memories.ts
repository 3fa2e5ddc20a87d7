/** @file Every memory that needs no meta-training, with all its options: each function makes an associative memory. */

import { parseConfig } from '../../meta/config.ts';
import type { scoreNetworkSchemas } from '../../meta/diffusion-config.ts';
import { type DiffusionTraining, trainedDiffusion } from '../../meta/diffusion-memory.ts';
import { engine, flag, number, oneOf, text, whole } from '../../src/arguments.ts';
import { compiledEngine } from '../../src/compile/index.ts';
import { type DiffusionMemoryOptions, diffusionMemory } from '../../src/diffusion/index.ts';
import {
  type ClassicalHopfieldOptions,
  type CodedHopfieldOptions,
  type ComponentsHopfieldOptions,
  classicalHopfield,
  codedHopfield,
  codings,
  componentsHopfield,
  type DenseHopfieldOptions,
  denseHopfield,
  type ModernHopfieldOptions,
  modernHopfield,
  type NearestOptions,
  nearestMemory,
} from '../../src/hopfield/index.ts';
import { checked } from '../../src/option-names.ts';
import {
  type EpanechnikovOptions,
  epanechnikovMemory,
  type RandomFeatureOptions,
  randomFeatureMemory,
  type SparseDistributedOptions,
  sparseDistributedMemory,
  type UniversalMemoryOptions,
  universalMemory,
} from '../../src/universal/index.ts';

/** A score network as in a configuration, and how it is trained on what is stored. */
export interface TrainedDiffusionOptions extends Partial<Omit<DiffusionTraining, 'network'>> {
  name?: string;
  /** Default: a perceptron, `{ name: 'score-mlp', batch: 128 }`. */
  network?: { name: (typeof scoreNetworkSchemas)[number]['shape']['name']['value'] } & Record<
    string,
    unknown
  >;
}

/**
 * Memories by kind. `floats` is a budget of float32 numbers, `range` the values that patterns lie in. An option that there is none of, or
 * a value that cannot be, is an InputError.
 *
 * ```ts
 * const memory = memories.modern({ beta: 4 });
 * const stored = await memory.store(patterns);
 * ```
 */
export const memories = {
  /** Hopfield 1982 with a rule: hebb, storkey, storkey-simplified, pseudo-inverse. */
  classical: checked<ClassicalHopfieldOptions, ReturnType<typeof classicalHopfield>>(
    'classical',
    { rule: true, update: true, selfConnections: flag, range: true, seed: number },
    classicalHopfield,
  ),
  /** Dense associative memory: a power of the overlaps, or the exponential. */
  dense: checked<DenseHopfieldOptions, ReturnType<typeof denseHopfield>>(
    'dense',
    { interaction: true, degree: true, update: true, range: true, seed: number, floats: true },
    denseHopfield,
  ),
  /** Modern Hopfield network: softmax over the patterns, of inverse temperature beta. */
  modern: checked<ModernHopfieldOptions, ReturnType<typeof modernHopfield>>(
    'modern',
    { beta: true, similarity: true, finish: true, range: true, floats: true },
    modernHopfield,
  ),
  /** Patterns in slots, the nearest by what is known the answer. */
  nearest: checked<NearestOptions, ReturnType<typeof nearestMemory>>(
    'nearest',
    { range: true, floats: true },
    nearestMemory,
  ),
  /** Modern over patterns in few bits or few coefficients. */
  coded: checked<CodedHopfieldOptions, ReturnType<typeof codedHopfield>>(
    'coded',
    { coding: oneOf(codings), floats: true, range: true },
    codedHopfield,
  ),
  /** Modern over principal components of other patterns, `basis` being what `principalComponents` gives. */
  components: checked<ComponentsHopfieldOptions, ReturnType<typeof componentsHopfield>>(
    'components',
    { basis: true, floats: true, range: true },
    componentsHopfield,
  ),
  /** Universal Hopfield network: a similarity, a separation, a projection. */
  universal: checked<UniversalMemoryOptions, ReturnType<typeof universalMemory>>(
    'universal',
    {
      similarity: true,
      separation: true,
      parameter: true,
      readout: true,
      normalise: true,
      mode: true,
      range: true,
      form: true,
      smoothing: true,
      name: text,
      steps: true,
      floats: true,
    },
    universalMemory,
  ),
  /** Kanerva's sparse distributed memory. */
  sparseDistributed: checked<SparseDistributedOptions, ReturnType<typeof sparseDistributedMemory>>(
    'sparseDistributed',
    {
      locations: true,
      kind: oneOf(['binary', 'continuous']),
      radius: number,
      beta: number,
      range: true,
      seed: number,
    },
    sparseDistributedMemory,
  ),
  /** Log-sum-ReLU energy. */
  epanechnikov: checked<EpanechnikovOptions, ReturnType<typeof epanechnikovMemory>>(
    'epanechnikov',
    { beta: true, range: true, floats: true },
    epanechnikovMemory,
  ),
  /** Dense memory by random features. */
  randomFeatures: checked<RandomFeatureOptions, ReturnType<typeof randomFeatureMemory>>(
    'randomFeatures',
    { floats: true, beta: true, range: true, seed: number },
    randomFeatureMemory,
  ),
  /** Exact diffusion of the stored patterns: by its stochastic equation, probability flow or denoising. */
  diffusion: checked<DiffusionMemoryOptions, ReturnType<typeof diffusionMemory>>(
    'diffusion',
    {
      name: text,
      method: true,
      process: true,
      start: true,
      end: true,
      completion: true,
      range: true,
      floats: true,
      seed: number,
    },
    diffusionMemory,
  ),
  /** A score network that is trained on every episode that is stored. */
  trainedDiffusion: checked<TrainedDiffusionOptions, ReturnType<typeof trainedDiffusion>>(
    'trainedDiffusion',
    {
      name: text,
      network: true,
      steps: whole(1),
      engine,
      seed: number,
      learningRate: number,
      decay: oneOf(['cosine', 'constant']),
    },
    ({ network = { name: 'score-mlp', batch: 128 }, ...options }) => {
      const config = parseConfig({ task: { name: 'binary' }, network }, 'trainedDiffusion');
      const score = config.network as DiffusionTraining['network'];
      return trainedDiffusion({ steps: 2000, seed: 0, engine: compiledEngine(), ...options, network: score });
    },
  ),
};
