/**
 * @file The compiled engine: trace once, simplify, make machine code or a session of onnxruntime. What one of them fails at, for whatever
 * reason, the next does, tfjs in the end; people are told in one line.
 */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { InputError } from '../errors.ts';
import {
  cached,
  type Engine,
  type InputSpec,
  type NamedValues,
  type Program,
  type TensorFunction,
} from './engine.ts';
import { hasTiles, isSupported } from './native/machine.ts';
import { nativeParts } from './native/native-parts.ts';
import { NativeProgram } from './native/native-program.ts';
import { isKnown } from './native/plan.ts';
import { Refused, Unsupported } from './native/unsupported.ts';
import { fault, notice } from './notices.ts';
import { toOnnx } from './onnx.ts';
import { forOnnx } from './optimise/index.ts';
import { SESSION_SCRIPT, type SessionMessage, sessionParts } from './session-parts.ts';
import { type Device, SessionFault, sessionOptions, sessionProgram } from './session-program.ts';
import { inTurn, nativeTurns, type Split } from './split.ts';
import { type Parts, splitProgram } from './split-program.ts';
import { eagerProgram, loadTfjsBackend } from './tfjs-engine.ts';
import { Threads } from './threads.ts';
import { KernelFault, type Trace, trace } from './trace-backend.ts';
import { workerPort } from './workers.ts';

export type { Device } from './session-program.ts';

/** Onnxruntime uses all threads for one operation, machine code one: with more than so many a function that has no split is left to it. */
const ALONE = 4;

const SLOWER = 'onnxruntime runs it instead, slower';
const NO_MACHINE_CODE =
  'no machine code for this machine (it wants AVX-512, Linux or macOS on x86-64, and koffi)';

const bfloatsOf = { float32: undefined, bfloat16x6: 3, bfloat16x3: 2 } as const;
export type Products = keyof typeof bfloatsOf;
export const productNames = Object.keys(bfloatsOf) as Products[];

export interface CompiledEngineOptions {
  /** Default: cpu. The others need onnxruntime's files for them. */
  device?: Device;
  /** Threads on the processor; default: as many as it offers. */
  threads?: number;
  /**
   * Whether machine code may run what it can; default: where the processor and the system are such as it is written for. Else, and
   * for what it cannot, there is onnxruntime.
   */
  native?: boolean;
  /**
   * How machine code computes matrix products whose sizes are multiples of 16 (the inner one of 32), for which it pays; default:
   * float32. The others want a processor that multiplies tiles of bfloat16 (AMX) and Linux. Every number is taken for the sum of three
   * bfloat16 (x6: six products of parts, as exact as float32) or two (x3: three products, exact to 2^-16).
   */
  products?: Products;
  /** Given to onnxruntime last, for experiments. */
  session?: InferenceSession.SessionOptions;
}

/**
 * On the processor, a function with a `split` is computed in parts, each by one thread: threads that share every single
 * operation wait for each other at its end.
 * @throws InputError for unknown `products`, and where there are no tiles for them; on the first program, when the device's execution provider is missing.
 */
export function compiledEngine(options: CompiledEngineOptions = {}): Engine {
  const { device = 'cpu', threads = availableParallelism() } = options;
  const native = device === 'cpu' && (options.native ?? isSupported());
  const { products = 'float32' } = options;
  if (!Object.hasOwn(bfloatsOf, products))
    throw new InputError(`products "${products}": expected one of ${productNames.join(', ')}`);
  const bfloats = bfloatsOf[products];
  if (bfloats && !(native && hasTiles()))
    throw new InputError(
      `products "${products}": only in machine code for processors with tiles of bfloat16 (AMX) under Linux, expected float32`,
    );
  const sessions: InferenceSession[] = [];
  const freed: { free(): void | Promise<void> }[] = [];
  const sessionThreads = new Threads<SessionMessage, NamedValues>(() => workerPort(SESSION_SCRIPT));
  const optionsFor = (own?: number) => ({ ...sessionOptions(device, own), ...options.session });
  const keep = (session: InferenceSession) => sessions.push(session);

  /** What `make` makes of machine code; undefined where there cannot, or may not, be any. */
  function natively<Made extends { free(): void | Promise<void> }>(make: () => Made): Made | undefined {
    if (!native) {
      if (device === 'cpu' && options.native === undefined) notice(`ebmm: ${NO_MACHINE_CODE}: ${SLOWER}`);
      return undefined;
    }
    try {
      const made = make();
      freed.push(made);
      return made;
    } catch (error) {
      if (error instanceof Unsupported)
        notice(`ebmm: no machine code is written for ${error.message}: ${SLOWER}`);
      else if (error instanceof Refused)
        notice(`ebmm: machine code cannot run (${error.message}): ${SLOWER}`);
      else fault(`machine code could not be made: ${SLOWER}`, error);
      return undefined;
    }
  }
  async function makeProgram(
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    own = options.threads,
  ): Promise<Program> {
    const program = natively(() => NativeProgram.ready(traced, specs, seconds, bfloats));
    return program ?? makeSession(traced, specs, seconds, own);
  }
  async function makeSession(
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    own?: number,
  ): Promise<Program> {
    const program = await sessionProgram(device, optionsFor(own), traced, specs, seconds);
    keep(program.session);
    return program;
  }
  async function makeParts(
    split: Split,
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    atOnce: number,
  ): Promise<Parts> {
    const ports = {
      shared: split.shared,
      summed: Object.keys(traced.outputs).filter((name) => !split.stacked.includes(name)),
    };
    const parts = natively(() =>
      nativeParts(new NativeProgram(traced, specs, seconds, ports, bfloats), atOnce),
    );
    if (parts) return parts;
    const own = optionsFor(Math.max(1, Math.floor(threads / atOnce)));
    return sessionParts(split, traced, specs, seconds, atOnce, sessionThreads, own, keep);
  }

  async function makeSplit(split: Split, specs: Record<string, InputSpec>): Promise<Program | undefined> {
    return splitProgram(split, specs, {
      threads,
      ...(native ? { firstLook: () => 1 } : {}),
      turns(traced, batch, length) {
        const outputs = Object.values(traced.outputs);
        if (native && isKnown(outputs)) return nativeTurns(outputs, length);
        const whole = traced.inputs[split.batch[0]].shape[0] === length;
        return whole ? inTurn(outputs, batch, length) : undefined;
      },
      makeParts: (...traced) => makeParts(split, ...traced),
      makeProgram: (traced, own, seconds) => makeProgram(traced, own, seconds, 1),
    });
  }

  async function makeAny(f: TensorFunction, specs: Record<string, InputSpec>): Promise<Program> {
    if (f.split && device === 'cpu') {
      const program = await makeSplit(f.split, specs);
      if (program) return program;
    }
    const started = performance.now();
    const traced = trace(f, specs);
    const seconds = (performance.now() - started) / 1000;
    if (threads > ALONE) return makeSession(traced, specs, seconds, options.threads);
    return makeProgram(traced, specs, seconds);
  }

  const compile = cached(async (f, specs) => {
    try {
      return await makeAny(f, specs);
    } catch (error) {
      if (!(error instanceof KernelFault) && !(error instanceof SessionFault)) throw error;
      fault('no compiled program could be made: tfjs runs this function, many times slower', error.cause);
      return eagerProgram(f, specs, await loadTfjsBackend());
    }
  });
  return {
    name: device === 'cpu' ? 'compiled' : `compiled on ${device}`,
    compile,
    async dispose() {
      await sessionThreads.end();
      await Promise.all(sessions.splice(0).map((session) => session.release()));
      // Memories before the code that runs in them.
      for (const one of freed.splice(0).reverse()) await one.free();
    },
  };
}

/** Traces f and returns it as an ONNX model of standard operations, for running elsewhere. */
export function exportOnnx(f: TensorFunction, specs: Record<string, InputSpec>): Uint8Array {
  const { builder, inputs, outputs } = trace(f, specs);
  return toOnnx(inputs, forOnnx(builder, outputs)).bytes;
}
