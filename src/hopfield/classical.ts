/** @file The classical Hopfield network (Hopfield 1982) as an associative memory: one learning rule, one recall mode. */
import * as args from '../arguments.ts';
import type { AssociativeMemory, StoredMemory } from '../memory/associative.ts';
import { checkContents, heldIn } from '../memory/contents.ts';
import { checkNames, type Names } from '../option-names.ts';
import { sizeOf } from '../shapes.ts';
import { bitMemory } from './bit-memory.ts';
import { type Range, readBatch, toBits } from './boundary.ts';
import { type Update, updates } from './dynamics.ts';
import { pairwiseNetwork } from './pairwise.ts';
import { learn, type RuleName, rules } from './rules.ts';

export interface ClassicalHopfieldOptions {
  rule: RuleName;
  /**
   * Default `asynchronous`. It is what reproduces the Hebb row of Bartunov et al. 2020, table 1, together with a zero
   * diagonal and known entries clamped.
   */
  update?: Update;
  /** Keep the rule's diagonal. Default false; `learn` says why, rule by rule. */
  selfConnections?: boolean;
  /** Values its patterns lie in, default [-1, 1]; entries are thresholded in the middle. */
  range?: Range;
  /** Seed of the order of asynchronous updates, default 0. */
  seed?: number;
}

const OPTIONS: Names<ClassicalHopfieldOptions> = {
  rule: args.required(args.oneOf(Object.keys(rules))),
  update: args.oneOf(updates),
  selfConnections: args.flag,
  range: args.range,
  seed: args.number,
};

/**
 * Hopfield network with weights W [d, d], recall x_i <- sign(sum_j w_ij x_j) and energy -1/2 x'Wx (no unit).
 *
 * `floats` is d (d + 1) / 2, the symmetric matrix with its diagonal, as the literature counts it even where the diagonal
 * is zero: 8,256 for 128 bits, 524,800 for 1,024.
 *
 * @throws InputError for an unknown rule or update or an empty range; `store` for patterns that are not
 * [patterns, ...patternShape], `recall` for queries or known entries of another shape.
 */
export function classicalHopfield(options: ClassicalHopfieldOptions): AssociativeMemory {
  checkNames('classical', options, OPTIONS);
  const { rule, update = 'asynchronous', selfConnections = false, range = [-1, 1], seed = 0 } = options;
  const stored = (weights: Float32Array, d: number, shape: readonly number[]): StoredMemory => ({
    ...bitMemory(pairwiseNetwork(weights, d), {
      name: rule,
      shape: [...shape],
      floats: (d * (d + 1)) / 2,
      range,
      update,
      seed,
    }),
    contents: () => ({
      patternShape: shape,
      tensors: {
        weights: { shape: [d, d], values: weights, packing: selfConnections ? 'symmetric' : 'hollow' },
      },
    }),
  });
  return {
    name: rule,
    range,
    async store(patterns) {
      const { values, count, d, shape } = await readBatch('patterns', patterns, { range });
      return stored(learn(rule, toBits(values, range), count, d, selfConnections), d, shape);
    },
    async restore(contents) {
      const d = sizeOf(checkContents(rule, contents).patternShape);
      return stored(heldIn(rule, contents, 'weights', [d, d]).values, d, contents.patternShape);
    },
  };
}
