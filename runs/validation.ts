/**
 * @file Validation while training: the memory as it is now, on episodes of the validation split that are the same every time and no
 * part of training. Errors are those of `evaluate --split validation` of that checkpoint.
 */
import { setImmediate } from 'node:timers/promises';
import { trainedParameters } from '../meta/checkpoint.ts';
import type { Config } from '../meta/config.ts';
import type { TrainingState } from '../meta/trainer.ts';
import { patternErrors } from '../meta/units.ts';
import type { Engine } from '../src/compile/index.ts';
import { LearnedMemory } from '../src/memory/learned-memory.ts';
import type { MemoryModel } from '../src/memory/model.ts';
import { sizeOf } from '../src/shapes.ts';
import { type Corruption, drawBatch, type StreamOptions, type Task } from '../tasks/index.ts';
import { countDiverged, evaluate, type Protocol, quantile, unlessDiverged } from './evaluation.ts';
import { LearnedStream, partOf } from './learned-stream.ts';
import type { ValidatedLoad, Validation } from './records.ts';
import { bestValidation, comparable } from './validations.ts';

export interface ValidatorOptions {
  config: Pick<Config, 'task' | 'known' | 'training'>;
  /** That of `taskOf`. */
  task: Task;
  corruption: Corruption;
  model: MemoryModel;
  engine: Engine;
}

export interface ValidateOptions {
  /** What was validated before, in order. */
  before?: readonly Validation[];
  /** Told of every batch of episodes, and how many of all loads together are done. */
  progress?: (remark: string, episodes: number) => void;
  /** Asked between loads: then validation is given up. */
  stopped?: () => boolean;
}

/** Values in one batch of episodes of streams. */
const BATCH_VALUES = 262144;

export class Validator {
  readonly settings: NonNullable<Config['training']['validate']>;
  /** In rising order, none twice. */
  readonly loads: readonly number[];
  readonly #options: ValidatorOptions;
  /** Keeps the programs; its parameters are replaced for every validation. */
  #memory?: LearnedMemory;

  private constructor(options: ValidatorOptions, settings: Validator['settings']) {
    const { patterns } = options.config.training;
    this.#options = options;
    this.settings = settings;
    this.loads = [...new Set([settings.patterns ?? patterns].flat())].sort((a, b) => a - b);
  }

  /** Of a run; undefined where its configuration asks for no validation. */
  static of(options: ValidatorOptions): Validator | undefined {
    const { validate } = options.config.training;
    return validate && new Validator(options, validate);
  }

  /** Whether there is a validation after so many updates: before the first, after every so many, after the last. */
  due(step: number): boolean {
    return step % this.settings.every === 0 || step === this.#options.config.training.steps;
  }

  /**
   * @returns undefined when it was stopped
   * @throws InputError where the validation split has too few patterns, or the memory takes fewer
   */
  async validate(
    state: TrainingState,
    { before = [], progress, stopped = () => false }: ValidateOptions = {},
  ): Promise<Validation | undefined> {
    const started = performance.now();
    const { episodes, seed } = this.settings;
    const memory = this.#with(trainedParameters(state));
    const loads: ValidatedLoad[] = [];
    for (const patterns of this.loads) {
      // Lets signals and the terminal have their turn.
      await setImmediate();
      if (stopped()) return undefined;
      const told = (done: number) =>
        progress?.(
          `validation, ${patterns} patterns: episode ${done} of ${episodes}`,
          loads.length * episodes + done,
        );
      const { error, error_p5, error_p95 } = await this.#measure(memory, patterns, told);
      loads.push({ patterns, error, error_p5, error_p95 });
    }
    const validation: Validation = {
      step: state.step,
      error: loads.reduce((sum, load) => sum + load.error, 0) / loads.length,
      loads,
      episodes,
      seed,
      best: false,
      seconds: state.seconds,
      validation_seconds: (performance.now() - started) / 1000,
    };
    const rival = bestValidation(before.filter((each) => comparable(each, validation)));
    return { ...validation, best: !rival || validation.error < rival.error };
  }

  #with(parameters: Record<string, Float32Array>): LearnedMemory {
    const { model, engine, config } = this.#options;
    const trained = Math.max(...[config.training.patterns].flat());
    this.#memory = this.#memory
      ? this.#memory.withParameters(parameters)
      : new LearnedMemory({ model, engine, parameters, trained });
    return this.#memory;
  }

  #measure(memory: LearnedMemory, patterns: number, progress: (episodes: number) => void) {
    const { config, task, corruption } = this.#options;
    const { episodes, seed } = this.settings;
    const { known } = config;
    const protocol: Protocol = { task, corruption, split: 'validation', known, seed, episodes, patterns };
    const { stream } = config.task;
    return stream ? streamErrors(memory, protocol, stream, progress) : evaluate(memory, protocol, progress);
  }
}

/** Errors of the last `patterns` of streams, `before` others having come first, as training has them. */
async function streamErrors(
  memory: LearnedMemory,
  { task, corruption, split, known, seed, episodes, patterns }: Protocol,
  { batch, before }: StreamOptions,
  progress: (episodes: number) => void,
): Promise<Omit<ValidatedLoad, 'patterns'>> {
  const count = before + patterns;
  const together = Math.min(16, Math.max(1, Math.floor(BATCH_VALUES / (count * sizeOf(task.patternShape)))));
  const means: number[] = [];
  for (let first = 0; first < episodes; first += together) {
    const own = Math.min(together, episodes - first);
    const drawn = drawBatch(task, corruption, split, seed, first, own, count);
    const wanted = partOf(drawn.patterns, drawn.shape, before, count);
    const streams = new LearnedStream(memory, drawn);
    const recalled = await unlessDiverged(async () => {
      for (let at = 0; at < count; ) {
        const end = Math.min(at + batch, at < before ? before : count);
        await streams.add(at, end);
        at = end;
      }
      return streams.recall(before, count, known);
    });
    const answers = recalled ?? new Float32Array(wanted.length).fill(Number.NaN);
    const errors = patternErrors(task, memory.range, answers, wanted);
    countDiverged(task, errors, answers, wanted);
    for (let e = 0; e < own; e++) {
      const mine = errors.subarray(e * patterns, (e + 1) * patterns);
      means.push(mine.reduce((a, b) => a + b, 0) / patterns);
    }
    progress(first + own);
  }
  const error = means.reduce((a, b) => a + b, 0) / means.length;
  return { error, error_p5: quantile(means, 0.05), error_p95: quantile(means, 0.95) };
}
