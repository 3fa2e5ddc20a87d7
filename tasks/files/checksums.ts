/** @file What a task's files were, so that it can be known later whether they still are: sizes and SHA-256. */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../src/errors.ts';
import type { DataSource } from '../data/source.ts';
import type { Split } from '../task.ts';
import { type FilesOfSplits, located } from './locate.ts';
import { patternFilesOf } from './open.ts';
import { pathAndArray } from './paths.ts';

export interface DataFileRecord {
  split: Split;
  /** As the task has it, with the array that it names. */
  path: string;
  bytes: number;
  /** Of a file's contents; of a folder, of a line "SHA-256  NAME" for each of its files, in the order of their names. */
  sha256: string;
  /** Of a folder: how many files of patterns are in it. */
  files?: number;
}

/**
 * The files of a task, read once more, in parts.
 * @throws InputError where one is missing or cannot be read
 */
export async function dataFiles(task: FilesOfSplits, source: DataSource): Promise<DataFileRecord[]> {
  const records: DataFileRecord[] = [];
  const known = new Map<string, Omit<DataFileRecord, 'split' | 'path'>>();
  for (const [split, paths] of Object.entries(located(task, source))) {
    for (const path of paths) {
      const [file] = pathAndArray(path);
      const record = known.get(file) ?? (await recordOf(file));
      known.set(file, record);
      records.push({ split: split as Split, path, ...record });
    }
  }
  return records;
}

/** Those of the records whose file is another now, or gone: a line each. */
export async function changedFiles(records: readonly DataFileRecord[]): Promise<string[]> {
  const lines: string[] = [];
  for (const { path, sha256, bytes } of records) {
    const [file] = pathAndArray(path);
    const now = await recordOf(file).catch(() => undefined);
    if (!now) lines.push(`${file}: is not there any more`);
    else if (now.sha256 !== sha256)
      lines.push(`${file}: has changed since: ${now.bytes} bytes, SHA-256 ${now.sha256}, expected ${bytes} bytes, ${sha256}`); // biome-ignore format: one line
  }
  return lines;
}

async function recordOf(path: string): Promise<Omit<DataFileRecord, 'split' | 'path'>> {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return hashed(path);
  const hash = createHash('sha256');
  const names = patternFilesOf(path);
  let total = 0;
  for (const name of names) {
    const { sha256, bytes } = await hashed(join(path, name));
    hash.update(`${sha256}  ${name.replaceAll('\\', '/')}\n`);
    total += bytes;
  }
  return { bytes: total, sha256: hash.digest('hex'), files: names.length };
}

async function hashed(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return { bytes, sha256: hash.digest('hex') };
}
