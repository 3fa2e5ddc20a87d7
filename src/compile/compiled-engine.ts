/**
 * @file The compiled engine: trace once, simplify, make machine code or a session of onnxruntime. What one of them fails at, for whatever
 * reason, the next does, tfjs in the end; people are told in one line.
 */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { InputError } from '../errors.ts';
import { hasVectors } from '../webassembly/runtime.ts';
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
import { portsOf } from './native/prepared.ts';
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
import { ownProgram, type WasmThreads, wasmParts, wasmProgram } from './wasm/program.ts';
import { workerPort } from './workers.ts';

export type { Device } from './session-program.ts';

/** Onnxruntime uses all threads for one operation, machine code one: with more than so many a function that has no split is left to it. */
const ALONE = 4;

/** What compiled programs are written in, the fastest first. */
export const targetNames = ['avx512', 'wasm', 'onnxruntime'] as const;
export type TargetName = (typeof targetNames)[number];

const NO_MACHINE_CODE =
  'no machine code for this machine (it wants AVX-512, Linux or macOS on x86-64, and koffi)';
const THREAD_SCRIPT = new URL('./wasm/node-thread.cjs', import.meta.url);
const runs: Record<TargetName, string> = {
  avx512: 'machine code',
  wasm: 'WebAssembly',
  onnxruntime: 'onnxruntime',
};

const bfloatsOf = { float32: undefined, bfloat16x6: 3, bfloat16x3: 2 } as const;
export type Products = keyof typeof bfloatsOf;
export const productNames = Object.keys(bfloatsOf) as Products[];

export interface CompiledEngineOptions {
  /** Default: cpu. The others need onnxruntime's files for them. */
  device?: Device;
  /** Threads on the processor; default: as many as it offers. */
  threads?: number;
  /**
   * What programs are written in: `avx512` (machine code), `wasm` (WebAssembly with vectors of 128 bits) or `onnxruntime`; default: the
   * fastest that processor and system allow. What one of them cannot do, the next does.
   */
  target?: TargetName;
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
 * @throws InputError for an unknown `target` and one that this machine has not, for unknown `products`, and where there are no tiles for them; on the first program, when the device's execution provider is missing.
 */
export function compiledEngine(options: CompiledEngineOptions = {}): Engine {
  const { device = 'cpu', threads = availableParallelism() } = options;
  const targets = targetsOf(options);
  /** Whether the project's own kernels may run it. */
  const kernels = targets[0] !== 'onnxruntime';
  const { products = 'float32' } = options;
  if (!Object.hasOwn(bfloatsOf, products))
    throw new InputError(`products "${products}": expected one of ${productNames.join(', ')}`);
  const bfloats = bfloatsOf[products];
  if (bfloats && !(targets[0] === 'avx512' && hasTiles()))
    throw new InputError(
      `products "${products}": only in machine code for processors with tiles of bfloat16 (AMX) under Linux, expected float32`,
    );
  const sessions: InferenceSession[] = [];
  const freed: Freed[] = [];
  const sessionThreads = new Threads<SessionMessage, NamedValues>(() => workerPort(SESSION_SCRIPT));
  const wasmThreads: WasmThreads = new Threads(() => workerPort(THREAD_SCRIPT));
  const optionsFor = (own?: number) => ({ ...sessionOptions(device, own), ...options.session });
  const keep = (session: InferenceSession) => sessions.push(session);

  /** What the first of the targets makes that can; undefined where there is only onnxruntime. */
  async function kernelled<Made extends Freed>(
    makers: Record<'avx512' | 'wasm', () => Made | Promise<Made>>,
  ): Promise<Made | undefined> {
    for (const [i, target] of targets.entries()) {
      if (target === 'onnxruntime') return undefined;
      const next = `${runs[targets[i + 1]]} runs it instead, slower`;
      try {
        const made = await makers[target]();
        freed.push(made);
        return made;
      } catch (error) {
        if (error instanceof Unsupported) {
          // All targets have the same kernels.
          notice(`ebmm: no kernel is written for ${error.message}: onnxruntime runs it instead, slower`);
          return undefined;
        }
        if (error instanceof Refused) notice(`ebmm: ${runs[target]} cannot run (${error.message}): ${next}`);
        else fault(`${runs[target]} could not be made: ${next}`, error);
      }
    }
    return undefined;
  }
  async function makeProgram(
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    own = options.threads,
  ): Promise<Program> {
    const program = await kernelled<Program & Freed>({
      avx512: () => NativeProgram.ready(traced, specs, seconds, bfloats),
      wasm: async () => ownProgram(await wasmProgram(traced, specs, seconds)),
    });
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
    const ports = portsOf(split, traced);
    const parts = await kernelled<Parts & Freed>({
      avx512: () => nativeParts(new NativeProgram(traced, specs, seconds, ports, bfloats), atOnce),
      wasm: async () =>
        wasmParts(
          await wasmProgram(traced, specs, seconds, { ports, shared: atOnce > 1 }),
          atOnce,
          wasmThreads,
        ),
    });
    if (parts) return parts;
    const own = optionsFor(Math.max(1, Math.floor(threads / atOnce)));
    return sessionParts(split, traced, specs, seconds, atOnce, sessionThreads, own, keep);
  }

  async function makeSplit(split: Split, specs: Record<string, InputSpec>): Promise<Program | undefined> {
    return splitProgram(split, specs, {
      threads,
      ...(kernels ? { firstLook: () => 1 } : {}),
      turns(traced, batch, length) {
        const outputs = Object.values(traced.outputs);
        if (kernels && isKnown(outputs)) return nativeTurns(outputs, length);
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
      await wasmThreads.end();
    },
  };
}

type Freed = { free(): void | Promise<void> };

/** Those to be tried, in order; the last is onnxruntime. */
function targetsOf({ device = 'cpu', target }: CompiledEngineOptions): readonly TargetName[] {
  if (target !== undefined && !targetNames.includes(target))
    throw new InputError(`target "${target}": expected one of ${targetNames.join(', ')}`);
  if (device !== 'cpu') return ['onnxruntime'];
  const has = { avx512: isSupported, wasm: hasVectors, onnxruntime: () => true };
  if (target !== undefined && !has[target]())
    throw new InputError(`target "${target}": this machine has none`);
  const from = target === undefined ? 0 : targetNames.indexOf(target);
  const allowed = targetNames.slice(from).filter((name) => has[name]());
  if (target === undefined && allowed[0] !== 'avx512')
    notice(`ebmm: ${NO_MACHINE_CODE}: ${runs[allowed[0]]} runs it instead, slower`);
  return allowed;
}

/** Traces f and returns it as an ONNX model of standard operations, for running elsewhere. */
export function exportOnnx(f: TensorFunction, specs: Record<string, InputSpec>): Uint8Array {
  const { builder, inputs, outputs } = trace(f, specs);
  return toOnnx(inputs, forOnnx(builder, outputs)).bytes;
}
