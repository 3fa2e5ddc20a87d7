/** @file The programs that an engine keeps: one for each function and shapes, so many at a time, each freed with what it holds. */
import * as args from '../../arguments.ts';
import { InputError } from '../../errors.ts';
import { sizeOf } from '../../shapes.ts';
import type { InputSpec } from '../graph/graph.ts';
import type { Engine, NamedValues, OwnedProgram, Parted, Program, TensorFunction } from './engine.ts';

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

const SPECS = args.record(
  args.fields({ shape: args.axes, dtype: args.optional(args.oneOf(['float32', 'int32', 'bool'])) }),
  'shapes by name: { x: { shape: [2, 3] } }',
);

/** @throws InputError for what is no function of tensors, or no shapes of them */
export function checkFunction(call: string, f: TensorFunction, inputs: Record<string, InputSpec>): void {
  args.check(call, { f: [f, args.callable], inputs: [inputs, SPECS] });
}

/** The same for the same shapes; undefined where they are none. */
function keyOf(inputs: Record<string, InputSpec>): string | undefined {
  try {
    return JSON.stringify(
      Object.entries(inputs).map(([name, s]) => [name, s.shape, s.dtype === undefined ? 'float32' : s.dtype]),
    );
  } catch {
    return undefined;
  }
}

/** @throws InputError for values that are missing or have another length */
function checkValues(values: NamedValues, inputs: Record<string, InputSpec>): void {
  if (typeof values !== 'object' || values === null) args.check('run', { inputs: [values, args.object] });
  for (const [name, { shape }] of Object.entries(inputs)) {
    const data = values[name];
    if (!ArrayBuffer.isView(data))
      throw new InputError(
        `input "${name}" is ${data === undefined ? 'missing' : args.described(data)}, expected a Float32Array of [${shape}]`,
      );
    if (data.length !== sizeOf(shape))
      throw new InputError(
        `input "${name}" has ${data.length} values instead of ${sizeOf(shape)}, for [${shape}]`,
      );
  }
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
    if (typeof inputs !== 'object' || inputs === null || typeof f !== 'function')
      checkFunction('compile', f, inputs);
    const key = keyOf(inputs) ?? '';
    if (key === '') checkFunction('compile', f, inputs);
    const ofFunction = this.#known.get(f) ?? new Map<string, Promise<Program>>();
    this.#known.set(f, ofFunction);
    const known = ofFunction.get(key);
    if (known && !this.#disposed) return known;
    checkFunction('compile', f, inputs);
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
      run: async (values) => {
        checkValues(values, inputs);
        return using((program) => program.run(values));
      },
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
