/** @file The compiled engine: trace once, simplify, write ONNX, run in onnxruntime. */
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
import { toOnnx } from './onnx.ts';
import { trace } from './trace-backend.ts';

export type Device = 'cpu' | 'cuda' | 'webgpu';

export interface CompiledEngineOptions {
  /** Default: cpu. The others need onnxruntime's files for them. */
  device?: Device;
  /** Threads for one operation; default: one per physical core. */
  threads?: number;
  /** Given to onnxruntime last, for experiments. */
  session?: InferenceSession.SessionOptions;
}

const ortTypes = { float32: 'float32', int32: 'int32', bool: 'bool' } as const;

/** @throws InputError, on the first program, when the device's execution provider is missing. */
export function compiledEngine(options: CompiledEngineOptions = {}): Engine {
  const { device = 'cpu', threads } = options;
  const sessions: InferenceSession[] = [];
  const compile = cached(async (f, specs) => {
    const started = performance.now();
    const { inputs, outputs } = trace(f, specs);
    const model = toOnnx(inputs, outputs);
    const traced = performance.now();
    const session = await createSession(model.bytes, device, {
      executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      ...(threads ? { intraOpNumThreads: threads } : {}),
      ...options.session,
    });
    sessions.push(session);
    const ready = performance.now();
    const outputShapes = Object.fromEntries(
      Object.entries(outputs).map(([name, node]) => [name, node.shape]),
    );
    return {
      run: (values: NamedValues) => run(session, specs, model.outputNames, values),
      outputShapes,
      operations: model.nodes,
      seconds: { trace: (traced - started) / 1000, prepare: (ready - traced) / 1000 },
    } satisfies Program;
  });
  return {
    name: device === 'cpu' ? 'compiled' : `compiled on ${device}`,
    compile,
    async dispose() {
      await Promise.all(sessions.splice(0).map((session) => session.release()));
    },
  };
}

/** Traces f and returns it as an ONNX model, for running elsewhere. */
export function exportOnnx(f: TensorFunction, specs: Record<string, InputSpec>): Uint8Array {
  const { inputs, outputs } = trace(f, specs);
  return toOnnx(inputs, outputs).bytes;
}

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

async function run(
  session: InferenceSession,
  specs: Record<string, InputSpec>,
  outputNames: Record<string, string>,
  values: NamedValues,
) {
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, { shape, dtype = 'float32' }] of Object.entries(specs)) {
    const data = values[name];
    if (!data) throw new Error(`input "${name}" is missing`);
    feeds[name] = feed(data, shape, dtype);
  }
  const results = await session.run(feeds);
  return Object.fromEntries(
    Object.entries(outputNames).map(([name, inModel]) => [name, results[inModel].data as Values]),
  );
}

/** Converts values too: tfjs keeps a bool tensor that was cast to float32 in the bytes it had. */
function feed(data: Values, shape: readonly number[], dtype: Dtype): OrtTensor {
  return new OrtTensor(ortTypes[dtype] as 'float32', toValues(data, dtype) as Float32Array, shape);
}
