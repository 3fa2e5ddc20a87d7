/** @file Finding a file of a data set: in the user's folder, else in the cache, else by download; always verified. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { download } from './download.ts';
import type { DataFile, DataSet } from './sets.ts';
import type { DataSource } from './source.ts';
import { readTarGz } from './tar.ts';

/** What stands on disk for a file of a data set. */
export interface Located {
  /** 'verified': there, with the official checksum. 'unpacked': not the archive, but a folder with files from it. */
  state: 'verified' | 'wrong checksum' | 'unpacked' | 'missing';
  /** Where it is (of an unpacked one the folder), or for a missing file where it would be looked for first. */
  path: string;
  /** The checksum found. */
  md5?: string;
  /** The bytes found. */
  content?: Uint8Array;
  /** Of an unpacked archive, the files found. */
  files?: Map<string, Uint8Array>;
}

/**
 * Looks for a file without downloading: as DIR/SET/FILE or DIR/FILE in the user's folder where one is named, else in
 * the cache. In the user's folder an archive may also be unpacked, as DIR/SET/FOLDER or DIR/FOLDER. Throws InputError when the user's folder does not exist or a file cannot be read.
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
  if (file.unpacked && directory !== undefined) {
    for (const parent of [join(directory, set.name), directory]) {
      const folder = join(parent, file.unpacked.folder);
      const files = new Map<string, Uint8Array>();
      for (const name of file.unpacked.files) {
        const content = await readIfPresent(join(folder, name));
        if (content) files.set(name, content);
      }
      if (files.size > 0) return { state: 'unpacked', path: folder, files };
    }
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
      state !== 'wrong checksum'
        ? `${file.name} is not in the data directory ${source.directory}; put it there (from ${file.url}), or name no data directory to have it downloaded`
        : `${path} has MD5 ${md5}, expected ${file.md5}; replace it by the official file from ${file.url}; another set in that format is taken by --task FILE`,
    );
  }
  if (state === 'wrong checksum') source.report?.(`${path} is damaged, downloading it again`);
  await download(file, path, source);
  return readFile(path);
}

/** As `dataFile`, but undefined for a file that a user's folder lacks. */
export async function dataFileIfPresent(
  set: DataSet,
  file: DataFile,
  source: DataSource,
): Promise<Uint8Array | undefined> {
  if (source.directory !== undefined && (await locate(set, file, source)).state === 'missing')
    return undefined;
  return dataFile(set, file, source);
}

/**
 * The files of an archive by their names: out of the archive as `dataFile` gives it, which then has them all, or from
 * the user's folder, where only those in `needed` must be. Throws InputError as `dataFile` does, and for a missing one.
 */
export async function unpackedFiles(
  set: DataSet,
  archive: DataFile,
  source: DataSource,
  needed: string[],
): Promise<Map<string, Uint8Array>> {
  const { folder, files: names } = archive.unpacked!;
  const found = await locate(set, archive, source);
  if (found.state === 'unpacked') {
    const missing = needed.find((name) => !found.files!.has(name));
    if (missing)
      throw new InputError(`${missing} is not in ${found.path}; put it there (from ${archive.url})`);
    return found.files!;
  }
  const bytes = found.state === 'verified' ? found.content! : await dataFile(set, archive, source);
  const entries = readTarGz(archive.name, bytes);
  return new Map(
    names.map((name) => {
      const content = entries.get(`${folder}/${name}`);
      if (!content)
        throw new InputError(`${archive.name} has no entry ${folder}/${name}; get the file again`);
      return [name, content];
    }),
  );
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
