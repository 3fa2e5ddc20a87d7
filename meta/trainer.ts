/** @file The outer loop: draws episodes, runs the compiled meta-step, keeps the state that a checkpoint saves. */
import type { Engine, NamedValues, Values } from '../src/compile/index.ts';
import { type EnergyNetwork, initialise } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import type { Rule } from '../src/memory/rule.ts';
import { stream } from '../src/random.ts';
import { type Corruption, drawBatch, type Task } from '../tasks/index.ts';
import { MOMENTS } from './adamw.ts';
import type { Config } from './config.ts';
import { metaParameters, metaStep, metaStepInputs } from './meta-step.ts';
import { recallError, toRange } from './units.ts';

/** All that training needs to go on: saved whole in a checkpoint. */
export interface TrainingState {
  /** Updates done. */
  step: number;
  /** Meta-parameters and the optimiser's moments: `p:NAME`, `m:NAME`, `v:NAME`. */
  values: Record<string, Float32Array>;
  /** Moving error, in the task's unit; undefined before the first update. */
  errorAverage?: number;
  /** Seconds of training so far. */
  seconds: number;
  /** Updates that a non-finite gradient cost so far, and without a break until now. */
  lost: { total: number; inARow: number };
}

/** What one update gave. */
export interface StepReport {
  step: number;
  loss: number;
  error: number;
  errorAverage: number;
  queryError: number;
  gradientNorm: number;
  learningRate: number;
  patterns: number;
  /** False when the gradient was not finite and the update was skipped. */
  finite: boolean;
}

export interface TrainerOptions {
  config: Config;
  task: Task;
  corruption: Corruption;
  network: EnergyNetwork;
  engine: Engine;
  state?: TrainingState;
}

/** Share of the past in the moving error. */
const AVERAGE = 0.95;

export const ruleOf = ({ range, write, read }: Config): Rule => ({ range, write, read });

/** Fresh parameters and zero moments. */
export function initialState(network: EnergyNetwork, rule: Rule, seed: number): TrainingState {
  const parameters = initialise({ ...network, parameters: metaParameters(network, rule) }, seed);
  const values: Record<string, Float32Array> = {};
  for (const [name, value] of Object.entries(parameters)) values[`p:${name}`] = value;
  for (const prefix of MOMENTS) {
    for (const [name, value] of Object.entries(parameters))
      values[prefix + name] = new Float32Array(value.length);
  }
  return { step: 0, values, seconds: 0, lost: { total: 0, inARow: 0 } };
}

export class Trainer {
  readonly state: TrainingState;
  readonly #options: TrainerOptions;
  readonly #step: ReturnType<typeof metaStep>;
  readonly #settings: Parameters<typeof metaStep>[0];

  constructor(options: TrainerOptions) {
    const { config, network } = options;
    const { training } = config;
    this.#options = options;
    this.#settings = {
      network,
      rule: ruleOf(config),
      optimiser: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...training },
      schedule: training,
      steps: training.steps,
      known: config.known,
      iterateWeights:
        training.iterates === 'last'
          ? Array.from({ length: config.read.steps }, (_, k) => Number(k === config.read.steps - 1))
          : undefined,
    };
    this.#step = metaStep(this.#settings);
    this.state = options.state ?? initialState(network, this.#settings.rule, config.seed);
  }

  /** Operations and seconds of the program for a load. */
  async compile(patterns = this.#loads()[0]) {
    const { config, engine } = this.#options;
    return engine.compile(this.#step, metaStepInputs(this.#settings, config.training.episodes, patterns));
  }

  /**
   * One update.
   * @throws InputError when too many updates in a row had a non-finite loss or gradient
   */
  async update(): Promise<StepReport> {
    const { config, task, corruption } = this.#options;
    const { state } = this;
    const started = performance.now();
    const { episodes, tolerance } = config.training;
    const step = state.step + 1;
    const patterns = this.#loadOf(step);
    const program = await this.compile(patterns);
    const first = state.step * episodes;
    const batch = drawBatch(task, corruption, 'train', config.seed, first, episodes, patterns);
    const inputs: NamedValues = {
      ...state.values,
      update: new Float32Array([step]),
      patterns: toRange(batch.patterns, config.range),
      queries: toRange(batch.queries, config.range),
    };
    if (config.known) inputs.known = batch.known;
    const outputs = await program.run(inputs);
    for (const name of Object.keys(state.values)) state.values[name] = outputs[name] as Float32Array;
    const number = (values: Values) => values[0];
    const finite = number(outputs.finite) === 1 && Number.isFinite(number(outputs.loss));
    const error = recallError(task, config.range, outputs.recalled as Float32Array, batch.patterns);
    const queryError = recallError(task, [0, 1], batch.queries, batch.patterns);
    if (Number.isFinite(error)) {
      state.errorAverage =
        state.errorAverage === undefined ? error : AVERAGE * state.errorAverage + (1 - AVERAGE) * error;
    }
    state.step = step;
    state.seconds += (performance.now() - started) / 1000;
    state.lost.total += Number(!finite);
    state.lost.inARow = finite ? 0 : state.lost.inARow + 1;
    if (state.lost.inARow >= tolerance) {
      const first = Number.isFinite(number(outputs.loss))
        ? 'the meta-gradient'
        : 'the loss (reading or writing diverged)';
      throw new InputError(
        `training stopped at update ${step}: ${first} was not finite ${tolerance} times in a row; lower training.learning_rate, write.rate or read.rate`,
      );
    }
    return {
      step,
      loss: number(outputs.loss),
      error,
      errorAverage: state.errorAverage ?? Number.NaN,
      queryError,
      gradientNorm: number(outputs.norm),
      learningRate: number(outputs.rate),
      patterns,
      finite,
    };
  }

  #loads(): number[] {
    const { patterns } = this.#options.config.training;
    return Array.isArray(patterns) ? patterns : [patterns];
  }

  /** The load of an update; its own stream, so that it does not depend on where training was resumed. */
  #loadOf(step: number): number {
    const loads = this.#loads();
    if (loads.length === 1) return loads[0];
    return loads[stream(this.#options.config.seed, 'load', step).integer(loads.length)];
  }
}
