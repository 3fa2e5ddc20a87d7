/** @file A batch: some episodes of a task with their corrupted queries, laid out for one call of the trainer. */
import * as args from '../src/arguments.ts';
import { InputError } from '../src/errors.ts';
import { stream } from '../src/random.ts';
import type { Corruption } from './corruption.ts';
import type { Split, Task } from './task.ts';

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

const TASK = 'what loadTask gives, or a task of your own';
const SPLITS: readonly Split[] = ['train', 'validation', 'test'];
/** Numbers in one tensor: 1 GiB of float32. */
const LARGEST = 2 ** 28;

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
    task: [task, args.fields({ name: args.text, patternShape: args.shape, patterns: args.callable }, TASK)],
    corruption: [corruption, args.fields({ apply: args.callable }, 'what parseCorruption gives')],
    seed: [seed, args.number],
    first: [first, args.whole(0)],
  });
  for (const [what, n] of Object.entries({ episodes, patterns })) {
    if (!(Number.isInteger(n) && n >= 1))
      throw new InputError(`${what} ${args.described(n)}: expected a whole number of at least 1`);
  }
  if (!SPLITS.includes(split))
    throw new InputError(`split ${args.described(split)}: expected one of ${SPLITS.join(', ')}`);
  const shape = [episodes, patterns, ...task.patternShape];
  const numbers = shape.reduce((product, n) => product * n, 1);
  if (numbers > LARGEST)
    throw new InputError(`a batch of [${shape}] has ${numbers} numbers, expected at most ${LARGEST}`);
  const size = task.patternShape.reduce((product, n) => product * n, 1);
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
