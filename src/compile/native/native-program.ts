/** @file Programs of machine code, in this thread and in others. */
import { sizeOf } from '../../shapes.ts';
import type { InputSpec, NamedValues, Program } from '../engine.ts';
import { type Dtype, toValues } from '../graph.ts';
import type { Trace } from '../trace-backend.ts';
import { nativeCode, type PartPorts } from './code.ts';
import { NUMBER_BYTES } from './loops.ts';
import { Block, Executable } from './machine.ts';
import type { Place } from './places.ts';
import type { PartCount } from './tiles.ts';
import { Unsupported } from './unsupported.ts';

/** Displacements of instructions reach so far. */
const REACH = 2 ** 31 / NUMBER_BYTES;

interface Port {
  name: string;
  place: Place;
  size: number;
  dtype: Dtype;
}

/** Machine code and what it is called with; each thread that runs it has memory of its own. */
export class NativeProgram implements Program {
  readonly outputShapes: Record<string, readonly number[]>;
  readonly operations: number;
  /** What it does, step by step, for people. */
  readonly stepNames: readonly string[];
  readonly seconds: { trace: number; prepare: number };
  readonly executable: Executable;
  readonly #constants: { offset: number; values: ArrayLike<number> }[];
  readonly #bytes: number;
  readonly #inputs: Port[];
  readonly #outputs: Port[];
  readonly #summed: readonly string[];
  #own: NativeMemory | undefined;
  #freed = false;

  /**
   * @param seconds what tracing took
   * @param part for a program that is called for part after part
   * @param bfloats see `plan`
   * @throws Unsupported where the traced function holds what no machine code is written for
   */
  constructor(
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    part: PartPorts = { shared: [], summed: [] },
    bfloats?: PartCount,
  ) {
    const started = performance.now();
    const { code, memory, inputs, outputs, constants, steps } = nativeCode(
      traced.inputs,
      traced.outputs,
      part,
      bfloats,
    );
    if (memory > REACH) throw new Unsupported('more memory than instructions reach');
    this.executable = new Executable(code);
    this.#constants = constants;
    this.#bytes = memory * NUMBER_BYTES;
    const port = (name: string, place: Place, dtype: Dtype): Port => ({
      name,
      place,
      size: sizeOf(place.shape),
      dtype,
    });
    this.#inputs = Object.entries(inputs).map(([name, place]) => port(name, place, specs[name]?.dtype ?? 'float32')); // biome-ignore format: one thought
    this.#summed = part.summed;
    this.#outputs = Object.entries(outputs).map(([name, place]) => port(name, place, traced.outputs[name].dtype)); // biome-ignore format: one thought
    this.outputShapes = Object.fromEntries(Object.entries(traced.outputs).map(([name, { shape }]) => [name, shape])); // biome-ignore format: one thought
    this.operations = steps.length;
    this.stepNames = steps;
    this.seconds = { trace: seconds, prepare: (performance.now() - started) / 1000 };
  }

  /** Memory for one thread. */
  memory(): NativeMemory {
    return new NativeMemory(this.#bytes, this.#constants, this.#inputs, this.#outputs, this.#summed);
  }

  async run(values: NamedValues): Promise<NamedValues> {
    if (this.#freed) throw new Error('the engine of this program was disposed');
    this.#own ??= this.memory();
    for (const { name } of this.#inputs) if (!values[name]) throw new Error(`input "${name}" is missing`);
    this.#own.write(values);
    this.executable.call(this.#own.pointer);
    return this.#own.read();
  }

  /** No thread may run it any more. */
  free(): void {
    this.#freed = true;
    this.#own?.free();
    this.executable.free();
  }
}

/** What a program works in, for one thread. */
export class NativeMemory {
  readonly #block: Block;
  readonly #numbers: Float32Array;
  readonly #inputs: readonly Port[];
  readonly #outputs: readonly Port[];
  readonly #summed: ReadonlySet<string>;

  constructor(
    bytes: number,
    constants: readonly { offset: number; values: ArrayLike<number> }[],
    inputs: readonly Port[],
    outputs: readonly Port[],
    summed: readonly string[],
  ) {
    this.#summed = new Set(summed);
    this.#block = new Block(bytes);
    this.#numbers = new Float32Array(this.#block.buffer);
    for (const { offset, values } of constants) this.#numbers.set(values, offset);
    this.#inputs = inputs;
    this.#outputs = outputs;
  }

  get pointer(): bigint {
    return this.#block.pointer;
  }

  /**
   * Sets the inputs that are given.
   * @throws Error where one has another length
   */
  write(values: NamedValues): void {
    for (const { name, place, size, dtype } of this.#inputs) {
      const data = values[name];
      if (!data) continue;
      if (data.length !== size)
        throw new Error(`input "${name}" has ${data.length} values instead of ${size}`);
      this.#numbers.set(toValues(data, dtype), place.buffer.offset);
    }
  }

  /** Sets the inputs that are the same for all parts, and the sums to 0. */
  begin(shared: NamedValues): void {
    this.write(shared);
    for (const sum of Object.values(this.sums())) sum.fill(0);
  }

  /** Outputs that every call adds to. */
  sums(): Record<string, Float32Array> {
    return Object.fromEntries(Object.entries(this.outputs()).filter(([name]) => this.#summed.has(name)));
  }

  /** The outputs where they lie: they change with the next call. Truth values are 1 and 0. */
  outputs(): Record<string, Float32Array> {
    const results: Record<string, Float32Array> = {};
    for (const { name, place, size } of this.#outputs) {
      const from = place.buffer.offset + place.offset;
      results[name] = this.#numbers.subarray(from, from + size);
    }
    return results;
  }

  read(): NamedValues {
    const outputs = this.outputs();
    return Object.fromEntries(this.#outputs.map(({ name, dtype }) => [name, toValues(outputs[name].slice(), dtype)])); // biome-ignore format: one thought
  }

  free(): void {
    this.#block.free();
  }
}
