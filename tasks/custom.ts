/** @file Tasks and corruptions from a user's modules. Loaded when wanted: a browser has no files. */
import { basename } from 'node:path';
import { InputError } from '../src/errors.ts';
import { loadModule, made, type Options } from '../src/modules/index.ts';
import { checkedCorruption, checkedTask } from './checked.ts';
import type { Corruption } from './corruption.ts';
import type { DataSource } from './data/source.ts';
import type { Task } from './task.ts';

/** What a function that makes a task is given. */
export interface TaskGiven<O = Options> {
  /** Further keys of `task` in the configuration, checked by the schema that the module exports as `options`. */
  options: O;
  /** Folder of the user's data (--data-dir or EBMM_DATA_DIR), if any. */
  directory?: string;
  /** Says something to the user in a line. */
  report(line: string): void;
}
/** The default export of a task's module: a task, or a function that makes one. */
export type TaskModule<O = Options> = Task | ((given: TaskGiven<O>) => Task | Promise<Task>);

/** What a function that makes a corruption is given. */
export interface CorruptionGiven<O = Options> {
  options: O;
  patternShape: number[];
  /** 1 for bits, 8 for bytes. */
  bitsPerValue: number;
}
/** The default export of a corruption's module: a function that makes the in-place change of a pattern. */
export type CorruptionModule<O = Options> = (
  given: CorruptionGiven<O>,
) => Corruption['apply'] | Promise<Corruption['apply']>;

/** The file, and its own options; `shape` and `unit` are what a run read off it. */
export type CustomTaskOptions = Options & { file: string; shape?: number[] };

/** @throws InputError when the module or its task is wrong */
export async function loadCustomTask(
  { file, shape, unit: _, ...options }: CustomTaskOptions,
  { directory, report = () => {} }: DataSource,
): Promise<Task> {
  const module = await loadModule('task', file, options);
  const given: TaskGiven = { options: module.options, directory, report };
  const task = checkedTask(await made<Task>(module, given, file), basename(file));
  module.checkRead();
  if (shape && shape.join() !== task.patternShape.join())
    throw new InputError(
      `${file}: its patterns are [${task.patternShape}], but those of the run were [${shape}]`,
    );
  return { ...task, found: { ...task.found, ...module.kept } };
}

/** @throws InputError when the module or its corruption is wrong */
export async function loadCustomCorruption(
  { file, ...options }: { file: string } & Options,
  { patternShape, bitsPerValue }: Pick<Task, 'patternShape' | 'bitsPerValue'>,
): Promise<Corruption> {
  const module = await loadModule('corruption', file, options);
  const given = { options: module.options, patternShape: [...patternShape], bitsPerValue };
  const apply = await made<Corruption['apply']>(module, given, file);
  const asked = Object.entries(module.kept).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const corruption = checkedCorruption(apply, { patternShape }, [basename(file), ...asked].join(' '));
  module.checkRead();
  return corruption;
}
