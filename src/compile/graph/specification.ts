/**
 * @file The written specification of a graph, one row an operation, and its checker: what goes in, which attributes there are, and
 * which shape and type come out. In strict mode (tests) every rewrite of a graph is checked by it.
 */
import {
  type Attributes,
  type Binary,
  broadcastShape,
  type Dtype,
  type Graph,
  type Node,
  type Op,
  type Reduction,
  sameShape,
  sizeOf,
  type Unary,
} from './graph.ts';

/** What an operation gives. */
interface Result {
  shape: readonly number[];
  dtype: Dtype;
}

/** What a row demands of a node beyond the types of its inputs; it throws where that does not hold. */
interface Row {
  /** How many inputs; for `'some'` one or more. */
  inputs: number | 'some';
  /** Names of all attributes. */
  attributes?: readonly string[];
  result(node: Node): Result;
}

const NUMBERS: readonly Dtype[] = ['float32', 'int32'];
const REAL: readonly Dtype[] = ['float32'];
const TRUTH: readonly Dtype[] = ['bool'];
const ANY: readonly Dtype[] = ['float32', 'int32', 'bool'];

class Violation extends Error {}

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what);
}

/** The type that all these nodes have. */
function common(nodes: readonly Node[], allowed: readonly Dtype[]): Dtype {
  const [{ dtype }] = nodes;
  demand(nodes.every((node) => node.dtype === dtype), `inputs of types ${nodes.map((node) => node.dtype).join(', ')}, expected one type`); // biome-ignore format: one thought
  demand(allowed.includes(dtype), `inputs of type ${dtype}, expected ${allowed.join(' or ')}`);
  return dtype;
}

const entrywise = (allowed: readonly Dtype[], gives?: Dtype): Row => ({
  inputs: 1,
  result: ({ inputs: [x] }) => {
    const dtype = common([x], allowed);
    return { shape: x.shape, dtype: gives ?? dtype };
  },
});
const ofReal = entrywise(REAL);
const ofNumbers = entrywise(NUMBERS);

const broadcasting = (allowed: readonly Dtype[], gives?: Dtype): Row => ({
  inputs: 2,
  result: ({ inputs }) => {
    const dtype = common(inputs, allowed);
    return { shape: broadcastShape(inputs[0].shape, inputs[1].shape), dtype: gives ?? dtype };
  },
});
const arithmetic = broadcasting(NUMBERS);
const ordering = broadcasting(NUMBERS, 'bool');
const logic = broadcasting(TRUTH, 'bool');

const unaries: Record<Unary, Row> = {
  Neg: ofNumbers,
  Abs: ofNumbers,
  Sign: ofNumbers,
  Relu: ofNumbers,
  Exp: ofReal,
  Log: ofReal,
  Sqrt: ofReal,
  Reciprocal: ofReal,
  Tanh: ofReal,
  Sigmoid: ofReal,
  Softplus: ofReal,
  Erf: ofReal,
  Sin: ofReal,
  Cos: ofReal,
  Tan: ofReal,
  Asin: ofReal,
  Acos: ofReal,
  Atan: ofReal,
  Sinh: ofReal,
  Cosh: ofReal,
  Asinh: ofReal,
  Acosh: ofReal,
  Atanh: ofReal,
  Expm1: ofReal,
  Log1p: ofReal,
  Floor: ofReal,
  Ceil: ofReal,
  Round: ofReal,
  Not: entrywise(TRUTH),
  IsNaN: entrywise(REAL, 'bool'),
  IsInf: entrywise(REAL, 'bool'),
};

const binaries: Record<Binary, Row> = {
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Div: arithmetic,
  Pow: arithmetic,
  Max: arithmetic,
  Min: arithmetic,
  Mod: arithmetic,
  Equal: broadcasting(ANY, 'bool'),
  Greater: ordering,
  Less: ordering,
  GreaterOrEqual: ordering,
  LessOrEqual: ordering,
  And: logic,
  Or: logic,
  Xor: logic,
};

/** A list of whole numbers. */
function integers(attributes: Attributes, name: string, length?: number): readonly number[] {
  const list = attributes[name];
  demand(Array.isArray(list) && list.every(Number.isInteger), `attribute "${name}" is ${list}, expected whole numbers`); // biome-ignore format: one thought
  demand(length === undefined || list.length === length, `attribute "${name}" has ${list.length} entries, expected ${length}`); // biome-ignore format: one thought
  return list;
}

function integer(attributes: Attributes, name: string): number {
  const value = attributes[name];
  demand(Number.isInteger(value), `attribute "${name}" is ${value}, expected a whole number`);
  return value as number;
}

function axisOf({ attributes }: Node, rank: number): number {
  const axis = integer(attributes, 'axis');
  demand(axis >= 0 && axis < rank, `axis ${axis} of a tensor of rank ${rank}`);
  return axis;
}

/** Distinct axes in rising order. */
function axesOf({ attributes }: Node, rank: number): readonly number[] {
  const axes = integers(attributes, 'axes');
  demand(
    axes.every((axis, i) => axis >= 0 && axis < rank && (i === 0 || axis > axes[i - 1])),
    `axes ${axes} of a tensor of rank ${rank}`,
  );
  return axes;
}

const reducing: Row = {
  inputs: 1,
  attributes: ['axes'],
  result: (node) => {
    const [x] = node.inputs;
    const axes = axesOf(node, x.shape.length);
    demand(axes.length > 0, 'no axes');
    return { shape: x.shape.filter((_, i) => !axes.includes(i)), dtype: common([x], NUMBERS) };
  },
};
const reductions: Record<Reduction, Row> = {
  ReduceSum: reducing,
  ReduceMax: reducing,
  ReduceMin: reducing,
};

const argument: Row = {
  inputs: 1,
  attributes: ['axis'],
  result: (node) => {
    const [x] = node.inputs;
    const axis = axisOf(node, x.shape.length);
    common([x], NUMBERS);
    return { shape: x.shape.filter((_, i) => i !== axis), dtype: 'int32' };
  },
};

/** A product over the last two axes of tensors of these shapes. */
function productShape(a: readonly number[], b: readonly number[]): readonly number[] {
  demand(a.length >= 2 && b.length >= 2, `a product of shapes [${a}] and [${b}]`);
  demand(a.at(-1) === b.at(-2), `a product over axes of lengths ${a.at(-1)} and ${b.at(-2)}`);
  return [...broadcastShape(a.slice(0, -2), b.slice(0, -2)), ...a.slice(-2, -1), ...b.slice(-1)];
}

const swapped = (shape: readonly number[]) => [...shape.slice(0, -2), ...shape.slice(-2).reverse()];

/** Strides, dilations, edges and groups of a convolution of images [n, c, h, w]. */
function windows({ attributes }: Node, dilated: boolean) {
  const [down, right] = integers(attributes, 'strides', 2);
  const [high, wide] = dilated ? integers(attributes, 'dilations', 2) : [1, 1];
  const pads = integers(attributes, 'pads', 4);
  demand([down, right, high, wide].every((n) => n > 0), 'strides and dilations are not above 0'); // biome-ignore format: one thought
  demand(pads.every((n) => n >= 0), 'padding below 0'); // biome-ignore format: one thought
  const spans = (kernel: readonly number[]) => [(kernel[0] - 1) * high + 1, (kernel[1] - 1) * wide + 1];
  return {
    /** How many windows fit. */
    count(image: readonly number[], kernel: readonly number[]): number[] {
      const [h, w] = spans(kernel);
      return [
        Math.floor((image[0] + pads[0] + pads[2] - h) / down) + 1,
        Math.floor((image[1] + pads[1] + pads[3] - w) / right) + 1,
      ];
    },
    /** How large an image so many windows come from, that reach `more` further. */
    back(count: readonly number[], kernel: readonly number[], more: readonly number[]): number[] {
      const [h, w] = spans(kernel);
      return [
        (count[0] - 1) * down + h + more[0] - pads[0] - pads[2],
        (count[1] - 1) * right + w + more[1] - pads[1] - pads[3],
      ];
    },
  };
}

function images(...nodes: readonly Node[]): Dtype {
  for (const { shape } of nodes) demand(shape.length === 4, `images or filters of shape [${shape}]`);
  return common(nodes, REAL);
}

const rows: Record<Op, Row> = {
  ...unaries,
  ...binaries,
  ...reductions,
  Input: {
    inputs: 0,
    attributes: ['name'],
    result: ({ attributes, shape, dtype }) => {
      demand(typeof attributes.name === 'string', 'an input without a name');
      return { shape, dtype };
    },
  },
  Constant: {
    inputs: 0,
    result: ({ shape, dtype, values }) => {
      const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
      demand(values instanceof arrays[dtype], `values that are not of type ${dtype}`);
      demand(values.length === 1 || values.length === sizeOf(shape), `${values.length} values`);
      return { shape, dtype };
    },
  },
  Cast: {
    inputs: 1,
    result: ({ inputs: [{ shape }], dtype }) => {
      demand(ANY.includes(dtype), `type ${dtype}`);
      return { shape, dtype };
    },
  },
  Where: {
    inputs: 3,
    result: ({ inputs: [condition, a, b] }) => {
      common([condition], TRUTH);
      const shape = broadcastShape(broadcastShape(condition.shape, a.shape), b.shape);
      return { shape, dtype: common([a, b], NUMBERS) };
    },
  },
  MatMul: {
    inputs: 2,
    result: ({ inputs }) => ({ shape: productShape(inputs[0].shape, inputs[1].shape), dtype: common(inputs, NUMBERS) }), // biome-ignore format: one thought
  },
  FusedMatMul: {
    inputs: 2,
    attributes: ['transA', 'transB', 'alpha'],
    result: ({ inputs, attributes }) => {
      const sides = inputs.map(({ shape }, i) => (attributes[i === 0 ? 'transA' : 'transB'] ? swapped(shape) : shape)); // biome-ignore format: one thought
      demand(typeof attributes.alpha === 'number', `a factor of ${attributes.alpha}`);
      return { shape: productShape(sides[0], sides[1]), dtype: common(inputs, REAL) };
    },
  },
  Reshape: {
    inputs: 1,
    result: ({ inputs: [x], shape }) => {
      demand(sizeOf(x.shape) === sizeOf(shape), `[${x.shape}] as [${shape}]`);
      return { shape, dtype: x.dtype };
    },
  },
  Transpose: {
    inputs: 1,
    attributes: ['perm'],
    result: ({ inputs: [x], attributes }) => {
      const perm = integers(attributes, 'perm', x.shape.length);
      demand(
        [...perm].sort((a, b) => a - b).every((p, i) => p === i),
        `${perm} is no order of axes`,
      );
      return { shape: perm.map((p) => x.shape[p]), dtype: x.dtype };
    },
  },
  Expand: {
    inputs: 1,
    result: ({ inputs: [x], shape }) => {
      demand(sameShape(broadcastShape(x.shape, shape), shape), `[${x.shape}] spread to [${shape}]`);
      return { shape, dtype: x.dtype };
    },
  },
  Slice: {
    inputs: 1,
    attributes: ['axes', 'starts', 'ends', 'steps'],
    result: (node) => {
      const [x] = node.inputs;
      const axes = axesOf(node, x.shape.length);
      const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => integers(node.attributes, name, axes.length)); // biome-ignore format: one thought
      const shape = [...x.shape];
      for (const [i, axis] of axes.entries()) {
        const length = x.shape[axis];
        demand(steps[i] !== 0, 'a step of 0');
        const end = steps[i] > 0 ? Math.min(length, ends[i]) : Math.max(-1, ends[i]);
        const size = Math.max(0, Math.ceil((end - starts[i]) / steps[i]));
        demand(size === 0 || (starts[i] >= 0 && starts[i] < length), `starts at ${starts[i]} of ${length}`);
        shape[axis] = size;
      }
      return { shape, dtype: x.dtype };
    },
  },
  Concat: {
    inputs: 'some',
    attributes: ['axis'],
    result: (node) => {
      const [first] = node.inputs;
      const axis = axisOf(node, first.shape.length);
      for (const { shape } of node.inputs)
        demand(shape.length === first.shape.length && shape.every((n, i) => i === axis || n === first.shape[i]), `[${shape}] beside [${first.shape}]`); // biome-ignore format: one thought
      const total = node.inputs.reduce((sum, { shape }) => sum + shape[axis], 0);
      return { shape: first.shape.map((n, i) => (i === axis ? total : n)), dtype: common(node.inputs, ANY) };
    },
  },
  Pad: {
    inputs: 1,
    attributes: ['pads', 'value'],
    result: ({ inputs: [x], attributes }) => {
      const rank = x.shape.length;
      const pads = integers(attributes, 'pads', 2 * rank);
      demand(pads.every((n) => n >= 0), 'padding below 0'); // biome-ignore format: one thought
      demand(typeof attributes.value === 'number', `a value of ${attributes.value}`);
      return { shape: x.shape.map((n, i) => n + pads[i] + pads[rank + i]), dtype: x.dtype };
    },
  },
  Gather: {
    inputs: 2,
    attributes: ['axis'],
    result: (node) => {
      const [x, indices] = node.inputs;
      const axis = axisOf(node, x.shape.length);
      common([indices], ['int32']);
      return { shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], dtype: x.dtype }; // biome-ignore format: one thought
    },
  },
  Conv: {
    inputs: 2,
    attributes: ['strides', 'dilations', 'pads', 'group'],
    result: (node) => {
      const [x, filter] = node.inputs;
      const dtype = images(x, filter);
      const group = integer(node.attributes, 'group');
      demand(group > 0 && x.shape[1] === filter.shape[1] * group && filter.shape[0] % group === 0, `${x.shape[1]} channels in ${group} groups of filters [${filter.shape}]`); // biome-ignore format: one thought
      const count = windows(node, true).count(x.shape.slice(2), filter.shape.slice(2));
      return { shape: [x.shape[0], filter.shape[0], ...count], dtype };
    },
  },
  ConvTranspose: {
    inputs: 2,
    attributes: ['strides', 'dilations', 'pads', 'output_padding', 'group'],
    result: (node) => {
      const [dy, filter] = node.inputs;
      const dtype = images(dy, filter);
      const group = integer(node.attributes, 'group');
      demand(group > 0 && dy.shape[1] === filter.shape[0], `${dy.shape[1]} channels with filters [${filter.shape}]`); // biome-ignore format: one thought
      const more = integers(node.attributes, 'output_padding', 2);
      const image = windows(node, true).back(dy.shape.slice(2), filter.shape.slice(2), more);
      return { shape: [dy.shape[0], filter.shape[1] * group, ...image], dtype };
    },
  },
  ConvFilterGradient: {
    inputs: 2,
    attributes: ['strides', 'pads'],
    result: (node) => {
      const [x, dy] = node.inputs;
      const dtype = images(x, dy);
      const kernel = node.shape.slice(0, 2);
      demand(x.shape[0] === dy.shape[0], `${x.shape[0]} images and ${dy.shape[0]} of their gradients`);
      const count = windows(node, false).count(x.shape.slice(2), kernel);
      demand(count.every((n, i) => n >= dy.shape[2 + i]), `gradients of ${dy.shape.slice(2)} windows, where ${count} fit`); // biome-ignore format: one thought
      return { shape: [...kernel, x.shape[1], dy.shape[1]], dtype };
    },
  },
  AveragePool: {
    inputs: 1,
    attributes: ['kernel_shape', 'strides', 'pads'],
    result: (node) => {
      const [x] = node.inputs;
      const dtype = images(x);
      const kernel = integers(node.attributes, 'kernel_shape', 2);
      return { shape: [...x.shape.slice(0, 2), ...windows(node, false).count(x.shape.slice(2), kernel)], dtype }; // biome-ignore format: one thought
    },
  },
  ArgMax: argument,
  ArgMin: argument,
};

/** One node against its row. */
function checkNode(node: Node): void {
  const row: Row | undefined = rows[node.op];
  demand(row !== undefined, 'no such operation');
  const { inputs, attributes } = node;
  const [least, most] = row.inputs === 'some' ? [1, Infinity] : [row.inputs, row.inputs];
  demand(inputs.length >= least && inputs.length <= most, `${inputs.length} inputs, expected ${row.inputs}`);
  const names = Object.keys(attributes).sort().join();
  const expected = [...(row.attributes ?? [])].sort().join();
  demand(names === expected, `attributes "${names}", expected "${expected}"`);
  demand(
    node.shape.every((n) => Number.isInteger(n) && n >= 0),
    'lengths are not whole numbers',
  );
  const { shape, dtype } = row.result(node);
  demand(sameShape(shape, node.shape), `the result has shape [${shape}]`);
  demand(dtype === node.dtype, `the result has type ${dtype}`);
}

const named = (node: Node) => `${node.op} #${node.id} ${node.dtype} [${node.shape}]`;

/**
 * Checks all that the outputs depend on: every operation is in the specification, has the inputs, attributes, shape and type that it
 * says, belongs to the graph, and is built of earlier ones.
 * @param when the graph was so, for the message
 * @param before outputs of the same names whose shapes and types must be these
 * @throws Error that names the first node that is wrong
 */
export function checkGraph(
  graph: Graph,
  outputs: Readonly<Record<string, Node>>,
  when: string,
  before?: Readonly<Record<string, Node>>,
): void {
  const fail = (what: string) => {
    throw new Error(`the graph breaks its specification ${when}: ${what}`);
  };
  const inputs = new Map<unknown, Node>();
  const seen = new Set<Node>();
  const stack: Node[] = [];
  for (const [name, node] of Object.entries(outputs)) {
    if (!node) fail(`output "${name}" is missing`);
    const old = before?.[name];
    if (old && !(sameShape(old.shape, node.shape) && old.dtype === node.dtype))
      fail(`output "${name}" became ${named(node)} of ${named(old)}`);
    stack.push(node);
  }
  if (before && Object.keys(before).some((name) => !(name in outputs))) fail('an output was lost');
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (graph.nodes[node.id] !== node) fail(`${named(node)} is not of this graph`);
    for (const input of node.inputs) {
      if (!input) fail(`${named(node)} has an input that is missing`);
      if (input.id >= node.id) fail(`${named(node)} uses ${named(input)} before it is there`);
      stack.push(input);
    }
    if (node.op === 'Input') {
      const same = inputs.get(node.attributes.name);
      if (same) fail(`two inputs have the name "${node.attributes.name}"`);
      inputs.set(node.attributes.name, node);
    }
    try {
      checkNode(node);
    } catch (error) {
      fail(
        `${named(node)} of ${node.inputs.map(named).join(' and ') || 'nothing'}: ${(error as Error).message}`,
      );
    }
  }
}
