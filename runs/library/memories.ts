/** @file Every memory that needs no meta-training, with all its options: each function makes an associative memory. */

import { parseConfig } from '../../meta/config.ts';
import type { scoreNetworkSchemas } from '../../meta/diffusion-config.ts';
import { type DiffusionTraining, trainedDiffusion } from '../../meta/diffusion-memory.ts';
import { engine, label, number, object, oneOf, positive, whole } from '../../src/arguments.ts';
import { compiledEngine } from '../../src/compile/index.ts';
import { diffusionMemory } from '../../src/diffusion/index.ts';
import {
  classicalHopfield,
  codedHopfield,
  componentsHopfield,
  denseHopfield,
  modernHopfield,
  nearestMemory,
} from '../../src/hopfield/index.ts';
import { checked } from '../../src/option-names.ts';
import {
  epanechnikovMemory,
  randomFeatureMemory,
  sparseDistributedMemory,
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
  classical: classicalHopfield,
  /** Dense associative memory: a power of the overlaps, or the exponential. */
  dense: denseHopfield,
  /** Modern Hopfield network: softmax over the patterns, of inverse temperature beta. */
  modern: modernHopfield,
  /** Patterns in slots, the nearest by what is known the answer. */
  nearest: nearestMemory,
  /** Modern over patterns in few bits or few coefficients. */
  coded: codedHopfield,
  /** Modern over principal components of other patterns, `basis` being what `principalComponents` gives. */
  components: componentsHopfield,
  /** Universal Hopfield network: a similarity, a separation, a projection. */
  universal: universalMemory,
  /** Kanerva's sparse distributed memory. */
  sparseDistributed: sparseDistributedMemory,
  /** Log-sum-ReLU energy. */
  epanechnikov: epanechnikovMemory,
  /** Dense memory by random features. */
  randomFeatures: randomFeatureMemory,
  /** Exact diffusion of the stored patterns: by its stochastic equation, probability flow or denoising. */
  diffusion: diffusionMemory,
  /** A score network that is trained on every episode that is stored. */
  trainedDiffusion: checked<TrainedDiffusionOptions, ReturnType<typeof trainedDiffusion>>(
    'trainedDiffusion',
    {
      name: label,
      network: object,
      steps: whole(1),
      engine,
      seed: number,
      learningRate: positive,
      decay: oneOf(['cosine', 'constant']),
    },
    ({ network = { name: 'score-mlp', batch: 128 }, ...options }) => {
      const config = parseConfig({ task: { name: 'binary' }, network }, 'trainedDiffusion');
      const score = config.network as DiffusionTraining['network'];
      return trainedDiffusion({ steps: 2000, seed: 0, engine: compiledEngine(), ...options, network: score });
    },
  ),
};
