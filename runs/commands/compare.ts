/**
 * @file `ebmm compare TASK`: all memories of the project on one task at equal bits of memory, mask known and not told. Every memory is
 * measured in several sizes and bits a number, and at a budget each shows the best that fits.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { parseConfig } from '../../meta/config.ts';
import { isScoreNetwork } from '../../meta/diffusion-config.ts';
import type { Engine } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { writeFileAtomically } from '../../src/files.ts';
import { componentsHopfield } from '../../src/hopfield/index.ts';
import type { AssociativeMemory } from '../../src/memory/associative.ts';
import { sizeOf } from '../../src/shapes.ts';
import { taskOfPath } from '../../tasks/files/locate.ts';
import { pathAndArray } from '../../tasks/files/paths.ts';
import {
  type Corruption,
  type DataSource,
  loadCorruption,
  loadTask,
  type Task,
  type TaskConfig,
  taskNames,
} from '../../tasks/index.ts';
import { type Comparison, shownError, type Within, withinBudgets } from '../comparison.ts';
import { cachedComponents } from '../components.ts';
import { corruptionFrom, type DataOptions, sourceOf } from '../data-options.ts';
import { COMPONENTS, MOST_COMPONENTS, makeRival, packing, referencesAt, rivalNames } from '../evaluate.ts';
import { evaluateRounded } from '../evaluation.ts';
import { numbersHelp } from '../glossary.ts';
import { counted, type IO } from '../io.ts';
import { dataOption, engineOf, engineOptions, jsonOption, positive, positives, seedOption, words } from '../options.ts'; // biome-ignore format: one import
import { bitsDistortion } from '../plots/index.ts';
import { startProgress } from '../progress.ts';
import type { Evaluation, EvaluationRow } from '../records.ts';
import { findRun, loadRun, pretrainedNames, readConfig } from '../run-folder.ts';
import { short, textTable } from '../table.ts';

export interface CompareCommand extends DataOptions {
  task: string;
  engine: Engine;
  /** Patterns stored at once; default 64. */
  patterns?: number;
  /** Bits of memory; default the patterns' raw size times 1/8 to 8 for images, 1/2 to 32 for bits, and 2% for scales. */
  budgets?: number[];
  /** Bits a number that are tried; default 1, 2, 3, 4, 6, 8, 32. */
  bits?: number[];
  /** Default: every rival that stores in no more than seconds, and every pretrained memory of the task. */
  memories?: string[];
  corruption?: string;
  /** Episodes of each; default 10. */
  episodes?: number;
  out?: string;
  seed?: number;
  json?: boolean;
}

/** Memories that train at every store, or hold what others hold and answer worse. */
const LEFT_OUT = [
  'diffusion-learned',
  'diffusion-energy',
  'storkey-simplified',
  'diffusion-fixed',
  'dense-random',
];
/** Those of a size that the patterns decide. */
const FIXED = ['hebb', 'storkey', 'storkey-simplified', 'pseudo-inverse'];
/** Pattern sizes up to which the rules that solve for d x d weights are run. */
const SOLVED = 256;
const SLACK = 1.02;
const CODER = 'arithmetic coder';
const NEAREST = 'nearest';

export async function compareCommand(options: CompareCommand, io: IO): Promise<Comparison> {
  const { engine, patterns = 64, episodes = 10, seed = 1, bits = [1, 2, 3, 4, 6, 8, 32] } = options;
  const asked = taskConfigOf(options.task, sourceOf(options, io));
  const task = await loadTask(asked, sourceOf(options, io));
  const corruption = await loadCorruption(
    options.corruption ? corruptionFrom(options.corruption) : task.corruption,
    task,
  );
  const raw = patterns * sizeOf(task.patternShape) * task.bitsPerValue;
  const image = task.patternShape.length === 3;
  const factors = image ? [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 8] : [1 / 2, 1, 2, 4, 8, 32];
  const budgets = options.budgets ?? factors.map((factor) => Math.floor(raw * factor * SLACK));
  const names = options.memories ?? [...usual(task), ...(await trainedFor(task, asked))];
  const plans: Plan[] = [];
  const source = sourceOf(options, io);
  const count = Math.min(MOST_COMPONENTS, sizeOf(task.patternShape));
  let basis: ReturnType<typeof cachedComponents> | undefined;
  const make: Choices['make'] = async (name, floats) => {
    if (name !== COMPONENTS) return makeRival(name, { seed, floats, engine, task });
    basis ??= cachedComponents(task, [-1, 1], count, engine, source);
    return componentsHopfield({ basis: await basis, floats });
  };
  for (const name of names) plans.push(...(await plansOf(name, { task, bits, budgets, make })));
  const progress = startProgress(io, 'compare', 2 * plans.length);
  const evaluations: Evaluation[] = [];
  try {
    for (const known of [true, false]) {
      const rows: EvaluationRow[] = [];
      for (const [i, plan] of plans.entries()) {
        progress.update(known ? i : plans.length + i, plan.name);
        rows.push(...(await measured(plan, { task, corruption, known, patterns, episodes, seed })));
      }
      const references = referencesAt(task, 'test', seed, [patterns]);
      evaluations.push({
        task: task.name,
        corruption: corruption.spec,
        known,
        dimension: sizeOf(task.patternShape),
        seed,
        references,
        rows: [...rows, ...coded(rows, references)],
      });
    }
  } finally {
    progress.stop();
  }
  const comparison = { task: task.name, patterns, budgets, evaluations };
  const folder = resolve(options.out ?? 'runs/out/compare');
  const stem = join(folder, `${task.name}-${patterns}`);
  await writeFileAtomically(`${stem}.json`, `${JSON.stringify(comparison, null, 2)}\n`);
  const pictures: string[] = [];
  for (const evaluation of evaluations) {
    const file = `${stem}-${evaluation.known ? 'known' : 'not-told'}.png`;
    await writeFileAtomically(file, bitsDistortion({ ...evaluation, rows: best(evaluation.rows) }));
    pictures.push(file);
  }
  if (options.json) io.out(JSON.stringify(comparison));
  else for (const line of [...compareReport(comparison), '', `${stem}.json`, ...pictures]) io.out(line);
  return comparison;
}

/** One memory in one size, to be rounded to each of these. */
interface Plan {
  name: string;
  memory: AssociativeMemory;
  bits: (number | undefined)[];
}

interface Choices {
  task: Task;
  bits: number[];
  budgets: number[];
  /** A memory by name, of so many floats where it has a choice. */
  make(name: string, floats?: number): Promise<AssociativeMemory>;
}

const usual = ({ patternShape }: Task) =>
  rivalNames.filter((name) => {
    if (LEFT_OUT.includes(name)) return false;
    if (name === COMPONENTS) return patternShape.length === 3;
    return sizeOf(patternShape) <= SOLVED || !['storkey', 'pseudo-inverse'].includes(name);
  });

/**
 * The task of that name, of a path of patterns, or of a JSON object as in a configuration.
 * @throws InputError for JSON that is no task
 */
function taskConfigOf(text: string, source: DataSource): TaskConfig {
  if (!text.trimStart().startsWith('{')) {
    const known = (taskNames as string[]).includes(text);
    return known || !existsSync(pathAndArray(text)[0])
      ? ({ name: text } as TaskConfig)
      : taskOfPath(text, source);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`compare: the task is no JSON (${(error as Error).message})`);
  }
  return parseConfig({ task: value, network: { name: 'mlp' } }, 'compare').task;
}

/** What of a task decides which drawings are held out. */
const splitOf = (config: TaskConfig) =>
  config.name === 'omniglot' ? JSON.stringify([config.archives, config.held_out]) : '';

/** Pretrained memories of a task; of drawings only those whose training kept the same ones aside. */
async function trainedFor(task: Task, asked: TaskConfig): Promise<string[]> {
  const { task: complete } = parseConfig({ task: asked, network: { name: 'mlp' } }, 'compare');

  const names: string[] = [];
  for (const name of await pretrainedNames()) {
    const config = await readConfig(await findRun(name));
    if (config.task.name !== task.name || config.task.stream || isScoreNetwork(config.network)) continue;
    if (splitOf(config.task) !== splitOf(complete)) continue;
    const { patternShape } = (await loadRun(name)).model;
    if (patternShape.join() === task.patternShape.join()) names.push(name);
  }
  return names;
}

/** A memory of a size of its own in every number of bits; one that has a choice, in the size that every budget allows it. */
async function plansOf(name: string, { task, bits, budgets, make: made }: Choices): Promise<Plan[]> {
  const make = (floats?: number) => made(name, floats);
  if (!rivalNames.includes(name) || FIXED.includes(name)) return [{ name, memory: await make(), bits }];
  if (packing.includes(name)) {
    return Promise.all(
      budgets.map(async (budget) => ({
        name,
        memory: await make(Math.max(1, Math.floor(budget / 32))),
        bits: [32],
      })),
    );
  }
  // A memory of bits holds them in one bit each; nothing is gained by more.
  const tried = task.bitsPerValue === 1 && !name.includes('truncated') && !name.includes('components') ? [1] : bits.filter((each) => each > 1 && each <= 8); // biome-ignore format: a choice
  const sizes = budgets.flatMap((budget) =>
    tried.map((each) => ({ each, floats: Math.floor((budget - 32) / each) })),
  );
  return Promise.all(
    sizes
      .filter(({ floats }) => floats >= 1)
      .map(async ({ each, floats }) => ({ name, memory: await make(floats), bits: [each] })),
  );
}

/** Rows of a plan; none where its budget holds nothing. */
async function measured(
  { name, memory, bits }: Plan,
  protocol: {
    task: Task;
    corruption: Corruption;
    known: boolean;
    patterns: number;
    episodes: number;
    seed: number;
  },
): Promise<EvaluationRow[]> {
  try {
    const rows = await evaluateRounded(memory, { ...protocol, split: 'test' }, bits);
    return rows.map((row) => ({ ...row, memory: name }));
  } catch (error) {
    if (error instanceof InputError && /cannot hold/.test(error.message)) return [];
    throw error;
  }
}

/** The patterns in an arithmetic coder's bits, the nearest of them the answer: the row of a memory that held all without loss. */
function coded(rows: EvaluationRow[], references: NonNullable<Evaluation['references']>): EvaluationRow[] {
  const reference = references.find(({ name }) => name === CODER);
  const whole = rows
    .filter(({ memory }) => memory === NEAREST)
    .reduce<EvaluationRow | undefined>(
      (a, b) => ((a?.memory_bits ?? 0) >= b.memory_bits! ? a : b),
      undefined,
    );
  if (!reference || !whole || whole.compression > 1.05) return [];
  const { patterns, bits } = reference;
  const compression = (whole.compression * whole.memory_bits!) / bits;
  return [{ ...whole, memory: `${CODER}, nearest`, patterns, memory_bits: Math.ceil(bits), compression }];
}

/** Of every memory the points that no other of it beats in both bits and error. */
export function best(rows: EvaluationRow[]): EvaluationRow[] {
  return rows.filter(
    (row) =>
      !rows.some(
        (other) =>
          other.memory === row.memory &&
          other.patterns === row.patterns &&
          other.memory_bits! <= row.memory_bits! &&
          (other.error < row.error || (other.error === row.error && other.memory_bits! < row.memory_bits!)),
      ),
  );
}

/** For every memory the least error within each budget, and with how many bits a number; the best of all marked. */
export function compareReport({ evaluations, budgets, patterns }: Comparison): string[] {
  return evaluations.flatMap(({ rows, known, task, corruption, references = [] }, i) => {
    const cell = ({ row, first }: Within) =>
      row ? `${short(shownError(row.error))}${first ? '*' : ''} (${row.bits})` : '-';
    const said = references.map(({ name, bits }) => `${name} ${Math.round(bits)}`).join(', ');
    return [
      ...(i > 0 ? [''] : []),
      `${task}, ${patterns} patterns, ${corruption}, uncorrupted entries ${known ? 'known' : 'not known'}, ${counted(rows[0].episodes, 'episode')}: least mean error in ${rows[0].unit} within so many bits of memory (bits a number); * the least of all; the patterns without loss: ${said} bits`,
      '',
      ...textTable([
        ['memory', ...budgets.map(String)],
        ...withinBudgets(rows, budgets).map(({ memory, best }) => [memory, ...best.map(cell)]),
      ]),
    ];
  });
}

export function addCompareCommand(program: Command, io: IO): void {
  engineOptions(
    program
      .command('compare')
      .argument(
        '<task>',
        'binary, omniglot, mnist, cifar10, a path of patterns as of --task, or a task of a configuration as JSON',
      )
      .option('--patterns <n>', 'patterns stored at once', positive, 64)
      .option(
        '--budgets <list>',
        'bits of memory (default: parts and multiples of the raw patterns)',
        positives,
      )
      .option('--bits <list>', 'bits a number that are tried (default: 1,2,3,4,6,8,32)', positives)
      .option('--memories <list>', 'rivals, runs and pretrained memories (default: all)', words)
      .option('--corruption <spec>', 'name:size, or a module of your own (default: as the task has it)')
      .option('--episodes <n>', 'episodes of each', positive, 10)
      .option('--out <dir>', 'folder for the record and the charts (default: runs/out/compare)')
      .addOption(seedOption('seed of the episodes (default: 1)')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', numbersHelp('error (bits)', 'bits of memory', 'error'))
    .action(async (task: string, options) => {
      await compareCommand({ ...options, task, engine: await engineOf(options) }, io);
    });
}
