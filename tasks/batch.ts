/** @file A batch: some episodes of a task with their corrupted queries, laid out for one call of the trainer. */
import * as args from '../src/arguments.ts';
import { InputError } from '../src/errors.ts';
import { stream } from '../src/random.ts';
import { LARGEST, sizeOf } from '../src/shapes.ts';
import { APPLICABLE, type Corruption } from './corruption.ts';
import { type Split, splits, TASK, type Task } from './task.ts';

export interface Batch {
  /** The patterns to store, in [0, 1]. */
  patterns: Float32Array;
  /** The same patterns, corrupted, in [0, 1]. */
  queries: Float32Array;
  /** 1 where the query is known to equal the pattern, 0 where the entry was chosen for corruption. */
  known: Float32Array;
  /** Shape of all three: [episodes, patterns, ...patternShape]. */
  shape: number[];
}

/**
 * Episodes `first` ... `first + episodes - 1` of a split and seed, `patterns` patterns each. Episode i is the same
 * whatever the size of its batch: patterns and corruption each have a stream of their own in every episode.
 * @throws InputError for an unknown split, numbers that are not whole and positive, or a batch that no machine would hold
 */
export function drawBatch(
  task: Task,
  corruption: Corruption,
  split: Split,
  seed: number,
  first: number,
  episodes: number,
  patterns: number,
): Batch {
  args.check('drawBatch', {
    task: [task, TASK],
    corruption: [corruption, APPLICABLE],
    split: [split, args.oneOf(splits)],
    seed: [seed, args.number],
    first: [first, args.whole(0)],
    episodes: [episodes, args.whole(1)],
    patterns: [patterns, args.whole(1)],
  });
  const shape = [episodes, patterns, ...task.patternShape];
  const numbers = sizeOf(shape);
  if (numbers > LARGEST)
    throw new InputError(`a batch of [${shape}] has ${numbers} numbers, expected at most ${LARGEST}`);
  const size = sizeOf(task.patternShape);
  const all = new Float32Array(episodes * patterns * size);
  for (let e = 0; e < episodes; e++) {
    all.set(task.patterns(split, seed, first + e, patterns), e * patterns * size);
  }
  const queries = all.slice();
  const known = new Float32Array(all.length).fill(1);
  for (let e = 0; e < episodes; e++) {
    const random = stream(seed, task.name, split, first + e, 'corruption');
    for (let p = 0; p < patterns; p++) {
      const start = (e * patterns + p) * size;
      corruption.apply(queries.subarray(start, start + size), known.subarray(start, start + size), random);
    }
  }
  return { patterns: all, queries, known, shape };
}
