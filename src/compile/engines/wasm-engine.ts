/** @file The engine of WebAssembly programs. */
import { InputError } from '../../errors.ts';
import { portsOf } from '../plan/prepared.ts';
import type { Engine, InputSpec, Program, TensorFunction } from '../program/engine.ts';
import { Held, owned, Programs } from '../program/programs.ts';
import { type Port, Threads } from '../program/threads.ts';
import { Unsupported } from '../program/unsupported.ts';
import { addedOf, kernelCut } from '../split/split.ts';
import { splitProgram } from '../split/split-program.ts';
import { type Trace, trace } from '../trace/trace-backend.ts';
import { ownProgram, type WasmThreads, wasmParts, wasmProgram } from '../wasm/program.ts';
import type { WasmMessage } from '../wasm/thread-messages.ts';

export interface WasmEngineOptions {
  /** Threads that compute parts of a batch at once. */
  threads: number;
  /** Opens one of them. */
  open: () => Port<WasmMessage>;
}

/**
 * What programs may hold until those used longest ago are freed. Chromium gives a page and its workers some 120 memories in all, however
 * small they are, and a program has one for each thread.
 */
const CACHE = { programs: 24, bytes: 2 ** 29 };

/** @throws InputError on compiling what no kernel is written for */
export function wasmEngine({ threads, open }: WasmEngineOptions): Engine {
  const others: WasmThreads = new Threads(open);

  async function make(held: Held, f: TensorFunction, specs: Record<string, InputSpec>): Promise<Program> {
    const { split } = f;
    const makeProgram = async (traced: Trace, own: Record<string, InputSpec>, seconds: number) =>
      held.keep(ownProgram(await wasmProgram(traced, own, seconds)));
    const program =
      split &&
      (await splitProgram(split, specs, {
        threads,
        cut: (look, length) => kernelCut(split, look, length),
        async makeParts(traced, own, seconds, slots, cut) {
          const options = { ports: portsOf(split, traced, cut.pieces), shared: slots > 1 };
          const made = await wasmProgram(traced, own, seconds, options);
          return held.keep(await wasmParts(made, slots, addedOf(split, traced), others, split.batch, cut));
        },
        makeProgram,
      }));
    if (program) return program;
    const started = performance.now();
    const traced = trace(f, specs);
    return makeProgram(traced, specs, (performance.now() - started) / 1000);
  }

  const programs = new Programs(async (f, specs) => {
    const held = new Held();
    try {
      return owned(await make(held, f, specs), held);
    } catch (error) {
      await held.free();
      if (!(error instanceof Unsupported)) throw error;
      throw new InputError(`WebAssembly has no kernel for ${error.message}`);
    }
  }, CACHE);
  return {
    name: 'wasm',
    compile: (f, specs) => programs.get(f, specs),
    async dispose() {
      await programs.dispose();
      await others.end();
    },
  };
}
