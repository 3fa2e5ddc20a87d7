/** @file The data options that several commands share. */
import type { DataSource } from '../tasks/index.ts';
import { dataSource } from './data.ts';
import type { IO } from './io.ts';

export interface DataOptions {
  /** Folder with the data sets' own files, used unchanged. */
  dataDir?: string;
}

export function sourceOf({ dataDir }: DataOptions, io: IO): DataSource {
  return dataSource({ dataDir, report: (line) => io.err(line) }, io.env);
}
