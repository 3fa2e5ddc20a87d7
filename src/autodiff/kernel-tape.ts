/**
 * @file A tape of kernels, for backends whose tensors cost nothing: it keeps what ran and copies nothing, where tfjs's own copies every
 * tensor that a gradient may want, and looks through all it has for every gradient.
 */
import * as tf from '@tensorflow/tfjs';
import { GradientRecipes } from './gradient-recipes.ts';
import { asTensor, type KernelCall, type Kernels, present } from './kernel-call.ts';

/** A backend that tapes its kernels. Its data outlive the tensors that hold them, and every output of a kernel has data of its own. */
export interface TapingBackend extends tf.KernelBackend {
  readonly tape: KernelTape;
}

/** The tape of the backend in use, if that has one. */
export const tapeInUse = (): KernelTape | undefined => (tf.engine().backend as Partial<TapingBackend>).tape;

export class KernelTape {
  readonly #calls: KernelCall[] = [];
  readonly #recipes: GradientRecipes;
  #stops = 0;
  /** Functions under way whose gradient will be asked for: nobody looks at what runs outside of them. */
  #wanted = 0;

  constructor(kernels: Kernels) {
    this.#recipes = new GradientRecipes(kernels, (call) => this.#keep(call));
  }

  /** Whether it wants to be told of kernels. */
  get listens(): boolean {
    return (this.#wanted > 0 && this.#stops === 0) || this.#recipes.listens;
  }

  record(call: KernelCall): void {
    if (this.#recipes.listens) this.#recipes.saw(call, this.#stops > 0);
    this.#keep(call);
  }

  #keep(call: KernelCall): void {
    if (this.#stops === 0 && this.#wanted > 0) this.#calls.push(call);
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
    const { value, calls } = this.#taped(f);
    const dependent = new Set<object>(xs.map((x) => x.dataId));
    const onTheWay = calls.filter(({ inputs, outputs }) => {
      const depends = present(inputs).some(({ dataId }) => dependent.has(dataId));
      if (depends) for (const { dataId } of outputs) dependent.add(dataId);
      return depends;
    });
    const gradients = new Map<object, tf.TensorInfo>([[value.dataId, dy ?? tf.ones(value.shape)]]);
    for (let call = onTheWay.pop(); call; call = onTheWay.pop()) {
      const dys = call.outputs.map(({ dataId }) => gradients.get(dataId));
      if (dys.every((dy) => dy === undefined)) continue;
      check(call);
      const { inputs } = call;
      const wanted = Object.keys(inputs).filter((name) => dependent.has(inputs[name]?.dataId as object));
      this.#recipes.gradients(call, dys, wanted, (name, dx) => {
        const { dataId } = inputs[name]!;
        const known = gradients.get(dataId);
        gradients.set(dataId, known ? this.#recipes.sum(known, dx) : dx);
      });
      // Of no use any more.
      for (const { dataId } of call.outputs) gradients.delete(dataId);
    }
    return {
      value,
      grads: xs.map(({ dataId }) => {
        const gradient = gradients.get(dataId);
        return gradient && asTensor(gradient);
      }),
    };
  }

  /** The value of f, and the calls that made it. */
  #taped(f: () => tf.Tensor): { value: tf.Tensor; calls: KernelCall[] } {
    const start = this.#calls.length;
    this.#wanted++;
    try {
      const value = tf.tidy('forward', f);
      return { value, calls: this.#calls.slice(start) };
    } finally {
      this.#wanted--;
      if (this.#wanted === 0) this.#calls.length = 0;
    }
  }
}
