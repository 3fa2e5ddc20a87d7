/** @file Memories of the literature since 2023 that a learned memory can be measured against, by name. */
import type { RivalOptions } from '../hopfield/index.ts';
import type { AssociativeMemory } from '../memory/associative.ts';
import { epanechnikovMemory } from './epanechnikov.ts';
import { universalMemory } from './memory.ts';
import { randomFeatureMemory } from './random-features.ts';

const sparse =
  (separation: 'sparsemax' | 'entmax') =>
  ({ range = [-1, 1], floats }: RivalOptions) =>
    universalMemory({
      range,
      floats,
      name: `modern-${separation}`,
      similarity: 'dot',
      separation,
      steps: 100,
    });

export const universalRivals = {
  /** Hopfield-Fenchel-Young networks (Santos et al. 2024): one update answers with a pattern exactly, where it stands out. */
  'modern-sparsemax': sparse('sparsemax'),
  'modern-entmax': sparse('entmax'),
  /** Log-sum-ReLU energy. */
  epanechnikov: ({ range, floats }: RivalOptions) => epanechnikovMemory({ range, floats }),
  /** Random features: fixed floats. */
  'dense-random': ({ seed, range, floats }: RivalOptions) => randomFeatureMemory({ seed, range, floats }),
} satisfies Record<string, (options: RivalOptions) => AssociativeMemory>;

export type UniversalRivalName = keyof typeof universalRivals;
