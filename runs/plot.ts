/** @file `ebmm plot RUN [RUN ...]`: learning curves, error against load, filmstrips and energy traces as PNG. */

import { join, resolve } from 'node:path';
import { taskOf } from '../meta/stored-task.ts';
import { fromRange, toRange } from '../meta/units.ts';
import type { Engine } from '../src/compile/index.ts';
import { writeFileAtomically } from '../src/files.ts';
import { sizeOf } from '../src/shapes.ts';
import { drawBatch, loadTask, parseCorruption } from '../tasks/index.ts';
import { type DataOptions, sourceOf } from './data-options.ts';
import { readEvaluation } from './evaluation-file.ts';
import type { IO } from './io.ts';
import {
  energyTrace,
  errorAgainstPatterns,
  filmstrip,
  learningCurve,
  rateDistortion,
} from './plots/index.ts';
import { publishedBeside } from './published.ts';
import type { Evaluation } from './records.ts';
import { type LoadedRun, loadRun, memoryOf, paths, readMetrics } from './run-folder.ts';
import { unitOf } from './units.ts';

export interface PlotOptions extends DataOptions {
  /** Folder for the pictures; default RUN/plots of the first run. */
  out?: string;
  seed?: number;
}

export interface PlotCommand extends PlotOptions {
  runs: string[];
  engine: Engine;
  json?: boolean;
}

export async function plotCommand(
  { runs: names, engine, json, ...options }: PlotCommand,
  io: IO,
): Promise<void> {
  const runs = await Promise.all(names.map(loadRun));
  const pictures: string[] = [];
  for (const run of runs) pictures.push(...(await plotRun(run, engine, options, io)));
  if (runs.length > 1) {
    const curves = await Promise.all(
      runs.map(async (run) => ({
        name: run.name,
        metrics: await readMetrics(run.folder),
        unit: unitOf(run.config.task.name),
      })),
    );
    const folder = options.out ? resolve(options.out) : paths(runs[0].folder).plots;
    pictures.push(await save(join(folder, 'learning-curves.png'), learningCurve(curves)));
    const evaluations = (await Promise.all(runs.map(evaluationOf))).filter((e) => e !== undefined);
    if (new Set(evaluations.flatMap(({ rows }) => rows.map(({ floats }) => floats))).size > 1) {
      pictures.push(await save(join(folder, 'error-against-memory.png'), rateDistortion(evaluations)));
    }
  }
  if (json) io.out(JSON.stringify({ plots: pictures }));
  else for (const picture of pictures) io.out(picture);
}

/** Draws all that a run has records for; returns the files. */
export async function plotRun(
  run: LoadedRun,
  engine: Engine,
  options: PlotOptions,
  io: IO,
): Promise<string[]> {
  const folder = options.out ? resolve(options.out) : paths(run.folder).plots;
  const pictures: string[] = [];
  const add = async (name: string, png: Uint8Array) => pictures.push(await save(join(folder, name), png));
  const metrics = await readMetrics(run.folder);
  if (metrics.length > 0) {
    await add(
      'learning-curve.png',
      learningCurve([{ name: run.name, metrics, unit: unitOf(run.config.task.name) }]),
    );
  }
  const evaluation = await readEvaluation(run.folder);
  if (evaluation) {
    const published = publishedBeside(evaluation);
    await add('error-against-patterns.png', errorAgainstPatterns(evaluation, { published }));
  }
  const { strip, energies } = await recallExamples(run, engine, options, io);
  await add('recall.png', filmstrip(strip));
  if (energies.length > 0) await add('energy.png', energyTrace(energies));
  return pictures;
}

/** The evaluation of one of several runs: its trained memory goes by its network's name, to tell it from the others'. */
async function evaluationOf(run: LoadedRun): Promise<Evaluation | undefined> {
  const evaluation = await readEvaluation(run.folder);
  if (!evaluation) return undefined;
  const rows = evaluation.rows.map((row) =>
    row.memory === run.model.name ? { ...row, memory: run.config.network.name } : row,
  );
  return { ...evaluation, rows };
}

/** Examples in a filmstrip. */
const SHOWN = 6;

/** One test episode recalled with all its iterates. */
async function recallExamples(run: LoadedRun, engine: Engine, options: PlotOptions, io: IO) {
  const { config } = run;
  const task = taskOf(config, await loadTask(config.task, sourceOf(options, io)));
  const corruption = parseCorruption(config.corruption ?? task.corruption, task);
  const count = Math.max(...[config.training.patterns].flat());
  const batch = drawBatch(task, corruption, 'test', options.seed ?? 1, 0, 1, count);
  const memory = memoryOf(run, engine);
  const weights = await memory.write(toRange(batch.patterns, memory.range), 1, count);
  const { iterates, energies } = await memory.read(weights, toRange(batch.queries, memory.range), 1, count, {
    known: config.known ? batch.known : undefined,
    trace: true,
  });
  const size = sizeOf(task.patternShape);
  const shown = Math.min(SHOWN, count);
  const examples = (values: Float32Array) =>
    Array.from({ length: shown }, (_, i) => values.slice(i * size, (i + 1) * size));
  const frames = [batch.queries, ...iterates.map((x) => fromRange(x, memory.range))].map(examples);
  return {
    strip: {
      patternShape: task.patternShape,
      patterns: examples(batch.patterns),
      frames,
      energies: energies.length > 0 ? energies.map((e) => Array.from(e.subarray(0, shown))) : undefined,
    },
    energies: energies.map((e) => Array.from(e)),
  };
}

async function save(path: string, png: Uint8Array): Promise<string> {
  await writeFileAtomically(path, png);
  return path;
}
