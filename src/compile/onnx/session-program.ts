/** @file Programs that onnxruntime runs in the thread that asks. */
import { createRequire } from 'node:module';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { InputError } from '../../errors.ts';
import { type Dtype, toValues, type Values } from '../graph/graph.ts';
import type { InputSpec, NamedValues, Program } from '../program/engine.ts';
import { firstLine } from '../program/notices.ts';
import type { Trace } from '../trace/trace-backend.ts';
import { forOnnx, forRuntime } from './form.ts';
import { type OnnxModel, toOnnx } from './model.ts';

export const devices = ['cpu', 'cuda', 'webgpu'] as const;
export type Device = (typeof devices)[number];

/** That onnxruntime took no model of a function, for the reason that is its cause. */
export class SessionFault extends Error {
  constructor(cause: unknown) {
    super(`onnxruntime: ${firstLine(cause)}`, { cause });
  }
}

/** The traced function as a model for the device. */
const modelFor = (device: Device, { builder, inputs, outputs }: Trace): OnnxModel =>
  device === 'cpu'
    ? toOnnx(inputs, forRuntime(builder, outputs), true)
    : toOnnx(inputs, forOnnx(builder, outputs));

/** @param threads for one operation; default: onnxruntime's choice. */
export function sessionOptions(device: Device, threads?: number): InferenceSession.SessionOptions {
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    // The graph is in simplest form already: more looking costs seconds and gains nothing that was measured. What other
    // processors than this one like joined is not known here.
    graphOptimizationLevel: device === 'cpu' ? 'disabled' : 'all',
    logSeverityLevel: 3,
    ...(threads ? { intraOpNumThreads: threads } : {}),
  };
}

export interface SessionProgram extends Program {
  readonly model: OnnxModel;
  /** No run may be under way. */
  free(): Promise<void>;
}

/**
 * @param seconds what tracing took
 * @throws InputError when the device's execution provider is missing
 * @throws SessionFault when onnxruntime does not take the model
 */
export async function sessionProgram(
  device: Device,
  options: InferenceSession.SessionOptions,
  traced: Trace,
  specs: Record<string, InputSpec>,
  seconds: number,
): Promise<SessionProgram> {
  const started = performance.now();
  const model = modelFor(device, traced);
  const { Tensor } = await loadRuntime(device);
  const session = await createSession(model.bytes, device, options);
  return {
    model,
    free: () => session.release(),
    async run(values) {
      const feeds: Record<string, OrtTensor> = {};
      for (const [name, { type, data, dims }] of Object.entries(feedsOf(specs, values)))
        feeds[name] = new Tensor(type as 'float32', data as Float32Array, dims);
      const results = await session.run(feeds);
      return renamed(model, (inModel) => results[inModel].data as Values);
    },
    outputShapes: Object.fromEntries(
      Object.entries(traced.outputs).map(([name, node]) => [name, node.shape]),
    ),
    operations: model.nodes,
    seconds: { trace: seconds, prepare: (performance.now() - started) / 1000 },
  };
}

/** A tensor as it travels between threads. */
export interface Feed {
  type: Dtype;
  data: Values;
  dims: readonly number[];
}

/** Outputs by their own names. */
export const renamed = ({ outputNames }: OnnxModel, take: (inModel: string) => Values): NamedValues =>
  Object.fromEntries(Object.entries(outputNames).map(([name, inModel]) => [name, take(inModel)]));

/** Converts values too: tfjs keeps a bool tensor that was cast to float32 in the bytes it had. */
export function feedsOf(specs: Record<string, InputSpec>, values: NamedValues): Record<string, Feed> {
  const feeds: Record<string, Feed> = {};
  for (const [name, { shape, dtype = 'float32' }] of Object.entries(specs)) {
    const data = values[name];
    if (!data) throw new Error(`input "${name}" is missing`);
    feeds[name] = { type: dtype, data: toValues(data, dtype), dims: shape };
  }
  return feeds;
}

/** Whether onnxruntime-node is there. Its install step wants more than the registry of npm, so it may not be. */
export function hasRuntime(): boolean {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node');
    return true;
  } catch {
    return false;
  }
}

/** @throws InputError where a device is asked for, and SessionFault where not, when onnxruntime-node cannot be loaded */
export async function loadRuntime(device: Device): Promise<typeof import('onnxruntime-common')> {
  try {
    const runtime = await import('onnxruntime-node');
    // Of a missing provider onnxruntime's own log says, before our error does, what it could not open.
    if (device !== 'cpu') runtime.env.logLevel = 'fatal';
    return runtime;
  } catch (error) {
    if (device === 'cpu') throw new SessionFault(error);
    throw new InputError(
      `device "${device}" needs onnxruntime-node, which is not installed or cannot be loaded (${firstLine(error)}): npm install onnxruntime-node`,
    );
  }
}

/** Onnxruntime's reasons begin with the line of C++ that found them. */
const withoutPlace = (reason: string) => reason.replace(/^\S+\.(cc|cpp|h):\d+ .*? was false\. /, '');

async function createSession(bytes: Uint8Array, device: Device, options: InferenceSession.SessionOptions) {
  try {
    const { InferenceSession } = await loadRuntime(device);
    return await InferenceSession.create(bytes, options);
  } catch (error) {
    if (device === 'cpu') throw new SessionFault(error);
    throw new InputError(
      `onnxruntime has no working "${device}" execution provider on this machine: ${withoutPlace(firstLine(error))}`,
    );
  }
}
