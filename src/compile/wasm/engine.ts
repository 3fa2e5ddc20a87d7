/** @file The engine of WebAssembly programs. */
import { InputError } from '../../errors.ts';
import { cached, type Engine, type InputSpec, type Program } from '../engine.ts';
import { Unsupported } from '../native/unsupported.ts';
import { nativeTurns, type Split } from '../split.ts';
import { splitProgram } from '../split-program.ts';
import { type Port, Threads } from '../threads.ts';
import { type Trace, trace } from '../trace-backend.ts';
import { ownProgram, wasmParts, wasmProgram } from './program.ts';
import type { WasmMessage } from './thread-messages.ts';

export interface WasmEngineOptions {
  /** Threads that compute parts of a batch at once. */
  threads: number;
  /** Opens one of them. */
  open: () => Port<WasmMessage>;
}

/** @throws InputError on compiling what no kernel is written for */
export function wasmEngine({ threads, open }: WasmEngineOptions): Engine {
  const others = new Threads<WasmMessage, undefined>(open);
  let ended = false;

  async function makeParts(
    split: Split,
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    atOnce: number,
  ) {
    const summed = Object.keys(traced.outputs).filter((name) => !split.stacked.includes(name));
    const ports = { shared: split.shared, summed };
    const program = await wasmProgram(traced, specs, seconds, { ports, shared: atOnce > 1 });
    return wasmParts(program, atOnce, others);
  }
  const makeProgram = async (traced: Trace, specs: Record<string, InputSpec>, seconds: number) =>
    ownProgram(await wasmProgram(traced, specs, seconds));

  const compile = cached(async (f, specs) => {
    try {
      const { split } = f;
      const program =
        split &&
        (await splitProgram(split, specs, {
          threads,
          firstLook: () => 1,
          turns: (traced, _, length) => nativeTurns(Object.values(traced.outputs), length),
          makeParts: (...traced) => makeParts(split, ...traced),
          makeProgram,
        }));
      if (program) return alive(program);
      const started = performance.now();
      const traced = trace(f, specs);
      return alive(await makeProgram(traced, specs, (performance.now() - started) / 1000));
    } catch (error) {
      if (error instanceof Unsupported)
        throw new InputError(`WebAssembly has no kernel for ${error.message}`);
      throw error;
    }
  });
  const alive = (program: Program): Program => ({
    ...program,
    async run(values) {
      if (ended) throw new Error('the engine of this program was disposed');
      return program.run(values);
    },
  });
  return {
    name: 'wasm',
    compile,
    async dispose() {
      ended = true;
      await others.end();
    },
  };
}
