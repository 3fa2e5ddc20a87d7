/**
 * @file A tape of kernels, for backends whose tensors cost nothing: it keeps what ran and copies nothing, where tfjs's own copies every
 * tensor that a gradient may want, and looks through all it has for every gradient.
 */
import * as tf from '@tensorflow/tfjs';

/** A kernel that ran. */
export interface KernelCall {
  kernelName: string;
  /** By name; a kernel that takes a list has one. An optional one that was left out is null or undefined. */
  inputs: Readonly<Record<string, tf.TensorInfo | null | undefined>>;
  outputs: readonly tf.TensorInfo[];
  attributes: object;
  /** The scope of the tf.customGrad that it ran in, if it did. */
  custom?: string;
}

/** A backend that tapes its kernels. Its data outlive the tensors that hold them, and every output of a kernel has data of its own. */
export interface TapingBackend extends tf.KernelBackend {
  readonly tape: KernelTape;
}

/** The tape of the backend in use, if that has one. */
export const tapeInUse = (): KernelTape | undefined => (tf.engine().backend as Partial<TapingBackend>).tape;

export class KernelTape {
  readonly #calls: KernelCall[] = [];
  #stops = 0;

  record(call: KernelCall): void {
    if (this.#stops === 0) this.#calls.push(call);
  }

  /** Runs `f` with the tape stopped: its result is a constant. */
  without<T>(f: () => T): T {
    this.#stops++;
    try {
      return f();
    } finally {
      this.#stops--;
    }
  }

  /**
   * The value of f, and the gradients of sum(value * dy) with respect to `xs`, undefined where the value does not depend on one.
   * @param xs made for this call: nothing before it used them
   * @param check sees the calls that the gradient passes through, the last one first
   */
  gradients(
    f: () => tf.Tensor,
    xs: readonly tf.Tensor[],
    dy: tf.Tensor | undefined,
    check: (call: KernelCall) => void,
  ): { value: tf.Tensor; grads: (tf.Tensor | undefined)[] } {
    const start = this.#calls.length;
    const value = tf.tidy('forward', f);
    const dependent = new Set<object>(xs.map((x) => x.dataId));
    const calls = this.#calls.slice(start).filter(({ inputs, outputs }) => {
      const depends = present(inputs).some(({ dataId }) => dependent.has(dataId));
      if (depends) for (const { dataId } of outputs) dependent.add(dataId);
      return depends;
    });
    const gradients = new Map<object, tf.Tensor>([[value.dataId, dy ?? tf.ones(value.shape)]]);
    for (const call of calls.reverse()) {
      const dys = call.outputs.map(({ dataId }) => gradients.get(dataId));
      if (dys.every((dy) => dy === undefined)) continue;
      check(call);
      const ofInputs = inputGradients(call, dys);
      for (const [name, input] of Object.entries(call.inputs)) {
        if (!input || !dependent.has(input.dataId)) continue;
        const dx = ofInputs[name]();
        const known = gradients.get(input.dataId);
        gradients.set(input.dataId, known ? tf.add(known, dx) : dx);
      }
    }
    return { value, grads: xs.map(({ dataId }) => gradients.get(dataId)) };
  }
}

/** An optional input that was left out is null or undefined. */
export const present = <T>(inputs: Readonly<Record<string, T | null | undefined>>): T[] =>
  Object.values(inputs).filter((input) => input != null);

/** What the gradient that is registered for the kernel gives. */
function inputGradients(
  { kernelName, inputs, outputs, attributes }: KernelCall,
  dys: readonly (tf.Tensor | undefined)[],
): Record<string, () => tf.Tensor> {
  const { gradFunc, inputsToSave = [], outputsToSave = [], saveAllInputs } = tf.getGradient(kernelName);
  const wanted = saveAllInputs ? Object.values(inputs) : inputsToSave.map((name) => inputs[name]);
  const saved = [...wanted, ...outputs.filter((_, i) => outputsToSave[i])].map((info) => tensorOf(info!));
  const all = dys.map((dy, i) => dy ?? tf.zeros(outputs[i].shape));
  return gradFunc(all.length > 1 ? all : all[0], saved, attributes as tf.NamedAttrMap) as Record<string, () => tf.Tensor>; // biome-ignore format: one thought
}

/** Another tensor of the same data. */
function tensorOf(info: tf.TensorInfo): tf.Tensor {
  const engine = tf.engine();
  engine.backend.incRef(info.dataId);
  return engine.makeTensorFromTensorInfo(info as Parameters<typeof engine.makeTensorFromTensorInfo>[0]);
}
