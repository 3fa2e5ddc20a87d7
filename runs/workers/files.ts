/** @file The files that a configuration names, by checksum: what a worker must have to compute the same, and what it refuses to touch. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../../meta/config.ts';
import { InputError } from '../../src/errors.ts';
import type { DataSource } from '../../tasks/index.ts';
import { moduleSum, modulesAllowed, modulesOf } from '../modules.ts';
import type { FileNamed } from './protocol.ts';

/** The pattern files of a task of one's own, as its configuration names them. */
function pathsOf({ task }: Pick<Config, 'task'>): string[] {
  if (task.name !== 'files') return [];
  const { train, validation, test } = task as Record<string, unknown>;
  return [train, validation, test].flat().filter((path): path is string => typeof path === 'string');
}

/** Of a file; of a folder, over the names of its files and their checksums. */
async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  if (!statSync(path).isDirectory()) {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  }
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) =>
    name.split(sep).join('/'),
  );
  for (const name of names.sort()) {
    const file = resolve(path, name);
    if (statSync(file).isFile()) hash.update(`${name} ${await sha256(file)}\n`);
  }
  return hash.digest('hex');
}

const placeOf = (path: string, { directory }: Pick<DataSource, 'directory'>) =>
  [resolve(path), ...(directory ? [resolve(directory, path)] : [])].find((at) => existsSync(at));

async function checksums(
  paths: readonly string[],
  source: Pick<DataSource, 'directory'>,
  sum = sha256,
): Promise<FileNamed[]> {
  const files: FileNamed[] = [];
  for (const path of paths) {
    const place = placeOf(path, source);
    if (!place) throw new InputError(`${path}: no such file`);
    files.push({ path, sha256: await sum(place) });
  }
  return files;
}

/** Data and modules of a run, by checksum. @throws InputError for one that is not there */
export const filesOf = async (config: Config, source: DataSource) => ({
  files: await checksums(pathsOf(config), source),
  modules: await checksums(modulesOf(config), {}, moduleSum),
});

/**
 * Whether this machine has what a configuration from elsewhere names. Data are read only in the data folder and where the worker was
 * started; modules are run only where this was allowed, and only if they are the same.
 * @throws InputError saying which file is missing, or different, or may not be used
 */
export async function checkFiles(
  config: Config,
  { files, modules }: { files: readonly FileNamed[]; modules: readonly FileNamed[] },
  source: DataSource,
): Promise<void> {
  const own = modulesOf(config);
  if (own.length > 0 && !modulesAllowed())
    throw new InputError(`its configuration names modules (${own.join(', ')}): --allow-modules runs them`);
  const folders = [process.cwd(), ...(source.directory ? [source.directory] : [])].map((f) =>
    realpathSync(f),
  );
  for (const path of pathsOf(config)) {
    const place = placeOf(path, source);
    if (!place) continue;
    const real = realpathSync(place);
    if (!folders.some((folder) => isWithin(folder, real)))
      throw new InputError(
        `its data file ${path} is outside of the data folder: start the worker with --data-dir`,
      );
  }
  const check = async (
    paths: readonly string[],
    known: readonly FileNamed[],
    at: Pick<DataSource, 'directory'>,
    sum = sha256,
  ) => {
    for (const path of paths) {
      const wanted = known.find((file) => file.path === path);
      const place = placeOf(path, at);
      if (!wanted) throw new InputError(`it names ${path} without a checksum`);
      if (!place) throw new InputError(`${path} is missing here (SHA-256 ${wanted.sha256})`);
      if ((await sum(place)) !== wanted.sha256) throw new InputError(`${place} is not the run's ${path}`);
    }
  };
  await check(pathsOf(config), files, source);
  await check(own, modules, {}, moduleSum);
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === path;
}
