/**
 * @file What a processor can do at most: a loop of multiplications with additions that do not wait for each other, in registers, written by
 * the project's own assemblers. Two operations each.
 */
import { quantile } from '../runs/evaluation.ts';
import {
  at,
  type KernelAssembler,
  RAX,
  RBX,
  vector,
} from '../src/compile/emit/assembler/kernel-assembler.ts';
import { avx2, avx512, type Target, wasm } from '../src/compile/emit/assembler/target.ts';
import { Block, Executable, functionOf } from '../src/compile/native/machine.ts';
import { NATIVE_SCRIPT, type NativeThreads } from '../src/compile/native/native-parts.ts';
import { type Call, HeldCall, processorsFor } from '../src/compile/native/processors.ts';
import { Threads } from '../src/compile/program/threads.ts';
import { workerPort } from '../src/compile/program/workers.ts';
import { instantiate, names, newMemory, pagesOf } from '../src/compile/wasm/instance.ts';
import { WasmAssembler } from '../src/compile/wasm/wasm-assembler.ts';
import { writeModule } from '../src/webassembly/module.ts';
import { hasRelaxed, runtime } from '../src/webassembly/runtime.ts';

export const limitTargets = { avx512, avx2, wasm } as const;
export type LimitTarget = keyof typeof limitTargets;

/** Registers of sums: more than multiply-adds under way (latency 4 or 5, two a cycle). */
const SUMS: Record<Target['name'], number> = { avx512: 24, avx2: 12, wasm: 12 };
const ROUNDS = 4;
const LOOPS = 1 << 19;
/** The number 2^-10. */
const FACTOR = 0x3a800000;
const VECTOR_BYTES = 64;

/** Floating-point operations of one call. */
export const limitOperations = (name: LimitTarget) =>
  2 * limitTargets[name].lanes * SUMS[name] * ROUNDS * LOOPS;

function write(a: KernelAssembler, name: LimitTarget): void {
  const sums = SUMS[name];
  const [x, y] = [sums, sums + 1];
  a.set(RAX, FACTOR);
  for (const register of [x, y]) a.broadcastFrom(register, RAX);
  for (let i = 0; i < sums; i++) a.clear(i);
  a.loop(RAX, LOOPS, () => {
    for (let round = 0; round < ROUNDS; round++)
      for (let i = 0; i < sums; i++) a.vector(vector.fma231, i, x, y);
  });
  // Somebody must want them.
  for (let i = 0; i < sums; i++) a.store(at(RBX, VECTOR_BYTES * i), i);
}

/** A call in this thread, or in several at once. */
interface Limit {
  one(): void;
  all(): Promise<void>;
  end(): Promise<void>;
}

const BYTES = VECTOR_BYTES * 32;

function ofMachine(name: 'avx512' | 'avx2', count: number): Limit {
  const threads: NativeThreads = new Threads(() => workerPort(NATIVE_SCRIPT));
  const executable = new Executable(functionOf((a) => write(a, name), limitTargets[name]));
  const blocks = Array.from({ length: count }, () => new Block(BYTES));
  const places = processorsFor(count);
  const calls = blocks.map(({ pointer }, i): Call => {
    const call = { code: executable.pointer, memory: pointer };
    return places ? new HeldCall(call, places[i]) : call;
  });
  return {
    one: () => void executable.call(blocks[0].pointer),
    async all() {
      const own = threads.take(count);
      await Promise.all(own.map((thread, i) => thread.ask({ code: calls[i].code, memory: calls[i].memory }))); // biome-ignore format: one thought
    },
    async end() {
      await threads.end();
      for (const block of blocks) block.free();
      executable.free();
    },
  };
}

/** WebAssembly on one thread: what several do at most is as many times as much. */
function ofWasm(): Limit {
  const assembler = WasmAssembler.ofStep(hasRelaxed());
  write(assembler, 'wasm');
  const bytes = writeModule({
    memory: { imported: { module: names.from, name: names.memory }, pages: pagesOf(BYTES), shared: false },
    functions: [{ parameters: 0, body: assembler.finish(), exported: names.run }],
  });
  const one = instantiate(new runtime!.Module(bytes), newMemory(BYTES, false));
  return { one, all: async () => one(), end: async () => undefined };
}

/** @param count threads that run at once */
export const limitOf = (name: LimitTarget, count: number): Limit =>
  name === 'wasm' ? ofWasm() : ofMachine(name, count);

/** Threads whose operations `all` counts. */
export const limitThreads = (name: LimitTarget, count: number) => (name === 'wasm' ? 1 : count);

const GIGA = 1e9;

/** What was found, in 1e9 floating-point operations a second. */
export interface LimitFound {
  /** The most that one thread and all together had. */
  one: number;
  all: number;
  /** The median of what all together had each time that was looked. */
  during?: number;
}

const BEST_OF = 15;

/** Measures the limit as often as it is asked to. */
export class LimitWatch {
  readonly #limit: Limit;
  readonly #name: LimitTarget;
  readonly #count: number;
  readonly #one: number[] = [];
  readonly #all: number[] = [];
  readonly #seen: number[] = [];

  constructor(name: LimitTarget, count: number) {
    this.#limit = limitOf(name, count);
    this.#name = name;
    this.#count = count;
  }

  #rate(threads: number, ms: number): number {
    return (threads * limitOperations(this.#name)) / (ms / 1000) / GIGA;
  }

  async #once(): Promise<number> {
    const started = performance.now();
    await this.#limit.all();
    return this.#rate(limitThreads(this.#name, this.#count), performance.now() - started);
  }

  async measure(times = BEST_OF): Promise<void> {
    // The first of all begins before the threads are there.
    await this.#once();
    for (let i = 0; i < times; i++) {
      const started = performance.now();
      this.#limit.one();
      this.#one.push(this.#rate(1, performance.now() - started));
      this.#all.push(await this.#once());
    }
  }

  /** What all together have at this moment. */
  async look(times = 3): Promise<void> {
    for (let i = 0; i < times; i++) this.#seen.push(await this.#once());
  }

  found(): LimitFound {
    const [one, all] = [this.#one, this.#all].map((rates) => Math.max(...rates));
    const scale = this.#name === 'wasm' ? this.#count : 1;
    const during = this.#seen.length > 0 ? scale * quantile(this.#seen, 0.5) : undefined;
    return { one, all: this.#name === 'wasm' ? this.#count * one : all, during };
  }

  end(): Promise<void> {
    return this.#limit.end();
  }
}

/** The most of several times. */
export async function measuredLimit(name: LimitTarget, count: number, times?: number): Promise<LimitFound> {
  const watch = new LimitWatch(name, count);
  try {
    await watch.measure(times);
    return watch.found();
  } finally {
    await watch.end();
  }
}
