/** @file The functions of a memory model, compiled once for every memory of it, whatever the values of its parameters. */
import type * as tf from '@tensorflow/tfjs';
import type { Engine, InputSpec, NamedTensors, NamedValues, TensorFunction } from '../compile/index.ts';
import { byExample } from '../compile/split/split.ts';
import { prefixed } from '../prefixed.ts';
import type { MemoryModel } from './model.ts';

/** What several episodes stored, by name, each [episodes, ...]. */
export type StoredState = NamedValues;

/** Values of a model's parameters, by name. */
export type ParameterValues = Record<string, Float32Array>;

/** What every function works on besides parameters and state: values [episodes, count, ...patternShape]. */
export interface Batch {
  values: Float32Array;
  episodes: number;
  count: number;
}

export interface Iterates {
  /** After k + 1 steps of recall, shaped as the queries. */
  iterates: Float32Array[];
  /** Energies [episodes, count] of iterate k, the query being iterate 0. */
  energies: Float32Array[];
}

/** Nothing is checked here: neither what goes in nor whether numbers that come out are finite. */
export class CompiledModel {
  readonly model: MemoryModel;
  readonly engine: Engine;
  readonly #store: TensorFunction;
  /** Of all steps in one episode as in several: it has no parts. */
  readonly #storing: TensorFunction;
  readonly #add: TensorFunction;
  readonly #addFirst: TensorFunction;
  readonly #energy: TensorFunction;
  readonly #readers = new Map<string, TensorFunction>();

  constructor(model: MemoryModel, engine: Engine) {
    this.model = model;
    this.engine = engine;
    this.#store = this.#byEpisode(['patterns'], (inputs) =>
      prefixed('s:', model.store(this.#of(inputs, 'p:'), inputs.patterns)),
    );
    this.#storing = (inputs) => {
      const steps = model.storing?.(this.#of(inputs, 'p:'), inputs.patterns) ?? [];
      return Object.assign({}, ...steps.map((state, t) => prefixed(`${t}:`, state)));
    };
    this.#add = this.#byEpisode([...this.#stateNames, 'patterns'], (inputs) => {
      const before = this.#of(inputs, 's:');
      return prefixed('s:', model.add!(this.#of(inputs, 'p:'), before, inputs.patterns));
    });
    this.#addFirst = this.#byEpisode(['patterns'], (inputs) => {
      const p = this.#of(inputs, 'p:');
      const before = model.empty!(p, inputs.patterns.shape[0]);
      return prefixed('s:', model.add!(p, before, inputs.patterns));
    });
    this.#energy = this.#byEpisode([...this.#stateNames, 'x'], (inputs) => ({
      energy: this.#energyOf(inputs, inputs.x),
    }));
  }

  async store(parameters: ParameterValues, patterns: Batch): Promise<StoredState> {
    return this.#stateIn(await this.#run(this.#store, parameters, {}, { patterns }));
  }

  /** The state after 0, 1 ... T steps; none where the model does not store in steps. */
  async storing(parameters: ParameterValues, patterns: Batch): Promise<StoredState[]> {
    if (!this.model.storing) return [];
    const outputs = await this.#run(this.#storing, parameters, {}, { patterns });
    const steps = Object.keys(outputs).length / Object.keys(this.model.state).length;
    return Array.from({ length: steps }, (_, t) => this.#stateIn(outputs, `${t}:`));
  }

  /** @param state `undefined`: nothing is stored yet */
  async add(
    parameters: ParameterValues,
    state: StoredState | undefined,
    patterns: Batch,
  ): Promise<StoredState> {
    const f = state ? this.#add : this.#addFirst;
    return this.#stateIn(await this.#run(f, parameters, state ?? {}, { patterns }));
  }

  /** @param trace whether to return every iterate and, where the model has an energy, energies; otherwise the last iterate alone */
  async recall(
    parameters: ParameterValues,
    state: StoredState,
    queries: Batch,
    { known, steps, trace }: { known?: Float32Array; steps: number; trace: boolean },
  ): Promise<Iterates> {
    const outputs = await this.#run(this.#reader(Boolean(known), steps, trace), parameters, state, {
      queries,
      ...(known ? { known: { ...queries, values: known } } : {}),
    });
    const list = (prefix: string, from: number) =>
      Object.keys(outputs)
        .filter((name) => name.startsWith(prefix))
        .map((_, k) => outputs[`${prefix}${k + from}`] as Float32Array);
    if (!trace) return { iterates: [outputs.last as Float32Array], energies: [] };
    return { iterates: list('x', 1), energies: list('energy', 0) };
  }

  /** Energies [episodes, count]. @throws Error when the model has no energy */
  async energies(parameters: ParameterValues, state: StoredState, x: Batch): Promise<Float32Array> {
    return (await this.#run(this.#energy, parameters, state, { x })).energy as Float32Array;
  }

  async #run(
    f: TensorFunction,
    parameters: ParameterValues,
    state: StoredState,
    batches: Record<string, Batch>,
  ): Promise<NamedValues> {
    const { model } = this;
    const specs: Record<string, InputSpec> = {};
    const values: NamedValues = {};
    for (const [name, { shape }] of Object.entries(model.parameters)) {
      specs[`p:${name}`] = { shape };
      values[`p:${name}`] = parameters[name];
    }
    const [{ episodes }] = Object.values(batches);
    for (const name of Object.keys(state)) {
      specs[`s:${name}`] = { shape: [episodes, ...model.state[name]] };
      values[`s:${name}`] = state[name];
    }
    for (const [name, batch] of Object.entries(batches)) {
      specs[name] = { shape: [batch.episodes, batch.count, ...model.patternShape] };
      values[name] = batch.values;
    }
    return (await this.engine.compile(f, specs)).run(values);
  }

  get #stateNames(): string[] {
    return Object.keys(this.model.state).map((name) => `s:${name}`);
  }

  /** A function of the parameters and of what has an [episodes] axis, as all that it gives. */
  #byEpisode(batch: readonly string[], f: (inputs: NamedTensors) => NamedTensors): TensorFunction {
    const parameters = Object.keys(this.model.parameters).map((name) => `p:${name}`);
    return byExample(f, parameters, batch);
  }

  #stateIn(outputs: NamedValues, prefix = 's:'): StoredState {
    return Object.fromEntries(Object.keys(this.model.state).map((name) => [name, outputs[prefix + name]]));
  }

  #of(inputs: NamedTensors, prefix: 'p:' | 's:'): NamedTensors {
    const names = Object.keys(prefix === 'p:' ? this.model.parameters : this.model.state);
    return Object.fromEntries(names.map((name) => [name, inputs[prefix + name]]));
  }

  #energyOf(inputs: NamedTensors, x: tf.Tensor): tf.Tensor {
    if (!this.model.energy) throw new Error(`${this.model.name} has no energy`);
    return this.model.energy(this.#of(inputs, 'p:'), this.#of(inputs, 's:'), x);
  }

  /** One function for each way of reading, so that the engine knows it again. */
  #reader(known: boolean, steps: number, trace: boolean): TensorFunction {
    const key = `${known} ${steps} ${trace}`;
    const made = this.#readers.get(key);
    if (made) return made;
    const { model } = this;
    const batch = [...this.#stateNames, 'queries', ...(known ? ['known'] : [])];
    const reader = this.#byEpisode(batch, (inputs) => {
      const { queries } = inputs;
      const p = this.#of(inputs, 'p:');
      const state = this.#of(inputs, 's:');
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
