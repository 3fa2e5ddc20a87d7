/** @file Programs of WebAssembly, in this thread and in others. */
import type { WasmModule } from '../../webassembly/runtime.ts';
import { runtime } from '../../webassembly/runtime.ts';
import type { InputSpec, NamedValues, OwnedProgram } from '../program/engine.ts';
import type { Profile } from '../program/profile.ts';
import { type Image, ProgramMemory } from '../program/program-memory.ts';
import type { Threads } from '../program/threads.ts';
import { boardPlan, PartBoard } from '../split/part-board.ts';
import { type Slot, slotParts } from '../split/slots.ts';
import type { Cut } from '../split/split.ts';
import type { Parts } from '../split/split-program.ts';
import type { Trace } from '../trace/trace-backend.ts';
import { kindsOf, type StepClocks, timer } from './clocks.ts';
import { type WasmCodeOptions, wasmCode } from './code.ts';
import { instantiate, newMemory } from './instance.ts';
import type { SharedParts, WasmMessage } from './thread-messages.ts';

const NUMBER_BYTES = 4;

/** A module, and what its memory looks like. */
export interface WasmProgram {
  module: WasmModule;
  image: Image;
  /** Its memory can be shared with other threads. */
  shared: boolean;
  stepNames: readonly string[];
  /** Whether it tells of every step when it is done. */
  profiled: boolean;
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
  options: Pick<WasmCodeOptions, 'ports' | 'shared' | 'profile'> = {},
): Promise<WasmProgram> {
  const started = performance.now();
  const { bytes, image, steps } = wasmCode(traced, specs, options);
  const module = await runtime!.compile(bytes);
  return {
    module,
    image,
    shared: options.shared ?? false,
    stepNames: steps,
    profiled: options.profile ?? false,
    outputShapes: Object.fromEntries(
      Object.entries(traced.outputs).map(([name, { shape }]) => [name, shape]),
    ),
    seconds: { trace: seconds, prepare: (performance.now() - started) / 1000 },
  };
}

/** Clocks for the steps of a program in one thread, which `profile` reads until they are `free`. */
function clocksFor({ stepNames, profiled, shared }: WasmProgram, profile: Profile | undefined) {
  if (!profile || !profiled) return { free: () => undefined };
  const { kinds, of } = kindsOf(stepNames);
  const bytes = Float64Array.BYTES_PER_ELEMENT * kinds.length;
  const ticks = new Float64Array(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  return { clocks: { of, ticks } satisfies StepClocks, free: profile.add(kinds, ticks) };
}

/** Memory for one thread, and the program in it. */
class Own extends ProgramMemory {
  readonly run: () => void;
  readonly free: () => void;

  constructor(program: WasmProgram, profile: Profile | undefined) {
    const { module, image, shared } = program;
    const memory = newMemory(image.size * NUMBER_BYTES, shared);
    super(memory.buffer, image);
    const { clocks, free } = clocksFor(program, profile);
    this.free = free;
    const time = clocks && timer(clocks);
    const run = instantiate(module, memory, time?.step);
    this.run = () => {
      time?.start();
      run();
    };
  }
}

/**
 * The program in the thread that asks.
 * @throws Error where there is not so much memory
 */
export function ownProgram(program: WasmProgram, profile?: Profile): OwnedProgram {
  let own: Own | undefined = new Own(program, profile);
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
      own?.free();
      own = undefined;
    },
  };
}

export type WasmThreads = Threads<WasmMessage, undefined>;

/** Programs in threads, so far. */
let programs = 0;

/**
 * Parts of a batch, in threads beside this one if there is more than one slot: each is told once a call, and takes part after part.
 * @param added the outputs that are added up over pieces
 * @param batch inputs of which every piece has its own
 * @throws Error where there is not so much memory, or a thread does not take the program
 */
export async function wasmParts(
  program: WasmProgram,
  slots: number,
  added: readonly string[],
  threads: WasmThreads,
  batch: readonly string[],
  cut: Cut,
  profile?: Profile,
): Promise<Parts & { bytes: number; free(): Promise<void> }> {
  const { outputShapes, stepNames, seconds, image } = program;
  const whole = { outputShapes, operations: stepNames.length, seconds };
  if (slots === 1) return slotParts(whole, [ownSlot(program, profile)], added);
  const plan = boardPlan(image, batch, added, cut);
  const parts: SharedParts = { plan, board: new SharedArrayBuffer(plan.bytes) };
  const board = new PartBoard(plan, image, parts.board);
  const made = await Promise.all(threads.take(slots).map((thread) => threadSlot(program, thread, parts, profile))); // biome-ignore format: one thought
  const asks = made.map(({ parts }) => parts);
  const all = slotParts(whole, made, added);
  return {
    ...all,
    bytes: all.bytes + plan.bytes,
    all: (values, count, take) => board.all(values, count, asks, take),
  };
}

function ownSlot(program: WasmProgram, profile: Profile | undefined): Slot {
  const memory = new Own(program, profile);
  return { memory, run: memory.run, free: memory.free };
}

async function threadSlot(
  program: WasmProgram,
  thread: ReturnType<WasmThreads['take']>[number],
  parts: SharedParts,
  profile: Profile | undefined,
): Promise<Slot & { parts(): Promise<unknown> }> {
  const { image, module } = program;
  const { clocks, free } = clocksFor(program, profile);
  const memory = newMemory(image.size * NUMBER_BYTES, true);
  const id = programs++;
  await thread.ask({ id, module, memory, clocks, parts });
  return {
    memory: new ProgramMemory(memory.buffer, image),
    run: () => thread.ask({ id, do: 'run' }),
    parts: () => thread.ask({ id, do: 'parts' }),
    // A thread that has ended has forgotten it.
    free() {
      free();
      return thread.ask({ id, do: 'forget' }).catch(() => undefined);
    },
  };
}
