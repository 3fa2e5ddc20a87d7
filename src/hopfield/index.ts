/** @file The Hopfield networks: memories by name, and the typed-array networks beneath them. */
import { number, range, whole } from '../arguments.ts';
import type { AssociativeMemory } from '../memory/associative.ts';
import { checkNames, type Names } from '../option-names.ts';
import { classicalHopfield } from './classical.ts';
import { codedHopfield } from './coded.ts';
import { denseHopfield } from './dense.ts';
import { modernHopfield } from './modern.ts';
import { nearestMemory } from './nearest.ts';

export { type ClassicalHopfieldOptions, classicalHopfield } from './classical.ts';
export { type CodedHopfieldOptions, type Coding, codedHopfield, codings } from './coded.ts';
export { type ComponentsHopfieldOptions, componentsHopfield } from './components.ts';
export {
  type DenseHopfieldOptions,
  denseHopfield,
  exponentialNetwork,
  type Interaction,
  polynomialNetwork,
} from './dense.ts';
export {
  type BitNetwork,
  type BitRecall,
  type BitRecallOptions,
  recallBits,
  type Update,
} from './dynamics.ts';
export { type ModernHopfieldOptions, modernHopfield } from './modern.ts';
export { type ModernNetwork, modernNetwork, recallModern, type Similarity } from './modern-network.ts';
export { type NearestOptions, nearestMemory } from './nearest.ts';
export { pairwiseNetwork } from './pairwise.ts';
export { learn, type RuleName } from './rules.ts';

export type RivalName =
  | 'hebb'
  | 'storkey'
  | 'storkey-simplified'
  | 'pseudo-inverse'
  | 'dense'
  | 'dense-exponential'
  | 'modern'
  | 'modern-euclidean'
  | 'modern-packed'
  | 'modern-truncated'
  | 'modern-truncated-packed'
  | 'nearest';

export interface RivalOptions {
  /** Seed of everything random in the memory. */
  seed: number;
  /** Values its patterns lie in, default [-1, 1]. */
  range?: [number, number];
  /**
   * Memory budget in floats. Memories that keep their patterns hold as many as fit. The classical networks ignore it:
   * their d (d + 1) / 2 weights follow from the patterns.
   */
  floats?: number;
}

export const rivalOptionNames: Names<Partial<RivalOptions>> = { seed: number, range, floats: whole(1) };

const makers: Record<RivalName, (options: RivalOptions) => AssociativeMemory> = {
  hebb: ({ seed, range }) => classicalHopfield({ rule: 'hebb', seed, range }),
  storkey: ({ seed, range }) => classicalHopfield({ rule: 'storkey', seed, range }),
  'storkey-simplified': ({ seed, range }) => classicalHopfield({ rule: 'storkey-simplified', seed, range }),
  'pseudo-inverse': ({ seed, range }) => classicalHopfield({ rule: 'pseudo-inverse', seed, range }),
  dense: (options) => denseHopfield(options),
  'dense-exponential': (options) => denseHopfield({ ...options, interaction: 'exponential' }),
  modern: ({ range, floats }) => modernHopfield({ range, floats }),
  'modern-euclidean': ({ range, floats }) => modernHopfield({ range, floats, similarity: 'euclidean' }),
  'modern-packed': ({ range, floats }) => codedHopfield({ coding: 'packed', range, floats }),
  'modern-truncated': ({ range, floats }) => codedHopfield({ coding: 'truncated', range, floats }),
  'modern-truncated-packed': ({ range, floats }) =>
    codedHopfield({ coding: 'truncated-packed', range, floats }),
  nearest: ({ range, floats }) => nearestMemory({ range, floats }),
};

/** Every Hopfield network that a learned memory can be measured against, with its defaults. */
export const rivals = Object.fromEntries(
  Object.entries(makers).map(([name, make]) => [
    name,
    (options: Partial<RivalOptions> = {}) => {
      checkNames(name, options, rivalOptionNames);
      return make({ ...options, seed: options.seed ?? 0 });
    },
  ]),
) as Record<RivalName, (options?: Partial<RivalOptions>) => AssociativeMemory>;
