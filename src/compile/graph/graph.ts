/**
 * @file The compiler's intermediate graph: a few dozen ONNX-like primitives, each node built once.
 * ConvFilterGradient is none of ONNX's: the gradient [kh, kw, c, o] of a convolution in its filter, of its input [n, c, h, w] and of what
 * comes back for its output [n, o, oh, ow].
 *
 * A node is identified by its operation, inputs and attributes, so asking for the same thing twice gives the same node:
 * common subexpressions merge while the graph is built. Algebra that makes it smaller while it is built lives in `builder.ts`,
 * what looks at the whole in `optimise/`.
 */

import { InputError } from '../../errors.ts';
import { sizeOf } from '../../shapes.ts';

export type Dtype = 'float32' | 'int32' | 'bool';
export type Values = Float32Array | Int32Array | Uint8Array;

/** What an input looks like. */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype?: Dtype;
}

/** Operations of one input that work entry by entry. The names are ONNX's. */
export type Unary =
  | 'Neg' | 'Exp' | 'Log' | 'Sqrt' | 'Reciprocal' | 'Tanh' | 'Sigmoid' | 'Softplus' | 'Erf' | 'Sin' | 'Cos' | 'Abs'
  | 'Sign' | 'Relu' | 'Floor' | 'Ceil' | 'Round' | 'Not' | 'IsNaN' | 'IsInf' | 'Tan' | 'Asin' | 'Acos' | 'Atan' | 'Sinh'
  | 'Cosh' | 'Asinh' | 'Acosh' | 'Atanh' | 'Expm1' | 'Log1p'; // biome-ignore format: a list
/** Operations of two inputs that broadcast as NumPy does. The names are ONNX's; Mod has the sign of its first operand. */
export type Binary =
  | 'Add' | 'Sub' | 'Mul' | 'Div' | 'Pow' | 'Max' | 'Min' | 'Mod'
  | 'Equal' | 'Greater' | 'Less' | 'GreaterOrEqual' | 'LessOrEqual' | 'And' | 'Or' | 'Xor'; // biome-ignore format: a list
export type Reduction = 'ReduceSum' | 'ReduceMax' | 'ReduceMin';
export type Op =
  | Unary
  | Binary
  | Reduction
  | 'Input' | 'Constant' | 'Cast' | 'Where' | 'MatMul' | 'FusedMatMul' | 'Reshape' | 'Transpose' | 'Expand' | 'Slice' | 'Concat' | 'Pad'
  | 'Gather' | 'Conv' | 'ConvTranspose' | 'ConvFilterGradient' | 'AveragePool' | 'ArgMax' | 'ArgMin'; // biome-ignore format: a list

export type Attribute = number | string | boolean | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

export interface Node {
  /** Position in building order: the inputs of a node have smaller numbers. */
  readonly id: number;
  readonly op: Op;
  readonly inputs: readonly Node[];
  readonly attributes: Attributes;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Constants only: all values, or a single one where all are equal. */
  readonly values?: Values;
}

export { sizeOf };

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The shape two operands broadcast to (NumPy's rule). @throws InputError when they do not. */
export function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) throw new InputError(`shapes [${a}] and [${b}] do not broadcast`);
    return m === 1 ? n : m;
  });
}

/** Another character for every byte. */
const oneByteEach = new TextDecoder('latin1');

/** Makes nodes, each distinct one once. It checks nothing and simplifies nothing. */
export class Graph {
  readonly nodes: Node[] = [];
  #known = new Map<string | number, Node>();
  /** By the number of a node the few that have its entries in another shape. */
  readonly #reshaped: (Node[] | undefined)[] = [];
  /** Constants of one float32, which are asked for most. */
  readonly #numbers = new Map<number, Node>();

  input(name: string, shape: readonly number[], dtype: Dtype): Node {
    return this.node('Input', [], { name }, shape, dtype);
  }

  /** A constant of no axes. */
  number(value: number, dtype: Dtype): Node {
    const rounded = Math.fround(value);
    // A Map takes -0 for 0.
    if (dtype !== 'float32' || Object.is(rounded, -0)) return this.constant([value], [], dtype);
    let node = this.#numbers.get(rounded);
    if (!node) {
      node = this.constant([value], [], dtype);
      this.#numbers.set(rounded, node);
    }
    return node;
  }

  /** A constant. Values that are all equal are held as one, whatever the shape. */
  constant(values: Values | readonly number[], shape: readonly number[], dtype: Dtype): Node {
    const typed = toValues(values, dtype);
    const first = typed[0];
    const uniform = typed.length > 0 && typed.every((v) => Object.is(v, first));
    const kept = uniform ? typed.slice(0, 1) : typed.slice();
    const bytes = oneByteEach.decode(new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength));
    const key = `Constant|${dtype}|${shape}|${uniform}|${bytes}`;
    return this.#known.get(key) ?? this.#add(key, 'Constant', [], {}, shape, dtype, kept);
  }

  node(
    op: Op,
    inputs: readonly Node[],
    attributes: Attributes,
    shape: readonly number[],
    dtype: Dtype,
  ): Node {
    if (op === 'Reshape' || op === 'Expand') return this.#reshape(op, inputs, shape, dtype);
    if (followsFromInputs(op, inputs, attributes)) {
      const [a, b] = inputs;
      const key = (numberOf(op) * MOST_NODES + a.id) * MOST_NODES + (b ? b.id : a.id);
      return this.#known.get(key) ?? this.#add(key, op, inputs, attributes, shape, dtype);
    }
    // Not JSON, which has no infinities.
    let key = `${op}|${shape}|${dtype}`;
    for (const { id } of inputs) key += `|${id}`;
    for (const name in attributes) key += `;${name}=${attributes[name]}`;
    return this.#known.get(key) ?? this.#add(key, op, inputs, attributes, shape, dtype);
  }

  #reshape(op: Op, inputs: readonly Node[], shape: readonly number[], dtype: Dtype): Node {
    const { id } = inputs[0];
    while (this.#reshaped.length <= id) this.#reshaped.push(undefined);
    const made = this.#reshaped[id] ?? [];
    this.#reshaped[id] = made;
    for (const node of made) if (node.op === op && sameShape(node.shape, shape)) return node;
    const node = this.#add(undefined, op, inputs, {}, shape, dtype);
    made.push(node);
    return node;
  }

  #add(
    key: string | number | undefined,
    op: Op,
    inputs: readonly Node[],
    attributes: Attributes,
    shape: readonly number[],
    dtype: Dtype,
    values?: Values,
  ): Node {
    const node = { id: this.nodes.length, op, inputs, attributes, shape: [...shape], dtype, values };
    this.nodes.push(node);
    if (key !== undefined) this.#known.set(key, node);
    return node;
  }
}

/** Keys of this many nodes, and of some hundred operations of two, are exact numbers. */
const MOST_NODES = 2 ** 22;
const operationNumbers = new Map<Op, number>();

function numberOf(op: Op): number {
  const known = operationNumbers.get(op);
  if (known !== undefined) return known;
  operationNumbers.set(op, operationNumbers.size);
  return operationNumbers.size - 1;
}

/** Whether one or two inputs say all about a node: its shape and type, and that it has no attributes. */
function followsFromInputs(op: Op, inputs: readonly Node[], attributes: Attributes): boolean {
  const count = inputs.length;
  if (count === 0 || count > 2 || inputs[0].id >= MOST_NODES || inputs[count - 1].id >= MOST_NODES) return false; // biome-ignore format: one thought
  if (op === 'Cast' || op === 'Concat') return false;
  for (const _ in attributes) return false;
  return true;
}

/** By the first output. Stage after stage asks for those of one graph. */
const liveBefore = new WeakMap<Node, { outputs: readonly Node[]; live: readonly Node[] }>();

/** The nodes that `outputs` depend on, inputs before their users. */
export function liveNodes(outputs: readonly Node[]): readonly Node[] {
  if (outputs.length === 0) return [];
  const known = liveBefore.get(outputs[0]);
  if (known?.outputs.length === outputs.length && outputs.every((node, i) => node === known.outputs[i]))
    return known.live;
  const live = findLive(outputs);
  liveBefore.set(outputs[0], { outputs: [...outputs], live });
  return live;
}

function findLive(outputs: readonly Node[]): Node[] {
  const byId = new Array<Node | undefined>(outputs.reduce((most, { id }) => Math.max(most, id + 1), 0)).fill(undefined); // biome-ignore format: one thought
  const stack = [...outputs];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (byId[node.id]) continue;
    byId[node.id] = node;
    const { inputs } = node;
    for (let i = 0; i < inputs.length; i++) if (!byId[inputs[i].id]) stack.push(inputs[i]);
  }
  return byId.filter((node) => node !== undefined);
}

/** Bytes that a program needs at most at one time which keeps every value from where it is made to where it is last used. */
export function peakBytes(outputs: Readonly<Record<string, Node>>): number {
  const live = liveNodes(Object.values(outputs));
  const last = new Map<Node, number>();
  for (const [i, { inputs }] of live.entries()) for (const input of inputs) last.set(input, i);
  for (const node of Object.values(outputs)) last.set(node, live.length);
  const ending = new Map<number, number>();
  let now = 0;
  let most = 0;
  for (const [i, node] of live.entries()) {
    const size = node.values?.length ?? sizeOf(node.shape);
    now += size;
    most = Math.max(most, now);
    const end = last.get(node) ?? i;
    ending.set(end, (ending.get(end) ?? 0) + size);
    now -= ending.get(i) ?? 0;
  }
  return 4 * most;
}

/** Values as the typed array that tfjs and onnxruntime keep them in. */
export function toValues(values: Values | readonly number[], dtype: Dtype): Values {
  if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(values);
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values);
  return values instanceof Uint8Array ? values : Uint8Array.from(values);
}

/** Whether a node exchanges the last two axes of a tensor and does nothing else. */
export function isSwap({ op, attributes, shape: { length: rank } }: Node): boolean {
  if (op !== 'Transpose') return false;
  return (attributes.perm as readonly number[]).every(
    (p, i) => p === (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i),
  );
}
