/** @file `ebmm evaluate RUN|PRETRAINED`: error and compression of a trained memory and its rivals under one protocol. */
import { basename, join, resolve } from 'node:path';
import { isScoreNetwork } from '../meta/diffusion-config.ts';
import { type TrainedRivalName, trainedRivals } from '../meta/diffusion-memory.ts';
import type { Engine } from '../src/compile/index.ts';
import { diffusionRivals } from '../src/diffusion/index.ts';
import { InputError } from '../src/errors.ts';
import { checkWritable, writeFileAtomically } from '../src/files.ts';
import { componentsHopfield, rivals as hopfieldRivals } from '../src/hopfield/index.ts';
import type { AssociativeMemory } from '../src/memory/associative.ts';
import { checkBits } from '../src/memory/contents.ts';
import { checkNumbers, checkSteps } from '../src/memory/inputs.ts';
import { sizeOf } from '../src/shapes.ts';
import { universalRivals } from '../src/universal/index.ts';
import { dataFiles } from '../tasks/files/checksums.ts';
import type { FilesOfSplits } from '../tasks/files/locate.ts';
import { loadTask, type Split, type Task, unchanged } from '../tasks/index.ts';
import { references } from '../tasks/lossless.ts';
import { refreshCard } from './card.ts';
import { cachedComponents } from './components.ts';
import { type DataOptions, sourceOf } from './data-options.ts';
import { evaluateRounded, type Protocol } from './evaluation.ts';
import { historyOf, type Making, saveEvaluation } from './evaluation-file.ts';
import { counted, type IO, keep } from './io.ts';
import { measuredOn } from './other-task.ts';
import { canKeep } from './outputs.ts';
import { startProgress } from './progress.ts';
import { withoutSecrets } from './provenance.ts';
import { publishedBeside } from './published.ts';
import type { Evaluation } from './records.ts';
import { rivalNotes } from './rival-notes.ts';
import {
  findRun,
  isPretrained,
  type LoadedRun,
  loadRun,
  memoryOf,
  paths,
  pretrainedNames,
  VERSION,
} from './run-folder.ts';
import { fingerprintOf } from './stored-state.ts';
import { bitsTable, errorTable, short, storingTable } from './table.ts';

export interface EvaluateOptions extends DataOptions {
  run: string;
  engine: Engine;
  /** The checkpoint of the run's best validation, not its last. */
  best?: boolean;
  /** Trained parameters from this file instead of the run's. */
  weights?: string;
  /** A file or folder of other patterns of the same size; default: the task that the memory was trained on. */
  task?: string;
  /** With `task`: pictures of other sizes are brought to that of the memory. */
  resize?: boolean;
  /** Loads; default those that the memory was trained for. */
  patterns?: number[];
  corruption?: string;
  /** Default: as the memory was trained. */
  known?: boolean;
  /** Steps of recall of trained memories; default: as trained. */
  recallSteps?: number;
  /** Default 100. */
  episodes?: number;
  /** Rivals; default hebb, storkey and pseudo-inverse for vectors, hebb, pseudo-inverse and modern for images. */
  against?: string[];
  /** Bits that every number of every memory is rounded to, 1 to 16 or 32: a row for each. Default: as they are. */
  bits?: number[];
  /** Whether rivals that keep their patterns hold only as many as the memory's floats allow; default true. */
  budget?: boolean;
  split?: Split;
  /** Seed of the episodes; default 1, so that they are not those of training. */
  seed?: number;
  json?: boolean;
  /** Whether to keep it in the run folder; default: unless that is a pretrained memory's. */
  save?: boolean;
  /** Put it in the place of evaluation.json, whatever that holds. */
  replace?: boolean;
  /** A file to write it to as well. */
  out?: string;
}

const rivals = { ...hopfieldRivals, ...universalRivals, ...diffusionRivals };
/** Those that choose their own bits a number, within a budget. */
export const packing = ['modern-packed', 'modern-truncated-packed'];

/** The rival whose codes come from the training patterns of the memory that it is measured against. */
export const COMPONENTS = 'modern-components' as const;
/** Components that it has, at most. */
export const MOST_COMPONENTS = 512;

/** What each is: a note for every name, and no other. */
const notes: Record<keyof typeof rivals | typeof COMPONENTS | TrainedRivalName, string> = rivalNotes;
export const rivalNames = Object.keys(notes);

export async function evaluateCommand(options: EvaluateOptions, io: IO): Promise<Evaluation> {
  const run = await loadRun(options.run, { best: options.best, weights: options.weights });
  const { out } = options;
  if (out !== undefined) await checkWritable(resolve(out));
  const save =
    (options.save ?? !isPretrained(run.folder)) &&
    (await canKeep(paths(run.folder).evaluation, 'the evaluation', io)) &&
    (await canKeep(join(historyOf(run.folder), 'x'), 'the evaluation', io));
  const evaluation = await evaluateRun(run, options, io);
  const kept = { ...evaluation, made_with: makingOf(run, evaluation, options, io) };
  if (save) {
    await saveEvaluation(run.folder, kept, io, options);
    await refreshCard(run.folder, io);
  }
  if (out !== undefined)
    await keep(io, () => writeFileAtomically(resolve(out), `${JSON.stringify(kept, null, 2)}\n`));
  if (options.json) io.out(JSON.stringify(evaluation));
  else for (const line of report(evaluation)) io.out(line);
  return evaluation;
}

function makingOf(run: LoadedRun, { known }: Evaluation, options: EvaluateOptions, io: IO): Making {
  const { engine, task, corruption, recallSteps, bits, split = 'test', best, weights } = options;
  const trained = run.config.corruption;
  return {
    at: new Date().toISOString(),
    ebmm: VERSION,
    engine: { name: engine.name, ...engine.kernels, ...(engine.threads && { threads: engine.threads }) },
    ...(io.command && { command: io.command.map((word) => withoutSecrets(word, run.folder)) }),
    step: run.state.step,
    parameters: fingerprintOf(run),
    own:
      [task, recallSteps, bits, best || undefined, weights].every((option) => option === undefined) &&
      split === 'test' &&
      known === run.config.known &&
      (corruption === undefined || corruption === trained),
  };
}

/** Evaluates a loaded run and its rivals on the same episodes. */
export async function evaluateRun(
  run: LoadedRun,
  options: Omit<EvaluateOptions, 'run'>,
  io: IO,
): Promise<Evaluation> {
  const { config } = run;
  const source = sourceOf(options, io);
  const { task, asked, corruption } = await measuredOn(run, options, options.split ?? 'test', source, io.err);
  const image = task.patternShape.length > 1;
  const against =
    options.against ?? (image ? ['hebb', 'pseudo-inverse', 'modern'] : ['hebb', 'storkey', 'pseudo-inverse']);
  const loads = options.patterns ?? [...new Set([config.training.patterns].flat())];
  for (const load of loads) checkNumbers(`--patterns ${load}`, [load, ...task.patternShape]);
  checkSteps('--recall-steps', options.recallSteps ?? 1);
  const { known = config.known, episodes = 100, seed = 1, budget = true } = options;
  const ebmm = memoryOf(run, options.engine);
  const bits: (number | undefined)[] = options.bits?.map(checkBits) ?? [undefined];
  const memories: { memory: AssociativeMemory; bits: (number | undefined)[] }[] = [{ memory: ebmm, bits }];
  for (const name of against) {
    const make = (floats?: number) =>
      name === COMPONENTS
        ? makeComponents(run, floats ?? Number.POSITIVE_INFINITY, Math.min(...loads), options, io)
        : makeRival(name, { seed, floats, engine: options.engine, task });
    const floats = budget ? ebmm.floats : undefined;
    // What packs its numbers by itself gets the bits that the trained memory has, once for each.
    if (options.bits && budget && packing.includes(name)) {
      for (const each of options.bits)
        memories.push({ memory: await make(Math.max(1, Math.floor((ebmm.floats * each) / 32))), bits: [32] });
    } else memories.push({ memory: await make(floats), bits });
  }
  const total = memories.length * loads.length * episodes;
  const progress = startProgress(io, 'evaluate', total);
  const rows: Evaluation['rows'] = [];
  let done = 0;
  try {
    for (const patterns of loads) {
      for (const { memory, bits: each } of memories) {
        const protocol: Protocol = {
          task,
          corruption,
          split: options.split ?? 'test',
          known,
          steps: options.recallSteps,
          seed,
          episodes,
          patterns, // biome-ignore format: a list
        };
        const evaluated = await evaluateRounded(memory, protocol, each, (n) =>
          progress.update(done + n, `${memory.name}, ${patterns} patterns`),
        );
        for (const row of evaluated) {
          // Its training is what stored.
          if (memory === ebmm && isScoreNetwork(config.network)) row.store_seconds = run.state.seconds;
          rows.push(row);
        }
        done += episodes;
      }
    }
  } finally {
    progress.stop();
  }
  const dimension = sizeOf(task.patternShape);
  const { recallSteps: steps } = options;
  const best = run.checkpoint === 'best' ? { best: run.state.step } : {};
  const data = options.task && asked.name === 'files' ? { data: await dataFiles(evaluatedFiles(asked, options.split ?? 'test'), source) } : {}; // biome-ignore format: one choice
  const said = {
    task: task.name,
    ...data,
    corruption: corruption.spec,
    known,
    steps,
    ...best,
    ...(options.weights === undefined ? {} : { weights: options.weights }),
    dimension,
    seed,
  };
  if (!rows.some(({ memory_bits }) => memory_bits !== undefined)) return { ...said, rows };
  return { ...said, references: referencesAt(task, options.split ?? 'test', seed, loads), rows };
}

/** The files of the split that is evaluated; of one that was drawn, those that it was drawn from. */
const evaluatedFiles = (files: FilesOfSplits, split: Split): FilesOfSplits =>
  files[split] ? { [split]: files[split] } : { train: files.train };

/** Bits without loss of the first episode's patterns at every load. */
export function referencesAt(task: Task, split: Split, seed: number, loads: number[]) {
  return loads.flatMap((patterns) =>
    references(task, task.patterns(split, seed, 0, patterns), seed).map(({ name, bits }) => ({
      patterns,
      name,
      bits: bits * patterns,
    })),
  );
}

/** `modern-components` with the basis of the run's own training split, long enough for the smallest load. */
async function makeComponents(
  { config, model }: LoadedRun,
  floats: number,
  patterns: number,
  options: Omit<EvaluateOptions, 'run'>,
  io: IO,
): Promise<AssociativeMemory> {
  const source = sourceOf(options, io);
  const task = await loadTask(unchanged(config.task), source);
  const count = Math.max(
    1,
    Math.min(MOST_COMPONENTS, sizeOf(model.patternShape), Math.floor(floats / patterns)),
  );
  const basis = await cachedComponents(task, [-1, 1], count, options.engine, source);
  return componentsHopfield({ basis, floats: Number.isFinite(floats) ? floats : undefined });
}

interface RivalNeeds {
  seed: number;
  /** Memory budget of those that have a choice; undefined: none. */
  floats?: number;
  engine: Engine;
  task: Task;
}

/**
 * One of the table of rivals, or another trained memory by its run folder or pretrained name.
 * @throws InputError with the names that exist, or when the other memory takes other patterns
 */
export async function makeRival(
  name: string,
  { seed, floats, engine, task }: RivalNeeds,
): Promise<AssociativeMemory> {
  if (Object.hasOwn(rivals, name)) return rivals[name as keyof typeof rivals]({ seed, floats });
  if (Object.hasOwn(trainedRivals, name)) return trainedRivals[name as TrainedRivalName]({ seed, engine });
  const folder = await findRun(name).catch(() => undefined);
  if (!folder) {
    const trained = (await pretrainedNames()).join(', ');
    throw new InputError(
      `--against: no memory "${name}"; there are ${rivalNames.join(', ')}, run folders, and ${trained}`,
    );
  }
  const run = await loadRun(folder);
  if (isScoreNetwork(run.config.network)) {
    throw new InputError(
      `--against ${name}: a trained diffusion model holds its own patterns only; diffusion-learned trains one on each episode`,
    );
  }
  const { patternShape } = run.model;
  if (patternShape.join() !== task.patternShape.join()) {
    throw new InputError(
      `--against: ${name} takes patterns [${patternShape}], but this task has [${task.patternShape}]`,
    );
  }
  return memoryOf(run, engine, run.name);
}

/** The evaluation as text: errors with their bands, and compression. */
export function report(evaluation: Evaluation): string[] {
  const { rows, task, data, corruption, known, steps, best, weights, dimension } = evaluation;
  const files = data ? ` (${data.map(({ path }) => basename(path)).join(', ')})` : '';
  const { unit, episodes } = rows[0];
  const lines = [
    `${task}${files}, ${dimension} values, ${corruption}, uncorrupted entries ${known ? 'known' : 'not known'}, ${steps ? `${steps} steps of recall, ` : ''}${best === undefined ? '' : `best checkpoint (update ${best}), `}${weights === undefined ? '' : `parameters of ${weights}, `}${counted(episodes, 'episode')}: mean error in ${unit}`,
    '',
    ...(rows[0].bits === undefined ? errorTable(rows, publishedBeside(evaluation)) : bitsTable(rows)),
    '',
  ];
  if (rows.some(({ bits }) => bits !== undefined && bits !== rows[0].bits)) return lines.slice(0, -1);
  for (const row of rows.filter((r) => r.memory === rows[0].memory)) {
    const information =
      row.bits_per_float === undefined ? '' : `, ${short(row.bits_per_float)} bits recovered per float`;
    lines.push(
      `${row.memory}, ${row.patterns} patterns: ${short(row.error)} (5-95%: ${short(row.error_p5)}-${short(row.error_p95)}) ${unit}${information}, compression ${short(row.compression)}`,
    );
  }
  for (const { memory, patterns, diverged = 0, episodes: of } of rows.filter((row) => row.diverged)) {
    lines.push(
      `${memory}, ${patterns} patterns: ${diverged} of ${patterns * of} patterns diverged in storing or recall and count as all wrong`,
    );
  }
  // Where some memory trains to store, storing is worth a table.
  return rows.some(({ store_seconds = 0 }) => store_seconds > 1)
    ? [...lines, '', ...storingTable(rows)]
    : lines;
}
