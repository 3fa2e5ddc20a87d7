/** @file `ebmm data [NAME|PATH]`: lists, fetches and verifies data sets, describes files; and where every command looks for data. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { homeOf } from '../src/home.ts';
import { dataFile, type Located, locate } from '../tasks/data/files.ts';
import { DATA_SETS, type DataSet, dataSet, fileOf } from '../tasks/data/sets.ts';
import type { DataSource } from '../tasks/data/source.ts';

/** Environment variables, as in `process.env`. */
export type Environment = Record<string, string | undefined>;

/**
 * Where to look for data: the folder of --data-dir or EBMM_DATA_DIR; else a cache, which is EBMM_CACHE, or `ebmm` in
 * the user's cache folder (XDG_CACHE_HOME, ~/.cache).
 */
export function dataSource(
  options: { dataDir?: string; report?: (line: string) => void },
  env: Environment,
): DataSource {
  const directory = options.dataDir ?? (env.EBMM_DATA_DIR || undefined);
  const home = homeOf(env);
  const caches = env.XDG_CACHE_HOME || (home ? join(home, '.cache') : tmpdir());
  return {
    directory: directory === undefined ? undefined : resolve(directory),
    cache: resolve(env.EBMM_CACHE || join(caches, 'ebmm')),
    report: options.report,
  };
}

/** One file of a data set and what stands on disk for it. */
export interface DataRow {
  set: string;
  file: string;
  /** 'missing' also means: not fetched yet. 'unpacked': files from the archive are there, their checksums unknown. */
  state: Located['state'];
  /** Where it is or would be. */
  path: string;
  bytes?: number;
  /** The official checksum. */
  md5: string;
  url: string;
  /** True for a file that the task does without where a user's folder lacks it. */
  optional: boolean;
}

/** What stands on disk, without fetching: all sets, or one. Throws InputError when the user's folder does not exist. */
export async function listData(source: DataSource, sets: DataSet[] = DATA_SETS): Promise<DataRow[]> {
  const rows: DataRow[] = [];
  for (const set of sets) {
    for (const file of set.files) {
      const { state, path, content, files } = await locate(set, file, source);
      const unpacked = files && [...files.values()].reduce((sum, { length }) => sum + length, 0);
      const bytes = content?.length ?? unpacked ?? file.bytes;
      const { name, md5, url, optional = false } = file;
      rows.push({ set: set.name, file: name, state, path, bytes, md5, url, optional });
    }
  }
  return rows;
}

/**
 * Fetches what is missing of a set ('omniglot') or one file ('omniglot/images_background.zip') into the cache, verifies
 * it, and lists the set. In a folder of the user's it only verifies, and optional files may be missing. Throws
 * InputError on an unknown name and on a file that cannot be had or is not the official one.
 */
export async function fetchData(
  name: string,
  source: DataSource,
  sets: DataSet[] = DATA_SETS,
): Promise<DataRow[]> {
  const [setName, ...rest] = name.split('/');
  const set = dataSet(setName, sets);
  const files = rest.length > 0 ? [fileOf(set, rest.join('/'))] : set.files;
  for (const file of files) {
    if (source.directory !== undefined) {
      const { state } = await locate(set, file, source);
      if (state === 'unpacked' || (file.optional && files.length > 1 && state === 'missing')) continue;
    }
    await dataFile(set, file, source);
  }
  return listData(source, [{ ...set, files }]);
}

export interface DataCommand {
  /** A set, or SET/FILE, to fetch and verify, or a path of patterns to describe; by default all sets are listed. */
  name?: string;
  dataDir?: string;
  /** One JSON document `{"files": [...]}` instead of text. */
  json?: boolean;
  env: Environment;
  /** Gets the result, line by line. */
  out: (line: string) => void;
  /** Gets progress, line by line. */
  err: (line: string) => void;
}

/** The command `ebmm data`. Throws InputError as `fetchData` does. */
export async function dataCommand(
  { name, dataDir, json, env, out, err }: DataCommand,
  sets: DataSet[] = DATA_SETS,
): Promise<void> {
  const source = dataSource({ dataDir, report: err }, env);
  if (name !== undefined && isPath(name, sets)) {
    const { describePath, descriptionLines } = await import('./data-path.ts');
    const description = await describePath(name, source);
    for (const line of json ? [JSON.stringify(description)] : descriptionLines(description)) out(line);
    return;
  }
  const rows = name === undefined ? await listData(source, sets) : await fetchData(name, source, sets);
  if (json) {
    out(JSON.stringify({ files: rows }));
    return;
  }
  for (const set of sets) {
    const files = rows.filter((row) => row.set === set.name);
    if (files.length === 0) continue;
    out(`${set.name}: ${set.about}`);
    const width = Math.max(...files.map((row) => row.file.length));
    for (const row of files) out(`  ${row.file.padEnd(width)}  ${describe(row, source)}`);
  }
  if (name === undefined) out('Tasks fetch what they need; `ebmm data NAME` fetches and verifies a set now.');
}

/** Whether a name is a path of one's own patterns, not of a data set: it is there, or looks like one. */
const isPath = (name: string, sets: DataSet[]) =>
  !sets.some((set) => set.name === name.split('/')[0]) &&
  (existsSync(name.replace(/#[^#]*$/, '')) || /[./\\#]/.test(name));

function describe({ state, bytes, path, url, optional }: DataRow, source: DataSource): string {
  const size = bytes === undefined ? '' : `${(bytes / 1e6).toFixed(1)} MB`;
  const absent = source.directory === undefined ? 'not fetched' : 'missing';
  const label = `${size.padStart(8)}  ${(state === 'missing' ? absent : state).padEnd(14)}`;
  return `${label}  ${state === 'missing' ? `${url}${optional ? ' (optional)' : ''}` : path}`;
}
