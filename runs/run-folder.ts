/**
 * @file A run folder: config.json, modules/, metrics.jsonl, checkpoint/state.safetensors, evaluation.json, plots/; of a run that
 * validates also validation.jsonl and checkpoint/best.safetensors. What a name on the command line (a folder, or a
 * pretrained memory) stands for.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCheckpoint, trainedParameters } from '../meta/checkpoint.ts';
import { type Config, parseConfig } from '../meta/config.ts';
import { anchored, portable, withModules } from '../meta/config-paths.ts';
import { checkSize } from '../meta/size.ts';
import type { TrainingState } from '../meta/trainer.ts';
import * as args from '../src/arguments.ts';
import type { Engine } from '../src/compile/index.ts';
import { checkNetwork, type EnergyNetwork } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { parseJson } from '../src/json.ts';
import { energyModel } from '../src/memory/energy-model.ts';
import { LearnedMemory } from '../src/memory/learned-memory.ts';
import type { MemoryModel } from '../src/memory/model.ts';
import { nearest } from '../src/nearest.ts';
import { checkNames } from '../src/option-names.ts';
import { prefixed } from '../src/prefixed.ts';
import { readArrays } from './arrays.ts';
import { readMetricsFile } from './metrics.ts';
import { makeModel } from './models.ts';
import { checkModules, keepModules, sealOf } from './modules.ts';
import type { Metrics } from './records.ts';
import { validationsPath } from './validations.ts';

export const VERSION: string = createRequire(import.meta.url)('../package.json').version;
const PRETRAINED = fileURLToPath(new URL('./pretrained/', import.meta.url));

export const paths = (folder: string) => ({
  config: join(folder, 'config.json'),
  metrics: join(folder, 'metrics.jsonl'),
  validation: validationsPath(folder),
  checkpoint: join(folder, 'checkpoint', 'state.safetensors'),
  /** The parameters of the best validation. */
  best: join(folder, 'checkpoint', 'best.safetensors'),
  evaluation: join(folder, 'evaluation.json'),
  heldout: join(folder, 'heldout.json'),
  stream: join(folder, 'stream.json'),
  plots: join(folder, 'plots'),
});

/** Versions and date that config.json records beside the configuration. */
export interface Provenance {
  ebmm: string;
  node: string;
  platform: string;
}

/**
 * Writes config.json, and copies of the modules that it names in modules/, which the run uses from then on. Its paths are relative
 * to the folder.
 */
export async function saveConfig(folder: string, config: Config, provenance: Provenance): Promise<void> {
  const kept = portable(withModules(config, await keepModules(folder, config)), folder);
  const made_with = { ...provenance, seal: await sealOf(folder, kept) };
  const text = `${JSON.stringify({ ...kept, made_with }, null, 2)}\n`;
  await writeFileAtomically(paths(folder).config, text);
}

/**
 * A run's configuration, its paths absolute where they lead from the folder to something.
 * @throws InputError when there is none or it is wrong
 */
export async function readConfig(folder: string): Promise<Config> {
  const file = paths(folder).config;
  const { made_with, ...value } = (await readJson(file)) as Record<string, unknown>;
  try {
    return anchored(parseConfig(value, file), folder);
  } catch (error) {
    const by = (made_with as { ebmm?: unknown } | undefined)?.ebmm;
    if (!(error instanceof InputError) || typeof by !== 'string' || by === VERSION) throw error;
    throw new InputError(`${error.message} (made by ebmm ${by}; this is ${VERSION})`);
  }
}

/** @throws InputError when the file is missing or is not JSON */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `${file}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`}`,
    );
  });
  const value = parseJson(text, file);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${file}: expected a JSON object`);
  }
  return value;
}

/** All whole lines of metrics.jsonl. */
export const readMetrics = (folder: string): Promise<Metrics[]> => readMetricsFile(paths(folder).metrics);

/** Whether a folder is that of a pretrained memory, which commands leave as it is. */
export const isPretrained = (folder: string) => folder.startsWith(PRETRAINED);

export async function pretrainedNames(): Promise<string[]> {
  const entries = await readdir(PRETRAINED, { withFileTypes: true }).catch(() => []);
  return entries.filter((e) => e.isDirectory()).map((e) => e.name);
}

/**
 * The folder that a name stands for: a path to a run folder, or the name of a pretrained memory.
 * @throws InputError, with what exists, when it is neither
 */
export async function findRun(name: string): Promise<string> {
  if (typeof name !== 'string')
    throw new InputError(`${args.described(name)}: expected the name of a run or pretrained memory`);
  const folder = resolve(name);
  if (existsSync(paths(folder).config)) return folder;
  const names = await pretrainedNames();
  if (names.includes(name)) return join(PRETRAINED, name);
  const near = nearest(name, names);
  throw new InputError(
    `"${name}" is neither a run folder (no config.json in it) nor a pretrained memory (${names.join(', ') || 'none'})${near ? `; did you mean "${near}"?` : ''}`,
  );
}

export interface LoadedRun {
  name: string;
  folder: string;
  config: Config;
  model: MemoryModel;
  /** Where training stands, or stood at its best validation. */
  state: TrainingState;
  /** Which checkpoint that is. */
  checkpoint: 'last' | 'best';
}

export interface LoadOptions {
  /** Run the modules that the run names, whoever made it. */
  allowModules?: boolean;
  /** The checkpoint of the best validation instead of the last one. */
  best?: boolean;
  /** A .npz or .safetensors file with the trained parameters, by the names of the model, instead of the run's. */
  weights?: string;
  /** The energy network of a run that a program saved, where it was an object of that program. */
  network?: EnergyNetwork;
}

/** @throws InputError when a run names modules, and was not made by this user on this machine */
export async function checkRunModules(folder: string): Promise<void> {
  const { made_with, ...config } = (await readJson(paths(folder).config)) as Record<string, unknown>;
  await checkModules(folder, config, (made_with as { seal?: unknown } | undefined)?.seal);
}

/**
 * Everything but the task: configuration, model and trained parameters.
 * @throws InputError when there is no such run, it is damaged, it names modules and was made elsewhere, or has no best
 * checkpoint where that is asked for
 */
export async function loadRun(name: string, options: LoadOptions = {}): Promise<LoadedRun> {
  checkNames('loadRun', options, {
    allowModules: args.flag,
    best: args.flag,
    weights: args.name,
    network: args.object,
  });
  const folder = await findRun(name);
  if (!options.allowModules) await checkRunModules(folder);
  const config = await readConfig(folder);
  const model = await modelOf(folder, config, options.network);
  const { checkpoint, best } = paths(folder);
  if (options.best && !existsSync(best)) {
    throw new InputError(
      `${folder} has no best checkpoint: it was not validated while training (training.validate.every)`,
    );
  }
  const kept = await loadCheckpoint(options.best ? best : checkpoint, model.parameters);
  const state = options.weights ? { ...kept, ...(await weightsOf(options.weights, model)) } : kept;
  return { name: basename(folder), folder, config, model, state, checkpoint: options.best ? 'best' : 'last' };
}

/** Parameters that another program made, as a state that is used and not gone on with. */
async function weightsOf(file: string, { parameters }: MemoryModel): Promise<Pick<TrainingState, 'values'>> {
  const shapes = Object.entries(parameters).map(([name, { shape }]) => [name, shape] as const);
  return { values: prefixed('p:', await readArrays(file, Object.fromEntries(shapes))) };
}

/** The model of a run: as its configuration says, or with the network that a program gives. */
async function modelOf(folder: string, config: Config, network?: EnergyNetwork): Promise<MemoryModel> {
  const { made_with } = (await readJson(paths(folder).config)) as { made_with?: { objects?: unknown } };
  const objects = Array.isArray(made_with?.objects) ? made_with.objects : [];
  if (!objects.includes('network')) {
    if (network) throw new InputError(`loadRun: ${folder} says what its network is: give none`);
    return makeModel(config);
  }
  if (!network) {
    throw new InputError(
      `${folder}: its network was an object of the program that saved it; from a program: loadRun(folder, { network })`,
    );
  }
  checkSize(config, network, 'network');
  checkNetwork(network, 'network');
  return energyModel(network, config);
}

export const LOADED = args.fields(
  {
    model: args.fields({
      parameters: args.object,
      patternShape: args.axes,
      store: args.callable,
      recall: args.callable,
    }),
    config: args.optional(args.fields({ training: args.object })),
    state: args.fields({ values: args.record(args.floats) }),
  },
  'what loadRun returns',
);

/** The trained memory of a run, under the model's name or another. */
export function memoryOf(
  run: Pick<LoadedRun, 'model' | 'state'> & Partial<Pick<LoadedRun, 'config'>>,
  engine: Engine,
  name?: string,
): LearnedMemory {
  args.check('memoryOf', {
    run: [run, LOADED],
    engine: [engine, args.engine],
    name: [name, args.optional(args.text)],
  });
  const { model, state, config } = run;
  const trained = config && Math.max(...[config.training.patterns].flat());
  return new LearnedMemory({ name, model, engine, parameters: trainedParameters(state), trained });
}
