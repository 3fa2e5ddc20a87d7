/** @file What compiled programs work in: memory that holds constants, with places for inputs and outputs. */

import { type Dtype, toValues } from '../graph/graph.ts';
import type { NamedValues } from './engine.ts';

/** Where the numbers of an input or output lie. */
export interface Port {
  name: string;
  /** The first of them, from the start of the memory. */
  from: number;
  size: number;
  dtype: Dtype;
}

/** What the memory of a program looks like. */
export interface Image {
  /** Numbers of memory. */
  size: number;
  /** What it holds from the first call on. */
  constants: readonly { offset: number; values: ArrayLike<number> }[];
  inputs: readonly Port[];
  outputs: readonly Port[];
  /** Outputs that every call adds to. */
  summed: readonly string[];
}

/** The memory of a program, for one thread. */
export class ProgramMemory {
  readonly #numbers: Float32Array;
  readonly #image: Image;
  readonly #sums: Record<string, Float32Array>;
  readonly #given = new Set<string>();

  /** @param buffer of `image.size` numbers or more, which are 0 */
  constructor(buffer: ArrayBufferLike, image: Image) {
    this.#numbers = new Float32Array(buffer);
    this.#image = image;
    for (const { offset, values } of image.constants) this.#numbers.set(values, offset);
    const outputs = Object.entries(this.outputs());
    this.#sums = Object.fromEntries(outputs.filter(([name]) => image.summed.includes(name)));
  }

  /**
   * Sets the inputs that are given.
   * @throws Error where one has another length
   */
  write(values: NamedValues): void {
    for (const { name, from, size, dtype } of this.#image.inputs) {
      const data = values[name];
      if (!data) continue;
      if (data.length !== size)
        throw new Error(`input "${name}" has ${data.length} values instead of ${size}`);
      this.#numbers.set(toValues(data, dtype), from);
    }
  }

  get bytes(): number {
    return this.#numbers.byteLength;
  }

  /** Sets inputs ahead of `writeAll`, which then need not be given there. */
  give(values: NamedValues): void {
    this.write(values);
    for (const name of Object.keys(values)) this.#given.add(name);
  }

  /** Sets all inputs. @throws Error where one is missing or has another length */
  writeAll(values: NamedValues): void {
    for (const { name } of this.#image.inputs)
      if (!values[name] && !this.#given.has(name)) throw new Error(`input "${name}" is missing`);
    this.#given.clear();
    this.write(values);
  }

  /** Sets what every call adds to to 0. */
  clear(): void {
    for (const sum of Object.values(this.#sums)) sum.fill(0);
  }

  /** The outputs where they lie: they change with the next call. Truth values are 1 and 0. */
  outputs(): Record<string, Float32Array> {
    return Object.fromEntries(this.#image.outputs.map(({ name, from, size }) => [name, this.#numbers.subarray(from, from + size)])); // biome-ignore format: one thought
  }

  /** Copies of the outputs. */
  read(): NamedValues {
    const outputs = this.outputs();
    return Object.fromEntries(this.#image.outputs.map(({ name, dtype }) => [name, toValues(outputs[name].slice(), dtype)])); // biome-ignore format: one thought
  }
}
