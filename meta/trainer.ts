/** @file The outer loop: draws batches, runs the compiled meta-step, keeps the state that a checkpoint saves. */
import * as args from '../src/arguments.ts';
import type { Engine, NamedValues, TensorFunction, Values } from '../src/compile/index.ts';
import { initialise, type ParameterSpec } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import type { Config } from './config.ts';
import { type Learner, TRAINABLE } from './learner.ts';
import { AVERAGE, type MetaStepSettings, metaStep, metaStepInputs, statePrefixes } from './meta-step.ts';
import { drawParts, joinedValues, meanOf, NOT_PARTED, type PartsElsewhere, partOf } from './parts.ts';
import { type TroubleFinder, troubleFinder } from './trouble.ts';

/** All that training needs to go on: saved whole in a checkpoint. */
export interface TrainingState {
  /** Updates done. */
  step: number;
  /** Parameters, the optimiser's moments and, where kept, the moving average: `p:NAME`, `m:NAME`, `v:NAME`, `a:NAME`. */
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
  /** Why the update was skipped: the first quantity that was not finite. Undefined for an update that was made. */
  trouble?: string;
}

export interface TrainerOptions {
  training: Config['training'];
  learner: Learner;
  engine: Engine;
  /** Of the initial parameters. */
  seed: number;
  state?: TrainingState;
  /** `step` of another trainer with an equal learner and training, whose compiled program then serves both. */
  step?: TensorFunction;
  /** Who computes the `training.parts` of an update, if not this process. */
  elsewhere?: PartsElsewhere;
}

/** Updates in a row whose gradient is exactly 0, and loss is not, after which nothing can be learnt any more. */
const DEAD = 100;

/** Share of the past in the moving error. */
const ERROR_AVERAGE = 0.95;

/** Fresh parameters, at the start of training. */
export function initialState(specs: Record<string, ParameterSpec>, seed: number, average = 0): TrainingState {
  return stateOf(initialise(specs, seed), average);
}

/** These parameters, zero moments and, with an average, the parameters once more. */
export function stateOf(parameters: Record<string, Float32Array>, average = 0): TrainingState {
  const values: Record<string, Float32Array> = {};
  for (const prefix of statePrefixes({ average })) {
    const same = prefix === 'p:' || prefix === AVERAGE;
    for (const [name, value] of Object.entries(parameters))
      values[prefix + name] = same ? value.slice() : new Float32Array(value.length);
  }
  return { step: 0, values, seconds: 0, lost: { total: 0, inARow: 0 } };
}

const STATE = args.fields({ values: args.record(args.floats) }, 'the state of a Trainer');

/** What a run is used with: the moving average of its parameters where one was kept, else the parameters. */
export function trainedParameters(state: TrainingState): Record<string, Float32Array> {
  args.check('trainedParameters', { state: [state, STATE] });
  const { values } = state;
  const names = Object.keys(values).filter((name) => name.startsWith('p:'));
  return Object.fromEntries(
    names.map((name) => [name.slice(2), values[AVERAGE + name.slice(2)] ?? values[name]]),
  );
}

const NOTHING = new Float32Array(0);

const namesOf = (values: NamedValues, prefix: string): NamedValues =>
  Object.fromEntries(Object.entries(values).filter(([name]) => name.startsWith(prefix)));

const OPTIONS = args.fields({
  training: args.fields({ steps: args.whole(0), episodes: args.whole(1) }),
  learner: args.fields({
    trainable: TRAINABLE,
    loads: args.kind('a list of loads', (v) => Array.isArray(v) && v.length > 0),
    load: args.callable,
    draw: args.callable,
  }),
  engine: args.engine,
  seed: args.number,
  state: args.optional(args.fields({ values: args.record(args.floats) })),
});

export class Trainer {
  readonly state: TrainingState;
  /** The update as a function, which is what an engine compiles. */
  readonly step: TensorFunction;
  readonly #options: TrainerOptions;
  readonly #settings: MetaStepSettings;
  readonly #findTrouble: TroubleFinder;
  /** What went first in the present row of lost updates. */
  #firstTrouble?: string;
  /** Updates in a row whose gradient was 0. */
  #dead = 0;

  constructor(options: TrainerOptions) {
    args.check('Trainer', { options: [options, OPTIONS] });
    const { training, learner, seed } = options;
    this.#options = options;
    this.#settings = {
      trainable: learner.trainable,
      optimiser: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...training },
      schedule: training,
      steps: training.steps,
      average: training.average,
      parts: training.parts,
    };
    const { parts = 1 } = training;
    const batch = Object.values(learner.trainable.inputs(training.episodes, learner.loads[0]))[0]?.shape[0];
    if (batch % parts !== 0)
      throw new InputError(
        `training.parts is ${parts}: expected a divisor of ${batch}, the examples of an update`,
      );
    if (options.elsewhere && parts < 2)
      throw new InputError(`training.parts is ${parts}: expected at least 2 for several workers`);
    this.step = options.step ?? metaStep(this.#settings);
    this.#findTrouble = troubleFinder(learner.trainable, options.engine);
    this.state = options.state ?? initialState(learner.trainable.parameters, seed, training.average);
  }

  /** Whether the last update changed something: a state before one that did not is the better one to keep. */
  get learns(): boolean {
    return this.state.lost.inARow === 0 && this.#dead === 0;
  }

  /** Operations and seconds of the program for a load. */
  async compile(patterns = this.#options.learner.loads[0]) {
    const { training, engine } = this.#options;
    return engine.compile(this.step, metaStepInputs(this.#settings, training.episodes, patterns));
  }

  /**
   * One update. One whose loss or gradient is not finite changes nothing but the counts.
   * @throws InputError when `training.tolerance` updates in a row were lost so, naming what went first, and when the gradient was exactly 0
   * for 100 in a row whose loss was not: every recalled value at its bound, say
   */
  async update(): Promise<StepReport> {
    const { training } = this.#options;
    const { state } = this;
    const started = performance.now();
    const step = state.step + 1;
    const { outputs, error, queryError, patterns, batch } = await this.#compute(step);
    const number = (values: Values) => values[0];
    const finite = number(outputs.finite) === 1;
    // All finite by itself: then their squares are too large to add up.
    const trouble = finite
      ? undefined
      : ((await this.#findTrouble(training.episodes, patterns, { ...state.values, ...batch() })) ??
        'the norm of the gradient');
    for (const name of Object.keys(state.values)) state.values[name] = outputs[name] as Float32Array;
    if (Number.isFinite(error)) {
      state.errorAverage =
        state.errorAverage === undefined
          ? error
          : ERROR_AVERAGE * state.errorAverage + (1 - ERROR_AVERAGE) * error;
    }
    state.step = step;
    state.seconds += (performance.now() - started) / 1000;
    state.lost.total += Number(!finite);
    state.lost.inARow = finite ? 0 : state.lost.inARow + 1;
    if (state.lost.inARow === 1) this.#firstTrouble = trouble;
    if (state.lost.inARow >= training.tolerance) {
      const { inARow } = state.lost;
      throw new InputError(
        `training stopped at update ${step}: ${inARow} updates in a row were not finite, at first ${this.#firstTrouble ?? trouble}; lower training.learning_rate, write.rate or read.rate`,
      );
    }
    this.#dead = finite && number(outputs.norm) === 0 && number(outputs.loss) !== 0 ? this.#dead + 1 : 0;
    if (this.#dead >= DEAD) {
      throw new InputError(
        `training stopped at update ${step}: the gradient was exactly 0 in the last ${DEAD} updates, so nothing is learnt any more; lower training.learning_rate, write.rate or read.rate`,
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
      trouble,
    };
  }

  /** Outputs of an update, what it measured, and its batch for whom it concerns. */
  async #compute(step: number) {
    const { training, learner, elsewhere } = this.#options;
    const { values } = this.state;
    const { parts = 1 } = training;
    const patterns = learner.load(step);
    const program = await this.compile(patterns);
    const update = new Float32Array([step]);
    const drawn = () => joinedValues(drawParts(learner, step, parts).map((draw) => draw.values));
    if (elsewhere) {
      if (!program.parted) throw new InputError(NOT_PARTED);
      const parameters = namesOf(values, 'p:');
      const outcomes = await elsewhere({ update: step, patterns, program, parameters });
      const nothing = Object.fromEntries(learner.trainable.outputs.map((name) => [name, NOTHING]));
      const results = outcomes.map(({ sums }) => ({ sums, stacked: nothing }));
      const outputs = await program.parted.merge({ ...values, update }, results);
      return { outputs, ...meanOf(outcomes), patterns, batch: drawn };
    }
    const draws = drawParts(learner, step, parts);
    const batch = joinedValues(draws.map((draw) => draw.values));
    const outputs = await program.run({ ...values, ...batch, update });
    const { outputs: measured } = learner.trainable;
    const errors = draws.map((draw, k) => draw.measure(partOf(outputs, measured, { k, of: parts })));
    return { outputs, ...meanOf(errors), patterns, batch: () => batch };
  }
}
