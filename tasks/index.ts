/** @file The table of tasks: their options, and how each is loaded. */
import { z } from 'zod';
import * as args from '../src/arguments.ts';
import { InputError } from '../src/errors.ts';
import { binaryOptions, binaryTask } from './binary.ts';
import { cifar10Options, loadCifar10 } from './cifar10.ts';
import { type Corruption, parseCorruption } from './corruption.ts';
import { type DataSource, SOURCE } from './data/source.ts';
import { filesOptions } from './files/options.ts';
import { loadMnist, mnistOptions } from './mnist.ts';
import { loadOmniglot, omniglotOptions } from './omniglot.ts';
import { parseOptions } from './options.ts';
import type { Task } from './task.ts';

export { type Batch, drawBatch } from './batch.ts';
export { checkedCorruption, checkedTask } from './checked.ts';
export {
  CORRUPTION,
  type Corruption,
  corruptionHelp,
  corruptionNames,
  parseCorruption,
} from './corruption.ts';

import type { CustomTaskOptions } from './custom.ts';

export type { CorruptionGiven, CorruptionModule, TaskGiven, TaskModule } from './custom.ts';
export { type DataSource, SOURCE } from './data/source.ts';
export { type Split, splits, TASK, type Task } from './task.ts';

/** Of every task: its patterns come one after another, and a memory keeps the last of them. */
export const streamOptions = z.strictObject({
  batch: z.int().min(1).max(1000).default(8).describe('patterns added at once'),
  before: z
    .int()
    .min(0)
    .max(100000)
    .default(128)
    .describe(
      'patterns of training streams before those whose recall is trained, which are training.patterns',
    ),
  length: z.int().min(1).max(100000).default(256).describe('patterns of a stream in evaluation'),
});

export type StreamOptions = z.output<typeof streamOptions>;

const stream = streamOptions
  .optional()
  .describe('patterns are added one after another, not stored at once; default: no stream');

/** The `task` part of a configuration: a name and the options of that task. */
export const taskSchemas = z.discriminatedUnion('name', [
  binaryOptions.extend({ name: z.literal('binary'), stream }),
  omniglotOptions.extend({ name: z.literal('omniglot'), stream }),
  mnistOptions.extend({ name: z.literal('mnist'), stream }),
  cifar10Options.extend({ name: z.literal('cifar10'), stream }),
  filesOptions.extend({ name: z.literal('files'), stream }),
  z.looseObject({
    name: z.literal('custom'),
    file: z
      .string()
      .min(1)
      .describe('a TypeScript or JavaScript module that exports a task; further keys are its options'),
    shape: z.array(z.int().min(1)).optional().describe('of one pattern; default: read off the task'),
    unit: z.enum(['bits', 'squared error']).optional().describe('of errors; default: read off the task'),
    stream,
  }),
]);

/** The `corruption` part of a configuration. */
export const corruptionSchema = z.union([
  z.string(),
  z.looseObject({
    file: z
      .string()
      .min(1)
      .describe('a TypeScript or JavaScript module that exports a corruption; further keys are its options'),
  }),
]);

/** `name:size`, or a module and its options. */
export type CorruptionConfig = z.input<typeof corruptionSchema>;

/** As a user writes it: `{ name: 'binary' }`. */
export type TaskConfig = z.input<typeof taskSchemas>;

type Parsed = z.output<typeof taskSchemas>;
type Name = Parsed['name'];

const LOADERS: {
  [N in Name]: (
    options: Omit<Extract<Parsed, { name: N }>, 'name' | 'stream'>,
    source: DataSource,
  ) => Promise<Task>;
} = {
  binary: async (options) => binaryTask(options),
  omniglot: loadOmniglot,
  mnist: loadMnist,
  cifar10: loadCifar10,
  // Loaded when wanted: the library in a browser has no files.
  files: async (options, source) => (await import('./files/index.ts')).loadFiles(options, source),
  custom: async (options, source) =>
    (await import('./custom.ts')).loadCustomTask(options as CustomTaskOptions, source),
};

const SHAPES: { [N in Name]: (options: Extract<Parsed, { name: N }>) => number[] } = {
  binary: ({ dimension }) => [dimension],
  omniglot: () => [32, 32, 1],
  mnist: () => [28, 28, 1],
  cifar10: () => [32, 32, 3],
  files: ({ shape }) => {
    if (shape) return shape;
    throw new InputError('task.shape: not known before the files have been read');
  },
  custom: ({ shape }) => {
    if (shape) return shape;
    throw new InputError('task.shape: not known before the task has been made');
  },
};

/** The shape of one pattern of a task, known before its data are loaded. */
export function patternShapeOf(config: Parsed): number[] {
  return (SHAPES[config.name] as (options: Parsed) => number[])(config);
}

/** The same task, whose training patterns are as they are found. */
export function unchanged(config: Parsed): Parsed {
  return 'augment' in config && config.name !== 'custom' ? { ...config, augment: false } : config;
}

export const taskNames = Object.keys(LOADERS) as Name[];

/**
 * A task, and its configuration with what was read off the data filled in.
 * @throws InputError, as `loadTask`
 */
export async function readTask<C extends TaskConfig>(
  config: C,
  source: DataSource,
): Promise<{ task: Task; config: C }> {
  const task = await loadTask(config, source);
  return { task, config: task.found ? { ...config, ...task.found } : config };
}

/** Loads a task, and its data where it needs any. Throws InputError on wrong options and on data it cannot have. */
export async function loadTask(config: TaskConfig, source: DataSource): Promise<Task> {
  args.check('loadTask', { source: [source, SOURCE] });
  const { name, stream: _, ...options } = parseOptions(taskSchemas, config, 'task');
  const load = LOADERS[name] as (options: object, source: DataSource) => Promise<Task>;
  return load(options, source);
}

/**
 * A corruption by its name and size, or from a module.
 * @throws InputError, as `parseCorruption`; or saying what is wrong with the module
 */
export async function loadCorruption(
  config: CorruptionConfig,
  task: Pick<Task, 'patternShape' | 'bitsPerValue'>,
): Promise<Corruption> {
  if (typeof config !== 'object' || config === null) return parseCorruption(config, task);
  return (await import('./custom.ts')).loadCustomCorruption(config, task);
}
