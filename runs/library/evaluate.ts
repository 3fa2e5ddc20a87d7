/** @file Evaluation from code: any associative memories under one protocol, with the record that the commands and charts take. */

import * as args from '../../src/arguments.ts';
import { InputError } from '../../src/errors.ts';
import type { AssociativeMemory } from '../../src/memory/associative.ts';
import { checkNumbers, MOST_STEPS } from '../../src/memory/inputs.ts';
import { checkNames, type Names } from '../../src/option-names.ts';
import { sizeOf } from '../../src/shapes.ts';
import { CORRUPTION, type Corruption, parseCorruption, type Split, splits, TASK, type Task } from '../../tasks/index.ts'; // biome-ignore format: one import
import { evaluate } from '../evaluation.ts';
import type { Evaluation } from '../records.ts';

export interface EvaluateMemoriesOptions {
  /** Where the patterns come from: what `loadTask` gives, or a task of your own. */
  task: Task;
  /** As `name:size`, or what `parseCorruption` gives; default: the task's. */
  corruption?: string | Corruption;
  /** Loads: patterns stored at once. */
  patterns: number | readonly number[];
  /** At each load; default 100. */
  episodes?: number;
  /** Whether recall is told which entries of a query are uncorrupted; default true. */
  known?: boolean;
  /** Default test. */
  split?: Split;
  /** Of the episodes; default 1. */
  seed?: number;
  /** Steps of recall of learned memories; default: as trained. */
  steps?: number;
  /** Told of every batch of episodes. */
  onProgress?: (progress: { memory: string; patterns: number; episodes: number; of: number }) => void;
  /** Ends the evaluation after the batch of episodes that is under way. */
  signal?: AbortSignal;
}

const MEMORY = args.fields({ name: args.text, range: args.range, store: args.callable }, 'a memory');
const NAMES: Names<EvaluateMemoriesOptions> = {
  task: args.required(TASK),
  corruption: CORRUPTION,
  patterns: args.required(args.oneOrSome(args.whole(1))),
  episodes: args.whole(1),
  known: args.flag,
  split: args.oneOf(splits),
  seed: args.number,
  steps: args.whole(0, MOST_STEPS),
  onProgress: args.callable,
  signal: args.signal,
};

/**
 * Errors and compression of memories on the same episodes: a row for each memory and load, as `evaluate --json` prints them.
 * @param memories by the name that their rows get, or a list that go by their own
 * @throws InputError for options that cannot be; the reason of the signal when that ended it
 */
export async function evaluateMemories(
  memories: Readonly<Record<string, AssociativeMemory>> | readonly AssociativeMemory[],
  options: EvaluateMemoriesOptions,
): Promise<Evaluation> {
  checkNames('evaluateMemories', options, NAMES);
  args.check('evaluateMemories', {
    memories: [
      memories,
      Array.isArray(memories)
        ? args.someOf(MEMORY)
        : args.record(MEMORY, 'memories by name, or a list of them'),
    ],
  });
  const { task, episodes = 100, known = true, split = 'test', seed = 1, steps, onProgress, signal } = options;
  const given = options.corruption ?? task.corruption;
  const corruption = typeof given === 'string' ? parseCorruption(given, task) : given;
  const loads = [options.patterns].flat() as number[];
  for (const load of loads) checkNumbers(`patterns ${load}`, [load, ...task.patternShape]);
  const named = Array.isArray(memories)
    ? memories.map((memory) => [memory?.name, memory] as const)
    : Object.entries(memories as Record<string, AssociativeMemory>);
  if (named.length === 0) throw new InputError('evaluateMemories: no memory given');
  const rows: Evaluation['rows'] = [];
  for (const patterns of loads) {
    for (const [name, memory] of named) {
      signal?.throwIfAborted();
      const protocol = { task, corruption, split, known, steps, seed, episodes, patterns };
      const row = await evaluate(memory, protocol, (done) => {
        onProgress?.({ memory: name, patterns, episodes: done, of: episodes });
        signal?.throwIfAborted();
      });
      rows.push({ ...row, memory: name });
    }
  }
  const dimension = sizeOf(task.patternShape);
  return {
    task: task.name,
    corruption: corruption.spec,
    known,
    ...(steps && { steps }),
    dimension,
    seed,
    rows,
  };
}
