/**
 * @file provenance.json of a run folder: how every session of it was made, from the first on. What makes its numbers again, or says why
 * they differ. Paths are relative to the folder, and passwords in addresses left out.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, hostname, totalmem } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Config } from '../meta/config.ts';
import type { Engine } from '../src/compile/index.ts';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { homeOf } from '../src/home.ts';
import { parseJson } from '../src/json.ts';
import { DATA_SETS } from '../tasks/data/sets.ts';
import { dataFiles } from '../tasks/files/checksums.ts';
import type { DataSource } from '../tasks/index.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const require = createRequire(import.meta.url);

const commitSchema = z.looseObject({ commit: z.string(), dirty: z.boolean() });

const sessionSchema = z.looseObject({
  /** Updates that the run had had. */
  step: z.int().min(0),
  /** When it began: ISO 8601, UTC. */
  at: z.string(),
  /** As it was typed, without the program. */
  command: z.array(z.string()).optional(),
  /** Whose parameters it began with. */
  from: z.looseObject({ run: z.string(), step: z.int(), sha256: z.string() }).optional(),
  engine: z.looseObject({ name: z.string() }),
  /** Numbers of the memory. */
  memory: z.looseObject({ floats: z.number() }).optional(),
  processor: z.looseObject({ model: z.string(), cores: z.int() }),
  host: z.string().optional(),
  platform: z.string(),
  versions: z.record(z.string(), z.string()),
  /** The project's own code, where it is a git checkout. */
  code: commitSchema.optional(),
  /** That of the folder that the command was typed in, where it is another. */
  project: commitSchema.optional(),
  /** What patterns were read from: SHA-256, or the MD5 that their authors publish. */
  data: z
    .array(z.looseObject({ path: z.string(), sha256: z.string().optional(), md5: z.string().optional() }))
    .optional(),
});

export type SessionRecord = z.output<typeof sessionSchema>;

export const provenancePath = (folder: string) => join(folder, 'provenance.json');

/** The sessions of a run, in order; none where there is no record. @throws InputError when the file is no such record */
export function readProvenance(folder: string): SessionRecord[] {
  const file = provenancePath(folder);
  if (!existsSync(file)) return [];
  const read = z.array(sessionSchema).safeParse(parseJson(readFileSync(file, 'utf8'), file));
  if (read.success) return read.data;
  const [{ path, message }] = read.error.issues;
  throw new InputError(`${file}: not a record of sessions (${path.join('.') || 'all of it'}: ${message})`);
}

export interface SessionFacts {
  config: Config;
  engine: Engine;
  /** Floats of memory. */
  floats?: number;
  step: number;
  source: DataSource;
  command?: readonly string[];
  from?: { run: string; step: number; file: string };
}

/**
 * Adds a session to the record of a run.
 * @returns what is another now than in the session before, a line each: files of data, the version
 */
export async function recordSession(folder: string, facts: SessionFacts): Promise<string[]> {
  const before = readProvenance(folder);
  const session = await describeSession(folder, facts);
  await writeFileAtomically(provenancePath(folder), `${JSON.stringify([...before, session], null, 2)}\n`);
  return changedSince(before.at(-1), session, folder);
}

/** Files of data that are others than those a run was trained on, a line each; none where there is no record of them. */
export async function changedData(folder: string, config: Config, source: DataSource): Promise<string[]> {
  const last = readProvenance(folder).at(-1);
  if (!last?.data || config.task.name !== 'files') return [];
  return changedSince(last, await dataOf(config, source, folder), folder);
}

function changedSince(
  before: SessionRecord | undefined,
  { data = [] }: Pick<SessionRecord, 'data'>,
  folder: string,
): string[] {
  const changed = data.filter(({ path, sha256 }) =>
    before?.data?.some((file) => file.path === path && file.sha256 !== sha256),
  );
  return changed.map(
    ({ path }) => `${resolve(folder, path)} has changed since training began (its SHA-256 is another)`,
  );
}

async function describeSession(
  folder: string,
  { config, engine, floats, step, source, command, from }: SessionFacts,
): Promise<SessionRecord> {
  const own = await commitOf(ROOT);
  // A package lies in a checkout of somebody else's.
  const code = own && [ROOT, dirname(ROOT)].some((at) => resolve(at) === own.root) ? own : undefined;
  const here = await commitOf(process.cwd());
  const project = here && here.root !== code?.root ? here : undefined;
  const [processor] = cpus();
  return {
    step,
    at: new Date().toISOString(),
    ...(command && { command: command.map((word) => withoutSecrets(word, folder)) }),
    ...(from && {
      from: { run: withoutSecrets(from.run, folder), step: from.step, sha256: sumOf(from.file) },
    }),
    engine: { name: engine.name, ...engine.kernels, ...(engine.threads && { threads: engine.threads }) },
    ...(floats !== undefined && { memory: { floats } }),
    processor: {
      model: processor?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memory: totalmem(),
    },
    host: hostname(),
    platform: `${process.platform} ${process.arch}`,
    versions: versions(),
    ...(code && { code: { commit: code.commit, dirty: code.dirty } }),
    ...(project && { project: { commit: project.commit, dirty: project.dirty } }),
    ...(await dataOf(config, source, folder)),
  };
}

/** Files that the task was read from. */
async function dataOf(
  { task }: Config,
  source: DataSource,
  folder: string,
): Promise<Pick<SessionRecord, 'data'>> {
  if (task.name === 'files') {
    const files = await dataFiles(task, source);
    return { data: files.map((file) => ({ ...file, path: portablePath(file.path, folder) })) };
  }
  const set = DATA_SETS.find(({ name }) => name === task.name);
  if (!set) return {};
  return { data: set.files.map(({ name, md5 }) => ({ path: name, md5 })) };
}

function versions(): Record<string, string> {
  const found: Record<string, string> = { ebmm: require('../package.json').version, node: process.version };
  for (const name of ['@tensorflow/tfjs', 'onnxruntime-node', 'koffi']) {
    const version = versionOf(name);
    if (version) found[name] = version;
  }
  return found;
}

/** Of a package; undefined where it is not installed. */
function versionOf(name: string): string | undefined {
  try {
    for (let at = dirname(require.resolve(name)); dirname(at) !== at; at = dirname(at)) {
      const file = join(at, 'package.json');
      const own = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
      if (own.name === name) return own.version;
    }
  } catch {}
  return undefined;
}

const run = promisify(execFile);

/** What git says of a folder; undefined where it is in no checkout, or there is no git. */
async function commitOf(
  folder: string,
): Promise<{ root: string; commit: string; dirty: boolean } | undefined> {
  // No program that a repository names is run for this.
  const git = async (...args: string[]) =>
    (
      await run('git', ['-C', folder, '-c', 'core.fsmonitor=false', ...args], { timeout: 10_000 })
    ).stdout.trim();
  try {
    const [root, commit] = (await git('rev-parse', '--show-toplevel', 'HEAD')).split('\n');
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return { root: resolve(root), commit, dirty: changes !== '' };
  } catch {
    return undefined;
  }
}

const sumOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

const portablePath = (path: string, folder: string) =>
  isAbsolute(path) ? relative(folder, path).split(sep).join('/') || '.' : path;

/** A word of a command line: without passwords in addresses, paths under the user's home beginning with ~, others relative to the run. */
export function withoutSecrets(word: string, folder: string): string {
  const shown = word.replace(/(\w+:\/\/)[^@\s/]*@/g, '$1***@');
  const [, option = '', value] = /^(--?[\w-]+=|[\w.]+=)?(.*)$/s.exec(shown)!;
  const home = homeOf(process.env);
  if (!isAbsolute(value)) return shown;
  if (home && home !== sep && (value === home || value.startsWith(home + sep)))
    return `${option}~${value.slice(home.length)}`;
  return option + portablePath(value, folder);
}
