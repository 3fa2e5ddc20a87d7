/**
 * @file A tfjs backend whose kernels compute nothing: each records a node of the graph under construction.
 *
 * Running a function on it, derivatives and all, is tracing it: tfjs's own tape asks for every backward operation as a
 * kernel call too.
 */
import * as tf from '@tensorflow/tfjs';
import type { Inputs, Kernels } from '../../autodiff/kernel-call.ts';
import { KernelTape, type TapingBackend } from '../../autodiff/kernel-tape.ts';
import { InputError } from '../../errors.ts';
import { Builder } from '../graph/builder.ts';
import type { Dtype, InputSpec, Node, Values } from '../graph/graph.ts';
import { checkGraph } from '../graph/specification.ts';
import { optimise } from '../optimise/index.ts';
import { firstLine, isStrict } from '../program/notices.ts';
import { kernels } from './kernels.ts';

const NAME = 'ebmm-trace';
// tfjs greets users of its plain JavaScript backend with an advertisement, else.
tf.enableProdMode();

/** What a trace computes: the data id of a tensor, and what tfjs wants to know to make one. */
class Traced implements tf.TensorInfo {
  readonly node: Node;
  readonly builder: Builder;
  /** How many tensors of tfjs hold it. */
  references: number;

  constructor(node: Node, builder: Builder, references: number) {
    this.node = node;
    this.builder = builder;
    this.references = references;
  }

  get dataId(): tf.DataId {
    return this;
  }

  /** tfjs copies it. */
  get shape(): number[] {
    return this.node.shape as number[];
  }

  get dtype(): Dtype {
    return this.node.dtype;
  }
}

/** Values that outlive a trace. */
interface Held {
  values: Values;
  dtype: Dtype;
  references: number;
}

class TraceBackend extends tf.KernelBackend implements TapingBackend, Kernels {
  builder = new Builder();
  tape = new KernelTape(this);
  readonly #held: tf.DataStorage<Held> = new tf.DataStorage<Held>(
    this,
    tf.engine() as unknown as tf.DataMover,
  );

  nodeOf(info: tf.TensorInfo): Node {
    const { dataId } = info;
    if (!(dataId instanceof Traced)) {
      const { values, dtype } = this.#held.get(dataId);
      return this.builder.constant(values, info.shape, dtype);
    }
    if (dataId.builder !== this.builder) {
      throw new InputError('a compiled function used a tensor that was made inside another one');
    }
    return this.builder.reshape(dataId.node, info.shape);
  }

  /** Whether a tensor stands for a node of the trace under way, and is of no use after it. */
  owns({ dataId }: tf.TensorInfo): boolean {
    return dataId instanceof Traced && dataId.builder === this.builder;
  }

  add(node: Node): tf.TensorInfo {
    return new Traced(node, this.builder, 1);
  }

  isGiven({ dataId }: tf.TensorInfo): boolean {
    return !(dataId instanceof Traced);
  }

  run(kernelName: string, inputs: Inputs, attributes: object): readonly tf.TensorInfo[] {
    return asList(this.#nodes(kernelName, inputs, attributes)).map((node) => new Traced(node, this.builder, 0)); // biome-ignore format: one thought
  }

  /** What a kernel of tfjs gives back: one tensor or a list. */
  kernel(kernelName: string, inputs: Inputs, attributes: object): tf.TensorInfo | tf.TensorInfo[] {
    const made = this.#nodes(kernelName, inputs, attributes);
    const outputs = asList(made).map((node) => this.add(node));
    if (this.tape.listens) this.tape.record({ kernelName, inputs, outputs, attributes, custom: customScope(kernelName) }); // biome-ignore format: one thought
    return Array.isArray(made) ? outputs : outputs[0];
  }

  /** What a kernel's row makes of the inputs. */
  #nodes(kernelName: string, inputs: Inputs, attributes: object): Node | Node[] {
    const nodes: Record<string, Node> = {};
    for (const name in inputs) {
      const info = inputs[name];
      if (info) nodes[name] = this.nodeOf(info);
    }
    try {
      return kernels[kernelName](this.builder, nodes, attributes);
    } catch (error) {
      throw error instanceof InputError ? error : new KernelFault(kernelName, error);
    }
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    _shape: number[],
    dtype: tf.DataType,
    references: number,
  ) {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw new InputError(
        `a compiled function cannot hold a tensor of dtype ${dtype}, only float32, int32 and bool`,
      );
    }
    this.#held.set(dataId, { values: values as Values, dtype, references });
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    if (!(dataId instanceof Traced)) return this.#held.get(dataId).values;
    throw new InputError(
      'a compiled function cannot look at the values of its tensors (dataSync, arraySync, print): use tf.where instead of if',
    );
  }

  override async read(dataId: tf.DataId): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  #data(dataId: tf.DataId): Traced | Held | undefined {
    if (dataId instanceof Traced) return dataId;
    return this.#held.has(dataId) ? this.#held.get(dataId) : undefined;
  }

  /** What the tape may ask for stays, as long as anyone has its id; only what moves to another backend goes. */
  override disposeData(dataId: tf.DataId, force = false): boolean {
    const data = this.#data(dataId);
    if (!data) return true;
    data.references--;
    if (force) this.#held.delete(dataId);
    return force || data.references <= 0;
  }

  override incRef(dataId: tf.DataId) {
    const data = this.#data(dataId);
    if (data) data.references++;
  }

  override refCount(dataId: tf.DataId): number {
    return this.#data(dataId)?.references ?? 0;
  }

  override numDataIds(): number {
    return this.#held.numDataIds();
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
  for (const kernelName of Object.keys(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: NAME,
      kernelFunc: ({ inputs, attrs }) => backend.kernel(kernelName, inputs as Inputs, attrs ?? {}),
    });
  }
  return backend;
}

/** That the compiler failed at a kernel, for the reason that is its cause. */
export class KernelFault extends Error {
  constructor(kernelName: string, cause: unknown) {
    super(`kernel "${kernelName}": ${firstLine(cause)}`, { cause });
  }
}

const asList = <T>(one: T | T[]): T[] => (Array.isArray(one) ? one : [one]);

/** The scope of the tf.customGrad that a kernel runs in, if it does. */
function customScope(kernelName: string): string | undefined {
  const { kernelDepth, scopeStack } = tf.engine().state;
  if (kernelDepth < 2) return undefined;
  // A copy that tfjs makes for a gradient of its own; tf.clone has a scope.
  if (kernelName === 'Identity' && scopeStack.at(-1)?.name !== 'clone__op') return undefined;
  // The kernel's own operation, then whatever tidies up without a name.
  return scopeStack.slice(0, -1).findLast(({ name }) => name !== 'unnamed scope')?.name ?? 'unnamed scope';
}

let traceBackend: TraceBackend | undefined;

/** What a function did: a graph, and the nodes of its inputs and outputs. */
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
    if (isStrict()) checkGraph(builder.graph, outputs, 'as traced');
    return { builder, inputs, outputs: optimise(builder, outputs) };
  } catch (error) {
    throw explain(error);
  } finally {
    backend.builder = new Builder();
    backend.tape = new KernelTape(backend);
    tf.setBackend(before);
  }
}

/** tfjs's message for a missing kernel, in this project's words. */
function explain(error: unknown): unknown {
  const missing = error instanceof Error && /^Kernel '(\w+)' not registered for backend/.exec(error.message);
  if (!missing) return error;
  return new InputError(`kernel "${missing[1]}" is not supported by the compiled engine: use --engine tfjs`);
}
