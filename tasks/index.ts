/** @file The table of tasks: their options, and how each is loaded. */
import { z } from 'zod';
import { binaryOptions, binaryTask } from './binary.ts';
import { cifar10Options, loadCifar10 } from './cifar10.ts';
import type { DataSource } from './data/source.ts';
import { loadMnist, mnistOptions } from './mnist.ts';
import { loadOmniglot, omniglotOptions } from './omniglot.ts';
import { parseOptions } from './options.ts';
import type { Task } from './task.ts';

export { type Batch, drawBatch } from './batch.ts';
export { type Corruption, corruptionHelp, corruptionNames, parseCorruption } from './corruption.ts';
export type { DataSource } from './data/source.ts';
export type { Split, Task } from './task.ts';

/** The `task` part of a configuration: a name and the options of that task. */
export const taskSchemas = z.discriminatedUnion('name', [
  binaryOptions.extend({ name: z.literal('binary') }),
  omniglotOptions.extend({ name: z.literal('omniglot') }),
  mnistOptions.extend({ name: z.literal('mnist') }),
  cifar10Options.extend({ name: z.literal('cifar10') }),
]);

/** As a user writes it: `{ name: 'binary' }`. */
export type TaskConfig = z.input<typeof taskSchemas>;

type Parsed = z.output<typeof taskSchemas>;
type Name = Parsed['name'];

const LOADERS: {
  [N in Name]: (options: Omit<Extract<Parsed, { name: N }>, 'name'>, source: DataSource) => Promise<Task>;
} = {
  binary: async (options) => binaryTask(options),
  omniglot: loadOmniglot,
  mnist: loadMnist,
  cifar10: loadCifar10,
};

const SHAPES: { [N in Name]: (options: Extract<Parsed, { name: N }>) => number[] } = {
  binary: ({ dimension }) => [dimension],
  omniglot: () => [32, 32, 1],
  mnist: () => [28, 28, 1],
  cifar10: () => [32, 32, 3],
};

/** The shape of one pattern of a task, known before its data are loaded. */
export function patternShapeOf(config: Parsed): number[] {
  return (SHAPES[config.name] as (options: Parsed) => number[])(config);
}

export const taskNames = Object.keys(LOADERS) as Name[];

/** Loads a task, and its data where it needs any. Throws InputError on wrong options and on data it cannot have. */
export async function loadTask(config: TaskConfig, source: DataSource): Promise<Task> {
  const { name, ...options } = parseOptions(taskSchemas, config, 'task');
  const load = LOADERS[name] as (options: object, source: DataSource) => Promise<Task>;
  return load(options, source);
}
