/** @file What is asked for on a command line, made into the manifest of a sweep; and whether its trials can be made on this machine. */
import { resolve } from 'node:path';
import type { Config } from '../../meta/config.ts';
import { taskOf } from '../../meta/stored-task.ts';
import { InputError } from '../../src/errors.ts';
import { drawBatch, loadCorruption, readTask, type Task } from '../../tasks/index.ts';
import { type DataOptions, sourceOf, taskFrom } from '../data-options.ts';
import type { Judging } from '../heldout.ts';
import type { IO } from '../io.ts';
import { makeLearner } from '../learners.ts';
import { makeModel } from '../models.ts';
import { sealOf } from '../modules.ts';
import type { EngineChoice } from '../options.ts';
import { parseChange } from '../presets.ts';
import type { Provenance } from '../run-folder.ts';
import { parseGrid, parseRange } from './axes.ts';
import { type Halving, rungsOf } from './halving.ts';
import type { Manifest } from './manifest.ts';
import { planTrials, type Trial } from './plan.ts';
import { readPlanFile } from './plan-file.ts';

/** Of validation episodes, where training does not validate: not its own seed. */
const JUDGING_SEED = 1;
export const EPISODES = 100;
/** Of the trials at a rung, one in so many goes on (Li et al. 2020 use 4; 3 is Hyperband's). */
export const FACTOR = 3;

/** What is to be done, which a folder of a sweep has written down. */
export interface Asked {
  plan?: string;
  grid?: string[];
  random?: number;
  range?: string[];
  seeds?: number;
  seed?: number;
  set?: string[];
  /** A file or folder of patterns. */
  task?: string;
  /** A module with an energy network. */
  network?: string;
  steps?: number;
  /** Loads whose mean error decides. */
  patterns?: number[];
  /** Validation episodes at each load. */
  episodes?: number;
  halving?: boolean | number;
  /** Updates of the first rung. */
  first?: number;
}

export const askedKeys = ['plan', 'grid', 'random', 'range', 'seeds', 'seed', 'set', 'task', 'network', 'steps', 'patterns', 'episodes', 'halving', 'first'] as const satisfies readonly (keyof Asked)[]; // biome-ignore format: one list

export interface Preparation extends Asked, DataOptions, EngineChoice {
  out?: string;
  provenance: Provenance;
}

/** Everything that can be wrong with any trial is found out before anything is written. */
export async function prepare(what: string, options: Preparation, io: IO): Promise<Manifest> {
  const file = options.plan === undefined ? undefined : await readPlanFile(options.plan);
  const set: [string, unknown][] = [
    ...Object.entries(file?.set ?? {}),
    ...(options.set ?? []).map(parseChange),
  ];
  // Before what --set changes of them.
  if (options.network) set.unshift(['network', { name: 'custom', file: options.network }]);
  if (options.task) set.unshift(['task', taskFrom(options.task, sourceOf(options, io))]);
  const steps = options.steps ?? file?.steps;
  if (steps) set.push(['training.steps', steps]);
  const { name, base, trials } = await planTrials(what, {
    set,
    grid: [...(file?.grid ?? []), ...(options.grid ?? []).map(parseGrid)],
    ranges: [...(file?.ranges ?? []), ...(options.range ?? []).map(parseRange)],
    random: options.random ?? file?.random,
    list: file?.list ?? [],
    seeds: options.seeds ?? file?.seeds ?? 1,
    seed: options.seed ?? file?.seed,
  });
  const { engine, device, products, provenance } = options;
  const manifest: Manifest = {
    version: 1,
    name,
    made_with: provenance,
    engine: { engine: engine as Manifest['engine']['engine'], device, products },
    judged: judgingOf(base, options.patterns ?? file?.patterns, options.episodes ?? file?.episodes),
    halving: halvingOf(options, trials),
    trials,
  };
  await checkTrials(manifest, options, io);
  for (const trial of trials) {
    const seal = await sealOf(resolve(options.out ?? '.'), trial.config);
    if (seal) trial.seal = seal;
  }
  return manifest;
}

/** Where training validates, its own validations decide, unless others are asked for. */
function judgingOf({ training }: Config, patterns?: number[], episodes?: number): Judging {
  const { validate } = training;
  const loads = [patterns ?? validate?.patterns ?? training.patterns].flat();
  return {
    split: 'validation',
    patterns: [...new Set(loads)].sort((a, b) => a - b),
    episodes: episodes ?? validate?.episodes ?? EPISODES,
    seed: validate?.seed ?? JUDGING_SEED,
  };
}

function halvingOf({ halving, first }: Asked, trials: Trial[]): Halving | undefined {
  if (!halving) {
    if (first !== undefined) throw new InputError('sweep: --first needs --halving');
    return undefined;
  }
  const factor = halving === true ? FACTOR : halving;
  if (factor < 1.1 || factor > 100) throw new InputError(`--halving ${factor}: expected from 1.1 to 100`);
  const steps = new Set(trials.map(({ config }) => config.training.steps));
  if (steps.size > 1) {
    throw new InputError(`sweep: --halving compares trials after equally many updates, but training.steps is ${[...steps].join(', ')}`); // biome-ignore format: one message
  }
  return { factor, rungs: rungsOf([...steps][0], trials.length, factor, first) };
}

/** Data, network and loads of every trial: whether they can be had here. */
export async function checkTrials({ trials, judged }: Manifest, options: DataOptions, io: IO): Promise<void> {
  const tasks = new Map<string, Task>();
  const checked = new Set<string>();
  for (const { name, config } of trials) {
    const { seed: _, ...seedless } = config;
    if (checked.has(JSON.stringify(seedless))) continue;
    checked.add(JSON.stringify(seedless));
    try {
      const key = JSON.stringify(config.task);
      const read = await (tasks.get(key) ??
        readTask(config.task, sourceOf(options, io)).then(({ task }) => task));
      tasks.set(key, read);
      const task = taskOf(config, read);
      const corruption = await loadCorruption(config.corruption ?? task.corruption, task);
      const found = { ...config, task: { ...config.task, ...read.found } as typeof config.task };
      makeLearner({ config: found, task, corruption, model: await makeModel(found) });
      drawBatch(task, corruption, judged.split, judged.seed, 0, 1, Math.max(...judged.patterns));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`${name}: ${error.message}`);
    }
  }
}
