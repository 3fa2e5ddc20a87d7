/** @file `ebmm plot RUN [RUN ...]`: learning curves, error against load, filmstrips and energy traces as PNG, SVG or PDF. */

import { join, resolve } from 'node:path';
import { taskOf } from '../../meta/stored-task.ts';
import { fromRange, toRange } from '../../meta/units.ts';
import type { Engine } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { writeFileAtomically } from '../../src/files.ts';
import { sizeOf } from '../../src/shapes.ts';
import { drawBatch, loadCorruption, loadTask } from '../../tasks/index.ts';
import { type DataOptions, sourceOf } from '../data-options.ts';
import { readEvaluation } from '../evaluation-file.ts';
import type { IO } from '../io.ts';
import { checkFolder } from '../outputs.ts';
import { publishedBeside } from '../published.ts';
import type { Evaluation } from '../records.ts';
import { isPretrained, type LoadedRun, loadRun, memoryOf, paths, readMetrics } from '../run-folder.ts';
import { unitOf } from '../units.ts';
import { readValidations } from '../validations.ts';
import {
  bitsDistortion,
  energyTrace,
  errorAgainstPatterns,
  filmstrip,
  learningCurve,
  rateDistortion,
} from './index.ts';
import { type Format, formats } from './surface.ts';

export interface PlotOptions extends DataOptions {
  /** Folder for the pictures; default RUN/plots, or NAME-plots here for a pretrained memory. */
  out?: string;
  seed?: number;
  /** Recall of the checkpoint of the best validation, not the last. */
  best?: boolean;
  /** Default: png alone. */
  format?: Format[];
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
  const chosen = options.format ?? ['png'];
  const wrong = chosen.find((format) => !formats.includes(format));
  if (wrong !== undefined || chosen.length === 0)
    throw new InputError(`--format: "${wrong ?? ''}", expected some of ${formats.join(', ')}`);
  const runs = await Promise.all(names.map((name) => loadRun(name, { best: options.best })));
  const folderOf = (run: LoadedRun) =>
    resolve(options.out ?? (isPretrained(run.folder) ? `${run.name}-plots` : paths(run.folder).plots));
  for (const run of runs) await checkFolder(folderOf(run), PICTURES);
  // In one folder, the pictures of several runs go by their names.
  const prefixes = prefixesOf(runs.map((run) => (options.out && runs.length > 1 ? run.name : '')));
  const plots: string[] = [];
  const energies: RecallEnergy[] = [];
  const save = async (folder: string, name: string, draw: Picture['draw']) => {
    for (const format of chosen) {
      const path = join(folder, name.replace(/png$/, format));
      await writeFileAtomically(path, draw(format));
      plots.push(path);
    }
  };
  for (const [i, run] of runs.entries()) {
    for (const { name, draw, energy } of await plotRun(run, engine, options, io)) {
      if (energy) energies.push(energy);
      await save(folderOf(run), `${prefixes[i]}${name}`, draw);
    }
  }
  if (runs.length > 1) {
    const curves = await Promise.all(
      runs.map(async (run) => ({
        name: run.name,
        metrics: await readMetrics(run.folder),
        validations: await readValidations(run.folder),
        unit: unitOf(run.config.task),
      })),
    );
    await save(folderOf(runs[0]), 'learning-curves.png', (format) => learningCurve(curves, { format }));
    const evaluations = (await Promise.all(runs.map(evaluationOf))).filter((e) => e !== undefined);
    if (new Set(evaluations.flatMap(({ rows }) => rows.map(({ floats }) => floats))).size > 1) {
      await save(folderOf(runs[0]), 'error-against-memory.png', (format) =>
        rateDistortion(evaluations, { format }),
      );
    }
  }
  if (json) io.out(JSON.stringify({ plots, energies }));
  else for (const picture of plots) io.out(picture);
}

/** The pictures there may be. */
const PICTURES = [
  'learning-curve.png',
  'error-against-patterns.png',
  'error-against-bits.png',
  'recall.png',
  'energy.png',
] as const;

/** NAME- for each, and NAME-2- for a second of that name, whatever names there are; nothing for no name. */
function prefixesOf(names: string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    if (name === '') return '';
    let own = name;
    for (let n = 2; taken.has(own); n++) own = `${name}-${n}`;
    taken.add(own);
    return `${own}-`;
  });
}

/** Mean energy of the queries of one test episode, as given and after every step of recall, and of the stored patterns themselves. */
export interface RecallEnergy {
  run: string;
  patterns: number;
  steps: number[];
  /** Part of the whole fall that the first step makes. */
  first_step: number;
  stored: number;
}

export interface Picture {
  /** As a PNG. */
  name: (typeof PICTURES)[number];
  /** What the picture of energies shows. */
  energy?: RecallEnergy;
  draw(format: Format): Uint8Array;
}

/** Draws all that a run has records for. */
export async function plotRun(
  run: LoadedRun,
  engine: Engine,
  options: PlotOptions,
  io: IO,
): Promise<Picture[]> {
  const pictures: Picture[] = [];
  const metrics = await readMetrics(run.folder);
  if (metrics.length > 0) {
    const validations = await readValidations(run.folder);
    const curves = [{ name: run.name, metrics, validations, unit: unitOf(run.config.task) }];
    pictures.push({ name: 'learning-curve.png', draw: (format) => learningCurve(curves, { format }) });
  }
  const evaluation = await readEvaluation(run.folder);
  if (evaluation) {
    const published = publishedBeside(evaluation);
    pictures.push({
      name: 'error-against-patterns.png',
      draw: (format) => errorAgainstPatterns(evaluation, { name: run.name, published, format }),
    });
    if (countsBits(evaluation))
      pictures.push({
        name: 'error-against-bits.png',
        draw: (format) => bitsDistortion(evaluation, { name: run.name, format }),
      });
  }
  const { strip, energies, stored, notes } = await recallExamples(run, engine, options, io);
  const which = run.checkpoint === 'best' ? `, best checkpoint (update ${run.state.step})` : '';
  const title = `Recall of ${run.name}${which}, step by step`;
  pictures.push({ name: 'recall.png', draw: (format) => filmstrip(strip, { title, notes, format }) });
  if (energies.length > 0) {
    const along = `Energy along recall, ${run.name}${which}`;
    pictures.push({
      name: 'energy.png',
      energy: recallEnergy(run.name, energies.map(mean), mean(stored), energies[0].length),
      draw: (format) => energyTrace(energies, { title: along, notes, format }),
    });
  }
  return pictures;
}

/** Whether a memory was measured in several sizes in bits. */
const countsBits = ({ rows }: Evaluation) =>
  new Set(rows.flatMap(({ memory_bits }) => memory_bits ?? [])).size > 1;

/** The evaluation of one of several runs: its trained memory goes by its network's name, to tell it from the others'. */
async function evaluationOf(run: LoadedRun): Promise<Evaluation | undefined> {
  const evaluation = await readEvaluation(run.folder);
  if (!evaluation) return undefined;
  const rows = evaluation.rows.map((row) =>
    row.memory === run.model.name ? { ...row, memory: run.config.network.name } : row,
  );
  return { ...evaluation, rows };
}

function recallEnergy(run: string, steps: number[], stored: number, patterns: number): RecallEnergy {
  const first_step = (steps[0] - steps[1]) / (steps[0] - steps.at(-1)!);
  return { run, patterns, steps, first_step, stored };
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Examples in a filmstrip. */
const SHOWN = 6;

/** One test episode recalled with all its iterates. */
async function recallExamples(run: LoadedRun, engine: Engine, options: PlotOptions, io: IO) {
  const { config } = run;
  const task = taskOf(config, await loadTask(config.task, sourceOf(options, io)));
  const corruption = await loadCorruption(config.corruption ?? task.corruption, task);
  const count = Math.max(...[config.training.patterns].flat());
  const batch = drawBatch(task, corruption, 'test', options.seed ?? 1, 0, 1, count);
  const memory = memoryOf(run, engine);
  const weights = await memory.write(toRange(batch.patterns, memory.range), 1, count);
  const { iterates, energies } = await memory.read(weights, toRange(batch.queries, memory.range), 1, count, {
    known: config.known ? batch.known : undefined,
    trace: true,
  });
  // A query that is the pattern itself shows at the start what the pattern's energy is.
  const [stored] =
    energies.length > 0
      ? (await memory.read(weights, toRange(batch.patterns, memory.range), 1, count, { trace: true }))
          .energies
      : [];
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
    stored: Array.from(stored ?? []),
    notes: [
      `${count} patterns stored`,
      corruption.spec,
      config.known ? 'uncorrupted entries known' : 'uncorrupted entries not known',
    ],
  };
}
