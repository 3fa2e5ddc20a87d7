/** @file A meta-trained energy network as an associative memory: writes patterns into its weights, reads by descent. */
import * as tf from '@tensorflow/tfjs';
import type { Engine, NamedTensors, NamedValues } from '../compile/index.ts';
import { type EnergyNetwork, writableFloats } from '../energy/network.ts';
import type { AssociativeMemory, Recall, RecallOptions, StoredMemory } from './associative.ts';
import { read } from './read.ts';
import { type Rule, writableNames } from './rule.ts';
import { write } from './write.ts';

export interface EnergyMemoryOptions {
  name?: string;
  network: EnergyNetwork;
  rule: Rule;
  /** Values of the network's parameters and of the rule's, by name. */
  parameters: Record<string, Float32Array>;
  /** Shapes of `parameters`. */
  shapes: Record<string, readonly number[]>;
  engine: Engine;
}

export class EnergyMemory implements AssociativeMemory {
  readonly name: string;
  readonly range: readonly [number, number];
  /** Memory size in float32 numbers. */
  readonly floats: number;
  readonly options: EnergyMemoryOptions;
  readonly #writable: string[];
  readonly #write: (inputs: NamedTensors) => NamedTensors;
  readonly #readers = new Map<string, (inputs: NamedTensors) => NamedTensors>();
  readonly #energy: (inputs: NamedTensors) => NamedTensors;

  constructor(options: EnergyMemoryOptions) {
    const { network, rule } = options;
    this.options = options;
    this.name = options.name ?? 'ebmm';
    this.range = rule.range;
    this.floats = writableFloats(network);
    this.#writable = writableNames(network);
    this.#write = ({ patterns, ...p }) => {
      const written = write(network, rule, p, patterns);
      return Object.fromEntries(this.#writable.map((name) => [`written:${name}`, written[name]]));
    };
    this.#energy = ({ x, ...p }) => ({ energy: network.energy(p, x) });
  }

  async store(patterns: tf.Tensor): Promise<StoredMemory> {
    const weights = await this.write((await patterns.data()) as Float32Array, 1, patterns.shape[0]);
    return new StoredWeights(this, weights);
  }

  /**
   * Writes several episodes at once.
   * @param patterns [episodes, count, ...patternShape], in the memory's range
   * @returns every writable tensor, [episodes, ...]
   */
  async write(patterns: Float32Array, episodes: number, count: number): Promise<NamedValues> {
    const { engine, network, parameters } = this.options;
    const program = await engine.compile(this.#write, {
      ...this.#specs(),
      patterns: { shape: [episodes, count, ...network.patternShape] },
    });
    const outputs = await program.run({ ...parameters, patterns });
    return Object.fromEntries(this.#writable.map((name) => [name, outputs[`written:${name}`]]));
  }

  /**
   * Recalls several queries of several episodes at once.
   * @param queries [episodes, count, ...patternShape]
   * @param known 1 where an entry stays as the query has it
   * @returns iterates[k]: after k + 1 steps, shaped as the queries; energies[k]: [episodes, count] of iterate k, the query
   * being iterate 0
   */
  async read(
    weights: NamedValues,
    queries: Float32Array,
    episodes: number,
    count: number,
    options: { known?: Float32Array; steps?: number; trace?: boolean } = {},
  ): Promise<{ iterates: Float32Array[]; energies: Float32Array[] }> {
    const { engine, network, rule, parameters } = this.options;
    const { known, steps = rule.read.steps, trace = false } = options;
    const batch = { shape: [episodes, count, ...network.patternShape] };
    const program = await engine.compile(this.#reader(Boolean(known), steps, trace), {
      ...this.#specs(episodes),
      queries: batch,
      ...(known ? { known: batch } : {}),
    });
    const outputs = await program.run({ ...parameters, ...weights, queries, ...(known ? { known } : {}) });
    const list = (prefix: string, from: number) =>
      Array.from({ length: steps + 1 - from }, (_, k) => outputs[`${prefix}${k + from}`] as Float32Array);
    return {
      iterates: trace ? list('x', 1) : [outputs[`x${steps}`] as Float32Array],
      energies: trace ? list('energy', 0) : [],
    };
  }

  /** Energies [episodes, count] of x under written weights. */
  async energies(
    weights: NamedValues,
    x: Float32Array,
    episodes: number,
    count: number,
  ): Promise<Float32Array> {
    const { engine, network, parameters } = this.options;
    const program = await engine.compile(this.#energy, {
      ...this.#specs(episodes),
      x: { shape: [episodes, count, ...network.patternShape] },
    });
    return (await program.run({ ...parameters, ...weights, x })).energy as Float32Array;
  }

  /** Input shapes of all parameters; written ones have the episodes axis. */
  #specs(episodes?: number) {
    const { shapes } = this.options;
    return Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { shape: episodes && this.#writable.includes(name) ? [episodes, ...shape] : shape },
      ]),
    );
  }

  /** One function for each way of reading, so that the engine knows it again. */
  #reader(known: boolean, steps: number, trace: boolean) {
    const key = `${known} ${steps} ${trace}`;
    const made = this.#readers.get(key);
    if (made) return made;
    const { network, rule } = this.options;
    const reader = ({ queries, known: mask, ...p }: NamedTensors): NamedTensors => {
      const { iterates } = read(network, rule, p, queries, mask, steps);
      if (!trace) return { [`x${steps}`]: iterates.at(-1) ?? queries };
      const outputs: NamedTensors = { energy0: network.energy(p, queries) };
      for (const [k, x] of iterates.entries()) {
        outputs[`x${k + 1}`] = x;
        outputs[`energy${k + 1}`] = network.energy(p, x);
      }
      return outputs;
    };
    this.#readers.set(key, reader);
    return reader;
  }
}

/** Written weights of one episode. */
class StoredWeights implements StoredMemory {
  readonly floats: number;
  readonly #memory: EnergyMemory;
  readonly weights: NamedValues;

  constructor(memory: EnergyMemory, weights: NamedValues) {
    this.#memory = memory;
    this.weights = weights;
    this.floats = memory.floats;
  }

  async recall(queries: tf.Tensor, { known, steps, trace }: RecallOptions = {}): Promise<Recall> {
    const count = queries.shape[0];
    const memory = this.#memory;
    const { iterates, energies } = await memory.read(
      this.weights,
      (await queries.data()) as Float32Array,
      1,
      count,
      { known: known && ((await known.data()) as Float32Array), steps, trace },
    );
    const last = iterates.at(-1)!;
    return {
      patterns: tf.tensor(last, queries.shape),
      energies: trace ? energies.map((e) => Array.from(e)) : undefined,
      steps: steps ?? memory.options.rule.read.steps,
    };
  }

  async energy(x: tf.Tensor): Promise<Float32Array> {
    return this.#memory.energies(this.weights, (await x.data()) as Float32Array, 1, x.shape[0]);
  }
}
