/** @file `ebmm list [FOLDER]`: the runs there are, with their state, errors and age, and any key of their configurations. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../meta/config.ts';
import { InputError } from '../../src/errors.ts';
import { comparing, condition, csv, flatten, keyNamed, type Spread, spreadOf, textOf, type Values, varying } from '../columns.ts'; // biome-ignore format: one import
import { numbersHelp } from '../glossary.ts';
import { type HeldoutError, heldoutOf } from '../heldout.ts';
import { duration, type IO } from '../io.ts';
import { isHeld } from '../lock.ts';
import { collect, jsonOption, words } from '../options.ts';
import { findRun, paths, pretrainedNames, readConfig, readMetrics } from '../run-folder.ts';
import { isSweep } from '../sweep/manifest.ts';
import { short, textTable } from '../table.ts';
import { unitOf } from '../units.ts';
import { patienceSpent, readValidations } from '../validations.ts';

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
  /** Error on the validation split. */
  heldout?: number;
  unit?: string;
  /** Seconds of training. */
  seconds?: number;
  /** Seconds since it last wrote something. */
  age?: number;
  folder: string;
  problem?: string;
  /** Of `--columns`, by key. */
  values?: Record<string, unknown>;
}

/** Keys beside those of configurations. */
export const OWN_KEYS = ['name', 'state', 'task', 'network', 'steps', 'of', 'error', 'heldout', 'unit', 'seconds', 'age'] as const; // biome-ignore format: one list
/** Of groups. */
const GROUP_KEYS = ['n', 'deviation'];

/** A run with what a listing does not print. */
export interface KnownRun {
  listed: ListedRun;
  /** Absent of a damaged run. */
  config?: Config;
  heldout?: HeldoutError;
}

export interface ListCommand {
  /** A folder of runs; default runs/out, and the pretrained memories. */
  folder?: string;
  /** Further keys to show; `varying`: all that are not the same in all runs. Default: that, of a sweep. */
  columns?: string[];
  /** A key, with a leading minus for the largest first; default the held-out error, then age. */
  sort?: string;
  /** KEY=TEXT, KEY<NUMBER and the like; all must hold. */
  filter?: string[];
  /** Runs that differ in their seed only as one row. */
  group?: boolean;
  csv?: boolean;
  json?: boolean;
}

/** A row of the listing: one run, or several that differ in their seed only. */
interface Row {
  runs: KnownRun[];
  values: Values;
}

/** @throws InputError when the folder does not exist, or a key does not */
export async function listCommand(command: ListCommand, io: IO) {
  const { folder, filter = [], group, json } = command;
  if (json && command.csv) throw new InputError('list: either --json or --csv');
  const all = (await knownRuns(folder)).map(rowOf);
  const own = [...OWN_KEYS, ...(group ? GROUP_KEYS : [])];
  const named = (what: string) => (key: string) =>
    keyNamed(key, all.map(({ values }) => values), own, what); // biome-ignore format: one call
  const conditions = filter.map((text) => condition(text, named('--filter')));
  const kept = all.filter(({ values }) => conditions.every((holds) => holds(values)));
  const rows = group ? grouped(kept) : kept;
  rows.sort(orderOf(command.sort, named('--sort')));
  const columns = columnsOf(command, rows, named('--columns'));
  remarkOnJudging(kept, io);
  if (json) return io.out(JSON.stringify(group ? { groups: rows.map((row) => groupOf(row, columns)) } : { runs: rows.map((row) => runOf(row, columns)) })); // biome-ignore format: one line
  if (command.csv) return print(csvOf(rows, columns, group), io);
  if (rows.length === 0) return io.out(filter.length > 0 ? 'no run is like that' : 'no runs yet');
  print(textTable(tableOf(rows, columns, group)), io);
  for (const { runs } of rows) {
    for (const { listed, heldout } of runs) {
      if (listed.problem) io.err(`${listed.name}: ${listed.problem}`);
      if (heldout?.steps !== undefined && heldout.steps < (listed.steps ?? 0)) {
        io.err(`${listed.name}: its held-out error is that of update ${heldout.steps}`);
      }
    }
  }
}

const print = (lines: string[], io: IO) => {
  for (const line of lines) io.out(line);
};

/** A run by its keys: those of its configuration and those of the listing. */
export function rowOf(run: KnownRun): Row {
  const { folder: _, problem: __, values: ___, ...listed } = run.listed;
  return {
    runs: [run],
    values: new Map([...(run.config ? flatten(run.config) : []), ...Object.entries(listed)]),
  };
}

/** Runs of the same configuration but for the seed. Damaged ones have none. */
function grouped(rows: readonly Row[]): Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const { config } = row.runs[0];
    if (!config) continue;
    const { seed: _, ...rest } = config;
    const key = JSON.stringify(rest);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((members) => {
    const runs = members.flatMap((row) => row.runs);
    const [heldout, error] = [heldoutSpread(runs), errorSpread(runs)];
    const summary = {
      n: runs.length,
      heldout: heldout?.mean,
      deviation: heldout?.deviation,
      error: error?.mean,
    };
    const { seed: _, ...shared } = Object.fromEntries(members[0].values);
    return { runs, values: new Map(Object.entries({ ...shared, ...summary })) };
  });
}

const heldoutSpread = (runs: readonly KnownRun[]) => spreadOf(runs.map(({ listed }) => listed.heldout));
const errorSpread = (runs: readonly KnownRun[]) => spreadOf(runs.map(({ listed }) => listed.error));

function orderOf(sort: string | undefined, named: (key: string) => string): (a: Row, b: Row) => number {
  const by = (key: string) => (a: Row, b: Row) => comparing(key)(a.values, b.values);
  if (sort === undefined) return (a, b) => by('heldout')(a, b) || by('age')(a, b);
  const down = sort.startsWith('-');
  const key = `${down ? '-' : ''}${named(down ? sort.slice(1) : sort)}`;
  return (a, b) => by(key)(a, b) || by('heldout')(a, b);
}

function columnsOf(
  { folder, columns }: ListCommand,
  rows: readonly Row[],
  named: (key: string) => string,
): string[] {
  const asked = columns ?? (folder !== undefined && isSweep(resolve(folder)) ? ['varying'] : []);
  const differing = () =>
    varying(rows.map(({ runs, values }) => (runs[0].config ? values : new Map()))).filter(
      (key) => !(OWN_KEYS as readonly string[]).includes(key) && !GROUP_KEYS.includes(key),
    );
  const keys = asked.flatMap((key) => (key === 'varying' ? differing() : [named(key)]));
  return [...new Set(keys)];
}

/** Held-out errors of different episodes do not compare. */
function remarkOnJudging(rows: readonly Row[], io: IO): void {
  const ways = new Set(
    rows.flatMap(({ runs }) => runs.flatMap(({ heldout }) => (heldout ? [heldout.way] : []))),
  );
  if (ways.size > 1) {
    io.err(`held-out errors were measured in ${ways.size} ways, and compare within one only: ${[...ways].sort().join('; ')}`); // biome-ignore format: one message
  }
}

function tableOf(rows: readonly Row[], columns: string[], group = false): string[][] {
  const judged = rows.some(({ runs }) => runs.some(({ listed }) => listed.heldout !== undefined));
  const number = (value: number | undefined, unit?: string) =>
    value === undefined ? '' : `${short(value)}${unit ? ` ${unit}` : ''}`;
  const spread = (value: Spread | undefined, unit?: string) =>
    value ? `${number(value.mean)}${value.deviation === undefined ? '' : ` ± ${short(value.deviation)}`}${unit ? ` ${unit}` : ''}` : ''; // biome-ignore format: one line
  const cells = rows.map(({ runs, values }) => {
    const { listed } = runs[0];
    const asked = columns.map((key) => textOf(values.get(key)));
    if (group) {
      return [
        runs.length > 1 ? `${listed.name} ...` : listed.name,
        String(runs.length),
        listed.task ?? '',
        listed.network ?? '',
        ...asked,
        ...(judged ? [spread(heldoutSpread(runs), listed.unit)] : []),
        spread(errorSpread(runs), listed.unit),
      ];
    }
    return [
      listed.name,
      listed.state,
      listed.task ?? '',
      listed.network ?? '',
      ...asked,
      listed.steps === undefined ? '' : `${listed.steps}/${listed.of}`,
      ...(judged ? [number(listed.heldout, listed.unit)] : []),
      number(listed.error, listed.unit),
      listed.age === undefined ? '' : `${duration(listed.age)} ago`,
    ];
  });
  const errors = [...(judged ? ['held-out'] : []), 'error'];
  const head = group
    ? ['run', 'n', 'task', 'network', ...columns, ...errors]
    : ['run', 'state', 'task', 'network', ...columns, 'updates', ...errors, 'changed'];
  return [head, ...cells];
}

function csvOf(rows: readonly Row[], columns: string[], group = false): string[] {
  if (!group) {
    const head = [...OWN_KEYS, ...columns.filter((key) => !(OWN_KEYS as readonly string[]).includes(key))];
    return csv(head, rows.map(({ values }) => head.map((key) => values.get(key)))); // biome-ignore format: one line
  }
  const head = ['runs', 'n', 'task', 'network', 'unit', ...columns, 'heldout_n', 'heldout', 'heldout_deviation', 'error', 'error_deviation']; // biome-ignore format: one list
  const body = rows.map(({ runs, values }) => {
    const [heldout, error] = [heldoutSpread(runs), errorSpread(runs)];
    const { task, network, unit } = runs[0].listed;
    return [runs.map(({ listed }) => listed.name).join(' '), runs.length, task, network, unit, ...columns.map((key) => values.get(key)), heldout?.n, heldout?.mean, heldout?.deviation, error?.mean, error?.deviation]; // biome-ignore format: one list
  });
  return csv(head, body);
}

const picked = (values: Values, columns: string[]) =>
  Object.fromEntries(columns.map((key) => [key, values.get(key)]));

const runOf = ({ runs: [{ listed }], values }: Row, columns: string[]): ListedRun =>
  columns.length > 0 ? { ...listed, values: picked(values, columns) } : listed;

function groupOf({ runs, values }: Row, columns: string[]) {
  const { task, network, unit } = runs[0].listed;
  const names = runs.map(({ listed }) => listed.name);
  return { runs: names, n: runs.length, task, network, unit, values: picked(values, columns), heldout: heldoutSpread(runs), error: errorSpread(runs) }; // biome-ignore format: one object
}

export const listRuns = async (folder?: string, now = Date.now()): Promise<ListedRun[]> =>
  (await knownRuns(folder, now)).map(({ listed }) => listed);

/** Runs with their configurations and held-out errors. */
export async function knownRuns(folder?: string, now = Date.now()): Promise<KnownRun[]> {
  if (folder !== undefined) {
    const path = resolve(folder);
    if (!existsSync(path)) throw new InputError(`${folder}: no such folder`);
    return Promise.all((await runsIn(path)).map((run) => describe(run, now)));
  }
  const pretrained = await Promise.all((await pretrainedNames()).map(findRun));
  const own = await runsIn(resolve('runs', 'out'));
  return Promise.all([
    ...own.map((run) => describe(run, now)),
    ...pretrained.map(async (run) => {
      const { listed, ...known } = await describe(run, now);
      return { ...known, listed: { ...listed, state: 'pretrained' as const, age: undefined } };
    }),
  ]);
}

/** The folder itself where it is a run, else those in it. */
export async function runsIn(folder: string): Promise<string[]> {
  if (existsSync(paths(folder).config)) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter((path) => existsSync(paths(path).config))
    .sort();
}

/** What is known of the run in a folder. */
export async function describe(folder: string, now = Date.now()): Promise<KnownRun> {
  const run = { name: basename(folder), folder };
  const { config: file, metrics, checkpoint } = paths(folder);
  const times = await Promise.all(
    [file, metrics, checkpoint].map((path) => stat(path).catch(() => undefined)),
  );
  const age = (now - Math.max(...times.map((s) => s?.mtimeMs ?? 0))) / 1000;
  try {
    const config = await readConfig(folder);
    const { task, network, training } = config;
    const last = (await readMetrics(folder)).at(-1);
    const heldout = await heldoutOf(folder);
    // Lines of metrics are further apart than rungs of a sweep may be.
    const steps = Math.max(last?.step ?? 0, heldout?.steps ?? 0);
    const over = steps >= training.steps || patienceSpent(training, await readValidations(folder));
    const state = (await isHeld(folder)) ? 'running' : over ? 'finished' : 'stopped';
    const listed: ListedRun = {
      ...run,
      state,
      task: task.name,
      network: network.name,
      steps,
      of: training.steps,
      error: last?.error_average ?? undefined,
      heldout: heldout?.error,
      unit: unitOf(task),
      seconds: last?.seconds,
      age,
    };
    return { listed, config, heldout };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { listed: { ...run, state: 'damaged', age, problem: error.message } };
  }
}

export function addListCommand(program: Command, io: IO): void {
  program
    .command('list')
    .argument('[folder]', 'a folder of runs, or of a sweep (default: runs/out, and the pretrained memories)')
    .option('--columns <keys>', 'further keys, as training.learning_rate or learning_rate; varying: all that differ (default of a sweep)', words) // biome-ignore format: one line
    .option('--sort <key>', `${OWN_KEYS.join(', ')} or a key of the configuration; -KEY: largest first (default: heldout, the error on the validation split, then age)`) // biome-ignore format: one line
    .option('--filter <condition>', 'KEY=TEXT, KEY!=TEXT, KEY<NUMBER (age in seconds), KEY>NUMBER; all must hold', collect) // biome-ignore format: one line
    .option('--group', 'runs that differ in their seed only as one: mean, deviation, number')
    .option('--csv', 'print comma-separated values')
    .addOption(jsonOption())
    .addHelpText('after', numbersHelp('state', 'updates', 'held-out', 'error of a run', 'n'))
    .action(async (folder: string | undefined, options) => listCommand({ ...options, folder }, io));
}
