/** @file The loop of `ebmm train` over one run folder: updates, metrics, checkpoints, and how it ends. */
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { saveCheckpoint } from '../../meta/checkpoint.ts';
import type { Config } from '../../meta/config.ts';
import type { Learner } from '../../meta/learner.ts';
import { Stopped } from '../../meta/parts.ts';
import type { Trainer } from '../../meta/trainer.ts';
import type { Engine, Program } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { FileError, writeFileAtomically } from '../../src/files.ts';
import { flatten } from '../columns.ts';
import { readHeldout } from '../heldout.ts';
import type { Hparams } from '../hparams.ts';
import { counted, duration, type IO, isLive, keep, type StopSignal } from '../io.ts';
import type { Lease } from '../lease.ts';
import { openMetrics } from '../metrics.ts';
import { learningCurve } from '../plots/index.ts';
import { startProgress } from '../progress.ts';
import type { Validation } from '../records.ts';
import { paths, readMetrics } from '../run-folder.ts';
import { metricsOf } from '../step-metrics.ts';
import { short } from '../table.ts';
import { EventLog, hasEvents } from '../tensorboard.ts';
import { type UpdateProfile, type UpdateTimes, updateTimesText } from '../update-profile.ts';
import { Validating } from '../validating.ts';
import type { Validator } from '../validation.ts';
import { patienceSpent, readValidations } from '../validations.ts';

export interface Session {
  /** Name of the run, for people. */
  name: string;
  trainer: Trainer;
  program: Program;
  learner: Learner;
  config: Config;
  engine: Engine;
  folder: string;
  /** Whoever loses it writes nothing more. */
  lease: Lease;
  /** Unit of the error. */
  unit: string;
  /** Whether to write TensorBoard's event files; a run that has some goes on with them. */
  tensorboard?: boolean;
  /** Stop after so many updates; default: all. */
  until?: number;
  /** Measures the updates of this session. */
  profile?: UpdateProfile;
  /** For TensorBoard; default: all of the configuration. */
  hparams?: Hparams;
  /** Where the configuration asks for validation. */
  validator?: Validator;
  /** The validation of the state that it begins with, where it was made already. */
  first?: Validation;
}

export interface TrainResult {
  run: string;
  steps: number;
  error: number;
  unit: string;
  seconds: number;
  /** Updates that were lost because they were not finite. */
  skipped: number;
  /** The signal that ended it early. */
  stopped?: StopSignal;
  /** The best validation, where there was one; its parameters are the best checkpoint. */
  best?: Pick<Validation, 'step' | 'error' | 'loads'>;
  /** Whether it ended before its last update because validations were no better any more (training.validate.patience). */
  patience?: true;
  /** Where the time of this session's updates went, if it was asked for and there were any. */
  profile?: UpdateTimes;
}

/**
 * Trains until all updates are made or a signal comes, whichever is first; the run then stands at its last update.
 * @throws InputError when the numbers fail (the last good checkpoint is kept), FileError when the disk does
 */
export async function runTraining(session: Session, io: IO): Promise<TrainResult> {
  const { name, trainer, program, config, engine, folder, unit } = session;
  const { steps } = config.training;
  const { state } = trainer;
  // What was validated after the last checkpoint is validated again.
  const before = (await readValidations(folder)).filter(({ step }) => step <= state.step);
  if (patienceSpent(config.training, before)) {
    io.err(
      `${name} ended at update ${state.step}, no better for ${config.training.validate!.patience} validations; more: ebmm train --resume ${folder} --set training.validate.patience=N`,
    );
  } else if (state.step === steps) {
    io.err(`${name} has had all its ${steps} updates; more: ebmm train --resume ${folder} --steps N`);
  } else {
    const which = state.step > 0 ? `updates ${state.step + 1} to ${steps}` : counted(steps, 'update');
    io.err(
      `${name}: ${which} on ${engine.name}; ${program.operations} operations, ready in ${(program.seconds.trace + program.seconds.prepare).toFixed(1)} s; ${folder}`,
    );
  }
  io.stopping.graceful = true;
  let outcome: LoopOutcome;
  try {
    outcome = await loop(session, io);
  } finally {
    io.stopping.graceful = false;
  }
  const { best, patience } = outcome;
  const metrics = await readMetrics(folder);
  const validations = await readValidations(folder);
  session.lease.check();
  if (metrics.length > 0) {
    const chart = () => learningCurve([{ name: basename(folder), metrics, validations, unit }]);
    await keep(io, () => writeFileAtomically(`${paths(folder).plots}/learning-curve.png`, chart()));
  }
  const stopped = state.step < steps && !patience ? io.stopping.signal : undefined;
  const skipped = state.lost.total;
  const said = [
    `${counted(state.step, 'update')} in ${duration(state.seconds)}`,
    `moving error ${state.errorAverage?.toPrecision(3)} ${unit}`,
    ...(skipped ? [`${counted(skipped, 'update')} skipped`] : []),
    ...(best
      ? [`best validation ${short(best.error)} after update ${best.step} (--best takes that checkpoint)`]
      : []),
  ];
  io.err(
    stopped
      ? `stopped at update ${state.step}; go on with: ebmm train --resume ${folder}`
      : `${patience ? `ended early, no better for ${config.training.validate!.patience} validations` : 'done'}: ${said.join(', ')}`,
  );
  const times = session.profile?.times(engine);
  if (times) for (const line of updateTimesText(times)) io.err(line);
  return {
    run: folder,
    steps: state.step,
    error: state.errorAverage ?? Number.NaN,
    unit,
    seconds: state.seconds,
    skipped,
    stopped,
    ...(best ? { best: { step: best.step, error: best.error, loads: best.loads } } : {}),
    ...(patience ? { patience } : {}),
    ...(times ? { profile: times } : {}),
  };
}

const hparamsOf = (config: Config) => {
  const { seed: _, ...settings } = config;
  return Object.fromEntries(flatten(settings));
};

interface LoopOutcome {
  best?: Validation;
  patience?: true;
}

async function loop(session: Session, io: IO): Promise<LoopOutcome> {
  const { trainer, config, learner, folder, lease, unit, tensorboard, validator, first, until, hparams } =
    session;
  const { profile } = session;
  const update = async () => {
    if (!profile) return trainer.update();
    // Outside of what is measured.
    await trainer.compile(learner.load(trainer.state.step + 1));
    return profile.around(() => trainer.update());
  };
  const { steps, log_every, save_every, episodes } = config.training;
  const { state } = trainer;
  const log = await openMetrics(paths(folder).metrics, state.step);
  const validating =
    validator && (await Validating.open({ validator, config, learner, folder, first, unit, io }, state));
  const events =
    tensorboard || hasEvents(folder)
      ? await EventLog.open(folder, await readMetrics(folder), Date.now() / 1000, {
          validations: await readValidations(folder),
          perLoad: learner.loads.length > 1,
          hparams: hparams ?? { values: hparamsOf(config) },
          judgements: (await readHeldout(folder))?.judgements,
        })
      : undefined;
  let saved = state.step;
  const goOn = `go on with: ebmm train --resume ${folder}`;
  const save = async () => {
    lease.check();
    await log.sync();
    await validating?.sync();
    await saveCheckpoint(paths(folder).checkpoint, state, learner.trainable.parameters, { config });
    saved = state.step;
  };
  const progress = startProgress(io, 'train', steps, state.step);
  const from = { step: state.step, seconds: state.seconds };
  /** Seconds of the validations of this session. */
  let validation = 0;
  const validate = async () => {
    if (!validating?.pending(state)) return;
    // Without a terminal a line for every validation is enough.
    const remark = (text: string) => void (isLive(io) && progress.update(state.step, text));
    const made = await validating.validate(state, remark);
    if (!made) return;
    lease.check();
    validation += made.validation_seconds;
    await events?.appendValidation(made);
    if (!made.best) return;
    if (state.step !== saved || state.step === 0) await save();
    await validating.keepBest(state);
  };
  try {
    await validate();
    while (state.step < Math.min(steps, until ?? steps) && !io.stopping.signal && !validating?.ended) {
      const report = await update().catch((error) => {
        if (error instanceof Stopped) return undefined;
        throw error;
      });
      if (!report) break;
      // Lets signals and the terminal have their turn: a step runs on this thread.
      await new Promise((resume) => setImmediate(resume));
      const perStep = (state.seconds - from.seconds) / (state.step - from.step);
      progress.update(
        state.step,
        [
          `error ${report.errorAverage.toPrecision(3)} ${unit}`,
          `loss ${report.loss.toPrecision(4)}`,
          `gradient ${report.gradientNorm.toPrecision(3)}`,
          `${(episodes / perStep).toPrecision(3)} episodes/s`,
        ].join('  '),
        report.errorAverage,
      );
      if (report.trouble) io.err(`update ${report.step} skipped: ${report.trouble}`);
      if (state.step % log_every === 0 || state.step === steps || report.trouble) {
        const left = (perStep + validation / (state.step - from.step)) * (steps - state.step);
        lease.check();
        const line = metricsOf(report, state, episodes / perStep, left);
        await log.append(line);
        await events?.append(line);
      }
      await validate();
      // A checkpoint is good: none is made in a row of updates that were lost or have learnt nothing.
      const due = state.step % save_every === 0 && state.step < steps && state.step > saved;
      if (due && trainer.learns) await save();
    }
    if (state.step > saved) await save();
    return { best: validating?.best, ...(validating?.ended ? { patience: true as const } : {}) };
  } catch (error) {
    const rescued = error instanceof FileError && state.step > saved ? await rescue(session) : '';
    if (rescued === undefined) saved = state.step;
    const kept = saved > 0 ? `the checkpoint of update ${saved} is kept` : 'there was no checkpoint yet';
    if (error instanceof InputError) throw new InputError(`${error.message}; ${kept}: ${goOn}`);
    if (error instanceof FileError) throw new FileError(`${error.message}; ${kept}: ${goOn}${rescued ?? ''}`);
    throw error;
  } finally {
    progress.stop();
    await log.close();
    await validating?.close();
  }
}

/**
 * Saves the state when something else could not be written: as the run's checkpoint if that can be, else where temporary
 * files go.
 * @returns what to say of the second case; empty when neither could be done
 */
async function rescue({
  name,
  config,
  trainer,
  learner,
  folder,
  lease,
}: Session): Promise<string | undefined> {
  const { parameters } = learner.trainable;
  try {
    lease.check();
  } catch {
    return '';
  }
  const { checkpoint } = paths(folder);
  const saved = (path: string) => saveCheckpoint(path, trainer.state, parameters, { config }).then(() => true, () => false); // biome-ignore format: one line
  if (await saved(checkpoint)) return undefined;
  const file = join(tmpdir(), `ebmm-${name}-${process.pid}-${trainer.state.step}.safetensors`);
  if (!(await saved(file))) return '';
  return `; update ${trainer.state.step} is saved in ${file}: when there is room, copy it to ${checkpoint}`;
}
