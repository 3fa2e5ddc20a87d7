/**
 * @file Modern continuous Hopfield network (Ramsauer et al., "Hopfield networks is all you need", 2020, eq. 2 and 3):
 * x <- M' softmax(beta M x), one step of attention over the stored patterns.
 */

import { type Tensor, tensor } from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import type { AssociativeMemory, StoredMemory } from '../memory/associative.ts';
import { contentsOf, keptPatterns, patternsIn } from '../memory/contents.ts';
import { recallOptions } from '../memory/inputs.ts';
import { checkNames, type Names } from '../option-names.ts';
import {
  centre,
  checkSteps,
  energiesOf,
  type Range,
  readBatch,
  readQueries,
  slots,
  uncentre,
} from './boundary.ts';
import { keptMemory } from './kept.ts';
import { type ModernNetwork, modernNetwork, recallModern, type Similarity } from './modern-network.ts';

export interface ModernHopfieldOptions {
  /** Inverse temperature, for patterns in [-1, 1]. Default 1, at which most queries retrieve a single pattern. */
  beta?: number;
  /**
   * `dot` (default) is the paper's. It favours patterns of large norm, which bits do not have but images do; `euclidean`
   * takes |m|^2 / 2 from each dot product, so that the nearest pattern wins (the exact denoiser of a Gaussian mixture,
   * Ambrogioni 2023).
   */
  similarity?: Similarity;
  /**
   * `soft` (default): the answer is where the iteration stopped. `nearest`: then the most similar pattern itself, the last
   * update with beta infinite (known entries stay as they are).
   */
  finish?: 'soft' | 'nearest';
  /** Values its patterns lie in, default [-1, 1]. Any other range is mapped to [-1, 1] inside, and back. */
  range?: Range;
  /**
   * Budget: holds only the first floor(floats / d) patterns, as they are. This is the rival "as many raw images as the
   * floats allow". Default: holds all.
   */
  floats?: number;
}

/** Greatest number of updates, by default. Far more than needed: one often suffices where patterns are well separated. */
const defaultSteps = 100;

const OPTIONS: Names<ModernHopfieldOptions> = {
  beta: args.positive,
  similarity: args.oneOf(['dot', 'euclidean']),
  finish: args.oneOf(['soft', 'nearest']),
  range: args.range,
  floats: args.whole(1),
};

/**
 * Modern continuous Hopfield network. It keeps its patterns, so `floats` is N d. Recall iterates to a fixed point, at most
 * `steps` updates (default 100); the energies are those of `modernNetwork`, on patterns mapped to [-1, 1], and do not
 * include the `nearest` finish.
 *
 * @throws InputError for an invalid option; `store` for patterns that are not [patterns, ...patternShape] or a budget
 * below one pattern; `recall` for queries or known entries of another shape.
 */
export function modernHopfield(options: ModernHopfieldOptions = {}): AssociativeMemory {
  checkNames('modern', options, OPTIONS);
  const { beta = 1, similarity = 'dot', finish = 'soft', range = [-1, 1] } = options;
  const name = similarity === 'dot' ? 'modern' : 'modern-euclidean';
  const { floats: budget = Number.POSITIVE_INFINITY } = options;
  const stored = (kept: Float32Array, shape: number[], d: number): StoredMemory => {
    const count = kept.length / d;
    const network = modernNetwork(kept, count, d, beta, similarity);
    return {
      floats: count * d,
      contents: () => keptPatterns(kept, shape),
      async recall(queries, asked) {
        const { known, steps = defaultSteps } = recallOptions(asked);
        return recall(network, queries, shape, range, known, checkSteps(name, steps), finish);
      },
      energy: (x) => energiesOf(x, { shape, range }, network.energy),
    };
  };
  return {
    ...keptMemory({ name, range, budget }, stored),
    /** First in, first out: of more patterns than fit, the last. */
    async add(before, patterns) {
      const { values, shape, d } = patternsIn(name, contentsOf(name, before));
      const more = await readBatch('patterns', patterns, { shape, range });
      const all = new Float32Array(values.length + more.values.length);
      all.set(values);
      all.set(centre(more.values, range), values.length);
      const count = slots(name, all.length / d, d, budget);
      return stored(all.slice(all.length - count * d), shape, d);
    },
  };
}

async function recall(
  network: ModernNetwork,
  queries: Tensor,
  shape: number[],
  range: Range,
  known: Tensor | undefined,
  steps: number,
  finish: 'soft' | 'nearest',
) {
  const { values, mask } = await readQueries(queries, known, { shape, range, noisy: true });
  const { states, ...rest } = recallModern(network, centre(values, range), { known: mask, steps, finish });
  const patterns = uncentre(states, range, values, mask);
  return { patterns: tensor(patterns, queries.shape, 'float32'), ...rest };
}
