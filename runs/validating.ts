/** @file The validations of a run in training: their records, the best checkpoint beside the last, and the end of patience. */
import { existsSync } from 'node:fs';
import { loadCheckpoint, saveCheckpoint } from '../meta/checkpoint.ts';
import type { Config } from '../meta/config.ts';
import type { Learner } from '../meta/learner.ts';
import type { TrainingState } from '../meta/trainer.ts';
import type { IO } from './io.ts';
import type { Validation } from './records.ts';
import { paths } from './run-folder.ts';
import type { StepLog } from './step-log.ts';
import { short } from './table.ts';
import type { Validator } from './validation.ts';
import { bestValidation, openValidations, patienceSpent, readValidations } from './validations.ts';

export interface ValidatingOptions {
  validator: Validator;
  config: Config;
  learner: Learner;
  folder: string;
  /** The validation of the state that the run begins with, where it was made already. */
  first?: Validation;
  unit: string;
  io: IO;
}

/**
 * What comes first, so that a run that is killed goes on exactly: the record of a validation, then the checkpoint of its update,
 * then the best checkpoint. A best checkpoint that is missing belongs to the update at which the run stands.
 */
export class Validating {
  /** In the order of their steps. */
  readonly records: Validation[];
  readonly #options: ValidatingOptions;
  readonly #log: StepLog<Validation>;

  private constructor(options: ValidatingOptions, records: Validation[], log: StepLog<Validation>) {
    this.#options = options;
    this.records = records;
    this.#log = log;
  }

  /** Takes up the validations of a run, up to where it stands, and mends the best checkpoint. */
  static async open(options: ValidatingOptions, state: TrainingState): Promise<Validating> {
    const { folder, io, learner } = options;
    const log = await openValidations(folder, state.step);
    const validating = new Validating(options, await readValidations(folder), log);
    const best = bestValidation(validating.records);
    if (!best) return validating;
    const file = paths(folder).best;
    const kept = existsSync(file) ? await loadCheckpoint(file, learner.trainable.parameters) : undefined;
    if (kept?.step === best.step) return validating;
    if (best.step === state.step) await validating.keepBest(state);
    else
      io.err(
        `${file}: is not that of update ${best.step}, the best so far; the next that is better takes its place`,
      );
    return validating;
  }

  get best(): Validation | undefined {
    return bestValidation(this.records);
  }

  /** Whether so many validations in a row were no better that training ends. */
  get ended(): boolean {
    return patienceSpent(this.#options.config.training, this.records);
  }

  /** Whether this update is one to validate after, and has not been. */
  pending({ step }: TrainingState): boolean {
    return this.#options.validator.due(step) && this.records.at(-1)?.step !== step;
  }

  /** Validates, logs and says so; undefined when it was stopped by a signal. */
  async validate(
    state: TrainingState,
    progress: (remark: string) => void = () => {},
  ): Promise<Validation | undefined> {
    const { validator, first, io, unit } = this.#options;
    const stopped = () => io.stopping.signal !== undefined;
    const made =
      first?.step === state.step
        ? first
        : await validator.validate(state, { before: this.records, progress, stopped });
    if (!made) return undefined;
    // In a row of lost updates nothing has changed since the last good one, and no checkpoint is made.
    const validation = { ...made, best: made.best && state.lost.inARow === 0 };
    await this.#log.append(validation);
    this.records.push(validation);
    const errors = validation.loads.map(({ patterns, error }) => `${short(error)} at ${patterns} patterns`);
    io.err(
      `validation after update ${state.step}: ${errors.join(', ')} (${unit})${validation.best ? '; the best so far' : ''}`,
    );
    return validation;
  }

  /** Keeps the parameters of now as the best checkpoint; that of the update itself must have been saved. */
  async keepBest(state: TrainingState): Promise<void> {
    const { folder, learner, config } = this.#options;
    const { parameters } = learner.trainable;
    await saveCheckpoint(paths(folder).best, state, parameters, { parametersOnly: true, config });
  }

  sync(): Promise<void> {
    return this.#log.sync();
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
