/**
 * @file Gradients of kernel calls, each kind differentiated by tfjs once: the kernels that ran for it are a recipe, which every later call
 * of the kind repeats on its own tensors, without tfjs's operations around them. The kernels are the same, in the same order.
 *
 * The gradients of operations.ts look at names, attributes and shapes alone, so that calls which agree in these, and in which of their
 * tensors are one, have one recipe. What a gradient takes from elsewhere has none, and tfjs differentiates every such call.
 */
import * as tf from '@tensorflow/tfjs';
import { anotherTensor, asTensor, type CallKind, type Inputs, type KernelCall, type Kernels, type Recipe, type RecipePart, type RecipeStep, type Slot } from './kernel-call.ts'; // biome-ignore format: one import

/** A tensor, or the place of one that there is not. */
type Place = tf.TensorInfo | null | undefined;

type Give = (input: string, dx: tf.TensorInfo) => void;

export class GradientRecipes {
  readonly #kernels: Kernels;
  readonly #keep: (call: KernelCall) => void;
  readonly #kinds = new Map<string, CallKind>();
  /** What has run for the part under way, which tfjs computes. */
  #seen: { call: KernelCall; stopped: boolean }[] | undefined;

  /** @param keep puts a call on the tape */
  constructor(kernels: Kernels, keep: (call: KernelCall) => void) {
    this.#kernels = kernels;
    this.#keep = keep;
  }

  /** Whether it wants to be told of kernels that tfjs runs. */
  get listens(): boolean {
    return this.#seen !== undefined;
  }

  saw(call: KernelCall, stopped: boolean): void {
    this.#seen?.push({ call, stopped });
  }

  /**
   * The gradients of a call with respect to the inputs `wanted`, each given as soon as it is made.
   * @param dys what comes back for its outputs, undefined for nothing
   */
  gradients(call: KernelCall, dys: readonly Place[], wanted: readonly string[], give: Give): void {
    if (!isPlain()) {
      gradientsByTfjs(call, dys, wanted, give);
      return;
    }
    const tensors = [...dys, ...Object.values(call.inputs), ...call.outputs];
    call.kind ??= this.#kindOf(call);
    const { recipes } = call.kind;
    const pattern = patternOf(tensors, wanted);
    const recipe = recipes.get(pattern);
    if (recipe) this.#repeat(recipe, tensors, give);
    else recipes.set(pattern, this.#noted(call, dys, wanted, tensors, give));
  }

  /** a + b */
  sum(a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
    if (!isPlain() || a.dtype !== b.dtype) return tf.add(asTensor(a), asTensor(b));
    return this.#run('Add', { a, b }, {})[0];
  }

  #run(kernelName: string, inputs: Inputs, attributes: object, kind?: CallKind): readonly tf.TensorInfo[] {
    const outputs = this.#kernels.run(kernelName, inputs, attributes);
    this.#keep({ kernelName, inputs, outputs, attributes, kind });
    return outputs;
  }

  #repeat(recipe: Recipe, tensors: Place[], give: Give): void {
    for (const { input, given, steps, result } of recipe) {
      tensors.push(...given);
      for (const { kernelName, inputs, attributes, kind, stopped } of steps) {
        const own: Record<string, Place> = {};
        for (const [name, slot] of inputs) own[name] = tensors[slot];
        if (stopped) tensors.push(...this.#kernels.run(kernelName, own, attributes));
        else tensors.push(...this.#run(kernelName, own, attributes, kind));
      }
      give(input, tensors[result]!);
    }
  }

  /** Has tfjs compute the gradients, and notes how. */
  #noted(
    call: KernelCall,
    dys: readonly Place[],
    wanted: readonly string[],
    tensors: readonly Place[],
    give: Give,
  ): Recipe | undefined {
    const notes = new Notes(tensors, this.#kernels, (of) => this.#kindOf(of));
    try {
      this.#seen = [];
      const ofInputs = inputGradients(call, dys);
      for (const name of wanted) {
        this.#seen ??= [];
        const dx = ofInputs[name]();
        notes.add(name, this.#seen, dx);
        // What is made of it is no part of it.
        this.#seen = undefined;
        give(name, dx);
      }
    } finally {
      this.#seen = undefined;
    }
    return notes.recipe;
  }

  #kindOf({ kernelName, attributes, inputs, outputs }: KernelCall): CallKind {
    const written = writtenAttributes(attributes);
    // A kind of its own.
    if (written === undefined) return { recipes: new Map() };
    let key = `${kernelName} ${written}`;
    for (const [name, tensor] of Object.entries(inputs)) key += `|${name}:${tensor?.dtype} ${tensor?.shape}`;
    for (const { dtype, shape } of outputs) key += `>${dtype} ${shape}`;
    const known = this.#kinds.get(key) ?? { recipes: new Map() };
    this.#kinds.set(key, known);
    return known;
  }
}

/** A recipe while it is written. */
class Notes {
  readonly #parts: RecipePart[] = [];
  readonly #tensors: Place[];
  readonly #slots = new Map<object, Slot>();
  readonly #kernels: Kernels;
  readonly #kindOf: (call: KernelCall) => CallKind;
  #isComplete = true;

  /** @param tensors of the call: what comes back, its inputs and outputs */
  constructor(tensors: readonly Place[], kernels: Kernels, kindOf: (call: KernelCall) => CallKind) {
    this.#kernels = kernels;
    this.#kindOf = kindOf;
    this.#tensors = [...tensors];
    for (const [slot, tensor] of tensors.entries())
      if (tensor && !this.#slots.has(tensor.dataId)) this.#slots.set(tensor.dataId, slot);
  }

  /** Undefined where a step uses what is neither the call's nor given nor made by a step before. */
  get recipe(): Recipe | undefined {
    return this.#isComplete ? this.#parts : undefined;
  }

  /** @param seen what ran for it */
  add(input: string, seen: readonly { call: KernelCall; stopped: boolean }[], dx: tf.TensorInfo): void {
    const given = this.#given(seen, dx);
    for (const tensor of given) this.#push(tensor);
    const steps = seen.map(({ call, stopped }): RecipeStep => {
      const { kernelName, attributes, custom } = call;
      if (custom !== undefined) this.#isComplete = false;
      const inputs: [string, Slot][] = [];
      for (const [name, tensor] of Object.entries(call.inputs))
        if (tensor) inputs.push([name, this.#slotOf(tensor)]);
      for (const output of call.outputs) this.#push(output);
      return { kernelName, attributes, inputs, stopped, kind: this.#kindOf(call) };
    });
    this.#parts.push({ input, given, steps, result: this.#slotOf(dx) });
  }

  /** What was used that nothing before made. */
  #given(seen: readonly { call: KernelCall }[], dx: tf.TensorInfo): tf.TensorInfo[] {
    const made = new Set<object>();
    const given = new Map<object, tf.TensorInfo>();
    const use = (tensor: Place) => {
      if (!tensor || made.has(tensor.dataId) || this.#slots.has(tensor.dataId)) return;
      if (!this.#kernels.isGiven(tensor)) this.#isComplete = false;
      const { dataId, shape, dtype } = tensor;
      given.set(dataId, { dataId, shape, dtype });
    };
    for (const { call } of seen) {
      for (const tensor of Object.values(call.inputs)) use(tensor);
      for (const { dataId } of call.outputs) made.add(dataId);
    }
    use(dx);
    return [...given.values()];
  }

  #push(tensor: tf.TensorInfo): void {
    this.#slots.set(tensor.dataId, this.#tensors.push(tensor) - 1);
  }

  #slotOf(tensor: tf.TensorInfo): Slot {
    const slot = this.#slots.get(tensor.dataId);
    const known = slot === undefined ? undefined : this.#tensors[slot];
    // One's data may be another's in another shape.
    if (known?.dtype !== tensor.dtype || !tf.util.arraysEqual(known.shape, tensor.shape))
      this.#isComplete = false;
    return slot ?? -1;
  }
}

/** Outside of tf.customGrad, whose kernels are no operations of their own. */
const isPlain = () => tf.engine().state.kernelDepth === 0;

/** For each tensor the first that is the same, and what is wanted. */
function patternOf(tensors: readonly Place[], wanted: readonly string[]): string {
  let pattern = wanted.join();
  for (const tensor of tensors) {
    let first = 0;
    if (tensor) while (tensors[first]?.dataId !== tensor.dataId) first++;
    pattern += tensor ? `|${first}` : '|';
  }
  return pattern;
}

/** Undefined where they are not plain values. */
function writtenAttributes(attributes: object): string | undefined {
  let written = '';
  for (const [name, value] of Object.entries(attributes)) {
    const text = writtenValue(value);
    if (text === undefined) return undefined;
    written += `${name}=${text};`;
  }
  return written;
}

/** Not JSON, which has no infinities. */
function writtenValue(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const list = value.map(writtenValue);
    return list.includes(undefined) ? undefined : `[${list}]`;
  }
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'string') return JSON.stringify(value);
  const isPlain = value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean'; // biome-ignore format: one thought
  return isPlain ? String(value) : undefined;
}

/** The same without recipes. */
export function gradientsByTfjs(
  call: KernelCall,
  dys: readonly Place[],
  wanted: readonly string[],
  give: Give,
): void {
  const ofInputs = inputGradients(call, dys);
  for (const name of wanted) give(name, ofInputs[name]());
}

/** What the gradient that is registered for the kernel gives. */
function inputGradients(
  { kernelName, inputs, outputs, attributes }: KernelCall,
  dys: readonly Place[],
): Record<string, () => tf.Tensor> {
  const { gradFunc, inputsToSave = [], outputsToSave = [], saveAllInputs } = tf.getGradient(kernelName);
  const wanted = saveAllInputs ? Object.values(inputs) : inputsToSave.map((name) => inputs[name]);
  const saved = [...wanted, ...outputs.filter((_, i) => outputsToSave[i])].map((info) => anotherTensor(info!)); // biome-ignore format: one thought
  const all = dys.map((dy, i) => (dy ? asTensor(dy) : tf.zeros(outputs[i].shape)));
  return gradFunc(all.length > 1 ? all : all[0], saved, attributes as tf.NamedAttrMap) as Record<string, () => tf.Tensor>; // biome-ignore format: one thought
}
