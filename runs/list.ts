/** @file `ebmm list [FOLDER]`: the runs there are, with their state, error and age; sorted and filtered. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { InputError } from '../src/errors.ts';
import { duration, type IO } from './io.ts';
import { isHeld } from './lock.ts';
import { collect, jsonOption } from './options.ts';
import { findRun, paths, pretrainedNames, readConfig, readMetrics } from './run-folder.ts';
import { short, textTable } from './table.ts';
import { unitOf } from './units.ts';
import { patienceSpent, readValidations } from './validations.ts';

/** One run. What is not known is absent. */
export interface ListedRun {
  name: string;
  /** running: a process works on it; stopped: before its last update; damaged: `problem` says how. */
  state: 'running' | 'stopped' | 'finished' | 'pretrained' | 'damaged';
  task?: string;
  network?: string;
  /** Updates done, and asked for. */
  steps?: number;
  of?: number;
  /** Moving error of training. */
  error?: number;
  unit?: string;
  /** Seconds since it last wrote something. */
  age?: number;
  folder: string;
  problem?: string;
}

export const SORT_KEYS = ['name', 'state', 'task', 'network', 'steps', 'error', 'age'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface ListCommand {
  /** A folder of runs; default runs/out, and the pretrained memories. */
  folder?: string;
  /** A key, with a leading minus for the largest first. */
  sort?: string;
  /** KEY=TEXT, KEY<NUMBER, KEY>NUMBER; all must hold. */
  filter?: string[];
  json?: boolean;
}

/** @throws InputError when the folder does not exist, or a key does not */
export async function listCommand({ folder, sort = 'age', filter = [], json }: ListCommand, io: IO) {
  const compare = comparison(sort);
  const conditions = filter.map(condition);
  const runs = (await listRuns(folder))
    .filter((run) => conditions.every((holds) => holds(run)))
    .sort(compare);
  if (json) return io.out(JSON.stringify({ runs }));
  if (runs.length === 0) return io.out(filter.length > 0 ? 'no run is like that' : 'no runs yet');
  const rows = runs.map((run) => [
    run.name,
    run.state,
    run.task ?? '',
    run.network ?? '',
    run.steps === undefined ? '' : `${run.steps}/${run.of}`,
    run.error === undefined ? '' : `${short(run.error)} ${run.unit}`,
    run.age === undefined ? '' : `${duration(run.age)} ago`,
  ]);
  const head = ['run', 'state', 'task', 'network', 'updates', 'error', 'changed'];
  for (const line of textTable([head, ...rows])) io.out(line);
  for (const { name, problem } of runs) if (problem) io.err(`${name}: ${problem}`);
}

export async function listRuns(folder?: string, now = Date.now()): Promise<ListedRun[]> {
  if (folder !== undefined) {
    const path = resolve(folder);
    if (!existsSync(path)) throw new InputError(`${folder}: no such folder`);
    return Promise.all((await runsIn(path)).map((run) => describe(run, now)));
  }
  const pretrained = await Promise.all((await pretrainedNames()).map(findRun));
  const own = await runsIn(resolve('runs', 'out'));
  return Promise.all([
    ...own.map((run) => describe(run, now)),
    ...pretrained.map(async (run) => ({
      ...(await describe(run, now)),
      state: 'pretrained' as const,
      age: undefined,
    })),
  ]);
}

/** The folder itself where it is a run, else those in it. */
async function runsIn(folder: string): Promise<string[]> {
  if (existsSync(paths(folder).config)) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter((path) => existsSync(paths(path).config))
    .sort();
}

async function describe(folder: string, now: number): Promise<ListedRun> {
  const run = { name: basename(folder), folder };
  const { config, metrics, checkpoint } = paths(folder);
  const times = await Promise.all(
    [config, metrics, checkpoint].map((path) => stat(path).catch(() => undefined)),
  );
  const age = (now - Math.max(...times.map((s) => s?.mtimeMs ?? 0))) / 1000;
  try {
    const { task, network, training } = await readConfig(folder);
    const last = (await readMetrics(folder)).at(-1);
    const steps = last?.step ?? 0;
    const over = steps >= training.steps || patienceSpent(training, await readValidations(folder));
    const state = (await isHeld(folder)) ? 'running' : over ? 'finished' : 'stopped';
    return {
      ...run,
      state,
      task: task.name,
      network: network.name,
      steps,
      of: training.steps,
      error: last?.error_average ?? undefined,
      unit: unitOf(task.name),
      age,
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { ...run, state: 'damaged', age, problem: error.message };
  }
}

function keyOf(text: string, what: string): SortKey {
  if (!(SORT_KEYS as readonly string[]).includes(text)) {
    throw new InputError(`${what}: no key "${text}"; there are ${SORT_KEYS.join(', ')}`);
  }
  return text as SortKey;
}

function comparison(sort: string): (a: ListedRun, b: ListedRun) => number {
  const down = sort.startsWith('-');
  const key = keyOf(down ? sort.slice(1) : sort, '--sort');
  return (a, b) => {
    const [x, y] = [a[key], b[key]];
    // What is not known comes last, either way.
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    const order = typeof x === 'number' ? x - (y as number) : x.localeCompare(y as string);
    return down ? -order : order;
  };
}

function condition(text: string): (run: ListedRun) => boolean {
  const [, name, operator, value] = /^([^=<>]+)([=<>])(.*)$/.exec(text) ?? [];
  if (!operator) {
    throw new InputError(`--filter ${text}: expected KEY=TEXT, KEY<NUMBER or KEY>NUMBER`);
  }
  const key = keyOf(name, '--filter');
  if (operator === '=') return (run) => String(run[key] ?? '').includes(value);
  const bound = Number(value);
  if (value === '' || Number.isNaN(bound)) throw new InputError(`--filter ${text}: "${value}" is no number`);
  return (run) => {
    const own = run[key];
    return typeof own === 'number' && (operator === '<' ? own < bound : own > bound);
  };
}

export function addListCommand(program: Command, io: IO): void {
  program
    .command('list')
    .description('the runs there are, with state, error and age')
    .argument('[folder]', 'a folder of runs (default: runs/out, and the pretrained memories)')
    .addOption(new Option('--sort <key>', `${SORT_KEYS.join(', ')}; -KEY: largest first`).default('age'))
    .option(
      '--filter <condition>',
      'KEY=TEXT, KEY<NUMBER (age in seconds) or KEY>NUMBER; all must hold',
      collect,
    )
    .addOption(jsonOption())
    .action(async (folder: string | undefined, options) => listCommand({ ...options, folder }, io));
}
