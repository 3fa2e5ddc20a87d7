/** @file A meta-trained memory as an associative memory: its parameters fixed, its functions compiled. */
import * as tf from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import type { Engine, NamedTensors, NamedValues, TensorFunction } from '../compile/index.ts';
import { byExample } from '../compile/split/split.ts';
import type { Packing } from '../energy/network.ts';
import { InputError } from '../errors.ts';
import { checkNames } from '../option-names.ts';
import { prefixed } from '../prefixed.ts';
import { stream } from '../random.ts';
import { sizeOf } from '../shapes.ts';
import type { AssociativeMemory, Recall, RecallOptions, StoredMemory } from './associative.ts';
import { boundedScale, HALVINGS, WILD } from './bounded.ts';
import { type Contents, type Held, heldIn, rounded } from './contents.ts';
import { checkRecalled, DivergedError, notFinite } from './diverged.ts';
import {
  checkBatch,
  checkMask,
  checkSteps,
  type Expected,
  readBatch,
  readQueries,
  recallOptions,
} from './inputs.ts';
import type { MemoryModel } from './model.ts';

export interface LearnedMemoryOptions {
  /** Default: the model's own. */
  name?: string;
  model: MemoryModel;
  /** Values of the model's parameters, by name. */
  parameters: Record<string, Float32Array>;
  engine: Engine;
  /** Most patterns at once that it was trained on, where known: patterns of bits that overlap more are written in smaller steps. */
  trained?: number;
}

export interface WriteOptions {
  diverged?: 'throw' | 'keep';
  slowed?: (episode: number, scale: number) => void;
}

const MODEL = args.fields(
  {
    parameters: args.record(args.fields({ shape: args.axes })),
    state: args.object,
    patternShape: args.axes,
    store: args.callable,
    recall: args.callable,
  },
  'a memory model, as energyModel makes one',
);

/** What several episodes stored, by name, each [episodes, ...]. */
export type StoredState = NamedValues;

export class LearnedMemory implements AssociativeMemory {
  readonly name: string;
  readonly range: readonly [number, number];
  /** Memory size in float32 numbers. */
  readonly floats: number;
  readonly model: MemoryModel;
  readonly #engine: Engine;
  readonly #trained?: number;
  readonly #parameters: NamedValues;
  #readers = new Map<string, TensorFunction>();
  #store: TensorFunction;
  #storing: (inputs: NamedTensors) => NamedTensors;
  #add: TensorFunction;
  #addFirst: TensorFunction;
  #energy: TensorFunction;

  constructor(options: LearnedMemoryOptions) {
    checkNames('LearnedMemory', options, { name: true, model: true, parameters: true, engine: true, trained: true }); // biome-ignore format: one line
    const { name, model, parameters, engine, trained } = options ?? {};
    args.check('LearnedMemory', {
      model: [model, MODEL],
      parameters: [parameters, args.object],
      name: [name, args.optional(args.text)],
      trained: [trained, args.optional(args.number)],
    });
    for (const [of, { shape }] of Object.entries(model.parameters)) {
      const values = parameters?.[of];
      if (values?.length !== sizeOf([...shape]))
        throw new InputError(
          `parameter "${of}": ${values ? `${values.length} values` : 'missing'}, expected [${shape}]`,
        );
      if (notFinite(values) >= 0) throw new InputError(`parameter "${of}" holds a value that is not finite`);
    }
    if (typeof engine?.compile !== 'function')
      throw new InputError('no engine: make one with compiledEngine() or tfjsEngine()');
    this.model = model;
    this.name = name ?? model.name;
    this.range = model.range;
    this.floats = model.floats;
    this.#engine = engine;
    this.#trained = trained;
    this.#parameters = prefixed('p:', parameters);
    this.#store = this.#byEpisode(['patterns'], (inputs) =>
      prefixed('s:', model.store(this.#inputsOf(inputs, 'p:'), inputs.patterns)),
    );
    this.#storing = (inputs) => {
      const steps = model.storing?.(this.#inputsOf(inputs, 'p:'), inputs.patterns) ?? [];
      return Object.assign({}, ...steps.map((state, t) => prefixed(`${t}:`, state)));
    };
    const state = Object.keys(model.state).map((key) => `s:${key}`);
    this.#add = this.#byEpisode([...state, 'patterns'], (inputs) => {
      const before = this.#inputsOf(inputs, 's:');
      return prefixed('s:', model.add!(this.#inputsOf(inputs, 'p:'), before, inputs.patterns));
    });
    this.#addFirst = this.#byEpisode(['patterns'], (inputs) => {
      const p = this.#inputsOf(inputs, 'p:');
      const before = model.empty!(p, inputs.patterns.shape[0]);
      return prefixed('s:', model.add!(p, before, inputs.patterns));
    });
    this.#energy = this.#byEpisode([...state, 'x'], (inputs) => ({
      energy: this.#energyOf(inputs, inputs.x),
    }));
  }

  /** A function of the parameters and of what has an [episodes] axis, as all that it gives. */
  #byEpisode(batch: readonly string[], f: (inputs: NamedTensors) => NamedTensors): TensorFunction {
    return byExample(f, Object.keys(this.#parameters), batch);
  }

  /** This memory with other values of its parameters: the programs compiled for one serve both. */
  withParameters(parameters: Record<string, Float32Array>): LearnedMemory {
    const { name, model } = this;
    const trained = this.#trained;
    const other = new LearnedMemory({ name, model, parameters, engine: this.#engine, trained });
    other.#readers = this.#readers;
    other.#store = this.#store;
    other.#storing = this.#storing;
    other.#add = this.#add;
    other.#addFirst = this.#addFirst;
    other.#energy = this.#energy;
    return other;
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
    const [memory, state] = this.stateOf(stored.contents());
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
    const program = await this.#engine.compile(state ? this.#add : this.#addFirst, {
      ...this.#parameterSpecs(),
      ...(state ? this.#stateSpecs(episodes) : {}),
      patterns: { shape: [episodes, count, ...this.model.patternShape] },
    });
    const outputs = await program.run({
      ...this.#parameters,
      ...(state ? prefixed('s:', state) : {}),
      patterns,
    });
    const names = Object.keys(this.model.state);
    const broken = names.find((name) => notFinite(outputs[`s:${name}`]) >= 0);
    if (broken) {
      throw new DivergedError(
        `adding diverged: "${broken}" is not finite after ${count} more patterns, of ${this.name}: was it trained on streams?`,
        broken,
      );
    }
    return Object.fromEntries(names.map((name) => [name, outputs[`s:${name}`]]));
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

  /** Whether training stored: then the parameters are the memory. */
  get holdsParameters(): boolean {
    return Object.keys(this.model.state).length === 0;
  }

  /** What episode `index` of those stored at once holds. */
  contentsOf(state: StoredState, index = 0): Contents {
    const { model } = this;
    const held = (shape: readonly number[], all: ArrayLike<number>, packing?: Packing): Held => {
      const size = sizeOf([...shape]);
      const values = (all as Float32Array).slice(index * size, (index + 1) * size);
      return { shape, values, packing, bits: model.bits };
    };
    const tensors = this.holdsParameters
      ? Object.entries(parameterShapes(model)).map(
          ([name, shape]) =>
            [name, { shape, values: this.#parameters[`p:${name}`] as Float32Array }] as const,
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
    checkNames('write', options, { diverged: true, slowed: true });
    const { diverged = 'throw', slowed } = options;
    checkBatch('patterns', patterns, [episodes, count], this.#expected());
    // A memory whose training wrote all that it holds.
    if (this.holdsParameters) return {};
    const program = await this.#engine.compile(this.#store, {
      ...this.#parameterSpecs(),
      patterns: { shape: [episodes, count, ...this.model.patternShape] },
    });
    const names = Object.keys(this.model.state);
    const run = async (parameters: NamedValues, own: Float32Array): Promise<StoredState> => {
      const outputs = await program.run({ ...parameters, patterns: own });
      return Object.fromEntries(names.map((name) => [name, outputs[`s:${name}`]]));
    };
    const state = await run(this.#parameters, patterns);
    /** Episodes that were written in smaller steps. */
    const written: number[] = [];
    if (this.model.slower) {
      const told = (episode: number, scale: number) => {
        written.push(episode);
        slowed?.(episode, scale);
      };
      for (let e = 0; e < episodes; e++)
        await this.#writeSlower(state, patterns, e, episodes, count, run, told);
    }
    const broken = names.find((name) => notFinite(state[name]) >= 0);
    if (broken && diverged === 'throw') throw await this.#storingDiverged(patterns, episodes, count, broken);
    if (written.length > 0 && diverged === 'throw') await this.#checkHeld(state, patterns, episodes, count);
    return state;
  }

  /** Writes one episode again, in smaller steps, where those of training are too large for it. */
  async #writeSlower(
    state: StoredState,
    patterns: Float32Array,
    episode: number,
    episodes: number,
    count: number,
    run: (parameters: NamedValues, patterns: Float32Array) => Promise<StoredState>,
    slowed: (episode: number, scale: number) => void,
  ): Promise<void> {
    const { patternShape } = this.model;
    const size = patterns.length / episodes;
    const own = patterns.subarray(episode * size, (episode + 1) * size);
    const bits = patternShape.length === 1 && own.every((v) => Math.abs(v) === 1);
    const trained = bits ? this.#trained : undefined;
    let { scale, unlike } = trained
      ? boundedScale(own, count, patternShape[0], trained)
      : { scale: 1, unlike: false };
    const usual = trained && unlike ? await this.#usualWeights(trained) : undefined;
    const part = (all: StoredState[string]) => {
      const each = all.length / episodes;
      return (all as Float32Array).subarray(episode * each, (episode + 1) * each);
    };
    const diverges = () =>
      Object.entries(state).some(([name, all]) => {
        const largest = largestOf(part(all));
        return !Number.isFinite(largest) || (usual && largest > WILD * usual[name]);
      });
    if (scale === 1 && !diverges()) return;
    if (scale === 1) scale = 0.5;
    // The same program: all its episodes are this one.
    const repeated = new Float32Array(patterns.length);
    for (let e = 0; e < episodes; e++) repeated.set(own, e * size);
    const values = Object.fromEntries(
      Object.keys(this.model.parameters).map((name) => [name, this.#parameters[`p:${name}`] as Float32Array]),
    );
    for (let k = 0; k <= HALVINGS; k++, scale /= 2) {
      const written = await run(prefixed('p:', this.model.slower!(values, scale)), repeated);
      for (const [name, all] of Object.entries(written)) part(state[name]).set(part(all));
      if (!diverges()) break;
    }
    slowed(episode, scale);
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

  #usual?: Promise<Record<string, number>>;

  /** The largest written weight of each tensor, where as many patterns of fair bits are stored as in training. */
  #usualWeights(trained: number): Promise<Record<string, number>> {
    this.#usual ??= (async () => {
      const random = stream(0, 'usual weights');
      const [d] = this.model.patternShape;
      const patterns = Float32Array.from({ length: trained * d }, () => 2 * random.bit() - 1);
      const state = await this.write(patterns, 1, trained, { diverged: 'keep' });
      return Object.fromEntries(
        Object.entries(state).map(([name, all]) => [name, largestOf(all as Float32Array)]),
      );
    })();
    return this.#usual;
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
      const tensor = Object.keys(state).find((name) => notFinite(state[name]) >= 0);
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
    const program = await this.#engine.compile(this.#storing, {
      ...this.#parameterSpecs(),
      patterns: { shape: [episodes, count, ...this.model.patternShape] },
    });
    const outputs = await program.run({ ...this.#parameters, patterns });
    const names = Object.keys(this.model.state);
    const steps = Object.keys(outputs).length / names.length;
    return Array.from({ length: steps }, (_, t) =>
      Object.fromEntries(names.map((name) => [name, outputs[`${t}:${name}`]])),
    );
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
    options: { known?: Float32Array; steps?: number; trace?: boolean; diverged?: 'throw' | 'keep' } = {},
  ): Promise<{ iterates: Float32Array[]; energies: Float32Array[] }> {
    const { known, steps = this.model.steps, trace = false, diverged = 'throw' } = options;
    const { shape } = this.#expected();
    checkSteps(this.name, steps);
    checkBatch('queries', queries, [episodes, count], { ...this.#expected(), known });
    if (known) {
      checkBatch('known', known, [episodes, count], { shape });
      checkMask('known', known);
    }
    const batch = { shape: [episodes, count, ...this.model.patternShape] };
    const program = await this.#engine.compile(this.#reader(Boolean(known), steps, trace), {
      ...this.#parameterSpecs(),
      ...this.#stateSpecs(episodes),
      queries: batch,
      ...(known ? { known: batch } : {}),
    });
    const outputs = await program.run({
      ...this.#parameters,
      ...prefixed('s:', state),
      queries,
      ...(known ? { known } : {}),
    });
    const list = (prefix: string, from: number) =>
      Object.keys(outputs)
        .filter((name) => name.startsWith(prefix))
        .map((_, k) => outputs[`${prefix}${k + from}`] as Float32Array);
    const iterates = trace ? list('x', 1) : [outputs.last as Float32Array];
    const energies = trace ? list('energy', 0) : [];
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
    checkBatch('x', x, [episodes, count], { ...this.#expected(), noisy: true });
    const program = await this.#engine.compile(this.#energy, {
      ...this.#parameterSpecs(),
      ...this.#stateSpecs(episodes),
      x: { shape: [episodes, count, ...this.model.patternShape] },
    });
    const outputs = await program.run({ ...this.#parameters, ...prefixed('s:', state), x });
    const energies = outputs.energy as Float32Array;
    checkRecalled(this.name, [], [energies]);
    return energies;
  }

  #parameterSpecs() {
    const specs = Object.entries(this.model.parameters);
    return Object.fromEntries(specs.map(([name, { shape }]) => [`p:${name}`, { shape }]));
  }

  #stateSpecs(episodes: number) {
    const shapes = Object.entries(this.model.state);
    return Object.fromEntries(shapes.map(([name, shape]) => [`s:${name}`, { shape: [episodes, ...shape] }]));
  }

  #inputsOf(inputs: NamedTensors, prefix: 'p:' | 's:'): NamedTensors {
    const names = Object.keys(prefix === 'p:' ? this.model.parameters : this.model.state);
    return Object.fromEntries(names.map((name) => [name, inputs[prefix + name]]));
  }

  #energyOf(inputs: NamedTensors, x: tf.Tensor): tf.Tensor {
    if (!this.model.energy) throw new Error(`${this.name} has no energy`);
    return this.model.energy(this.#inputsOf(inputs, 'p:'), this.#inputsOf(inputs, 's:'), x);
  }

  /** One function for each way of reading, so that the engine knows it again. */
  #reader(known: boolean, steps: number, trace: boolean) {
    const key = `${known} ${steps} ${trace}`;
    const made = this.#readers.get(key);
    if (made) return made;
    const { model } = this;
    const batch = [
      ...Object.keys(model.state).map((key) => `s:${key}`),
      'queries',
      ...(known ? ['known'] : []),
    ];
    const reader = this.#byEpisode(batch, (inputs) => {
      const { queries } = inputs;
      const p = this.#inputsOf(inputs, 'p:');
      const state = this.#inputsOf(inputs, 's:');
      const iterates = model.recall(p, state, queries, known ? inputs.known : undefined, steps);
      if (!trace) return { last: iterates.at(-1) ?? queries };
      const outputs: NamedTensors = {};
      for (const [k, x] of iterates.entries()) outputs[`x${k + 1}`] = x;
      if (model.energy) {
        for (const [k, x] of [queries, ...iterates].entries())
          outputs[`energy${k}`] = this.#energyOf(inputs, x);
      }
      return outputs;
    });
    this.#readers.set(key, reader);
    return reader;
  }
}

/** Share of values wrong, of patterns recalled from themselves, from which on a memory refuses to hold them. */
const LOST = 0.25;

/** The largest magnitude; NaN when one is. */
const largestOf = (values: Float32Array) =>
  values.reduce((most, v) => (Number.isNaN(v) ? v : Math.max(most, Math.abs(v))), 0);

const parameterShapes = ({ parameters }: MemoryModel) =>
  Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));

/** What one episode stored. */
class StoredEpisode implements StoredMemory {
  readonly floats: number;
  readonly #memory: LearnedMemory;
  readonly #state: StoredState;
  readonly energy?: (x: tf.Tensor) => Promise<Float32Array>;

  constructor(memory: LearnedMemory, state: StoredState) {
    this.#memory = memory;
    this.#state = state;
    this.floats = memory.floats;
    if (memory.model.energy) {
      const shape = memory.model.patternShape;
      this.energy = async (x) => {
        const { values, count } = await readBatch('x', x, { shape, range: memory.range, noisy: true });
        return memory.energies(state, values, 1, count);
      };
    }
  }

  contents(): Contents {
    return this.#memory.contentsOf(this.#state);
  }

  async recall(queries: tf.Tensor, options?: RecallOptions): Promise<Recall> {
    const { known, steps, trace } = recallOptions(options);
    const memory = this.#memory;
    const { patternShape: shape } = memory.model;
    const noisy = memory.holdsParameters;
    const { values, count, mask } = await readQueries(queries, known, { shape, range: memory.range, noisy });
    const { iterates, energies } = await memory.read(this.#state, values, 1, count, {
      known: mask && Float32Array.from(mask),
      steps,
      trace,
    });
    return {
      patterns: tf.tensor(iterates.at(-1) ?? values, queries.shape),
      energies: energies.length > 0 ? energies.map((e) => Array.from(e)) : undefined,
      steps: steps ?? memory.model.steps,
    };
  }
}
