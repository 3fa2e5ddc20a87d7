/** @file The compiled engine: trace once, simplify, write ONNX, run in onnxruntime. */
import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { InputError } from '../errors.ts';
import {
  cached,
  type Engine,
  type InputSpec,
  type NamedValues,
  type Program,
  type TensorFunction,
} from './engine.ts';
import { type Dtype, toValues, type Values } from './graph.ts';
import { type OnnxModel, toOnnx } from './onnx.ts';
import { forRuntime } from './optimise/index.ts';
import { joined, partName, partSpecs, partsOf, partValues, type Split } from './split.ts';
import { type Trace, trace } from './trace-backend.ts';
import { type Feed, SessionThread } from './workers.ts';

export type Device = 'cpu' | 'cuda' | 'webgpu';

export interface CompiledEngineOptions {
  /** Default: cpu. The others need onnxruntime's files for them. */
  device?: Device;
  /** Threads on the processor; default: as many as it offers. */
  threads?: number;
  /** Given to onnxruntime last, for experiments. */
  session?: InferenceSession.SessionOptions;
}

const ortTypes = { float32: 'float32', int32: 'int32', bool: 'bool' } as const;

/**
 * On the processor, a function with a `split` is computed in as many parts as there are threads, each part by one of them:
 * threads that share every single operation wait for each other at its end.
 * @throws InputError, on the first program, when the device's execution provider is missing.
 */
export function compiledEngine(options: CompiledEngineOptions = {}): Engine {
  const { device = 'cpu', threads = availableParallelism() } = options;
  const sessions: InferenceSession[] = [];
  const workers: SessionThread[] = [];
  let models = 0;

  const sessionOptions = (ownThreads?: number): InferenceSession.SessionOptions => ({
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    graphOptimizationLevel: (process.env.EBMM_LEVEL as 'all') ?? 'all',
    logSeverityLevel: 3,
    ...(ownThreads ? { intraOpNumThreads: ownThreads } : {}),
    ...options.session,
  });

  async function whole(f: TensorFunction, specs: Record<string, InputSpec>, ownThreads?: number) {
    const started = performance.now();
    const traced = trace(f, specs);
    const model = written(traced, device);
    const ready = performance.now();
    const session = await createSession(model.bytes, device, sessionOptions(ownThreads));
    sessions.push(session);
    const program = {
      run: async (values: NamedValues) => {
        const feeds: Record<string, OrtTensor> = {};
        for (const [name, { type, data, dims }] of Object.entries(feedsOf(specs, values)))
          feeds[name] = new OrtTensor(type as 'float32', data as Float32Array, dims);
        const results = await session.run(feeds);
        return renamed(model, (inModel) => results[inModel].data as Values);
      },
      outputShapes: Object.fromEntries(
        Object.entries(traced.outputs).map(([name, node]) => [name, node.shape]),
      ),
      operations: model.nodes,
      seconds: { trace: (ready - started) / 1000, prepare: (performance.now() - ready) / 1000 },
    } satisfies Program;
    return { program, model };
  }

  async function inParts(split: Split, specs: Record<string, InputSpec>, parts: number): Promise<Program> {
    const own = partSpecs(split, specs, parts);
    const ownThreads = Math.max(1, Math.floor(threads / parts));
    const { program: part, model } = await whole(split.part, own, ownThreads);
    const started = performance.now();
    while (workers.length < parts - 1) workers.push(new SessionThread());
    const id = models++;
    // The first part is this thread's own.
    const others = workers.slice(0, parts - 1);
    await Promise.all(others.map((worker) => worker.create(id, model.bytes, sessionOptions(ownThreads))));
    const prepared = (performance.now() - started) / 1000;
    const passed = Object.keys(part.outputShapes).filter((name) => !split.stacked.includes(name));
    const mergeSpecs = Object.fromEntries(
      Object.entries(specs).filter(([name]) => !split.batch.includes(name)),
    );
    for (let k = 0; k < parts; k++)
      for (const name of passed) mergeSpecs[partName(name, k)] = { shape: part.outputShapes[name] };
    const { program: merge } = await whole(split.whole(parts), mergeSpecs, 1);
    const stackedShapes = split.stacked.map((name) => {
      const [first, ...rest] = part.outputShapes[name];
      return [name, [first * parts, ...rest]];
    });
    return {
      async run(values) {
        // The others are asked before this thread is busy.
        const pending = others.map(async (worker, i) => {
          const result = await worker.run(id, feedsOf(own, partValues(split, values, parts, i + 1)));
          return renamed(model, (inModel) => result[inModel]);
        });
        const results = await Promise.all([part.run(partValues(split, values, parts, 0)), ...pending]);
        const given: NamedValues = {};
        for (const name of Object.keys(mergeSpecs)) if (name in values) given[name] = values[name];
        for (const [k, result] of results.entries())
          for (const name of passed) given[partName(name, k)] = result[name];
        const stacked = split.stacked.map((name) => [name, joined(results.map((result) => result[name]))]);
        return { ...(await merge.run(given)), ...Object.fromEntries(stacked) };
      },
      outputShapes: { ...merge.outputShapes, ...Object.fromEntries(stackedShapes) },
      operations: parts * part.operations + merge.operations,
      seconds: {
        trace: part.seconds.trace + merge.seconds.trace,
        prepare: part.seconds.prepare + merge.seconds.prepare + prepared,
      },
    };
  }

  const compile = cached(async (f, specs) => {
    const parts = f.split && device === 'cpu' ? partsOf(f.split, specs, threads) : 1;
    if (f.split && parts > 1) return inParts(f.split, specs, parts);
    return (await whole(f, specs, options.threads)).program;
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

/** Traces f and returns it as an ONNX model, for running elsewhere. */
export function exportOnnx(f: TensorFunction, specs: Record<string, InputSpec>): Uint8Array {
  const { inputs, outputs } = trace(f, specs);
  return toOnnx(inputs, outputs).bytes;
}

const written = ({ builder, inputs, outputs }: Trace, device: Device): OnnxModel =>
  toOnnx(inputs, device === 'cpu' ? forRuntime(builder, outputs) : outputs);

/** Outputs by their own names. */
const renamed = ({ outputNames }: OnnxModel, take: (inModel: string) => Values): NamedValues =>
  Object.fromEntries(Object.entries(outputNames).map(([name, inModel]) => [name, take(inModel)]));

async function createSession(bytes: Uint8Array, device: Device, options: InferenceSession.SessionOptions) {
  try {
    return await InferenceSession.create(bytes, options);
  } catch (error) {
    if (device === 'cpu') throw error;
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new InputError(
      `onnxruntime has no working "${device}" execution provider on this machine: ${reason}`,
    );
  }
}

/** Converts values too: tfjs keeps a bool tensor that was cast to float32 in the bytes it had. */
function feedsOf(specs: Record<string, InputSpec>, values: NamedValues): Record<string, Feed> {
  const feeds: Record<string, Feed> = {};
  for (const [name, { shape, dtype = 'float32' }] of Object.entries(specs)) {
    const data = values[name];
    if (!data) throw new Error(`input "${name}" is missing`);
    feeds[name] = { type: ortTypes[dtype as Dtype], data: toValues(data, dtype), dims: shape };
  }
  return feeds;
}
