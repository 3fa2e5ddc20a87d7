/** @file Parts of a batch in machine code: the same code in every thread, with memory for each. */

import type { Threads } from '../program/threads.ts';
import { type Slot, slotParts } from '../split/slots.ts';
import type { Cut } from '../split/split.ts';
import type { Parts } from '../split/split-program.ts';
import type { NativeProgram } from './native-program.ts';
import { PartLoop } from './part-loop.ts';
import { type Call, HeldCall, processorsFor } from './processors.ts';

export type NativeThreads = Threads<Call, undefined>;
export const NATIVE_SCRIPT = new URL('./native-thread.cjs', import.meta.url);

/** Calls that run at once in the threads that Node has for such (libuv's); more want threads of their own. */
const AT_ONCE = 4;

/**
 * Where there is more than one slot, this thread computes nothing: each of the others takes part after part in one call.
 * @param program is freed with the parts
 * @param added the outputs that are added up over pieces
 * @param batch inputs of which every piece has its own
 * @throws Error where there is not so much memory
 */
export function nativeParts(
  program: NativeProgram,
  slots: number,
  added: readonly string[],
  threads: NativeThreads,
  batch: readonly string[],
  cut: Cut,
): Parts & { bytes: number; free(): Promise<void> } {
  const { executable } = program;
  const made: Slot[] = [];
  const held: HeldCall[] = [];
  let loop: PartLoop | undefined;
  const free = () => {
    for (const call of held) call.free();
    loop?.free();
    program.free();
  };
  const own = slots > AT_ONCE ? threads.take(slots) : [];
  const places = slots > 1 ? processorsFor(slots) : undefined;
  const ask = (i: number, call: Elsewhere) => (own.length > 0 ? own[i].ask({ code: call.code, memory: call.memory }) : call.elsewhere()); // biome-ignore format: one thought
  const calls: Elsewhere[] = [];
  try {
    if (slots > 1) loop = PartLoop.of(program.image, batch, added, cut);
    for (let i = 0; i < slots; i++) {
      const memory = program.memory();
      const { pointer } = memory;
      const direct = { code: executable.pointer, memory: pointer, elsewhere: () => executable.callElsewhere(pointer) }; // biome-ignore format: one thought
      made.push({
        memory,
        run: slots === 1 ? () => executable.call(pointer) : () => ask(i, direct),
        free: () => memory.free(),
      });
      if (!loop) continue;
      const call = loop.call(executable.pointer, pointer);
      if (places) held.push(new HeldCall(call, places[i]));
      calls.push(held[i] ?? call);
    }
  } catch (error) {
    for (const slot of made) slot.free();
    free();
    throw error;
  }
  const parts = slotParts(program, made, added);
  return {
    ...parts,
    bytes: parts.bytes + (loop?.bytes ?? 0),
    all: loop && ((values, count, take) => loop.board.all(values, count, calls.map((call, i) => () => ask(i, call)), take)), // biome-ignore format: one thought
    async free() {
      await parts.free();
      free();
    },
  };
}

type Elsewhere = Call & { elsewhere(): Promise<void> };
