/** @file `ebmm data PATH`: what would be read from a file or folder of patterns, without training on it. */

import { type DataFileRecord, dataFiles } from '../tasks/files/checksums.ts';
import { taskOfPath } from '../tasks/files/locate.ts';
import { type DataSource, readTask, type Split } from '../tasks/index.ts';

/** What `data PATH --json` prints. */
export interface DataDescription {
  path: string;
  /** Of one pattern. */
  shape: number[];
  values: 'bits' | 'numbers';
  /** What becomes 0 to 1; absent where files have different ranges. */
  range?: readonly number[];
  /** Patterns of each split, of which those without files are drawn. */
  sizes: Readonly<Record<Split, number>>;
  files: DataFileRecord[];
  /** Duplicates, what was passed over, what was drawn. */
  remarks: string[];
}

/** @throws InputError where a file is wrong, as training would */
export async function describePath(path: string, source: DataSource): Promise<DataDescription> {
  const remarks: string[] = [];
  const report = (line: string) => {
    // Progress is for now, remarks are of the data.
    if (/: read \d+ of \d+ patterns$/.test(line)) source.report?.(line);
    else remarks.push(line.replace(/^task: /, ''));
  };
  const { task, config } = await readTask(taskOfPath(path, source), { ...source, report });
  return {
    path,
    shape: task.patternShape,
    values: config.values!,
    ...(config.range ? { range: config.range } : {}),
    sizes: task.sizes!,
    files: await dataFiles(config, source),
    remarks,
  };
}

/** The same as text. */
export function descriptionLines({
  path,
  shape,
  values,
  range,
  sizes,
  files,
  remarks,
}: DataDescription): string[] {
  const total = Object.values(sizes).reduce((a, b) => a + b, 0);
  const kind = range
    ? values === 'bits'
      ? `bits (${range.join(' and ')})`
      : `numbers from ${range.join(' to ')}, which become 0 to 1`
    : `${values}, in a range for each file`;
  return [
    `${path}: ${total} patterns of [${shape.join(', ')}], ${kind}`,
    `  train ${sizes.train}, validation ${sizes.validation}, test ${sizes.test}`,
    ...remarks.map((line) => `  ${line}`),
    ...files.map(
      ({ split, path: file, bytes, sha256, files: count }) =>
        `  ${split.padEnd(10)} ${file}  ${(bytes / 1e6).toFixed(1)} MB${count === undefined ? '' : ` in ${count} files`}  SHA-256 ${sha256.slice(0, 16)}...`,
    ),
  ];
}
