/** @file Which files a task's paths name: as they are, in the data folder, or all those of a folder, by split. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../../src/errors.ts';
import type { DataSource } from '../data/source.ts';
import type { Split } from '../task.ts';
import { arraysIn, isPatternFile } from './open.ts';
import type { FilesOptions, ParsedFiles } from './options.ts';
import { pathAndArray } from './paths.ts';

/** The files or folders of each split. */
export type FilesOfSplits = Pick<ParsedFiles, Split>;

const SPLITS = ['train', 'validation', 'test'] as const;

/** The splits that a task names files for. @throws InputError where there is none */
export function splitsOf(options: FilesOfSplits): Split[] {
  const splits = SPLITS.filter((split) => options[split]);
  if (splits.length === 0) throw new InputError('task: names no files; expected task.train, or task.test');
  return splits;
}

/** The paths of every split, found from here or in the data folder. @throws InputError for one that is not there */
export function located(options: FilesOfSplits, source: DataSource): Partial<Record<Split, string[]>> {
  return Object.fromEntries(
    splitsOf(options).map((split) => [split, options[split]!.map((path) => whereIs(path, source, split))]),
  );
}

function whereIs(at: string, source: DataSource, split: string): string {
  const [path, array] = pathAndArray(at);
  const { directory } = source;
  const found = [resolve(path), ...(directory ? [resolve(directory, path)] : [])].find((place) =>
    existsSync(place),
  );
  const place = found ?? moved(path, directory);
  if (!place)
    throw new InputError(`task.${split}: ${path}: no such file${directory ? `, nor in ${directory}` : ''}`);
  if (!found) source.report?.(`task: ${path} is not there; ${place} is taken`);
  return array === undefined ? place : `${place}#${array}`;
}

/**
 * Where a file may be now that is not where it was: the longest end of its path that is in the data folder, or here, where its
 * folder must have the same name too.
 */
function moved(path: string, directory: string | undefined): string | undefined {
  const parts = path.split(/[/\\]/).filter((part) => !['', '.', '..'].includes(part));
  const ends = parts.map((_, i) => join(...parts.slice(i)));
  const places = directory ? ends.map((end) => resolve(directory, end)) : [];
  return [...places, ...ends.slice(0, -1).map((end) => resolve(end))].find((place) => existsSync(place));
}

/** What a name says of the split, the more particular first: "evaluation" has "val" in it. */
const NAMES: [Split, RegExp][] = [
  ['test', /(^|[^a-z])(test|eval|evaluation|t10k)([^a-z]|$)/i],
  ['validation', /(^|[^a-z])(val|valid|validation|dev)([^a-z]|$)/i],
  ['train', /(^|[^a-z])(train|training|data_batch)([^a-z]|$)/i],
];

const splitOf = (name: string) => NAMES.find(([, pattern]) => pattern.test(name))?.[0];

/**
 * The task that a path of the command line stands for.
 * @param at a file, FILE#NAME for an array in it; a folder of pictures; or a folder whose files or folders have the names
 * of splits
 * @throws InputError
 */
export function taskOfPath(at: string, { directory }: DataSource): FilesOptions & { name: 'files' } {
  const [path, array] = pathAndArray(at);
  const place = [path, ...(directory ? [join(directory, path)] : [])].find((at) => existsSync(at));
  if (!place) throw new InputError(`--task ${path}: no such file or folder`);
  if (array !== undefined) return { name: 'files', train: [`${place}#${array}`] };
  if (!statSync(place).isDirectory()) return { name: 'files', ...arraysBySplit(place) };
  const entries = readdirSync(place, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !/labels/i.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  // Folders of splits come with lists of what is in them.
  const folders = entries.filter((entry) => entry.isDirectory() && splitOf(entry.name));
  const files = entries.filter((entry) => entry.isFile() && isPatternFile(entry.name) && splitOf(entry.name));
  const splits: Partial<Record<Split, string[]>> = {};
  for (const { name } of folders.length > 0 ? folders : files) {
    const split = splitOf(name)!;
    splits[split] ??= [];
    splits[split].push(join(place, name));
  }
  return { name: 'files', ...(Object.keys(splits).length > 0 ? splits : { train: [place] }) };
}

/** Of a file whose arrays have the names of splits (x_train, x_test), each; else the file. */
function arraysBySplit(file: string): FilesOptions {
  const arrays = (arraysIn(file) ?? []).filter(({ shape }) => shape && shape.length >= 2);
  const splits = arrays.map(({ name }) => splitOf(name));
  const apart = splits.every(Boolean) && new Set(splits).size === splits.length;
  if (arrays.length < 2 || !apart) return { train: [file] };
  return Object.fromEntries(arrays.map(({ name }, i) => [splits[i], [`${file}#${name}`]]));
}
