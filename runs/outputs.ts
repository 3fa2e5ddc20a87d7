/** @file Where results are written: checked before they are computed, and never over a record that holds more. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { checkWritable, FileError } from '../src/files.ts';
import type { IO } from './io.ts';
import { readJson } from './run-folder.ts';

/** @throws FileError when the system would refuse to write files of these names into the folder */
export async function checkFolder(folder: string, names: readonly string[] = ['x']): Promise<void> {
  for (const name of names) await checkWritable(join(folder, name));
}

/** Whether a file could be written that is only kept beside what is printed; where not, a line says so. */
export async function canKeep(file: string, what: string, io: IO): Promise<boolean> {
  try {
    await checkWritable(file);
    return true;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    io.err(`${what} is only printed: ${error.message}`);
    return false;
  }
}

/**
 * Where a JSON record goes: to `file`, or, where the record there holds more or is none of ours, beside it as NAME-2.json or
 * the next number that is free; then a line says so.
 * @param amount how much a record holds, the most important count first; undefined for what is no such record
 */
export async function placeFor<T>(
  file: string,
  record: T,
  amount: (record: T) => number[] | undefined,
  io: IO,
): Promise<string> {
  if (!existsSync(file)) return file;
  const before = (await readJson(file).catch(() => undefined)) as T | undefined;
  let held: number[] | undefined;
  try {
    held = before && amount(before);
  } catch {
    held = undefined;
  }
  const own = amount(record)!;
  if (held?.every((count, i) => own[i] >= count)) return file;
  const stem = join(dirname(file), basename(file, '.json'));
  let n = 2;
  while (existsSync(`${stem}-${n}.json`)) n++;
  const why = held ? 'holds more than this result' : 'is no such record';
  io.err(`${file} ${why} and is left as it is: this one is ${stem}-${n}.json`);
  return `${stem}-${n}.json`;
}
