/**
 * @file The compiled engine: trace once, simplify, make machine code or a session of onnxruntime. What one of them fails at, for whatever
 * reason, the next does, tfjs in the end; people are told in one line.
 */
import { availableParallelism, totalmem } from 'node:os';
import type { InferenceSession } from 'onnxruntime-common';
import { callable, fields, notNegative, object, oneOf, required, whole } from '../../arguments.ts';
import { InputError } from '../../errors.ts';
import { checkNames, type Names } from '../../option-names.ts';
import { hasVectors } from '../../webassembly/runtime.ts';
import { avx2 } from '../emit/assembler/target.ts';
import { peakBytes } from '../graph/graph.ts';
import { hasAvx2, hasTiles, isSupported } from '../native/machine.ts';
import { NATIVE_SCRIPT, type NativeThreads, nativeParts } from '../native/native-parts.ts';
import { NativeProgram } from '../native/native-program.ts';
import { forOnnx } from '../onnx/form.ts';
import { toOnnx } from '../onnx/model.ts';
import { SESSION_SCRIPT, type SessionThreads, sessionParts } from '../onnx/session-parts.ts';
import {
  type Device,
  devices,
  hasRuntime,
  SessionFault,
  sessionOptions,
  sessionProgram,
} from '../onnx/session-program.ts';
import { isKnown } from '../plan/plan.ts';
import { portsOf } from '../plan/prepared.ts';
import type { Engine, InputSpec, OwnedProgram, Program, TensorFunction } from '../program/engine.ts';
import { fault, notice } from '../program/notices.ts';
import type { Profile } from '../program/profile.ts';
import { type CacheLimits, checkFunction, Held, owned, Programs } from '../program/programs.ts';
import { Threads } from '../program/threads.ts';
import { Refused, Unsupported } from '../program/unsupported.ts';
import { workerPort } from '../program/workers.ts';
import { addedOf, type Cut, kernelCut, type Split, sessionCut } from '../split/split.ts';
import { type Parts, splitProgram } from '../split/split-program.ts';
import { KernelFault, type Trace, trace } from '../trace/trace-backend.ts';
import { ownProgram, type WasmThreads, wasmParts, wasmProgram } from '../wasm/program.ts';
import { MOST_THREADS, type Products, productNames, type TargetName, targetNames } from './choices.ts';
import { eagerProgram, loadTfjsBackend } from './tfjs-engine.ts';

export type { Device } from '../onnx/session-program.ts';
export { type Products, productNames, type TargetName, targetNames } from './choices.ts';

const NO_MACHINE_CODE =
  'no machine code for this machine (it wants AVX2, Linux or macOS on x86-64, and koffi)';
const THREAD_SCRIPT = new URL('../wasm/thread.js', import.meta.url);
const runs: Record<TargetName, string> = {
  avx512: 'machine code',
  avx2: 'machine code of AVX2',
  wasm: 'WebAssembly',
  onnxruntime: 'onnxruntime',
};

const bfloatsOf = { float32: undefined, bfloat16x6: 3, bfloat16x3: 2 } as const satisfies Record<
  Products,
  unknown
>;

export interface CompiledEngineOptions {
  /** Default: cpu. The others need onnxruntime's files for them. */
  device?: Device;
  /** Threads on the processor; default: as many as it offers. */
  threads?: number;
  /**
   * What programs are written in: `avx512` or `avx2` (machine code), `wasm` (WebAssembly with vectors of 128 bits) or `onnxruntime`; default: the
   * fastest that processor and system allow. What one of them cannot do, the next does.
   */
  target?: TargetName;
  /**
   * How machine code computes matrix products whose sizes are multiples of 16 (the inner one of 32), for which it pays; default:
   * float32. The others want a processor that multiplies tiles of bfloat16 (AMX) and Linux. Every number is taken for the sum of three
   * bfloat16 (x6: six products of parts, as exact as float32) or two (x3: three products, exact to 2^-16).
   */
  products?: Products;
  /** Parts in which a batch is computed (see `Parted`); it must be their multiple. Default: from sizes alone, about 16. */
  parts?: number;
  /**
   * How much programs may hold until those used longest ago are freed, and made anew when they run again. Default: 256 programs, and
   * an eighth of the memory that the process may use, at most 2 GiB.
   */
  cache?: CacheLimits;
  /** Told what every kind of step takes, in cycles of machine code or nanoseconds of WebAssembly: programs are slower by a look at the clock for every step. */
  profile?: Profile;
  /** Given to onnxruntime last, for experiments. */
  session?: InferenceSession.SessionOptions;
}

const NAMES: Names<CompiledEngineOptions> = {
  device: oneOf(devices),
  threads: whole(1, MOST_THREADS),
  target: oneOf(targetNames),
  products: oneOf(productNames),
  parts: whole(1),
  cache: object,
  profile: fields({ add: callable, take: callable }, 'a Profile'),
  session: object,
};
const LIMITS: Names<CacheLimits> = { programs: required(notNegative), bytes: required(notNegative) };

/**
 * On the processor, a function with a `split` is computed in parts, each by one thread: threads that share every single
 * operation wait for each other at its end.
 * @throws InputError for an unknown option, an unknown `target` and one that this machine has not, for unknown `products`, and where there are no tiles for them; on the first program, when the device's execution provider is missing.
 */
export function compiledEngine(options: CompiledEngineOptions = {}): Engine {
  checkNames('compiledEngine', options, NAMES);
  if (options.cache) checkNames('compiledEngine: cache', options.cache, LIMITS);
  const { device = 'cpu', threads = availableParallelism(), profile } = options;
  const targets = targetsOf(options);
  /** Whether the project's own kernels may run it. */
  const kernels = targets[0] !== 'onnxruntime';
  const { products = 'float32' } = options;
  const bfloats = bfloatsOf[products];
  if (bfloats && !(targets[0] === 'avx512' && hasTiles()))
    throw new InputError(
      `products "${products}": only in machine code for processors with tiles of bfloat16 (AMX) under Linux, expected float32`,
    );
  const sessionThreads: SessionThreads = new Threads(() => workerPort(SESSION_SCRIPT));
  const nativeThreads: NativeThreads = new Threads(() => workerPort(NATIVE_SCRIPT));
  const wasmThreads: WasmThreads = new Threads(() => workerPort(THREAD_SCRIPT));
  const optionsFor = (own?: number) => ({ ...sessionOptions(device, own), ...options.session });

  /** What the first of the targets makes that can; undefined where there is only onnxruntime. */
  async function kernelled<Made>(
    makers: Record<Exclude<TargetName, 'onnxruntime'>, () => Made | Promise<Made>>,
  ): Promise<Made | undefined> {
    let left = targets;
    while (left.length > 0 && left[0] !== 'onnxruntime') {
      const [target, ...others] = left;
      try {
        return await makers[target]();
      } catch (error) {
        // Kernels are the same for all; memory that is refused to one machine code is to the other.
        if (error instanceof Unsupported) left = others.filter((name) => name === 'onnxruntime');
        else left = error instanceof Refused ? others.filter((name) => !name.startsWith('avx')) : others;
        // Other clocks, or none.
        if (profile && left[0]?.slice(0, 3) !== target.slice(0, 3)) profile.missed = true;
        const next = `${firstOf(left)} runs it instead, slower`;
        if (error instanceof Unsupported) notice(`ebmm: no kernel is written for ${error.message}: ${next}`);
        else if (error instanceof Refused)
          notice(`ebmm: ${runs[target]} cannot run (${error.message}): ${next}`);
        else fault(`${runs[target]} could not be made: ${next}`, error);
      }
    }
    return undefined;
  }

  /** @param own threads for one operation, where onnxruntime runs it */
  async function makeProgram(
    held: Held,
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    own = options.threads,
  ): Promise<Program> {
    const program = await kernelled<OwnedProgram>({
      avx512: () => NativeProgram.ready(traced, specs, seconds, bfloats, undefined, profile),
      avx2: () => NativeProgram.ready(traced, specs, seconds, undefined, avx2, profile),
      wasm: async () =>
        ownProgram(await wasmProgram(traced, specs, seconds, { profile: profile !== undefined }), profile),
    });
    if (program) return held.keep(program);
    return held.keep(await sessionProgram(device, optionsFor(own), traced, specs, seconds), peakBytes(traced.outputs)); // biome-ignore format: one thought
  }

  async function makeParts(
    held: Held,
    split: Split,
    traced: Trace,
    specs: Record<string, InputSpec>,
    seconds: number,
    slots: number,
    cut: Cut,
  ): Promise<Parts> {
    const ports = portsOf(split, traced, cut.pieces);
    const added = addedOf(split, traced);
    const parts = await kernelled<Parts & OwnedParts>({
      avx512: () => nativeParts(new NativeProgram(traced, specs, seconds, ports, bfloats, undefined, profile), slots, added, nativeThreads, split.batch, cut), // biome-ignore format: one thought
      avx2: () => nativeParts(new NativeProgram(traced, specs, seconds, ports, undefined, avx2, profile), slots, added, nativeThreads, split.batch, cut), // biome-ignore format: one thought
      wasm: async () =>
        wasmParts(await wasmProgram(traced, specs, seconds, { ports, shared: slots > 1, profile: profile !== undefined }), slots, added, wasmThreads, split.batch, cut, profile), // biome-ignore format: one thought
    });
    if (parts) return held.keep(parts);
    const made = await sessionParts(split, traced, specs, seconds, slots, sessionThreads, optionsFor(1));
    return held.keep(made, slots * peakBytes(traced.outputs));
  }

  async function makeAny(held: Held, f: TensorFunction, specs: Record<string, InputSpec>): Promise<Program> {
    const { split } = f;
    if (split && device === 'cpu') {
      const program = await splitProgram(split, specs, {
        threads,
        cut(look, length) {
          const wanted = split.parts ?? options.parts;
          if (wanted !== undefined && length % wanted !== 0)
            throw new InputError(`${wanted} parts of a batch of ${length}: expected a divisor of it`);
          const known = kernels && isKnown(Object.values(look(1).outputs));
          return (known ? kernelCut : sessionCut)(split, look, length, wanted);
        },
        makeParts: (...traced) => makeParts(held, split, ...traced),
        makeProgram: (traced, own, seconds) => makeProgram(held, traced, own, seconds, 1),
      });
      if (program) return program;
    }
    const started = performance.now();
    const traced = trace(f, specs);
    return makeProgram(held, traced, specs, (performance.now() - started) / 1000);
  }

  const programs = new Programs(async (f, specs) => {
    const held = new Held();
    try {
      return owned(await makeAny(held, f, specs), held);
    } catch (error) {
      await held.free();
      if (!(error instanceof KernelFault) && !(error instanceof SessionFault)) throw error;
      const instead = 'tfjs runs this function, many times slower';
      if (error instanceof SessionFault && !hasRuntime())
        notice(
          `ebmm: no kernels are written for all of a function, and onnxruntime-node is not installed: ${instead}`,
        );
      else fault(`no compiled program could be made: ${instead}`, error.cause);
      return eagerProgram(f, specs, await loadTfjsBackend());
    }
  }, options.cache ?? defaultCache());
  return {
    name: device === 'cpu' ? 'compiled' : `compiled on ${device}`,
    threads: device === 'cpu' ? threads : undefined,
    kernels: device === 'cpu' ? { target: targets[0] ?? 'tfjs', products } : undefined,
    compile: (f, specs) => programs.get(f, specs),
    async dispose() {
      await programs.dispose();
      await Promise.all([sessionThreads.end(), nativeThreads.end(), wasmThreads.end()]);
    },
  };
}

/** An eighth of the memory that the process may use, at most 2 GiB. */
function defaultCache(): CacheLimits {
  const allowed = process.constrainedMemory?.() || Number.MAX_SAFE_INTEGER;
  return { programs: 256, bytes: Math.min(allowed, totalmem(), 2 ** 34) / 8 };
}

/** What runs a program first; onnxruntime may not be installed. */
const firstOf = ([target]: readonly TargetName[]) => (target ? runs[target] : 'tfjs');

type OwnedParts = Pick<OwnedProgram, 'bytes' | 'free'>;

/** Those to be tried, in order; the last is onnxruntime. */
function targetsOf({ device = 'cpu', target }: CompiledEngineOptions): readonly TargetName[] {
  if (device !== 'cpu') return ['onnxruntime'];
  const has = { avx512: isSupported, avx2: hasAvx2, wasm: hasVectors, onnxruntime: hasRuntime };
  if (target !== undefined && !has[target]())
    throw new InputError(`target "${target}": this machine has none`);
  const from = target === undefined ? 0 : targetNames.indexOf(target);
  const allowed = targetNames.slice(from).filter((name) => has[name]());
  if (target === undefined && !allowed[0]?.startsWith('avx'))
    notice(`ebmm: ${NO_MACHINE_CODE}: ${firstOf(allowed)} runs it instead, slower`);
  return allowed;
}

/** Traces f and returns it as an ONNX model of standard operations, for running elsewhere. */
export function exportOnnx(f: TensorFunction, specs: Record<string, InputSpec>): Uint8Array {
  checkFunction('exportOnnx', f, specs);
  const { builder, inputs, outputs } = trace(f, specs);
  return toOnnx(inputs, forOnnx(builder, outputs)).bytes;
}
