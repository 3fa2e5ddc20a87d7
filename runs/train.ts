/** @file `ebmm train PRESET|CONFIG.json`: meta-trains a memory and writes its run folder. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { saveCheckpoint, trainedParameters } from '../meta/checkpoint.ts';
import type { Config } from '../meta/config.ts';
import type { Learner } from '../meta/learner.ts';
import { memoryLearner } from '../meta/memory-learner.ts';
import { initialState, type StepReport, stateOf, Trainer, type TrainingState } from '../meta/trainer.ts';
import { warmStart } from '../meta/warm-start.ts';
import type { Engine } from '../src/compile/index.ts';
import { initialise } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import type { MemoryModel } from '../src/memory/model.ts';
import { loadTask, parseCorruption } from '../tasks/index.ts';
import { type DataOptions, sourceOf } from './data-options.ts';
import { duration, type IO } from './io.ts';
import { makeModel } from './models.ts';
import { learningCurve } from './plots/index.ts';
import { startProgress } from './progress.ts';
import type { Metrics } from './records.ts';
import { appendMetrics, loadRun, type Provenance, paths, readMetrics, saveConfig } from './run-folder.ts';

export interface TrainOptions extends DataOptions {
  /** Name of the run, for the default folder. */
  name: string;
  config: Config;
  /** Run folder; default runs/out/NAME-N with the first free number. */
  out?: string;
  engine: Engine;
  provenance: Provenance;
  /** Where to go on from. */
  state?: TrainingState;
  /** A run or pretrained memory whose parameters to begin with. */
  from?: string;
}

export interface TrainResult {
  run: string;
  steps: number;
  error: number;
  unit: string;
  seconds: number;
  /** The signal that ended it early. */
  stopped?: 'SIGINT' | 'SIGTERM';
}

export async function train(options: TrainOptions, io: IO): Promise<TrainResult> {
  const { config, engine } = options;
  const task = await loadTask(config.task, sourceOf(options, io));
  const corruption = parseCorruption(config.corruption ?? task.corruption, task);
  const model = await makeModel(config);
  const learner = memoryLearner({ config, task, corruption, model });
  const { training, seed } = config;
  const state = options.state ?? (await freshState(options, model));
  const trainer = new Trainer({ training, learner, engine, seed, state });
  const program = await trainer.compile();
  // Nothing is written before everything that can be wrong has been tried.
  const folder = resolve(options.out ?? (await freeFolder(options.name)));
  if (!options.state && existsSync(paths(folder).config)) {
    throw new InputError(
      `${folder} holds a run already: choose another --out, or go on with --resume ${folder}`,
    );
  }
  await mkdir(folder, { recursive: true });
  await saveConfig(folder, config, options.provenance);
  if (options.state) await dropMetricsAfter(folder, options.state.step);
  io.err(
    `${options.name}: ${config.training.steps} updates on ${engine.name}; ${program.operations} operations, ready in ${(program.seconds.trace + program.seconds.prepare).toFixed(1)} s; ${folder}`,
  );
  return loop({ trainer, config, learner, folder, unit: task.unit, io });
}

async function freshState(
  { config, from }: TrainOptions,
  { parameters }: MemoryModel,
): Promise<TrainingState> {
  const { seed, training } = config;
  if (!from) return initialState(parameters, seed, training.average);
  const source = await loadRun(from);
  const trained = trainedParameters(source.state);
  const values = warmStart(parameters, initialise(parameters, seed), source.model.parameters, trained);
  return stateOf(values, training.average);
}

interface Loop {
  trainer: Trainer;
  config: Config;
  learner: Learner;
  folder: string;
  unit: string;
  io: IO;
}

async function loop({ trainer, config, learner, folder, unit, io }: Loop): Promise<TrainResult> {
  const { steps, log_every, save_every, episodes } = config.training;
  const { state } = trainer;
  const save = () => saveCheckpoint(paths(folder).checkpoint, state, learner.trainable.parameters);
  const progress = startProgress(io, 'train', steps, state.step);
  const from = { step: state.step, seconds: state.seconds };
  try {
    while (state.step < steps && !io.stopping.signal) {
      const report = await trainer.update();
      // Lets signals and the terminal have their turn: a step runs on this thread.
      await new Promise((resume) => setImmediate(resume));
      const perStep = (state.seconds - from.seconds) / (state.step - from.step);
      progress.update(
        state.step,
        `error ${report.errorAverage.toPrecision(3)} ${unit}  loss ${report.loss.toPrecision(4)}`,
      );
      if (!report.finite) io.err(`update ${report.step} skipped: the gradient was not finite`);
      if (state.step % log_every === 0 || state.step === steps || !report.finite) {
        await appendMetrics(
          folder,
          metricsOf(report, state.seconds, episodes / perStep, perStep * (steps - state.step)),
        );
      }
      if (state.step % save_every === 0 && state.step < steps) await save();
    }
  } finally {
    progress.stop();
    if (state.step > from.step) await save();
  }
  const metrics = await readMetrics(folder);
  if (metrics.length > 0) {
    const chart = learningCurve([{ name: folder.split('/').at(-1)!, metrics, unit }]);
    await writeFileAtomically(`${paths(folder).plots}/learning-curve.png`, chart);
  }
  const { signal } = io.stopping;
  if (signal && state.step < steps)
    io.err(`stopped at update ${state.step}; go on with: ebmm train --resume ${folder}`);
  else
    io.err(
      `done: ${state.step} updates in ${duration(state.seconds)}, moving error ${state.errorAverage?.toPrecision(3)} ${unit}`,
    );
  return {
    run: folder,
    steps: state.step,
    error: state.errorAverage ?? Number.NaN,
    unit,
    seconds: state.seconds,
    stopped: state.step < steps ? signal : undefined,
  };
}

function metricsOf(report: StepReport, seconds: number, rate: number, left: number): Metrics {
  return {
    step: report.step,
    loss: report.loss,
    error: report.error,
    error_average: report.errorAverage,
    query_error: report.queryError,
    gradient_norm: report.gradientNorm,
    learning_rate: report.learningRate,
    patterns: report.patterns,
    episodes_per_second: rate,
    seconds,
    seconds_left: left,
  };
}

/** A resumed run writes again what it had written after its last checkpoint. */
async function dropMetricsAfter(folder: string, step: number): Promise<void> {
  const kept = (await readMetrics(folder)).filter((line) => line.step <= step);
  await writeFileAtomically(paths(folder).metrics, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

async function freeFolder(name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = resolve('runs', 'out', `${name}-${n}`);
    if (!existsSync(folder)) return folder;
  }
}
