/** @file Evaluation from code: any associative memories under one protocol, with the record that the commands and charts take. */

import * as args from '../../src/arguments.ts';
import { InputError } from '../../src/errors.ts';
import type { AssociativeMemory } from '../../src/memory/associative.ts';
import { checkNumbers } from '../../src/memory/inputs.ts';
import { checkNames, type Names } from '../../src/option-names.ts';
import { sizeOf } from '../../src/shapes.ts';
import { type Corruption, parseCorruption, type Split, type Task } from '../../tasks/index.ts';
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

const NAMES: Names<EvaluateMemoriesOptions> = {
  task: true,
  corruption: true,
  patterns: true,
  episodes: true,
  known: true,
  split: true,
  seed: true,
  steps: true,
  onProgress: true,
  signal: true,
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
      args.kind('a list of memories, or memories by name', (v) => typeof v === 'object' && v !== null),
    ],
    options: [options, args.object],
    patterns: [[options?.patterns].flat(), args.listOf(args.whole(1))],
    known: [options?.known, args.optional(args.flag)],
    seed: [options?.seed, args.optional(args.number)],
    onProgress: [options?.onProgress, args.optional(args.callable)],
    steps: [options?.steps, args.optional(args.whole(0))],
  });
  const { task, episodes = 100, known = true, split = 'test', seed = 1, steps, onProgress, signal } = options;
  if (typeof task?.patterns !== 'function')
    throw new InputError('evaluateMemories: task: expected what loadTask gives');
  const given = options.corruption ?? task.corruption;
  const corruption = typeof given === 'string' ? parseCorruption(given, task) : given;
  args.check('evaluateMemories', {
    corruption: [
      corruption,
      args.fields({ apply: args.callable }, 'name:size, or what parseCorruption gives'),
    ],
  });
  const loads = [options.patterns].flat() as number[];
  for (const load of loads) checkNumbers(`patterns ${load}`, [load, ...task.patternShape]);
  if (!(Number.isInteger(episodes) && episodes >= 1))
    throw new InputError(`episodes ${args.described(episodes)}: expected a whole number of at least 1`);
  const named = Array.isArray(memories)
    ? memories.map((memory) => [memory?.name, memory] as const)
    : Object.entries(memories as Record<string, AssociativeMemory>);
  const wrong = named.find(([, memory]) => typeof memory?.store !== 'function');
  if (wrong || named.length === 0)
    throw new InputError(`evaluateMemories: ${wrong ? `"${wrong[0]}" is no memory` : 'no memory given'}`);
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
