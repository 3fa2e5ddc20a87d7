/** @file A meta-trained memory as an associative memory: its parameters fixed, its functions compiled. */
import type * as tf from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import type { Engine } from '../compile/index.ts';
import type { Packing } from '../energy/network.ts';
import { InputError } from '../errors.ts';
import { checkNames, type Names } from '../option-names.ts';
import { sizeOf } from '../shapes.ts';
import type { AssociativeMemory, StoredMemory } from './associative.ts';
import { CompiledModel, type Iterates, type ParameterValues, type StoredState } from './compiled-model.ts';
import { type Contents, contentsOf, type Held, heldIn, rounded } from './contents.ts';
import { checkRecalled, DivergedError, notFinite } from './diverged.ts';
import { checkBatch, checkMask, checkSteps, type Expected, MOST_STEPS, readBatch } from './inputs.ts';
import type { MemoryModel } from './model.ts';
import { type Slowed, SlowerWriting } from './slower-writing.ts';
import { StoredEpisode } from './stored-episode.ts';

export interface LearnedMemoryOptions {
  /** Default: the model's own. */
  name?: string;
  model: MemoryModel;
  /** Values of the model's parameters, by name. */
  parameters: ParameterValues;
  engine: Engine;
  /** Most patterns at once that it was trained on, where known: patterns of bits that overlap more are written in smaller steps. */
  trained?: number;
}

export interface ReadOptions {
  /** 1 where an entry stays as the query has it; of the queries' length. */
  known?: Float32Array;
  /** Default: as trained. */
  steps?: number;
  /** Whether to return every iterate and, where the memory has an energy, energies. */
  trace?: boolean;
  /** Numbers that are not finite: an error (default), or kept for the caller to look at. */
  diverged?: 'throw' | 'keep';
}

export interface WriteOptions {
  diverged?: 'throw' | 'keep';
  slowed?: Slowed;
}

const MODEL = args.fields(
  {
    parameters: args.record(args.fields({ shape: args.axes })),
    state: args.record(args.axes),
    patternShape: args.shape,
    floats: args.whole(0),
    steps: args.whole(1),
    range: args.range,
    store: args.callable,
    recall: args.callable,
    energy: args.optional(args.callable),
  },
  'a memory model, as energyModel makes one',
);

const DIVERGED = args.oneOf(['throw', 'keep']);
const READ: Names<ReadOptions> = {
  known: args.numbers,
  steps: args.whole(0, MOST_STEPS),
  trace: args.flag,
  diverged: DIVERGED,
};
const WRITE: Names<WriteOptions> = { diverged: DIVERGED, slowed: args.callable };
const STATE = args.record(args.floats, 'a stored state, as write gives it');

const OPTIONS: Names<LearnedMemoryOptions> = {
  name: args.label,
  model: args.required(MODEL),
  parameters: args.required(args.record(args.floats, 'a Float32Array for each parameter')),
  engine: args.required(args.engine),
  trained: args.whole(1),
};

export class LearnedMemory implements AssociativeMemory {
  readonly name: string;
  readonly range: readonly [number, number];
  /** Memory size in float32 numbers. */
  readonly floats: number;
  readonly model: MemoryModel;
  readonly #compiled: CompiledModel;
  readonly #parameters: ParameterValues;
  readonly #trained?: number;
  readonly #slower: SlowerWriting;

  /** @param compiled functions of the same model, where another memory has them */
  constructor(options: LearnedMemoryOptions, compiled?: CompiledModel) {
    checkNames('LearnedMemory', options, OPTIONS);
    const { name, model, parameters, engine, trained } = options;
    for (const [of, { shape }] of Object.entries(model.parameters)) {
      const values = parameters?.[of];
      if (values?.length !== sizeOf([...shape]))
        throw new InputError(
          `parameter "${of}": ${values ? `${values.length} values` : 'missing'}, expected [${shape}]`,
        );
      if (notFinite(values) >= 0) throw new InputError(`parameter "${of}" holds a value that is not finite`);
    }
    this.model = model;
    this.name = name ?? model.name;
    this.range = model.range;
    this.floats = model.floats;
    this.#trained = trained;
    this.#parameters = { ...parameters };
    this.#compiled = compiled ?? new CompiledModel(model, engine);
    this.#slower = new SlowerWriting(this.#compiled, parameters, trained);
  }

  /** This memory with other values of its parameters: the programs compiled for one serve both. */
  withParameters(parameters: ParameterValues): LearnedMemory {
    const { name, model } = this;
    const trained = this.#trained;
    const engine = this.#compiled.engine;
    return new LearnedMemory({ name, model, parameters, engine, trained }, this.#compiled);
  }

  /**
   * @throws InputError for patterns that are not [patterns, ...patternShape] in the memory's range; DivergedError when storing ends
   * in numbers that are not finite
   */
  async store(patterns: tf.Tensor): Promise<StoredMemory> {
    const { values, count } = await readBatch('patterns', patterns, this.#expected());
    return new StoredEpisode(this, await this.write(values, 1, count));
  }

  /** Noisy queries are what a memory is for that training filled with denoising. */
  #expected(): Expected & { shape: readonly number[] } {
    const { patternShape } = this.model;
    return { shape: patternShape, range: this.range, noisy: this.holdsParameters };
  }

  /** All tensors that storing makes; where training stored, all parameters. */
  async restore(contents: Contents): Promise<StoredMemory> {
    return new StoredEpisode(...this.stateOf(contents));
  }

  /** @throws InputError where patterns cannot be added to this memory */
  async add(stored: StoredMemory, patterns: tf.Tensor): Promise<StoredMemory> {
    const [memory, state] = this.stateOf(contentsOf(this.name, stored));
    const { values, count } = await readBatch('patterns', patterns, this.#expected());
    return new StoredEpisode(memory, await memory.writeMore(state, values, 1, count));
  }

  /**
   * Adds patterns [episodes, count, ...patternShape] to what several episodes hold; `undefined`: nothing yet.
   * @throws InputError likewise; DivergedError where the numbers left
   */
  async writeMore(
    state: StoredState | undefined,
    patterns: Float32Array,
    episodes: number,
    count: number,
  ): Promise<StoredState> {
    if (!this.model.add || !this.model.empty)
      throw new InputError(`${this.name} stores all patterns at once: none can be added`);
    checkBatch('patterns', patterns, [episodes, count], this.#expected());
    if (state !== undefined) this.#checkState(state, episodes);
    const batch = { values: patterns, episodes, count };
    const added = await this.#compiled.add(this.#parameters, state, batch);
    const broken = brokenIn(added);
    if (broken) {
      throw new DivergedError(
        `adding diverged: "${broken}" is not finite after ${count} more patterns, of ${this.name}: was it trained on streams?`,
        broken,
      );
    }
    return added;
  }

  /**
   * One episode's state from its contents, and the memory to read it with: where training stored, one of other parameters.
   * @throws InputError where tensors are missing or of other shapes
   */
  stateOf(contents: Contents): [LearnedMemory, StoredState] {
    const { model, name } = this;
    const shapes = Object.entries(this.holdsParameters ? parameterShapes(model) : model.state);
    const values = Object.fromEntries(
      shapes.map(([tensor, shape]) => [tensor, heldIn(name, contents, tensor, shape).values]),
    );
    return this.holdsParameters ? [this.withParameters(values), {}] : [this, values];
  }

  /** @throws InputError unless the tensors of so many episodes, or of more */
  #checkState(state: StoredState, episodes: number, more = false): void {
    args.check(this.name, { state: [state, STATE], episodes: [episodes, args.whole(1)] });
    for (const [tensor, shape] of Object.entries(this.model.state)) {
      const [found, wanted] = [state[tensor]?.length, episodes * sizeOf(shape)];
      if (more ? !(found >= wanted) : found !== wanted)
        throw new InputError(
          `${this.name}: state.${tensor} has ${found ?? 'no'} numbers, expected ${wanted} for [${[episodes, ...shape]}]`,
        );
    }
  }

  /** Whether training stored: then the parameters are the memory. */
  get holdsParameters(): boolean {
    return Object.keys(this.model.state).length === 0;
  }

  /** What episode `index` of those stored at once holds. */
  contentsOf(state: StoredState, index = 0): Contents {
    args.check(this.name, { index: [index, args.whole(0)] });
    this.#checkState(state, index + 1, true);
    const { model } = this;
    const held = (shape: readonly number[], all: ArrayLike<number>, packing?: Packing): Held => {
      const size = sizeOf([...shape]);
      const values = (all as Float32Array).slice(index * size, (index + 1) * size);
      return { shape, values, packing, bits: model.bits };
    };
    const tensors = this.holdsParameters
      ? Object.entries(parameterShapes(model)).map(
          ([name, shape]) => [name, { shape, values: this.#parameters[name] }] as const,
        )
      : Object.entries(model.state).map(
          ([name, shape]) => [name, held(shape, state[name], model.packing?.[name])] as const,
        );
    return { patternShape: model.patternShape, tensors: Object.fromEntries(tensors) };
  }

  /**
   * Several episodes with every number rounded to `bits` bits, each episode and tensor with a scale of its own: the memory to read them
   * with, and their state. Where training stored, that is a memory of rounded parameters.
   */
  rounded(state: StoredState, episodes: number, bits: number): [LearnedMemory, StoredState] {
    const parts = Array.from(
      { length: this.holdsParameters ? 1 : episodes },
      (_, e) => rounded(this.contentsOf(state, e), bits).tensors,
    );
    if (this.holdsParameters) {
      const values = Object.entries(parts[0]).map(([name, held]) => [name, held.values]);
      return [this.withParameters(Object.fromEntries(values)), state];
    }
    const joined = Object.entries(this.model.state).map(([name, shape]) => {
      const size = sizeOf([...shape]);
      const all = new Float32Array(episodes * size);
      for (const [e, tensors] of parts.entries()) all.set(tensors[name].values, e * size);
      return [name, all];
    });
    return [this, Object.fromEntries(joined)];
  }

  /**
   * Stores several episodes at once.
   * @param patterns [episodes, count, ...patternShape], in the memory's range
   * @param options `diverged`: whether numbers that are not finite are an error (default), or kept for the caller to look at;
   * `slowed`: told of every episode that was written in smaller steps than the trained ones, by which factor
   * @returns the state, every tensor [episodes, ...]
   * @throws InputError for patterns of another length or range, and for such as it cannot hold; DivergedError
   */
  async write(
    patterns: Float32Array,
    episodes: number,
    count: number,
    options: WriteOptions = {},
  ): Promise<StoredState> {
    checkNames('write', options, WRITE);
    const { diverged = 'throw', slowed } = options;
    checkBatch('patterns', patterns, [episodes, count], this.#expected());
    // A memory whose training wrote all that it holds.
    if (this.holdsParameters) return {};
    const batch = { values: patterns, episodes, count };
    const state = await this.#compiled.store(this.#parameters, batch);
    const slower = await this.#slower.correct(state, batch, slowed);
    const broken = brokenIn(state);
    if (broken && diverged === 'throw') throw await this.#storingDiverged(patterns, episodes, count, broken);
    if (slower && diverged === 'throw') await this.#checkHeld(state, patterns, episodes, count);
    return state;
  }

  /** @throws InputError when patterns that were written in smaller steps are not even recalled from themselves */
  async #checkHeld(
    state: StoredState,
    patterns: Float32Array,
    episodes: number,
    count: number,
  ): Promise<void> {
    const middle = (this.range[0] + this.range[1]) / 2;
    // Many a memory was trained to be told what is right: with every other entry known, too.
    const half = patterns.map((_, i) => i % 2);
    let wrong = Number.POSITIVE_INFINITY;
    for (const known of [undefined, half]) {
      const { iterates } = await this.read(state, patterns, episodes, count, { known });
      const own = iterates.at(-1)!.filter((v, i) => v > middle !== patterns[i] > middle).length;
      wrong = Math.min(wrong, own);
    }
    if (wrong / patterns.length <= LOST) return;
    const d = patterns.length / (episodes * count);
    throw new InputError(
      `${this.name} cannot hold these ${count} patterns: recalled from themselves, ${(wrong / (episodes * count)).toFixed(0)} of ${d} values are wrong; they overlap more, or are more, than those of its training`,
    );
  }

  /** Says at which step the numbers left, where storing takes steps. */
  async #storingDiverged(patterns: Float32Array, episodes: number, count: number, broken: string) {
    const why = `; ${count} patterns, of ${this.name}: they may be more, or of another kind, than it was trained for`;
    const told = (tensor: string, step?: number, of?: number) =>
      new DivergedError(
        `storing diverged: "${tensor}" is not finite${step ? ` after step ${step} of ${of}` : ''}${why}`,
        tensor,
        step,
      );
    if (!this.model.storing) return told(broken);
    const states = await this.writing(patterns, episodes, count);
    for (const [step, state] of states.entries()) {
      const tensor = brokenIn(state);
      if (tensor) return told(tensor, step, states.length - 1);
    }
    return told(broken);
  }

  /**
   * Stores as `write` does, and returns the state after 0, 1 ... T steps, the last being what `write` returns.
   * @throws Error when storing does not go in steps
   */
  async writing(patterns: Float32Array, episodes: number, count: number): Promise<StoredState[]> {
    if (!this.model.storing) throw new Error(`${this.name} does not store in steps`);
    checkBatch('patterns', patterns, [episodes, count], this.#expected());
    return this.#compiled.storing(this.#parameters, { values: patterns, episodes, count });
  }

  /**
   * Recalls several queries of several episodes at once.
   * @param queries [episodes, count, ...patternShape]
   * @param options `known`: 1 where an entry stays as the query has it; `trace`: whether to return every iterate and,
   * where the memory has an energy, energies
   * @returns iterates[k]: after k + 1 steps, shaped as the queries; energies[k]: [episodes, count] of iterate k, the query
   * being iterate 0
   * @throws InputError for queries, a mask or steps that cannot be; DivergedError when an iterate or energy is not finite
   */
  async read(
    state: StoredState,
    queries: Float32Array,
    episodes: number,
    count: number,
    options: ReadOptions = {},
  ): Promise<Iterates> {
    checkNames('read', options, READ);
    const { known, steps = this.model.steps, trace = false, diverged = 'throw' } = options;
    const { shape } = this.#expected();
    checkSteps(this.name, steps);
    this.#checkState(state, episodes);
    checkBatch('queries', queries, [episodes, count], { ...this.#expected(), known });
    if (known) {
      checkBatch('known', known, [episodes, count], { shape });
      checkMask('known', known);
    }
    const { iterates, energies } = await this.#compiled.recall(
      this.#parameters,
      state,
      { values: queries, episodes, count },
      { known, steps, trace },
    );
    if (diverged === 'throw') {
      const step = iterates.findIndex((x) => notFinite(x) >= 0);
      if (step >= 0) {
        const at = trace ? ` after step ${step + 1} of ${steps}` : ` after ${steps} steps`;
        throw new DivergedError(`${this.name}: recall diverged: what is recalled is not finite${at}`, 'recalled', trace ? step + 1 : undefined); // biome-ignore format: one error
      }
      checkRecalled(this.name, [], energies);
    }
    return { iterates, energies };
  }

  /**
   * Energies [episodes, count] of x.
   * @throws Error when the memory has no energy
   */
  async energies(state: StoredState, x: Float32Array, episodes: number, count: number) {
    this.#checkState(state, episodes);
    checkBatch('x', x, [episodes, count], { ...this.#expected(), noisy: true });
    const batch = { values: x, episodes, count };
    const energies = await this.#compiled.energies(this.#parameters, state, batch);
    checkRecalled(this.name, [], [energies]);
    return energies;
  }
}

/** Share of values wrong, of patterns recalled from themselves, from which on a memory refuses to hold them. */
const LOST = 0.25;

/** The first tensor that holds a number that is not finite. */
const brokenIn = (state: StoredState) => Object.keys(state).find((name) => notFinite(state[name]) >= 0);

const parameterShapes = ({ parameters }: MemoryModel) =>
  Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));
