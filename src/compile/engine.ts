/** @file What runs a program: the interface of all engines, from a tensor function to values in and values out. */
import type * as tf from '@tensorflow/tfjs';
import type { Values } from './graph.ts';
import type { InputSpec } from './trace-backend.ts';

export type { Values } from './graph.ts';
export type { InputSpec } from './trace-backend.ts';

export type NamedTensors = Record<string, tf.Tensor>;
export type NamedValues = Record<string, Values>;
/**
 * A pure function of named tensors. It may use tfjs and `src/autodiff`, and look at shapes but not at values. An engine with
 * several threads may use its `split` instead, where it has one.
 */
export type TensorFunction = ((inputs: NamedTensors) => NamedTensors) & { readonly split?: Split };

/** How to compute a function in parts: `part` of every part of the batch, then `whole` of the means of what they gave. */
export interface Split {
  /** Inputs that are cut along their first axis, which has the same length for all. */
  batch: readonly string[];
  /** Inputs that every part gets whole. */
  shared: readonly string[];
  /** Function of the batch and the shared inputs. Its outputs are float32. */
  part: TensorFunction;
  /** Outputs of `part` that are outputs of the function too, laid one behind the other along their first axis. */
  stacked: readonly string[] | 'all';
  /**
   * Function of all inputs but the batch, and of the mean over all parts of each other output of `part`, which `meanName` names.
   * Its outputs are those of the function, but for the stacked ones.
   */
  whole: TensorFunction;
  /** Parts to compute the batch in, a divisor of its length; default: from sizes alone. */
  parts?: number;
}

/** What one part of a batch gave. */
export interface PartResult {
  /** What is to be added up over all parts, in their order: gradients and losses, each a sum over the pieces of the part. */
  sums: NamedValues;
  /** What is to be laid one behind the other. */
  stacked: NamedValues;
}

/**
 * A program whose batch is computed in a fixed number of parts. `run` computes all and merges them; who distributes parts over processes
 * does the same with `compute`, wherever, and `merge`: the result is the same bit for bit whoever computed which part (on processors
 * that run the same kernels).
 */
export interface Parted {
  /** Equal parts of the batch; part k holds its examples k * length to (k + 1) * length - 1. From sizes alone, never from threads. */
  readonly parts: number;
  /** Examples of a part. */
  readonly length: number;
  /** Shapes of what parts give to be added up. */
  readonly sumShapes: Record<string, readonly number[]>;
  /**
   * Computes one part or several, as many at once as there are threads.
   * @param values all shared inputs (parameters), and of the batch the examples of these parts alone
   */
  compute(values: NamedValues): Promise<PartResult[]>;
  /**
   * What `run` would have given.
   * @param values all inputs but the batch
   * @param results of all parts, in their order
   */
  merge(values: NamedValues, results: readonly PartResult[]): Promise<NamedValues>;
}

/** A function made ready for inputs of given shapes. */
export interface Program {
  /** Values in row-major order, as long as the shapes that the program was compiled for. */
  run(inputs: NamedValues): Promise<NamedValues>;
  /** Sets inputs ahead of the next run, which then need not be given there. */
  give?(inputs: NamedValues): void;
  /** Where the function has a `split` and its batch is computed in parts. */
  readonly parted?: Parted;
  /** Shapes of the outputs, known once compiled (compiled engine) or once run (tfjs engine). */
  readonly outputShapes: Record<string, readonly number[]>;
  /** Operations in the program; 0 for the eager engine. */
  readonly operations: number;
  /** Seconds it took to trace the function and to prepare the program. */
  readonly seconds: { trace: number; prepare: number };
}

export interface Engine {
  readonly name: string;
  /** Of the compiled engine: what programs are first tried to be written in, and how products are computed. Numbers depend on both. */
  readonly kernels?: { readonly target: string; readonly products: string };
  /** Of the compiled engine, on the processor: on how many a program may compute. */
  readonly threads?: number;
  /** Compiling the same function for the same shapes again returns the same program. */
  compile(f: TensorFunction, inputs: Record<string, InputSpec>): Promise<Program>;
  /** Frees every program of this engine. */
  dispose(): Promise<void>;
}

/** A program that holds memory until it is freed. */
export interface OwnedProgram extends Program {
  /** What it holds, about. */
  readonly bytes?: number;
  /** Once no run is under way. */
  free?(): unknown;
}

/** What a program holds: memory, code, sessions. */
export class Held {
  bytes = 0;
  readonly #freed: (() => unknown)[] = [];

  keep<One extends { bytes?: number; free?(): unknown }>(one: One, bytes = one.bytes ?? 0): One {
    this.bytes += bytes;
    this.#freed.push(() => one.free?.());
    return one;
  }

  async free(): Promise<void> {
    for (const free of this.#freed.splice(0).reverse()) await free();
  }
}

/** The program, which frees what was made for it. */
export function owned(program: Program, held: Held): OwnedProgram {
  const { outputShapes, operations, seconds, parted } = program;
  return {
    ...{ outputShapes, operations, seconds, parted },
    run: (values) => program.run(values),
    bytes: held.bytes,
    free: () => held.free(),
  };
}

/** How much the programs of an engine may hold; those used longest ago go first. One is always kept. */
export interface CacheLimits {
  programs: number;
  bytes: number;
}

/** A program that is there, and how many runs it has under way. */
interface Entry {
  program: OwnedProgram;
  running: number;
  idle: (() => void) | undefined;
}

const DISPOSED = 'the engine of this program was disposed';

/**
 * The programs of an engine: one for each function and set of input shapes. Only so many are kept at a time; one that went is compiled
 * anew when it is run again.
 */
export class Programs {
  readonly #compile: (f: TensorFunction, inputs: Record<string, InputSpec>) => Promise<OwnedProgram>;
  readonly #limits: CacheLimits;
  readonly #known = new WeakMap<TensorFunction, Map<string, Promise<Program>>>();
  /** Used last at the end. */
  readonly #kept = new Set<Entry>();
  readonly #freeing = new Set<Promise<unknown>>();
  readonly #making = new Set<Promise<unknown>>();
  #bytes = 0;
  #disposed = false;

  constructor(
    compile: (f: TensorFunction, inputs: Record<string, InputSpec>) => Promise<OwnedProgram>,
    limits: CacheLimits,
  ) {
    this.#compile = compile;
    this.#limits = limits;
  }

  /** The same program again for the same function and shapes. @throws Error where the engine was disposed */
  get(f: TensorFunction, inputs: Record<string, InputSpec>): Promise<Program> {
    const key = JSON.stringify(
      Object.entries(inputs).map(([name, s]) => [name, s.shape, s.dtype ?? 'float32']),
    );
    const ofFunction = this.#known.get(f) ?? new Map<string, Promise<Program>>();
    this.#known.set(f, ofFunction);
    const known = ofFunction.get(key);
    if (known && !this.#disposed) return known;
    const program = this.#make(f, inputs);
    ofFunction.set(key, program);
    program.catch(() => ofFunction.delete(key));
    return program;
  }

  /** Waits for all runs under way, then frees all programs. New runs are refused. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.allSettled(this.#making);
    for (const entry of [...this.#kept]) this.#drop(entry);
    await Promise.all(this.#freeing);
  }

  /** Makes, and makes anew, what stands behind one program. */
  async #make(f: TensorFunction, inputs: Record<string, InputSpec>): Promise<Program> {
    const made = async (): Promise<Entry> => {
      if (this.#disposed) throw new Error(DISPOSED);
      const making = this.#compile(f, inputs);
      this.#making.add(making);
      const program = await making.finally(() => this.#making.delete(making));
      const entry: Entry = { program, running: 0, idle: undefined };
      this.#keep(entry);
      if (this.#disposed) {
        this.#drop(entry);
        throw new Error(DISPOSED);
      }
      return entry;
    };
    const first = await made();
    let current: Promise<Entry> | undefined = Promise.resolve(first);
    const using = async <T>(work: (program: OwnedProgram) => Promise<T>): Promise<T> => {
      for (;;) {
        if (this.#disposed) throw new Error(DISPOSED);
        current ??= made();
        const mine: Promise<Entry> = current;
        const entry = await mine.catch((error) => {
          current = undefined;
          throw error;
        });
        if (!this.#kept.has(entry)) {
          if (current === mine) current = undefined;
          continue;
        }
        this.#keep(entry);
        entry.running++;
        try {
          return await work(entry.program);
        } finally {
          entry.running--;
          if (entry.running === 0) entry.idle?.();
        }
      }
    };
    const { outputShapes, operations, seconds, parted } = first.program;
    return {
      outputShapes,
      operations,
      seconds,
      run: (values) => using((program) => program.run(values)),
      ...(parted && {
        parted: {
          parts: parted.parts,
          length: parted.length,
          sumShapes: parted.sumShapes,
          compute: (values) => using((program) => (program.parted as Parted).compute(values)),
          merge: (values, results) => using((program) => (program.parted as Parted).merge(values, results)),
        },
      }),
    };
  }

  /** As the one used last. */
  #keep(entry: Entry): void {
    if (!this.#kept.delete(entry)) this.#bytes += entry.program.bytes ?? 0;
    this.#kept.add(entry);
    for (const oldest of this.#kept) {
      const { programs, bytes } = this.#limits;
      if (this.#kept.size === 1 || (this.#kept.size <= programs && this.#bytes <= bytes)) return;
      this.#drop(oldest);
    }
  }

  #drop(entry: Entry): void {
    if (!this.#kept.delete(entry)) return;
    this.#bytes -= entry.program.bytes ?? 0;
    const idle =
      entry.running === 0 ? Promise.resolve() : new Promise<void>((resolve) => (entry.idle = resolve));
    const freed = idle.then(() => entry.program.free?.());
    this.#freeing.add(freed);
    freed.finally(() => this.#freeing.delete(freed)).catch(() => undefined);
  }
}

/** Programs that hold nothing: the same for the same function and shapes. */
export function cached(
  compile: (f: TensorFunction, inputs: Record<string, InputSpec>) => Promise<Program>,
): Engine['compile'] {
  const programs = new Programs(compile, { programs: 1024, bytes: Infinity });
  return (f, inputs) => programs.get(f, inputs);
}
