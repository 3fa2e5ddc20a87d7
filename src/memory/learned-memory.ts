/** @file A meta-trained memory as an associative memory: its parameters fixed, its functions compiled. */
import * as tf from '@tensorflow/tfjs';
import type { Engine, NamedTensors, NamedValues } from '../compile/index.ts';
import type { Packing } from '../energy/network.ts';
import { prefixed } from '../prefixed.ts';
import { sizeOf } from '../shapes.ts';
import type { AssociativeMemory, Recall, RecallOptions, StoredMemory } from './associative.ts';
import { type Contents, type Held, heldIn, rounded } from './contents.ts';
import type { MemoryModel } from './model.ts';

export interface LearnedMemoryOptions {
  /** Default: the model's own. */
  name?: string;
  model: MemoryModel;
  /** Values of the model's parameters, by name. */
  parameters: Record<string, Float32Array>;
  engine: Engine;
}

/** What several episodes stored, by name, each [episodes, ...]. */
export type StoredState = NamedValues;

export class LearnedMemory implements AssociativeMemory {
  readonly name: string;
  readonly range: readonly [number, number];
  /** Memory size in float32 numbers. */
  readonly floats: number;
  readonly model: MemoryModel;
  readonly #engine: Engine;
  readonly #parameters: NamedValues;
  #readers = new Map<string, (inputs: NamedTensors) => NamedTensors>();
  #store: (inputs: NamedTensors) => NamedTensors;
  #storing: (inputs: NamedTensors) => NamedTensors;
  #energy: (inputs: NamedTensors) => NamedTensors;

  constructor({ name, model, parameters, engine }: LearnedMemoryOptions) {
    this.model = model;
    this.name = name ?? model.name;
    this.range = model.range;
    this.floats = model.floats;
    this.#engine = engine;
    this.#parameters = prefixed('p:', parameters);
    this.#store = (inputs) =>
      prefixed('s:', model.store(this.#inputsOf(inputs, 'p:'), inputs.patterns)) as NamedTensors;
    this.#storing = (inputs) => {
      const steps = model.storing?.(this.#inputsOf(inputs, 'p:'), inputs.patterns) ?? [];
      return Object.assign({}, ...steps.map((state, t) => prefixed(`${t}:`, state)));
    };
    this.#energy = (inputs) => ({ energy: this.#energyOf(inputs, inputs.x) });
  }

  /** This memory with other values of its parameters: the programs compiled for one serve both. */
  withParameters(parameters: Record<string, Float32Array>): LearnedMemory {
    const { name, model } = this;
    const other = new LearnedMemory({ name, model, parameters, engine: this.#engine });
    other.#readers = this.#readers;
    other.#store = this.#store;
    other.#storing = this.#storing;
    other.#energy = this.#energy;
    return other;
  }

  async store(patterns: tf.Tensor): Promise<StoredMemory> {
    const state = await this.write((await patterns.data()) as Float32Array, 1, patterns.shape[0]);
    return new StoredEpisode(this, state);
  }

  /** All tensors that storing makes; where training stored, all parameters. */
  async restore(contents: Contents): Promise<StoredMemory> {
    return new StoredEpisode(...this.stateOf(contents));
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
   * @returns the state, every tensor [episodes, ...]
   */
  async write(patterns: Float32Array, episodes: number, count: number): Promise<StoredState> {
    // A memory whose training wrote all that it holds.
    if (this.holdsParameters) return {};
    const program = await this.#engine.compile(this.#store, {
      ...this.#parameterSpecs(),
      patterns: { shape: [episodes, count, ...this.model.patternShape] },
    });
    const outputs = await program.run({ ...this.#parameters, patterns });
    return Object.fromEntries(Object.keys(this.model.state).map((name) => [name, outputs[`s:${name}`]]));
  }

  /**
   * Stores as `write` does, and returns the state after 0, 1 ... T steps, the last being what `write` returns.
   * @throws Error when storing does not go in steps
   */
  async writing(patterns: Float32Array, episodes: number, count: number): Promise<StoredState[]> {
    if (!this.model.storing) throw new Error(`${this.name} does not store in steps`);
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
   */
  async read(
    state: StoredState,
    queries: Float32Array,
    episodes: number,
    count: number,
    options: { known?: Float32Array; steps?: number; trace?: boolean } = {},
  ): Promise<{ iterates: Float32Array[]; energies: Float32Array[] }> {
    const { known, steps = this.model.steps, trace = false } = options;
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
    return {
      iterates: trace ? list('x', 1) : [outputs.last as Float32Array],
      energies: trace ? list('energy', 0) : [],
    };
  }

  /**
   * Energies [episodes, count] of x.
   * @throws Error when the memory has no energy
   */
  async energies(state: StoredState, x: Float32Array, episodes: number, count: number) {
    const program = await this.#engine.compile(this.#energy, {
      ...this.#parameterSpecs(),
      ...this.#stateSpecs(episodes),
      x: { shape: [episodes, count, ...this.model.patternShape] },
    });
    const outputs = await program.run({ ...this.#parameters, ...prefixed('s:', state), x });
    return outputs.energy as Float32Array;
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
    const reader = (inputs: NamedTensors): NamedTensors => {
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
    };
    this.#readers.set(key, reader);
    return reader;
  }
}

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
      this.energy = async (x) => memory.energies(state, (await x.data()) as Float32Array, 1, x.shape[0]);
    }
  }

  contents(): Contents {
    return this.#memory.contentsOf(this.#state);
  }

  async recall(queries: tf.Tensor, { known, steps, trace }: RecallOptions = {}): Promise<Recall> {
    const count = queries.shape[0];
    const memory = this.#memory;
    const { iterates, energies } = await memory.read(
      this.#state,
      (await queries.data()) as Float32Array,
      1,
      count,
      { known: known && ((await known.data()) as Float32Array), steps, trace },
    );
    const values = iterates.at(-1) ?? ((await queries.data()) as Float32Array);
    return {
      patterns: tf.tensor(values, queries.shape),
      energies: energies.length > 0 ? energies.map((e) => Array.from(e)) : undefined,
      steps: steps ?? memory.model.steps,
    };
  }
}
