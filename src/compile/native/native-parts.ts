/** @file Parts of a batch in machine code: the same code in every thread, with memory for each. */
import type { NamedValues } from '../engine.ts';
import type { Parts } from '../split-program.ts';
import type { NativeProgram } from './native-program.ts';

/** This thread only hands the parts out and takes the results, where there is more than one at once. */
export function nativeParts(program: NativeProgram, atOnce: number): Parts & { free(): Promise<void> } {
  const { outputShapes, operations, seconds, executable } = program;
  const memories = Array.from({ length: atOnce }, () => program.memory());
  // A memory is for one part at a time.
  const last: Promise<unknown>[] = memories.map(() => Promise.resolve());
  let freed = false;
  return {
    outputShapes,
    operations,
    seconds,
    run(thread, values) {
      const memory = memories[thread];
      const result = last[thread].then(async (): Promise<NamedValues> => {
        if (freed) throw new Error('the engine of this program was disposed');
        memory.write(values);
        if (atOnce === 1) executable.call(memory.pointer);
        else await executable.callElsewhere(memory.pointer);
        return memory.read();
      });
      last[thread] = result.catch(() => undefined);
      return result;
    },
    async free() {
      freed = true;
      await Promise.all(last);
      for (const memory of memories) memory.free();
    },
  };
}
