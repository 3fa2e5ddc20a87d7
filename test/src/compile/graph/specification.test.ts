import { describe, expect, test } from 'vitest';
import { Builder } from '../../../../src/compile/graph/builder.ts';
import type { Attributes, Dtype, Node, Op } from '../../../../src/compile/graph/graph.ts';
import { checkGraph } from '../../../../src/compile/graph/specification.ts';
import { rewrite } from '../../../../src/compile/optimise/rewrite.ts';

const b = new Builder();
const x = b.input('x', [2, 3], 'float32');
const n = b.input('n', [3], 'int32');
const truth = b.input('truth', [2, 3], 'bool');
const images = b.input('images', [2, 4, 5, 6], 'float32');
const filter = b.input('filter', [8, 4, 3, 3], 'float32');
const make = (op: Op, inputs: Node[], attributes: Attributes, shape: number[], dtype: Dtype = 'float32') =>
  b.graph.node(op, inputs, attributes, shape, dtype);
const check = (node: Node) => () => checkGraph(b.graph, { y: node }, 'in a test');

const strides = [1, 1];
const pads = [1, 1, 1, 1];
const dilations = [1, 1];

describe('a graph that keeps to the specification passes', () => {
  test.each([
    ['arithmetic', b.binary('Mul', b.unary('Tanh', x), b.cast(n, 'float32'))],
    ['a selection', b.where(truth, x, b.fill(1, []))],
    ['a product', b.matMul(x, b.swapLast(x))],
    ['a slice backwards', b.slice(x, [0, 2], [2, 3], [1, -1])],
    ['a convolution', make('Conv', [images, filter], { strides, dilations, pads, group: 1 }, [2, 8, 5, 6])],
    ['no entries', b.concat([b.slice(x, [0, 0], [0, 3]), x], 0)],
  ])('%s', (_, node) => {
    expect(check(node)).not.toThrow();
  });
});

describe('what breaks it is named', () => {
  test.each([
    ['a shape', make('Add', [x, x], {}, [2, 3, 1]), /Add #\d+ float32 \[2,3,1\].*has shape \[2,3\]/],
    ['a type', make('Exp', [n], {}, [3], 'int32'), /inputs of type int32, expected float32/],
    ['mixed types', make('Add', [x, n], {}, [2, 3]), /inputs of types float32, int32, expected one type/],
    ['the type of the result', make('Less', [x, x], {}, [2, 3]), /the result has type bool/],
    ['too few inputs', make('Mul', [x], {}, [2, 3]), /1 inputs, expected 2/],
    ['an unknown operation', make('Wild' as Op, [x], {}, [2, 3]), /no such operation/],
    ['attributes', make('Transpose', [x], { axes: [0] }, [3, 2]), /attributes "axes", expected "perm"/],
    ['an order of axes', make('Transpose', [x], { perm: [1, 1] }, [3, 3]), /1,1 is no order of axes/],
    ['axes', make('ReduceSum', [x], { axes: [2] }, [2, 3]), /axes 2 of a tensor of rank 2/],
    ['a reshape', make('Reshape', [x], {}, [7]), /\[2,3\] as \[7\]/],
    ['a product', make('MatMul', [x, x], {}, [2, 3]), /a product over axes of lengths 3 and 2/],
    ['a list', make('Concat', [x, n], { axis: 0 }, [5]), /\[3\] beside \[2,3\]/],
    ['channels', make('Conv', [images, filter], { strides, dilations, pads, group: 2 }, [2, 8, 5, 6]), /4 channels in 2 groups/], // biome-ignore format: one row a case
    ['windows', make('AveragePool', [images], { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] }, [2, 4, 2, 2]), /has shape \[2,4,2,3\]/], // biome-ignore format: one row a case
  ])('%s', (_, node, message) => {
    expect(check(node)).toThrow(message);
  });

  test('a node of another graph', () => {
    const other = new Builder();
    const foreign = other.unary('Exp', other.input('x', [2, 3], 'float32'));
    expect(check(foreign)).toThrow(/is not of this graph/);
    expect(check(make('Neg', [foreign], {}, [2, 3]))).toThrow(/is not of this graph|before it is there/);
  });

  test('an input that is missing, and an output', () => {
    expect(check(make('Neg', [x], {}, [2, 3]))).not.toThrow();
    const hollow = { ...make('Abs', [x], {}, [2, 3]), inputs: [undefined as unknown as Node] };
    (b.graph.nodes as Node[])[hollow.id] = hollow;
    expect(check(hollow)).toThrow(/has an input that is missing/);
    expect(() => checkGraph(b.graph, { y: undefined as unknown as Node }, 'in a test')).toThrow(/output "y" is missing/); // biome-ignore format: one thought
  });

  test('use before definition', () => {
    const late = make('Sqrt', [x], {}, [2, 3]);
    const early = { ...make('Log', [x], {}, [2, 3]), inputs: [late] };
    const turned = { ...early, id: late.id - 1 };
    const before = b.graph.nodes[turned.id];
    (b.graph.nodes as Node[])[turned.id] = turned;
    expect(check(turned)).toThrow(/uses Sqrt #\d+ float32 \[2,3\] before it is there/);
    (b.graph.nodes as Node[])[turned.id] = before;
  });

  test('two inputs of one name', () => {
    const twice = b.binary('Add', x, make('Input', [], { name: 'x' }, [3]));
    expect(check(twice)).toThrow(/two inputs have the name "x"/);
  });

  test('an output that a rewrite gave another shape or lost', () => {
    const y = b.unary('Tanh', x);
    const rewritten = rewrite(b, { y }, ({ builder }) => (node) => (node === y ? builder.reduce('ReduceSum', x, [0]) : undefined)); // biome-ignore format: one thought
    expect(() => checkGraph(b.graph, rewritten, 'after "test"', { y })).toThrow(/output "y" became/);
    expect(() => checkGraph(b.graph, {}, 'after "test"', { y })).toThrow(/an output was lost/);
  });
});
