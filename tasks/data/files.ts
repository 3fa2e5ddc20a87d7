/** @file Finding a file of a data set: in the user's folder, else in the cache, else by download; always verified. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { download } from './download.ts';
import type { DataFile, DataSet } from './sets.ts';
import type { DataSource } from './source.ts';

/** What stands on disk for a file of a data set. */
export interface Located {
  /** 'verified': there, with the official checksum. */
  state: 'verified' | 'wrong checksum' | 'missing';
  /** Where it is, or for a missing file where it would be looked for first. */
  path: string;
  /** The checksum found. */
  md5?: string;
  /** The bytes found. */
  content?: Uint8Array;
}

/**
 * Looks for a file without downloading: as DIR/SET/FILE or DIR/FILE in the user's folder where one is named, else in
 * the cache. Throws InputError when the user's folder does not exist or a file cannot be read.
 */
export async function locate(set: DataSet, file: DataFile, source: DataSource): Promise<Located> {
  const { directory, cache } = source;
  if (directory !== undefined) {
    const folder = await stat(directory).catch(() => undefined);
    if (!folder?.isDirectory()) throw new InputError(`data directory ${directory} is not an existing folder`);
  }
  const paths =
    directory === undefined
      ? [join(cache, set.name, file.name)]
      : [join(directory, set.name, file.name), join(directory, file.name)];
  for (const path of paths) {
    const content = await readIfPresent(path);
    if (!content) continue;
    const md5 = createHash('md5').update(content).digest('hex');
    return { state: md5 === file.md5 ? 'verified' : 'wrong checksum', path, md5, content };
  }
  return { state: 'missing', path: paths[0] };
}

/**
 * The bytes of a file with its official checksum, downloaded into the cache when they are not there and the user has
 * named no folder. Throws InputError: missing from or altered in the user's folder, or not to be downloaded.
 */
export async function dataFile(set: DataSet, file: DataFile, source: DataSource): Promise<Uint8Array> {
  const { state, path, md5, content } = await locate(set, file, source);
  if (state === 'verified') return content!;
  if (source.directory !== undefined) {
    throw new InputError(
      state === 'missing'
        ? `${file.name} is not in the data directory ${source.directory}; put it there (from ${file.url}), or name no data directory to have it downloaded`
        : `${path} has MD5 ${md5}, expected ${file.md5}; replace it by the official file from ${file.url}`,
    );
  }
  if (state === 'wrong checksum') source.report?.(`${path} is damaged, downloading it again`);
  await download(file, path, source);
  return readFile(path);
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError(`cannot read ${path} (${code}); make it a readable file`);
  }
}
