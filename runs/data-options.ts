/** @file The data options that several commands share. */
import { isModulePath } from '../src/modules/source.ts';
import { taskOfPath } from '../tasks/files/locate.ts';
import type { CorruptionConfig, DataSource, TaskConfig } from '../tasks/index.ts';
import { dataSource } from './data.ts';
import type { IO } from './io.ts';

export interface DataOptions {
  /** Folder with the data sets' own files, used unchanged. */
  dataDir?: string;
}

export function sourceOf({ dataDir }: DataOptions, io: IO): DataSource {
  return dataSource({ dataDir, report: (line) => io.err(line) }, io.env);
}

/** What --task PATH stands for: a module that exports a task, or files and folders of patterns. @throws InputError as `taskOfPath` */
export const taskFrom = (path: string, source: DataSource): TaskConfig & { name: 'files' | 'custom' } =>
  isModulePath(path) ? { name: 'custom', file: path } : taskOfPath(path, source);

/** What --corruption stands for: a module that exports one, or name:size. */
export const corruptionFrom = (text: string): CorruptionConfig =>
  isModulePath(text) ? { file: text } : text;
