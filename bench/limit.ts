/**
 * @file What a processor can do at most: a loop of multiplications with additions that do not wait for each other, in registers, written by
 * the project's own assemblers. Two operations each.
 */
import type { Assembler } from '../src/compile/emit/assembler/assembler.ts';
import { at, RAX, RBX, vector } from '../src/compile/emit/assembler/assembler.ts';
import { avx2, avx512, type Target, wasm } from '../src/compile/emit/assembler/target.ts';
import { Block, Executable, functionOf } from '../src/compile/native/machine.ts';
import { NATIVE_SCRIPT, type NativeThreads } from '../src/compile/native/native-parts.ts';
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

function write(a: Assembler, name: LimitTarget): void {
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
  return {
    one: () => void executable.call(blocks[0].pointer),
    async all() {
      const own = threads.take(count);
      await Promise.all(own.map((thread, i) => thread.ask({ code: executable.pointer, memory: blocks[i].pointer }))); // biome-ignore format: one thought
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
  write(assembler as unknown as Assembler, 'wasm');
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

/** 1e9 floating-point operations a second, on one thread and on all together: the most of several times. */
export async function measuredLimit(
  name: LimitTarget,
  count: number,
  times = 15,
): Promise<{ one: number; all: number }> {
  const limit = limitOf(name, count);
  const one: number[] = [];
  const all: number[] = [];
  try {
    for (let i = 0; i <= times; i++) {
      const started = performance.now();
      limit.one();
      const between = performance.now();
      await limit.all();
      // The first of all begins before the threads are there.
      if (i === 0) continue;
      const rate = (threads: number, ms: number) => (threads * limitOperations(name)) / (ms / 1000) / GIGA;
      one.push(rate(1, between - started));
      all.push(rate(limitThreads(name, count), performance.now() - between));
    }
  } finally {
    await limit.end();
  }
  const most = { one: Math.max(...one), all: Math.max(...all) };
  return name === 'wasm' ? { ...most, all: count * most.one } : most;
}
