/** @file `ebmm train PRESET|CONFIG.json`: meta-trains a memory and writes its run folder. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { loadCheckpoint, saveCheckpoint, trainedParameters } from '../../meta/checkpoint.ts';
import type { Config } from '../../meta/config.ts';
import { moduleFiles, withModules } from '../../meta/config-paths.ts';
import type { Learner } from '../../meta/learner.ts';
import { AVERAGE, statePrefixes } from '../../meta/meta-step.ts';
import type { PartsElsewhere } from '../../meta/parts.ts';
import { taskOf } from '../../meta/stored-task.ts';
import { stateOf, Trainer, type TrainingState } from '../../meta/trainer.ts';
import { warmStart } from '../../meta/warm-start.ts';
import type { Engine } from '../../src/compile/index.ts';
import type { PrincipalComponents } from '../../src/components.ts';
import { initialise, type ParameterSpec } from '../../src/energy/index.ts';
import { InputError } from '../../src/errors.ts';
import { checkWritable, onFile } from '../../src/files.ts';
import type { MemoryModel } from '../../src/memory/model.ts';
import { copiedFiles, MODULES } from '../../src/modules/index.ts';
import {
  type DataSource,
  loadCorruption,
  loadTask,
  readTask,
  type Task,
  unchanged,
} from '../../tasks/index.ts';
import { refreshCard } from '../card.ts';
import { cachedComponents } from '../components.ts';
import { type DataOptions, sourceOf } from '../data-options.ts';
import type { Hparams } from '../hparams.ts';
import type { IO } from '../io.ts';
import { makeLearner } from '../learners.ts';
import { lockRun } from '../lock.ts';
import { completed, makeModel } from '../models.ts';
import { removeMade, removePartials } from '../partials.ts';
import { provenancePath, recordSession } from '../provenance.ts';
import {
  checkRunModules,
  type LoadedRun,
  loadRun,
  type Provenance,
  paths,
  readConfig,
  readMetrics,
  saveConfig,
} from '../run-folder.ts';
import type { UpdateProfile } from '../update-profile.ts';
import { Validator } from '../validation.ts';
import { runTraining, type TrainResult } from './training.ts';

/** Others who compute the parts of the updates of a run, once they are told of it. */
export interface PartsShared {
  elsewhere: PartsElsewhere;
  announce(
    trainer: Trainer,
    run: {
      config: Config;
      learner: Learner;
      engine: Engine;
      source: DataSource;
      name: string;
      version: string;
    },
  ): Promise<void>;
  /** The run has this folder from now on. */
  take(folder: string): Promise<void>;
  close(): Promise<void>;
}

export interface TrainOptions extends DataOptions {
  /** Name of the run, for the default folder. */
  name: string;
  config: Config;
  /** Run folder; default runs/out/NAME-N with the first free number. */
  out?: string;
  engine: Engine;
  provenance: Provenance;
  /** A run or pretrained memory whose parameters to begin with. */
  from?: string;
  /** With `from`: tensors of other sizes take what fits. */
  resize?: boolean;
  /** With `from`: those of its best checkpoint. */
  best?: boolean;
  /** Go on with the run in `out`. */
  resume?: boolean;
  /** Write TensorBoard's event files too. */
  tensorboard?: boolean;
  /** Stop after so many updates, as a signal would; default: all of the configuration. */
  until?: number;
  /** Finds others who compute the parts of updates. */
  share?: (io: IO) => Promise<PartsShared>;
  /** Measures the updates; the engine has its clocks. */
  profile?: UpdateProfile;
  /** Settings in TensorBoard's table; default: all of the configuration. */
  hparams?: Hparams;
}

/**
 * @throws InputError on bad input and on trouble of the numbers, FileError when the run folder cannot be written. A folder
 * that it made is removed again unless training began.
 */
export async function train(options: TrainOptions, io: IO): Promise<TrainResult> {
  if (options.share === undefined) return trainWith(options, undefined, io);
  if (options.config.training.parts === undefined)
    throw new InputError('train: --workers needs --parts, a divisor of training.episodes');
  const shared = await options.share(io);
  try {
    return await trainWith(options, shared, io);
  } finally {
    await shared.close();
  }
}

async function trainWith(asked: TrainOptions, shared: PartsShared | undefined, io: IO): Promise<TrainResult> {
  await checkWritable(paths(resolve(asked.out ?? join('runs', 'out', asked.name))).config);
  const given = asked.resume ? await goingOn(resolve(asked.out!), asked.config) : asked.config;
  const read = await readTask(given.task, sourceOf(asked, io));
  const complete = await completed({ ...given, task: read.config });
  const options = { ...asked, config: complete };
  const { config, engine } = options;
  const task = taskOf(config, read.task);
  const corruption = await loadCorruption(config.corruption ?? task.corruption, task);
  const model = await makeModel(config);
  const learner = makeLearner({ config, task, corruption, model });
  const { training, seed } = config;
  const validator = Validator.of({ config, task, corruption, model, engine });
  const trainerFrom = (state?: TrainingState) =>
    new Trainer({ training, learner, engine, seed, state, elsewhere: shared?.elsewhere });
  const announce = async (trainer: Trainer) => {
    const { ebmm: version } = options.provenance;
    const name = options.out ? basename(resolve(options.out)) : options.name;
    await shared?.announce(trainer, {
      config,
      learner,
      engine,
      source: sourceOf(asked, io),
      name,
      version,
    });
  };
  const record = async (folder: string, step: number, from?: LoadedRun) => {
    const { checkpoint, best } = paths(from?.folder ?? folder);
    const { floats } = model;
    const facts = { config, engine, floats, step, source: sourceOf(asked, io), command: io.command };
    const file = from?.checkpoint === 'best' ? best : checkpoint;
    const lines = await recordSession(folder, {
      ...facts,
      ...(from && { from: { run: options.from!, step: from.state.step, file } }),
    });
    for (const line of lines) io.err(line);
  };
  if (options.resume) {
    const folder = resolve(options.out!);
    const lease = await onFile(folder, () => lockRun(folder, io.err));
    try {
      const trainer = trainerFrom(await resumable(folder, config, model.parameters));
      const program = await trainer.compile();
      options.profile?.checkPrograms();
      await announce(trainer);
      await shared?.take(folder);
      await removePartials(folder);
      if (trainer.state.step < training.steps) await record(folder, trainer.state.step);
      await saveConfig(folder, config, options.provenance);
      const session = { ...options, trainer, program, learner, folder, lease, unit: task.unit, validator };
      return await runTraining(session, io).finally(() => refreshCard(folder, io));
    } finally {
      lease.release();
    }
  }
  // Nothing is written before everything that can be wrong has been tried.
  const begunFrom = options.from ? await loadRun(options.from, { best: options.best }) : undefined;
  const trainer = trainerFrom(
    await freshState(options, model, componentsOf(options, read.task, io), begunFrom),
  );
  const program = await trainer.compile();
  options.profile?.checkPrograms();
  const first = await validator?.validate(trainer.state);
  await announce(trainer);
  const { folder, made } = await claimFolder(options);
  let begun = false;
  try {
    const lease = await onFile(folder, () => lockRun(folder, io.err));
    try {
      if (existsSync(paths(folder).config)) {
        throw new InputError(
          `${folder} holds a run already: choose another --out, or go on with --resume ${folder}`,
        );
      }
      const { checkpoint, metrics, evaluation, validation, best } = paths(folder);
      const left = [checkpoint, metrics, evaluation, validation, best, join(folder, MODULES)].find((file) =>
        existsSync(file),
      );
      if (left) {
        throw new InputError(
          `${folder} holds ${relative(folder, left)} of a run without its config.json: choose another --out, or move it away`,
        );
      }
      // Where a run began must be known, should it be killed before its first checkpoint.
      if (options.from) await saveCheckpoint(paths(folder).checkpoint, trainer.state, model.parameters);
      await record(folder, trainer.state.step, begunFrom);
      await saveConfig(folder, config, options.provenance);
      begun = true;
      await shared?.take(folder);
      const session = {
        ...options,
        trainer,
        program,
        learner,
        folder,
        lease,
        unit: task.unit,
        validator,
        first,
      };
      return await runTraining(session, io).finally(() => refreshCard(folder, io));
    } finally {
      lease.release();
    }
  } catch (error) {
    if (!begun && made)
      await removeMade(folder, made, [
        paths(folder).checkpoint,
        provenancePath(folder),
        ...copiedFiles(folder).map((file) => join(folder, file)),
      ]);
    throw error;
  }
}

/** Whoever goes on with a run goes on with its copies of modules. @throws InputError where they may not be run */
async function goingOn(folder: string, config: Config): Promise<Config> {
  await checkRunModules(folder);
  const own = moduleFiles(await readConfig(folder)).map(({ kind, file }) => [kind, file]);
  return withModules(config, Object.fromEntries(own));
}

async function freshState(
  { config, resize }: TrainOptions,
  { parameters, range, principal }: MemoryModel,
  components: (range: MemoryModel['range'], count: number) => Promise<PrincipalComponents>,
  source: LoadedRun | undefined,
): Promise<TrainingState> {
  const { seed, training } = config;
  if (!source) {
    const values = initialise(parameters, seed);
    if (principal) Object.assign(values, principal.start(await components(range, principal.count)));
    return stateOf(values, training.average);
  }
  const trained = trainedParameters(source.state);
  const fresh = initialise(parameters, seed);
  const values = warmStart(parameters, fresh, source.model.parameters, trained, resize);
  return stateOf(values, training.average);
}

/** Principal components of training patterns as they are, whatever training does to them. */
function componentsOf({ config, engine, ...options }: TrainOptions, task: Task, io: IO) {
  const source = sourceOf(options, io);
  return async (range: MemoryModel['range'], count: number) => {
    const plain = task.unaugmented ?? (await loadTask(unchanged(config.task), source));
    return cachedComponents(plain, range, count, engine, source);
  };
}

/** The run folder, and what of its path was made for it. The default one is nobody else's, even if several start at once. */
async function claimFolder({ out, name }: TrainOptions): Promise<{ folder: string; made?: string }> {
  if (out) {
    const folder = resolve(out);
    return { folder, made: await onFile(folder, () => mkdir(folder, { recursive: true })) };
  }
  const parent = resolve('runs', 'out');
  await onFile(parent, () => mkdir(parent, { recursive: true }));
  for (let n = 1; ; n++) {
    const folder = join(parent, `${name}-${n}`);
    const made = await onFile(folder, () =>
      mkdir(folder).catch((error) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      }),
    );
    if (made !== false) return { folder, made: folder };
  }
}

/**
 * The state that a run stands at; undefined when it ended before its first checkpoint, and so begins again.
 * @throws InputError when there is none to go on from, or more updates are done than are asked for
 */
async function resumable(
  folder: string,
  { training }: Config,
  specs: Record<string, ParameterSpec>,
): Promise<TrainingState | undefined> {
  const { checkpoint } = paths(folder);
  if (!existsSync(checkpoint)) {
    const last = (await readMetrics(folder)).at(-1)?.step ?? 0;
    if (last <= training.save_every) return undefined;
    throw new InputError(`${checkpoint}: missing, although the run has had ${last} updates`);
  }
  const state = await loadCheckpoint(checkpoint, specs);
  const names = Object.keys(specs);
  const missing = statePrefixes({}).some((prefix) => names.some((name) => !state.values[prefix + name]));
  if (missing) {
    throw new InputError(
      `${folder}: holds parameters only, without the optimiser's state, so it cannot be resumed`,
    );
  }
  if (state.step > training.steps) {
    throw new InputError(
      `${folder} has had ${state.step} updates, more than the ${training.steps} of training.steps`,
    );
  }
  // The moving average may be taken up, from here on, or given up.
  for (const name of names) {
    if (training.average === 0) delete state.values[AVERAGE + name];
    else state.values[AVERAGE + name] ??= state.values[`p:${name}`].slice();
  }
  return state;
}
