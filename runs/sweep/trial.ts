/**
 * @file One trial of a sweep, in this process: trained from the start or from where it stands, then judged on held-out
 * patterns. `ebmm trial FOLDER NAME`, which workers start as processes of their own.
 */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Engine } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import type { DataOptions } from '../data-options.ts';
import { type Judgement, readJudgements, saveJudgement } from '../heldout.ts';
import { type IO, STOP_STATUS, type StopSignal } from '../io.ts';
import { dataOption, engineOf, positive, threadsOption } from '../options.ts';
import { loadRun, type Provenance, paths } from '../run-folder.ts';
import { appendJudgement } from '../tensorboard.ts';
import { train } from '../training/train.ts';
import { judgeRun } from './judge.ts';
import { checkRun, type Manifest, readManifest, sweepPaths } from './manifest.ts';
import { describe, type Trial } from './plan.ts';

export interface TrialOptions extends DataOptions {
  engine: Engine;
  provenance: Provenance;
  /** Write TensorBoard's event files. */
  tensorboard?: boolean;
  /** Updates that it is to have had; default all of its configuration. */
  until?: number;
}

/**
 * Trains a trial in FOLDER/NAME until it has had `until` updates, and judges it there; what is done already is not done again.
 * Nobody else may work on it meanwhile: see `Claims`.
 * @returns its judgement, which heldout.json of the run has too; or the signal that ended training early, at its last update
 * @throws InputError when the trial cannot be made, FileError when the disk cannot hold it
 */
export async function makeTrial(
  folder: string,
  manifest: Pick<Manifest, 'judged'>,
  trial: Trial,
  { engine, provenance, dataDir, tensorboard, until = trial.config.training.steps }: TrialOptions,
  io: IO,
): Promise<Judgement | { stopped: StopSignal }> {
  const { judged } = manifest;
  const { config, name } = trial;
  const out = sweepPaths(folder).run(name);
  const begun = existsSync(paths(out).config);
  if (begun) {
    await checkRun(folder, trial);
    const known = (await readJudgements(out, judged)).find(({ steps }) => steps === until);
    if (known) return known;
  }
  const had = existsSync(paths(out).checkpoint) ? (await loadRun(out)).state.step : 0;
  if (had < until) {
    const hparams = { values: trial.changes, group: groupOf(trial) };
    const training = {
      name,
      config,
      out,
      engine,
      provenance,
      dataDir,
      until,
      resume: begun,
      tensorboard,
      hparams,
    };
    const { stopped } = await train(training, io);
    if (stopped) return { stopped };
  }
  const judgement = await judgeRun(out, until, judged, { engine, dataDir }, io);
  await saveJudgement(out, judged, judgement);
  await appendJudgement(out, judgement, Date.now() / 1000);
  return judgement;
}

/** What trials have in common that differ in their seed only. */
const groupOf = (trial: Trial) => describe(trial).replace(/ ?seed=\d+$/, '') || undefined;

/** For workers, not for people: hidden in the help. */
export function addTrialCommand(
  program: Command,
  io: IO,
  provenance: Provenance,
  finish: (status: number) => void,
): void {
  program
    .command('trial', { hidden: true })
    .argument('<folder>', 'of the sweep')
    .argument('<name>', 'of the trial')
    .option('--until <n>', 'updates that it is to have had', positive)
    .option('--tensorboard', "write TensorBoard's event files")
    .option('--attached', 'end when the process that started this closes its channel')
    .addOption(threadsOption())
    .addOption(dataOption())
    .action(async (folder: string, name: string, options) => {
      if (options.attached) stopWithParent(io);
      const manifest = await readManifest(folder);
      const trial = manifest.trials.find((each) => each.name === name);
      if (!trial) throw new InputError(`${folder}: its sweep has no ${name}`);
      const engine = await engineOf({ ...manifest.engine, threads: options.threads });
      const result = await makeTrial(folder, manifest, trial, { ...options, engine, provenance }, io);
      if ('stopped' in result) finish(STOP_STATUS[result.stopped]);
      else io.out(JSON.stringify(result));
    });
}

/** Whoever started this ends it by closing the channel, also by being killed. */
function stopWithParent({ stopping }: IO): void {
  const stop = () => {
    if (stopping.graceful) stopping.signal ??= 'SIGTERM';
    else process.exit(STOP_STATUS.SIGTERM);
  };
  // Gone while this was being loaded.
  if (!process.connected) stop();
  process.once('disconnect', stop);
  process.channel?.unref();
}
