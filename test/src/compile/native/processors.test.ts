import { expect, test } from 'vitest';
import { Block, Executable, hasAvx2 } from '../../../../src/compile/native/machine.ts';
import { HeldCall, processors, processorsFor } from '../../../../src/compile/native/processors.ts';

const known = hasAvx2() ? processors() : undefined;

/** mov rdx, rdi; mov eax, 204 (sched_getaffinity); xor edi, edi; mov esi, 128; syscall; ret */
const SEEN = [0x48, 0x89, 0xfa, 0xb8, 204, 0, 0, 0, 0x31, 0xff, 0xbe, 128, 0, 0, 0, 0x0f, 0x05, 0xc3];
const setOf = (block: Block) => {
  const bytes = new Uint8Array(block.buffer);
  return Array.from({ length: 1024 }, (_, i) => i).filter((i) => bytes[i >> 3] & (1 << (i & 7)));
};

test.skipIf(!known)('a call is held to its processor, and the thread is free again afterwards', async () => {
  const seen = new Executable(Uint8Array.from(SEEN));
  const blocks = Array.from({ length: 8 }, () => new Block(128));
  const last = known!.at(-1)!;
  const held = blocks.slice(0, 4).map(({ pointer }) => new HeldCall({ code: seen.pointer, memory: pointer }, last)); // biome-ignore format: one thought
  await Promise.all(held.map((call) => call.elsewhere()));
  expect(blocks.slice(0, 4).map(setOf)).toEqual(Array(4).fill([last]));
  // As many as there are threads, so that each is asked.
  await Promise.all(blocks.slice(4).map(({ pointer }) => seen.callElsewhere(pointer)));
  expect(blocks.slice(4).map(setOf)).toEqual(Array(4).fill(known));
  for (const call of held) call.free();
  for (const block of blocks) block.free();
  seen.free();
});

test.skipIf(!known)('threads are held only where there is a processor for each', () => {
  expect(processorsFor(known!.length)).toEqual(known);
  expect(processorsFor(known!.length + 1)).toBeUndefined();
});
