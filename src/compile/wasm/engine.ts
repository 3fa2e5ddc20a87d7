/** @file The engine of WebAssembly programs. */
import { InputError } from '../../errors.ts';
import { cached, type Engine, type InputSpec, type Program, type TensorFunction } from '../engine.ts';
import { portsOf } from '../native/prepared.ts';
import { Unsupported } from '../native/unsupported.ts';
import { nativeTurns } from '../split.ts';
import { splitProgram } from '../split-program.ts';
import { type Port, Threads } from '../threads.ts';
import { type Trace, trace } from '../trace-backend.ts';
import { ownProgram, type WasmThreads, wasmParts, wasmProgram } from './program.ts';
import type { WasmMessage } from './thread-messages.ts';

export interface WasmEngineOptions {
  /** Threads that compute parts of a batch at once. */
  threads: number;
  /** Opens one of them. */
  open: () => Port<WasmMessage>;
}

/** @throws InputError on compiling what no kernel is written for */
export function wasmEngine({ threads, open }: WasmEngineOptions): Engine {
  const others: WasmThreads = new Threads(open);
  const freed: { free(): void | Promise<void> }[] = [];
  const keep = <One extends { free(): void | Promise<void> }>(one: One): One => {
    freed.push(one);
    return one;
  };
  const makeProgram = async (traced: Trace, specs: Record<string, InputSpec>, seconds: number) =>
    keep(ownProgram(await wasmProgram(traced, specs, seconds)));

  async function make(f: TensorFunction, specs: Record<string, InputSpec>): Promise<Program> {
    const { split } = f;
    const program =
      split &&
      (await splitProgram(split, specs, {
        threads,
        firstLook: () => 1,
        turns: (traced, _, length) => nativeTurns(Object.values(traced.outputs), length),
        async makeParts(traced, own, seconds, atOnce) {
          const options = { ports: portsOf(split, traced), shared: atOnce > 1 };
          return keep(await wasmParts(await wasmProgram(traced, own, seconds, options), atOnce, others));
        },
        makeProgram,
      }));
    if (program) return program;
    const started = performance.now();
    const traced = trace(f, specs);
    return makeProgram(traced, specs, (performance.now() - started) / 1000);
  }

  return {
    name: 'wasm',
    compile: cached(async (f, specs) => {
      try {
        return await make(f, specs);
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        throw new InputError(`WebAssembly has no kernel for ${error.message}`);
      }
    }),
    async dispose() {
      for (const one of freed.splice(0).reverse()) await one.free();
      await others.end();
    },
  };
}
