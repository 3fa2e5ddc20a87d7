/** @file What a task is: where the patterns of every episode come from. All values lie in [0, 1]. */

import * as args from '../src/arguments.ts';

/** Episodes of different splits are independent; splits of drawings or photographs share no source image. */
export const splits = ['train', 'validation', 'test'] as const;
export type Split = (typeof splits)[number];

export const units = ['bits', 'squared error'] as const;

export interface Task {
  /** As in a configuration: 'binary', 'omniglot', 'mnist', 'cifar10', 'files'. */
  readonly name: string;
  /** Shape of one pattern: [d] for a vector, [height, width, channels] for an image. */
  readonly patternShape: number[];
  /** Unit of an error: bits are entries on the wrong side of 0.5; squared error is summed over entries in [0, 1]. */
  readonly unit: (typeof units)[number];
  /** Bits of one value as given, for compression: 1 for binary values, 8 for pixel intensities. */
  readonly bitsPerValue: number;
  /** The corruption used where none is asked for, for instance 'resample:64'. */
  readonly corruption: string;
  /** Different patterns of each split, where they are so many and no more. */
  readonly sizes?: Readonly<Record<Split, number>>;
  /** Options that were read off the data: what the configuration of a run keeps, so that its memory needs no data to be loaded. */
  readonly found?: Readonly<Record<string, unknown>>;
  /** The same task whose training patterns are as they were given, where it is at hand without reading them again. */
  readonly unaugmented?: Task;
  /**
   * Patterns of episode `index` of a split and seed, [patterns, ...patternShape]. The first n patterns of an episode
   * are the same whatever number is asked for. Throws InputError when the split has fewer distinct patterns.
   */
  patterns(split: Split, seed: number, index: number, patterns: number): Float32Array;
}

export const TASK = args.fields(
  {
    name: args.text,
    patternShape: args.shape,
    unit: args.oneOf(units),
    bitsPerValue: args.whole(1, 32),
    patterns: args.callable,
  },
  'what loadTask gives, or a task of your own',
);
