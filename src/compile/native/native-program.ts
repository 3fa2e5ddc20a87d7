/** @file Programs of machine code, in this thread and in others. */

import type { Target } from '../emit/assembler/target.ts';
import { NUMBER_BYTES } from '../emit/loops/loops.ts';
import type { PartCount } from '../emit/products/tiles.ts';
import { imageOf } from '../plan/memory-image.ts';
import type { PartPorts } from '../plan/prepared.ts';
import type { InputSpec, NamedValues, Program } from '../program/engine.ts';
import type { Profile } from '../program/profile.ts';
import { type Image, ProgramMemory } from '../program/program-memory.ts';
import { Unsupported } from '../program/unsupported.ts';
import type { Trace } from '../trace/trace-backend.ts';
import { CLOCKS_AT, nativeCode } from './code.ts';
import { Block, Executable } from './machine.ts';

/** Displacements of instructions reach so far. */
const REACH = 2 ** 31 / NUMBER_BYTES;

/** Machine code and what it is called with; each thread that runs it has memory of its own. */
export class NativeProgram implements Program {
  readonly outputShapes: Record<string, readonly number[]>;
  readonly operations: number;
  /** What it does, step by step, for people. */
  readonly stepNames: readonly string[];
  readonly seconds: { trace: number; prepare: number };
  readonly executable: Executable;
  readonly #image: Image;
  readonly #clocks: readonly string[] | undefined;
  readonly #profile: Profile | undefined;
  #own: NativeMemory | undefined;
  #freed = false;

  /**
   * @param seconds what tracing took
   * @param part for a program that is called for part after part
   * @param bfloats see `plan`
   * @param target AVX-512 by default
   * @param profile is told how many cycles every kind of step takes
   * @throws Unsupported where the traced function holds what no machine code is written for
   */
  constructor(
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    part: PartPorts = { shared: [], summed: [] },
    bfloats?: PartCount,
    target?: Target,
    profile?: Profile,
  ) {
    const started = performance.now();
    const made = nativeCode(traced.inputs, traced.outputs, part, bfloats, target, profile !== undefined);
    this.#clocks = made.clocks;
    this.#profile = profile;
    if (made.memory > REACH) throw new Unsupported('more memory than instructions reach');
    this.executable = new Executable(made.code);
    this.#image = imageOf(made, traced, specs, part.summed);
    this.outputShapes = Object.fromEntries(Object.entries(traced.outputs).map(([name, { shape }]) => [name, shape])); // biome-ignore format: one thought
    this.operations = made.steps.length;
    this.stepNames = made.steps;
    this.seconds = { trace: seconds, prepare: (performance.now() - started) / 1000 };
  }

  /**
   * A program that has the memory that `run` needs.
   * @throws Unsupported, and Error where there is not so much memory
   */
  static ready(
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    bfloats?: PartCount,
    target?: Target,
    profile?: Profile,
  ) {
    const program = new NativeProgram(traced, specs, seconds, undefined, bfloats, target, profile);
    try {
      program.#own = program.memory();
    } catch (error) {
      program.free();
      throw error;
    }
    return program;
  }

  get image(): Image {
    return this.#image;
  }

  /** What one thread needs of memory, in bytes. */
  get bytes(): number {
    return this.#image.size * NUMBER_BYTES;
  }

  /** Memory for one thread. */
  memory(): NativeMemory {
    return new NativeMemory(
      this.#image,
      (buffer) =>
        this.#clocks &&
        this.#profile?.add(this.#clocks, new BigInt64Array(buffer, CLOCKS_AT, this.#clocks.length)),
    );
  }

  give(values: NamedValues): void {
    this.#own ??= this.memory();
    this.#own.give(values);
  }

  async run(values: NamedValues): Promise<NamedValues> {
    if (this.#freed) throw new Error('the engine of this program was disposed');
    this.#own ??= this.memory();
    this.#own.writeAll(values);
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
export class NativeMemory extends ProgramMemory {
  readonly #block: Block;
  readonly #forget: (() => void) | undefined;

  /** @param watched is given the memory; what it returns is called before that is freed */
  constructor(image: Image, watched: (buffer: ArrayBuffer) => (() => void) | undefined) {
    const block = new Block(image.size * NUMBER_BYTES);
    super(block.buffer, image);
    this.#block = block;
    this.#forget = watched(block.buffer);
  }

  get pointer(): bigint {
    return this.#block.pointer;
  }

  free(): void {
    this.#forget?.();
    this.#block.free();
  }
}
