/** @file Programs of WebAssembly, in this thread and in others. */
import type { WasmModule } from '../../webassembly/runtime.ts';
import { runtime } from '../../webassembly/runtime.ts';
import type { InputSpec, NamedValues, Program } from '../engine.ts';
import { type Image, ProgramMemory } from '../ports.ts';
import type { Parts } from '../split-program.ts';
import type { Threads } from '../threads.ts';
import type { Trace } from '../trace-backend.ts';
import { type WasmCodeOptions, wasmCode } from './code.ts';
import { instantiate, newMemory } from './instance.ts';
import type { WasmMessage } from './thread-messages.ts';

const NUMBER_BYTES = 4;

/** A module, and what its memory looks like. */
export interface WasmProgram {
  module: WasmModule;
  image: Image;
  /** Its memory can be shared with other threads. */
  shared: boolean;
  stepNames: readonly string[];
  outputShapes: Record<string, readonly number[]>;
  seconds: { trace: number; prepare: number };
}

/**
 * @param seconds what tracing took
 * @throws Unsupported where the traced function holds what no kernel is written for
 */
export async function wasmProgram(
  traced: Trace,
  specs: Record<string, InputSpec>,
  seconds: number,
  options: Pick<WasmCodeOptions, 'ports' | 'shared'> = {},
): Promise<WasmProgram> {
  const started = performance.now();
  const { bytes, image, steps } = wasmCode(traced, specs, options);
  const module = await runtime!.compile(bytes);
  return {
    module,
    image,
    shared: options.shared ?? false,
    stepNames: steps,
    outputShapes: Object.fromEntries(
      Object.entries(traced.outputs).map(([name, { shape }]) => [name, shape]),
    ),
    seconds: { trace: seconds, prepare: (performance.now() - started) / 1000 },
  };
}

/** Memory for one thread, and the program in it. */
class Own extends ProgramMemory {
  readonly run: () => void;

  constructor({ module, image, shared }: WasmProgram) {
    const memory = newMemory(image.size * NUMBER_BYTES, shared);
    super(memory.buffer, image);
    this.run = instantiate(module, memory);
  }
}

const FREED = 'the engine of this program was disposed';

/**
 * The program in the thread that asks.
 * @throws Error where there is not so much memory
 */
export function ownProgram(program: WasmProgram): Program & { free(): void } {
  let own: Own | undefined = new Own(program);
  return {
    outputShapes: program.outputShapes,
    operations: program.stepNames.length,
    seconds: program.seconds,
    async run(values: NamedValues) {
      if (!own) throw new Error(FREED);
      own.writeAll(values);
      own.run();
      return own.read();
    },
    // The memory goes with the last who knows it.
    free() {
      own = undefined;
    },
  };
}

export type WasmThreads = Threads<WasmMessage, undefined>;

/** What a part runs in: this thread, or another. */
interface Slot {
  memory: ProgramMemory;
  run(): Promise<unknown>;
  free(): Promise<unknown>;
}

/** Programs in threads, so far. */
let programs = 0;

/**
 * Parts of a batch, in `atOnce` threads beside this one if they are more than one.
 * @throws Error where there is not so much memory, or a thread does not take the program
 */
export async function wasmParts(
  program: WasmProgram,
  atOnce: number,
  threads: WasmThreads,
): Promise<Parts & { free(): Promise<void> }> {
  const { outputShapes, stepNames, seconds } = program;
  const slots = atOnce === 1 ? [ownSlot(program)] : await Promise.all(threads.take(atOnce).map((thread) => threadSlot(program, thread))); // biome-ignore format: one thought
  // A memory is for one part at a time.
  const last: Promise<unknown>[] = slots.map(() => Promise.resolve());
  let freed = false;
  return {
    outputShapes,
    operations: stepNames.length,
    seconds,
    begin(shared) {
      if (freed) throw new Error(FREED);
      for (const { memory } of slots) memory.begin(shared);
    },
    run(thread, values, take) {
      const { memory, run } = slots[thread];
      const done = last[thread].then(async () => {
        memory.write(values);
        await run();
        take(memory.outputs());
      });
      last[thread] = done.catch(() => undefined);
      return done;
    },
    sums: () => slots.map(({ memory }) => memory.sums()),
    async free() {
      freed = true;
      await Promise.all(last);
      await Promise.all(slots.splice(0).map((slot) => slot.free()));
    },
  };
}

function ownSlot(program: WasmProgram): Slot {
  const memory = new Own(program);
  return { memory, run: async () => memory.run(), free: async () => undefined };
}

async function threadSlot(
  { image, module }: WasmProgram,
  thread: ReturnType<WasmThreads['take']>[number],
): Promise<Slot> {
  const memory = newMemory(image.size * NUMBER_BYTES, true);
  const id = programs++;
  await thread.ask({ id, module, memory });
  return {
    memory: new ProgramMemory(memory.buffer, image),
    run: () => thread.ask({ id, do: 'run' }),
    // A thread that has ended has forgotten it.
    free: () => thread.ask({ id, do: 'forget' }).catch(() => undefined),
  };
}
