/** @file Parts of a batch in machine code: the same code in every thread, with memory for each. */

import type { Threads } from '../program/threads.ts';
import { type Slot, slotParts } from '../split/slots.ts';
import type { Parts } from '../split/split-program.ts';
import type { NativeProgram } from './native-program.ts';
import { type Call, HeldCall, processorsFor } from './processors.ts';

export type NativeThreads = Threads<Call, undefined>;
export const NATIVE_SCRIPT = new URL('./native-thread.cjs', import.meta.url);

/** Calls that run at once in the threads that Node has for such (libuv's); more want threads of their own. */
const AT_ONCE = 4;

/**
 * This thread only hands the pieces out and takes the results, where there is more than one slot.
 * @param program is freed with the parts
 * @param added the outputs that are added up over pieces
 * @throws Error where there is not so much memory
 */
export function nativeParts(
  program: NativeProgram,
  slots: number,
  added: readonly string[],
  threads: NativeThreads,
): Parts & { bytes: number; free(): Promise<void> } {
  const { executable } = program;
  const made: Slot[] = [];
  const own = slots > AT_ONCE ? threads.take(slots) : [];
  const places = slots > 1 ? processorsFor(slots) : undefined;
  try {
    for (let i = 0; i < slots; i++) {
      const memory = program.memory();
      const { pointer } = memory;
      const held = places && new HeldCall({ code: executable.pointer, memory: pointer }, places[i]);
      const { code, memory: base } = held ?? { code: executable.pointer, memory: pointer };
      const pooled = held ? () => held.elsewhere() : () => executable.callElsewhere(pointer);
      const elsewhere = own.length > 0 ? () => own[i].ask({ code, memory: base }) : pooled;
      made.push({
        memory,
        run: slots === 1 ? () => executable.call(pointer) : elsewhere,
        free() {
          held?.free();
          memory.free();
        },
      });
    }
  } catch (error) {
    for (const slot of made) slot.free();
    program.free();
    throw error;
  }
  const parts = slotParts(program, made, added);
  return {
    ...parts,
    async free() {
      await parts.free();
      program.free();
    },
  };
}
