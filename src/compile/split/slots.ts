/** @file Parts of a batch in programs that have memory for each thread: machine code and WebAssembly. */
import type { NamedValues, Program } from '../program/engine.ts';
import type { ProgramMemory } from '../program/program-memory.ts';
import type { Parts } from './split-program.ts';

/** A memory, and what computes in it. */
export interface Slot {
  memory: ProgramMemory;
  /** Runs the program in it once, in this thread or another. */
  run(): unknown;
  free(): unknown;
}

/** @param added the outputs that are added up over pieces */
export function slotParts(
  program: Pick<Program, 'outputShapes' | 'operations' | 'seconds'>,
  slots: readonly Slot[],
  added: readonly string[],
): Parts & { bytes: number; free(): Promise<void> } {
  const { outputShapes, operations, seconds } = program;
  return {
    outputShapes,
    operations,
    seconds,
    slots: slots.length,
    bytes: slots.reduce((sum, { memory }) => sum + memory.bytes, 0),
    begin(shared) {
      for (const { memory } of slots) memory.write(shared);
    },
    clear: (slot) => slots[slot].memory.clear(),
    async run(slot, values, take) {
      const { memory, run } = slots[slot];
      memory.write(values);
      await run();
      take(memory.outputs());
    },
    sums(slot): NamedValues {
      const outputs = slots[slot].memory.outputs();
      return Object.fromEntries(added.map((name) => [name, outputs[name]]));
    },
    async free() {
      await Promise.all(slots.map((slot) => slot.free()));
    },
  };
}
