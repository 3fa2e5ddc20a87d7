/** @file `ebmm report RUN [RUN ...]`: one self-contained HTML page with the curves, tables and pictures of some runs. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { checkWritable, writeFileAtomically } from '../src/files.ts';
import type { DataOptions } from './data-options.ts';
import { readEvaluation } from './evaluation-file.ts';
import type { IO } from './io.ts';
import { dataOption, type EngineChoice, engineOf, engineOptions, jsonOption } from './options.ts';
import { plotRun } from './plot.ts';
import { page, type ReportedRun } from './report/page.ts';
import { findRun, isPretrained, loadRun, paths, readConfig, readMetrics } from './run-folder.ts';
import { unitOf } from './units.ts';

export interface ReportCommand extends DataOptions, EngineChoice {
  runs: string[];
  /** The page; default RUN/report.html of the first run, or NAME.html here for a pretrained memory. */
  out?: string;
  json?: boolean;
}

/** @throws InputError when a run is none, or damaged */
export async function reportCommand({ runs: names, out, json, ...options }: ReportCommand, io: IO) {
  const first = await findRun(names[0]);
  const file = out ?? (isPretrained(first) ? `${basename(first)}.html` : join(first, 'report.html'));
  const path = resolve(file);
  await checkWritable(path);
  const runs: ReportedRun[] = [];
  for (const name of names) runs.push(await gather(name, options, io));
  await writeFileAtomically(path, await page(distinct(runs), new Date()));
  io.out(json ? JSON.stringify({ report: path }) : path);
}

/** What the folder of a run holds. Pictures of recall are drawn where there are none yet. */
async function gather(
  name: string,
  options: Omit<ReportCommand, 'runs' | 'out' | 'json'>,
  io: IO,
): Promise<ReportedRun> {
  const folder = await findRun(name);
  const config = await readConfig(folder);
  const metrics = await readMetrics(folder);
  const evaluation = await readEvaluation(folder);
  const { plots, checkpoint } = paths(folder);
  // A run that has not saved yet has nothing to recall with.
  const drawn =
    !existsSync(join(plots, 'recall.png')) && existsSync(checkpoint)
      ? await plotRun(await loadRun(folder), await engineOf(options), options, io)
      : [];
  const picture = async (file: string) =>
    drawn.find(({ name }) => name === file)?.draw('png') ??
    readFile(join(plots, file)).catch(() => undefined);
  return {
    name: basename(folder),
    config,
    metrics,
    unit: unitOf(config.task.name),
    evaluation,
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
      .argument('<runs...>', 'run folders or pretrained memories')
      .option('--out <file>', 'the page (default: report.html in the first run)'),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (runs: string[], options) => reportCommand({ ...options, runs }, io));
}
