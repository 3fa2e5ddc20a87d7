/** @file Writes a traced graph as an ONNX model (opset 18, plus onnxruntime's own fused operators where it adds them). */
import onnxProto from 'onnx-proto';
import { type Attribute, type Dtype, liveNodes, type Node, sizeOf, toValues } from '../graph/graph.ts';
import { wideForms } from './wide-operations.ts';

const { onnx } = onnxProto;
const OPSET = 18;
const IR_VERSION = 9;
/** The domain of onnxruntime's own operators. */
const RUNTIME = 'com.microsoft';
/** Larger constants of one value are spread when the model runs, not in its file. */
const LARGE = 4096;

const dataTypes: Record<Dtype, number> = {
  float32: onnx.TensorProto.DataType.FLOAT,
  int32: onnx.TensorProto.DataType.INT32,
  bool: onnx.TensorProto.DataType.BOOL,
};

export interface OnnxModel {
  bytes: Uint8Array;
  /** Operations in the model. */
  nodes: number;
  /** The model's name of each output: its own, or `next:` and its own where an input has that name already. */
  outputNames: Record<string, string>;
}

/**
 * inputs and outputs by the names that the model gives them.
 * @param wide whether elementary functions that onnxruntime has too coarsely, or not at all, are computed in float64
 */
export function toOnnx(inputs: Record<string, Node>, outputs: Record<string, Node>, wide = false): OnnxModel {
  const writer = new Writer(wide);
  const outputNames = Object.fromEntries(
    Object.keys(outputs).map((name) => [name, name in inputs ? `next:${name}` : name]),
  );
  const names = new Map<Node, string>();
  for (const [name, node] of Object.entries(inputs)) names.set(node, name);
  // An operation is called by the output that it gives. (Copying every output to its name makes onnxruntime's own
  // rewriting lose some.)
  const ownName = new Map<Node, string>();
  for (const [name, node] of Object.entries(outputs)) {
    if (node.op !== 'Input' && node.op !== 'Constant' && !ownName.has(node))
      ownName.set(node, outputNames[name]);
  }
  for (const node of liveNodes(Object.values(outputs))) {
    if (node.op === 'Input') continue;
    names.set(
      node,
      writer.add(node, (n) => names.get(n)!, ownName.get(node) ?? `#${node.id}`),
    );
  }
  for (const [name, node] of Object.entries(outputs)) {
    const made = names.get(node)!;
    if (made !== outputNames[name]) writer.emit('Identity', [made], {}, outputNames[name]);
  }
  const graph = onnx.GraphProto.create({
    name: 'ebmm',
    node: writer.nodes,
    initializer: writer.initializers,
    input: Object.entries(inputs).map(([name, node]) => valueInfo(name, node)),
    output: Object.entries(outputs).map(([name, node]) => valueInfo(outputNames[name], node)),
  });
  const model = onnx.ModelProto.create({
    irVersion: IR_VERSION,
    producerName: 'ebmm',
    opsetImport: [
      { domain: '', version: OPSET },
      ...(writer.usesRuntime ? [{ domain: RUNTIME, version: 1 }] : []),
    ],
    graph,
  });
  return { bytes: onnx.ModelProto.encode(model).finish(), nodes: writer.nodes.length, outputNames };
}

class Writer {
  readonly nodes: onnxProto.onnx.INodeProto[] = [];
  readonly initializers: onnxProto.onnx.ITensorProto[] = [];
  /** Whether an operation is none of the standard's. */
  usesRuntime = false;
  readonly #shapes = new Map<string, string>();
  readonly #wide: boolean;

  constructor(wide: boolean) {
    this.#wide = wide;
  }

  emit(opType: string, input: string[], attributes: Record<string, Attribute>, output: string): string {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    this.nodes.push({ opType, input, output: [output], attribute, name: output });
    return output;
  }

  /** Adds the node's operations; its value is called `out`. */
  add(node: Node, nameOf: (node: Node) => string, out: string): string {
    const inputs = node.inputs.map(nameOf);
    const { axes, ...a } = node.attributes;
    if (this.#wide && wideForms[node.op]) return this.#widely(node, inputs[0], out);
    switch (node.op) {
      case 'Constant':
        return this.#constant(node, out);
      case 'Cast':
        return this.emit('Cast', inputs, { to: dataTypes[node.dtype] }, out);
      case 'Mod':
        return this.emit('Mod', inputs, { fmod: 1 }, out);
      case 'Reshape':
        return this.emit('Reshape', [...inputs, this.#integers(node.shape)], { allowzero: 1 }, out);
      case 'Expand':
        return this.emit('Expand', [...inputs, this.#integers(node.shape)], {}, out);
      case 'ReduceSum':
      case 'ReduceMax':
      case 'ReduceMin':
        return this.emit(node.op, [...inputs, this.#integers(axes as number[])], { keepdims: 0 }, out);
      case 'Slice': {
        const lists = [a.starts, a.ends, axes, a.steps].map((list) => this.#integers(list as number[]));
        return this.emit('Slice', [...inputs, ...lists], {}, out);
      }
      case 'Pad': {
        const value = this.#number(a.value as number, node.dtype);
        return this.emit(
          'Pad',
          [...inputs, this.#integers(a.pads as number[]), value],
          { mode: 'constant' },
          out,
        );
      }
      case 'ArgMax':
      case 'ArgMin': {
        const wide = this.emit(node.op, inputs, { axis: a.axis, keepdims: 0 }, `${out}.wide`);
        return this.emit('Cast', [wide], { to: dataTypes.int32 }, out);
      }
      case 'FusedMatMul':
        this.usesRuntime = true;
        this.emit(node.op, inputs, a, out);
        this.nodes[this.nodes.length - 1].domain = RUNTIME;
        return out;
      default:
        return this.emit(node.op, inputs, a, out);
    }
  }

  /** An operation of float64 on what is float32 before and after. */
  #widely({ op, dtype }: Node, input: string, out: string): string {
    const { DOUBLE } = onnx.TensorProto.DataType;
    let count = 0;
    const emit = (type: string, inputs: string[], attributes = {}) =>
      this.emit(type, inputs, attributes, `${out}.${count++}`);
    const named = (value: string | number) => (typeof value === 'string' ? value : this.#double(value));
    const x = emit('Cast', [input], { to: DOUBLE });
    const y = wideForms[op]!({ op: (type, ...inputs) => emit(type, inputs.map(named)) }, x);
    return this.emit('Cast', [y], { to: dataTypes[dtype] }, out);
  }

  #double(value: number): string {
    const key = `double ${value}`;
    const known = this.#shapes.get(key);
    if (known) return known;
    const name = `#constant${this.#shapes.size}`;
    this.#shapes.set(key, name);
    const rawData = new Uint8Array(Float64Array.of(value).buffer);
    this.initializers.push({ name, dims: [], dataType: onnx.TensorProto.DataType.DOUBLE, rawData });
    return name;
  }

  #constant(node: Node, name: string): string {
    const values = node.values!;
    const size = sizeOf(node.shape);
    if (values.length === size) return this.#initializer(name, node.shape, node.dtype, values);
    if (size <= LARGE) {
      const all = Array<number>(size).fill(values[0]);
      return this.#initializer(name, node.shape, node.dtype, toValues(all, node.dtype));
    }
    const one = this.#initializer(`${name}.value`, [], node.dtype, values);
    return this.emit('Expand', [one, this.#integers(node.shape)], {}, name);
  }

  #number(value: number, dtype: Dtype): string {
    const key = `number ${dtype} ${value}`;
    const known = this.#shapes.get(key);
    if (known) return known;
    const name = `#constant${this.#shapes.size}`;
    this.#shapes.set(key, name);
    return this.#initializer(name, [], dtype, toValues([value], dtype));
  }

  /** A list of int64, shared among all operations that need the same. */
  #integers(values: readonly number[] | number, shape?: number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    const dims = shape ?? [list.length];
    const key = `integers ${dims} ${list}`;
    const known = this.#shapes.get(key);
    if (known) return known;
    const name = `#constant${this.#shapes.size}`;
    this.#shapes.set(key, name);
    const wide = BigInt64Array.from(list, (v) => BigInt(v));
    this.initializers.push({
      name,
      dims,
      dataType: onnx.TensorProto.DataType.INT64,
      rawData: new Uint8Array(wide.buffer),
    });
    return name;
  }

  #initializer(name: string, dims: readonly number[], dtype: Dtype, values: ArrayBufferView): string {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.initializers.push({ name, dims: [...dims], dataType: dataTypes[dtype], rawData });
    return name;
  }
}

function valueInfo(name: string, node: Node): onnxProto.onnx.IValueInfoProto {
  const dim = node.shape.map((n) => ({ dimValue: n }));
  return { name, type: { tensorType: { elemType: dataTypes[node.dtype], shape: { dim } } } };
}

function attributeProto(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  const types = onnx.AttributeProto.AttributeType;
  if (typeof value === 'string') return { name, type: types.STRING, s: Buffer.from(value) };
  if (name === 'alpha') return { name, type: types.FLOAT, f: value as number };
  if (typeof value === 'number') return { name, type: types.INT, i: value };
  if (typeof value === 'boolean') return { name, type: types.INT, i: Number(value) };
  return { name, type: types.INTS, ints: [...value] };
}
