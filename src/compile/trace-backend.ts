/**
 * @file A tfjs backend whose kernels compute nothing: each records a node of the graph under construction.
 *
 * Running a function on it, derivatives and all, is tracing it: tfjs's own tape asks for every backward operation as a
 * kernel call too.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { Builder } from './builder.ts';
import type { Dtype, Node, Values } from './graph.ts';
import { kernels } from './kernels.ts';
import { optimise } from './optimise/index.ts';

const NAME = 'ebmm-trace';
// tfjs greets users of its plain JavaScript backend with an advertisement, else.
tf.enableProdMode();

/** What a data id stands for: a node of one trace, or values that outlive it. */
type Traced = { references: number } & (
  | { node: Node; builder: Builder }
  | { values: Values; shape: number[]; dtype: Dtype }
);

class TraceBackend extends tf.KernelBackend {
  builder = new Builder();
  readonly #data: tf.DataStorage<Traced> = new tf.DataStorage<Traced>(
    this,
    tf.engine() as unknown as tf.DataMover,
  );

  nodeOf(info: tf.TensorInfo): Node {
    const traced = this.#data.get(info.dataId);
    if ('values' in traced) return this.builder.constant(traced.values, info.shape, traced.dtype);
    if (traced.builder !== this.builder) {
      throw new InputError('a compiled function used a tensor that was made inside another one');
    }
    return this.builder.reshape(traced.node, info.shape);
  }

  /** Whether a tensor stands for a node of the trace under way, and is of no use after it. */
  owns(info: tf.TensorInfo): boolean {
    if (!this.#data.has(info.dataId)) return false;
    const traced = this.#data.get(info.dataId);
    return 'builder' in traced && traced.builder === this.builder;
  }

  add(node: Node): tf.TensorInfo {
    const dataId = {};
    this.#data.set(dataId, { node, builder: this.builder, references: 1 });
    return { dataId, shape: [...node.shape], dtype: node.dtype };
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ) {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw new InputError(
        `a compiled function cannot hold a tensor of dtype ${dtype}, only float32, int32 and bool`,
      );
    }
    this.#data.set(dataId, { values: values as Values, shape, dtype, references });
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    const traced = this.#data.get(dataId);
    if ('values' in traced) return traced.values;
    throw new InputError(
      'a compiled function cannot look at the values of its tensors (dataSync, arraySync, print): use tf.where instead of if',
    );
  }

  override async read(dataId: tf.DataId): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.#data.has(dataId)) return true;
    const traced = this.#data.get(dataId);
    traced.references--;
    if (!force && traced.references > 0) return false;
    this.#data.delete(dataId);
    return true;
  }

  override incRef(dataId: tf.DataId) {
    this.#data.get(dataId).references++;
  }

  override refCount(dataId: tf.DataId): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).references : 0;
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override memory() {
    return { unreliable: false };
  }

  override timerAvailable() {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon() {
    return 1e-7;
  }

  override dispose() {}
}

function register(): TraceBackend {
  const backend = new TraceBackend();
  tf.registerBackend(NAME, () => backend, -1);
  for (const [kernelName, row] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: NAME,
      kernelFunc: ({ inputs, attrs }) => {
        const b = backend.builder;
        const nodes: Record<string, Node> = {};
        for (const [key, info] of Object.entries(inputs as Record<string, tf.TensorInfo | undefined>)) {
          if (info) nodes[key] = backend.nodeOf(info);
        }
        const out = row(b, nodes, attrs ?? {});
        return Array.isArray(out) ? out.map((node) => backend.add(node)) : backend.add(out);
      },
    });
  }
  return backend;
}

let traceBackend: TraceBackend | undefined;

export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype?: Dtype;
}

export interface Trace {
  builder: Builder;
  inputs: Record<string, Node>;
  outputs: Record<string, Node>;
}

/**
 * Runs `f` once on tensors without values and returns what it did.
 * @throws InputError when f uses a kernel that the compiled engine lacks or looks at values.
 */
export function trace(
  f: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  specs: Record<string, InputSpec>,
): Trace {
  traceBackend ??= register();
  const backend = traceBackend;
  const engine = tf.engine();
  // Asking for the backend makes tfjs choose one, if it has none yet, to return to.
  tf.backend();
  const before = tf.getBackend();
  const builder = new Builder();
  backend.builder = builder;
  tf.setBackend(NAME);
  const inputs: Record<string, Node> = {};
  let outputs: Record<string, Node> = {};
  try {
    tf.tidy(() => {
      const tensors: Record<string, tf.Tensor> = {};
      for (const [name, { shape, dtype = 'float32' }] of Object.entries(specs)) {
        inputs[name] = builder.input(name, shape, dtype);
        const info = backend.add(inputs[name]);
        tensors[name] = engine.makeTensorFromTensorInfo(
          info as Parameters<typeof engine.makeTensorFromTensorInfo>[0],
        );
      }
      const results = f(tensors);
      outputs = Object.fromEntries(Object.entries(results).map(([name, t]) => [name, backend.nodeOf(t)]));
      // The tidying up spares those that f keeps.
      tf.dispose(Object.values(results).filter((t) => backend.owns(t)));
    });
    return { builder, inputs, outputs: optimise(builder, outputs) };
  } catch (error) {
    throw explain(error);
  } finally {
    backend.builder = new Builder();
    tf.setBackend(before);
  }
}

/** tfjs's message for a missing kernel, in this project's words. */
function explain(error: unknown): unknown {
  const missing = error instanceof Error && /^Kernel '(\w+)' not registered for backend/.exec(error.message);
  if (!missing) return error;
  return new InputError(`kernel "${missing[1]}" is not supported by the compiled engine: use --engine tfjs`);
}
