/** @file `ebmm report RUN [RUN ...]`: one self-contained HTML page with the curves, tables and pictures of some runs. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../src/errors.ts';
import { checkWritable, writeFileAtomically } from '../../src/files.ts';
import { condition, keyNamed } from '../columns.ts';
import type { DataOptions } from '../data-options.ts';
import { readEvaluation } from '../evaluation-file.ts';
import { heldoutOf } from '../heldout.ts';
import type { IO } from '../io.ts';
import {
  collect,
  dataOption,
  type EngineChoice,
  engineOf,
  engineOptions,
  jsonOption,
  words,
} from '../options.ts';
import { plotRun } from '../plots/run-pictures.ts';
import { MANY, page } from '../report/page.ts';
import type { ReportedRun } from '../report/reported-run.ts';
import { findRun, isPretrained, loadRun, paths, readConfig, readMetrics } from '../run-folder.ts';
import { isSweep } from '../sweep/manifest.ts';
import { unitOf } from '../units.ts';
import { describe, OWN_KEYS, rowOf, runsIn } from './list.ts';

/** Of many runs, so many show how they recall. */
const SHOWN = 3;

export interface ReportCommand extends DataOptions, EngineChoice {
  /** Folders of sweeps stand for their trials. */
  runs: string[];
  /** The page; default RUN/report.html of the first run, or NAME.html here for a pretrained memory. */
  out?: string;
  /** Only runs of which all of these hold, as for `list`. */
  filter?: string[];
  /** Keys to compare beside those that differ. */
  columns?: string[];
  json?: boolean;
}

/** @throws InputError when a run is none, or damaged */
export async function reportCommand(command: ReportCommand, io: IO) {
  const { runs: names, out, json, filter = [], columns = [], ...options } = command;
  const folder = isSweep(resolve(names[0])) ? resolve(names[0]) : await findRun(names[0]);
  const file = out ?? (isPretrained(folder) ? `${basename(folder)}.html` : join(folder, 'report.html'));
  const path = resolve(file);
  await checkWritable(path);
  const folders: string[] = [];
  for (const name of names) folders.push(...(await runsOf(name)));
  const rows = await Promise.all(folders.map(async (run) => rowOf(await describe(run)).values));
  const named = (what: string) => (key: string) => keyNamed(key, rows, OWN_KEYS, what);
  const conditions = filter.map((text) => condition(text, named('--filter')));
  const asked = columns.map(named('--columns'));
  const kept = folders.filter((_, i) => conditions.every((holds) => holds(rows[i])));
  if (kept.length === 0) throw new InputError('report: no run is like that');
  const drawn = new Set(kept.length > MANY ? await bestOf(kept) : kept);
  const runs: ReportedRun[] = [];
  for (const run of kept) runs.push(await gather(run, drawn.has(run), options, io));
  await writeFileAtomically(path, await page(distinct(runs), new Date(), asked));
  io.out(json ? JSON.stringify({ report: path }) : path);
}

/** The run, or those of a sweep that have begun. */
async function runsOf(name: string): Promise<string[]> {
  if (!isSweep(resolve(name))) return [await findRun(name)];
  const runs = await runsIn(resolve(name));
  if (runs.length === 0) throw new InputError(`${name}: a sweep of which no trial has begun`);
  return runs;
}

/** Of many runs, those whose recall is shown: with the least held-out errors. */
async function bestOf(folders: string[]): Promise<string[]> {
  const judged = await Promise.all(folders.map(async (folder) => ({ folder, heldout: await heldoutOf(folder) }))); // biome-ignore format: one line
  const order = (a: (typeof judged)[number], b: (typeof judged)[number]) =>
    (a.heldout?.error ?? Number.MAX_VALUE) - (b.heldout?.error ?? Number.MAX_VALUE);
  return judged.sort(order).slice(0, SHOWN).map(({ folder }) => folder); // biome-ignore format: one line
}

/** What the folder of a run holds. Pictures of recall are drawn where there are none yet. */
async function gather(
  folder: string,
  pictures: boolean,
  options: DataOptions & EngineChoice,
  io: IO,
): Promise<ReportedRun> {
  const config = await readConfig(folder);
  const metrics = await readMetrics(folder);
  const evaluation = await readEvaluation(folder);
  const { plots, checkpoint } = paths(folder);
  // A run that has not saved yet has nothing to recall with.
  const drawn =
    pictures && !existsSync(join(plots, 'recall.png')) && existsSync(checkpoint)
      ? await plotRun(await loadRun(folder), await engineOf(options), options, io)
      : [];
  const picture = async (file: string) => (pictures ? pictureOf(file) : undefined);
  const pictureOf = async (file: string) =>
    drawn.find(({ name }) => name === file)?.draw('png') ??
    readFile(join(plots, file)).catch(() => undefined);
  return {
    name: basename(folder),
    config,
    metrics,
    unit: unitOf(config.task),
    evaluation,
    heldout: await heldoutOf(folder),
    recall: await picture('recall.png'),
    energy: await picture('energy.png'),
  };
}

/** Runs of the same name are told apart by numbers. */
function distinct(runs: ReportedRun[]): ReportedRun[] {
  return runs.map((run, i) => {
    const before = runs.slice(0, i).filter(({ name }) => name === run.name).length;
    return before > 0 ? { ...run, name: `${run.name} (${before + 1})` } : run;
  });
}

export function addReportCommand(program: Command, io: IO): void {
  engineOptions(
    program
      .command('report')
      .argument('<runs...>', 'run folders, folders of sweeps or pretrained memories')
      .option('--filter <condition>', 'only runs with KEY=TEXT, KEY!=TEXT, KEY<NUMBER or KEY>NUMBER', collect)
      .option('--columns <keys>', 'keys of the configuration to compare beside those that differ', words)
      .option('--out <file>', 'the page (default: report.html in the first run)'),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (runs: string[], options) => reportCommand({ ...options, runs }, io));
}
