/** @file The compiled engine: trace once, simplify, write ONNX, run in onnxruntime. */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { cached, type Engine, type InputSpec, type TensorFunction } from './engine.ts';
import { toOnnx } from './onnx.ts';
import { type Device, sessionOptions, sessionProgram } from './session-program.ts';
import { splitProgram } from './split-program.ts';
import { trace } from './trace-backend.ts';
import { SessionThread } from './workers.ts';

export type { Device } from './session-program.ts';

export interface CompiledEngineOptions {
  /** Default: cpu. The others need onnxruntime's files for them. */
  device?: Device;
  /** Threads on the processor; default: as many as it offers. */
  threads?: number;
  /** Given to onnxruntime last, for experiments. */
  session?: InferenceSession.SessionOptions;
}

/**
 * On the processor, a function with a `split` is computed in parts, each by one thread: threads that share every single
 * operation wait for each other at its end.
 * @throws InputError, on the first program, when the device's execution provider is missing.
 */
export function compiledEngine(options: CompiledEngineOptions = {}): Engine {
  const { device = 'cpu', threads = availableParallelism() } = options;
  const sessions: InferenceSession[] = [];
  const workers: SessionThread[] = [];
  let models = 0;
  const optionsFor = (own?: number) => ({ ...sessionOptions(device, own), ...options.session });
  const keep = (session: InferenceSession) => sessions.push(session);
  const others = (count: number) => {
    while (workers.length < count) workers.push(new SessionThread());
    return workers.slice(0, count);
  };
  const compile = cached(async (f, specs) => {
    if (f.split && device === 'cpu') {
      const id = models++;
      const program = await splitProgram(f.split, specs, { threads, others, id, options: optionsFor, keep });
      if (program) return program;
    }
    const started = performance.now();
    const traced = trace(f, specs);
    const seconds = (performance.now() - started) / 1000;
    const program = await sessionProgram(device, optionsFor(options.threads), traced, specs, seconds);
    keep(program.session);
    return program;
  });
  return {
    name: device === 'cpu' ? 'compiled' : `compiled on ${device}`,
    compile,
    async dispose() {
      await Promise.all(workers.splice(0).map((worker) => worker.end()));
      await Promise.all(sessions.splice(0).map((session) => session.release()));
    },
  };
}

/** Traces f and returns it as an ONNX model of standard operations, for running elsewhere. */
export function exportOnnx(f: TensorFunction, specs: Record<string, InputSpec>): Uint8Array {
  const { inputs, outputs } = trace(f, specs);
  return toOnnx(inputs, outputs).bytes;
}
