/** @file An example of what exported models take and give, for whoever runs them elsewhere: patterns of a task, stored and recalled here. */
import { fromRange, recallError, toRange } from '../meta/units.ts';
import type { Engine } from '../src/compile/index.ts';
import { encodeNpy } from '../tasks/files/npy.ts';
import { drawBatch, loadCorruption, loadTask } from '../tasks/index.ts';
import { type DataOptions, sourceOf } from './data-options.ts';
import type { IO } from './io.ts';
import { otherTask } from './other-task.ts';
import { type LoadedRun, memoryOf } from './run-folder.ts';

export interface ExampleOptions extends DataOptions {
  /** A file or folder of patterns. */
  task: string;
  engine: Engine;
  episodes: number;
  patterns: number;
  known: boolean;
  steps?: number;
  bits?: number;
  resize?: boolean;
}

/** What memory.json says of it. Arrays are [episodes, patterns, ...patternShape], in the memory's range. */
export interface ExportedExample {
  files: string[];
  corruption: string;
  /** Mean error of recalled.npy, and of queries.npy. */
  error: number;
  query_error: number;
  unit: 'bits' | 'squared error';
}

export const EXAMPLE_FILES = ['patterns.npy', 'queries.npy', 'known.npy', 'recalled.npy'];

/** @throws InputError where the task has other or too few patterns */
export async function exportExample(
  run: LoadedRun,
  options: ExampleOptions,
  io: IO,
): Promise<{ example: ExportedExample; files: Record<string, Uint8Array> }> {
  const { episodes, patterns, known, steps, bits, engine } = options;
  const source = sourceOf(options, io);
  const task = await loadTask(otherTask(run, options.task, 'test', source, options.resize), source);
  const corruption = await loadCorruption(run.config.corruption ?? task.corruption, task);
  const batch = drawBatch(task, corruption, 'test', 0, 0, episodes, patterns);
  const memory = memoryOf(run, engine);
  const { range } = memory;
  const written = await memory.write(toRange(batch.patterns, range), episodes, patterns);
  const [reader, state] =
    bits === undefined ? [memory, written] : await memory.rounded(written, episodes, bits);
  const queries = toRange(batch.queries, range);
  const read = await reader.read(state, queries, episodes, patterns, {
    known: known ? batch.known : undefined,
    steps,
  });
  const recalled = read.iterates.at(-1) ?? queries;
  const error = (values: Float32Array) => recallError(task, [0, 1], values, batch.patterns);
  const arrays: Record<string, Float32Array> = {
    'patterns.npy': toRange(batch.patterns, range),
    'queries.npy': queries,
    ...(known ? { 'known.npy': batch.known } : {}),
    'recalled.npy': recalled,
  };
  return {
    example: {
      files: Object.keys(arrays),
      corruption: corruption.spec,
      error: error(fromRange(recalled, range)),
      query_error: error(batch.queries),
      unit: task.unit,
    },
    files: Object.fromEntries(
      Object.entries(arrays).map(([name, values]) => [name, encodeNpy(values, batch.shape)]),
    ),
  };
}
