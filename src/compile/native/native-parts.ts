/** @file Parts of a batch in machine code: the same code in every thread, with memory for each. */
import type { Parts } from '../split-program.ts';
import type { NativeMemory, NativeProgram } from './native-program.ts';

/**
 * This thread only hands the parts out and takes the results, where there is more than one at once.
 * @param program is freed with the parts
 * @throws Error where there is not so much memory
 */
export function nativeParts(program: NativeProgram, atOnce: number): Parts & { free(): Promise<void> } {
  const { outputShapes, operations, seconds, executable } = program;
  const memories: NativeMemory[] = [];
  try {
    while (memories.length < atOnce) memories.push(program.memory());
  } catch (error) {
    for (const memory of memories) memory.free();
    program.free();
    throw error;
  }
  // A memory is for one part at a time.
  const last: Promise<unknown>[] = memories.map(() => Promise.resolve());
  let freed = false;
  return {
    outputShapes,
    operations,
    seconds,
    begin(shared) {
      if (freed) throw new Error('the engine of this program was disposed');
      for (const memory of memories) memory.begin(shared);
    },
    run(thread, values, take) {
      const memory = memories[thread];
      const done = last[thread].then(async () => {
        memory.write(values);
        if (atOnce === 1) executable.call(memory.pointer);
        else await executable.callElsewhere(memory.pointer);
        take(memory.outputs());
      });
      last[thread] = done.catch(() => undefined);
      return done;
    },
    sums: () => memories.map((memory) => memory.sums()),
    async free() {
      freed = true;
      await Promise.all(last);
      for (const memory of memories) memory.free();
      program.free();
    },
  };
}
