/** @file Programs of WebAssembly, in this thread and in others. */
import type { WasmModule } from '../../webassembly/runtime.ts';
import { runtime } from '../../webassembly/runtime.ts';
import type { InputSpec, NamedValues, OwnedProgram } from '../program/engine.ts';
import { type Image, ProgramMemory } from '../program/program-memory.ts';
import type { Threads } from '../program/threads.ts';
import { type Slot, slotParts } from '../split/slots.ts';
import type { Parts } from '../split/split-program.ts';
import type { Trace } from '../trace/trace-backend.ts';
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

/**
 * The program in the thread that asks.
 * @throws Error where there is not so much memory
 */
export function ownProgram(program: WasmProgram): OwnedProgram {
  let own: Own | undefined = new Own(program);
  return {
    outputShapes: program.outputShapes,
    operations: program.stepNames.length,
    seconds: program.seconds,
    bytes: own.bytes,
    give: (values) => own?.give(values),
    async run(values: NamedValues) {
      if (!own) throw new Error('the engine of this program was disposed');
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

/** Programs in threads, so far. */
let programs = 0;

/**
 * Parts of a batch, in threads beside this one if there is more than one slot.
 * @param added the outputs that are added up over pieces
 * @throws Error where there is not so much memory, or a thread does not take the program
 */
export async function wasmParts(
  program: WasmProgram,
  slots: number,
  added: readonly string[],
  threads: WasmThreads,
): Promise<Parts & { bytes: number; free(): Promise<void> }> {
  const { outputShapes, stepNames, seconds } = program;
  const made = slots === 1 ? [ownSlot(program)] : await Promise.all(threads.take(slots).map((thread) => threadSlot(program, thread))); // biome-ignore format: one thought
  return slotParts({ outputShapes, operations: stepNames.length, seconds }, made, added);
}

function ownSlot(program: WasmProgram): Slot {
  const memory = new Own(program);
  return { memory, run: memory.run, free: () => undefined };
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
