import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { grads } from '../../../../src/autodiff/index.ts';
import { Builder } from '../../../../src/compile/graph/builder.ts';
import { liveNodes, type Node } from '../../../../src/compile/graph/graph.ts';
import type { NamedTensors } from '../../../../src/compile/index.ts';
import { stream } from '../../../../src/random.ts';
import { compiledEngines } from '../engines.ts';
import { inputShapes, randomFunction } from '../random-function.ts';

describe('what an operation simplifies to', () => {
  const b = new Builder();
  const x = b.input('x', [2, 3], 'float32');
  const y = b.input('y', [2, 3], 'float32');
  const row = b.input('row', [3], 'float32');
  const n = b.input('n', [2, 3], 'int32');
  const one = b.fill(1, [2, 3]);
  const zero = b.fill(0, []);
  const minus = (z: Node) => b.unary('Neg', z);
  const times = (z: Node, factor: number) => b.binary('Mul', z, b.fill(factor, []));

  const same: Record<string, () => [Node, Node]> = {
    'x * 1 is x': () => [b.binary('Mul', x, one), x],
    '1 * x is x': () => [b.binary('Mul', one, x), x],
    'x + 0 is x': () => [b.binary('Add', x, zero), x],
    '0 + x is x': () => [b.binary('Add', zero, x), x],
    'x - 0 is x': () => [b.binary('Sub', x, zero), x],
    'x / 1 is x': () => [b.binary('Div', x, one), x],
    'x ^ 1 is x': () => [b.binary('Pow', x, one), x],
    'x ^ 2 is x * x': () => [b.binary('Pow', x, b.fill(2, [])), b.binary('Mul', x, x)],
    'x ^ 0 is 1': () => [b.binary('Pow', x, zero), one],
    'x * 0 is 0': () => [b.binary('Mul', x, zero), b.fill(0, [2, 3])],
    'x - x is 0': () => [b.binary('Sub', x, x), b.fill(0, [2, 3])],
    'x + x is 2 x': () => [b.binary('Add', x, x), times(x, 2)],
    'x * -1 is -x': () => [times(x, -1), minus(x)],
    '0 - x is -x': () => [b.binary('Sub', zero, x), minus(x)],
    '-(-x) is x': () => [minus(minus(x)), x],
    'x + (-y) is x - y': () => [b.binary('Add', x, minus(y)), b.binary('Sub', x, y)],
    '(-x) + y is y - x': () => [b.binary('Add', minus(x), y), b.binary('Sub', y, x)],
    '(-x) - y is -(x + y)': () => [b.binary('Sub', minus(x), y), minus(b.binary('Add', x, y))],
    '(-x) + (-y) is -(x + y)': () => [b.binary('Add', minus(x), minus(y)), minus(b.binary('Add', x, y))],
    'x - (-y) is x + y': () => [b.binary('Sub', x, minus(y)), b.binary('Add', x, y)],
    '(-x) (-y) is x y': () => [b.binary('Mul', minus(x), minus(y)), b.binary('Mul', x, y)],
    'x / 2 is x * 0.5': () => [b.binary('Div', x, b.fill(2, [])), times(x, 0.5)],
    '3 (2 x) is 6 x': () => [times(times(x, 2), 3), times(x, 6)],
    'x y is y x': () => [b.binary('Mul', x, y), b.binary('Mul', y, x)],
    '2 + 3 is 5': () => [b.binary('Add', b.fill(2, [3]), b.fill(3, [2, 1])), b.fill(5, [2, 3])],
    'row * ones is the row, repeated': () => [b.binary('Mul', row, one), b.expand(row, [2, 3])],
    'x * (row, repeated) is x * row': () => [
      b.binary('Mul', x, b.expand(row, [2, 3])),
      b.binary('Mul', x, row),
    ],
    'tanh of a repeated row is a repeated tanh': () => [
      b.unary('Tanh', b.expand(row, [2, 3])),
      b.expand(b.unary('Tanh', row), [2, 3]),
    ],
    'a reshape to the same shape is nothing': () => [b.reshape(x, [2, 3]), x],
    'a chain of reshapes is one': () => [
      b.reshape(b.reshape(b.reshape(x, [6]), [3, 2]), [1, 6]),
      b.reshape(x, [1, 6]),
    ],
    'a reshape back is nothing': () => [b.reshape(b.reshape(x, [3, 2]), [2, 3]), x],
    'a transpose back is nothing': () => [b.transpose(b.transpose(x, [1, 0]), [1, 0]), x],
    'moving axes of length one is a reshape': () => [
      b.transpose(b.reshape(x, [2, 1, 3]), [1, 0, 2]),
      b.reshape(x, [1, 2, 3]),
    ],
    'a broadcast of a broadcast is one': () => [
      b.expand(b.expand(row, [2, 3]), [4, 2, 3]),
      b.expand(row, [4, 2, 3]),
    ],
    'a broadcast that repeats nothing is a reshape': () => [b.expand(row, [1, 3]), b.reshape(row, [1, 3])],
    'a sum over nothing is nothing': () => [b.reduce('ReduceSum', x, []), x],
    'a sum over an axis of length one is a reshape': () => [
      b.reduce('ReduceSum', b.reshape(x, [2, 1, 3]), [1]),
      x,
    ],
    'a sum of equal numbers is their product': () => [
      b.reduce('ReduceSum', b.fill(2, [2, 3]), [1]),
      b.fill(6, [2]),
    ],
    'a sum of repeated rows is a product': () => [
      b.reduce('ReduceSum', b.expand(row, [2, 3]), [0], true),
      times(b.reshape(row, [1, 3]), 2),
    ],
    'a sum of a multiple is a multiple of the sum': () => [
      b.reduce('ReduceSum', times(x, 3), [0], true),
      times(b.reduce('ReduceSum', x, [0], true), 3),
    ],
    'a part of a concatenation is the part': () => [b.slice(b.concat([x, y], 1), [0, 3], [2, 3]), y],
    'a slice within a part is a slice of the part': () => [
      b.slice(b.concat([x, y], 0), [2, 1], [2, 2]),
      b.slice(y, [0, 1], [2, 2]),
    ],
    'a whole slice is nothing': () => [b.slice(x, [0, 0], [2, 3]), x],
    'a concatenation of one is it': () => [b.concat([x, b.fill(0, [0, 3])], 0), x],
    'ones beside ones are ones': () => [b.concat([one, one], 0), b.fill(1, [4, 3])],
    'zeros padded with zeros are zeros': () => [b.pad(b.fill(0, [2]), [1], [1]), b.fill(0, [4])],
    'a choice known beforehand is none': () => [b.where(b.fill(1, [2, 3], 'bool'), x, y), x],
    'a choice between two of the same is none': () => [b.where(b.binary('Greater', x, y), x, x), x],
    'a product with zeros is zeros': () => [b.matMul(x, b.fill(0, [3, 4])), b.fill(0, [2, 4])],
    'a cast to the same type is nothing': () => [b.cast(x, 'float32'), x],
    'a cast of a constant is a constant': () => [b.cast(b.fill(2.7, [2]), 'int32'), b.fill(2, [2], 'int32')],
    'asking twice gives the same': () => [
      b.binary('Add', b.unary('Exp', x), row),
      b.binary('Add', b.unary('Exp', x), row),
    ],
  };
  test.each(Object.entries(same))('%s', (_, make) => {
    const [given, expected] = make();
    expect(given).toBe(expected);
  });

  test('a sum of repeated rows, over both axes, sums each row once', () => {
    const sum = b.reduce('ReduceSum', b.expand(row, [2, 3]), [0, 1]);
    expect(liveNodes([sum]).some((node) => node.op === 'Expand')).toBe(false);
  });

  test('a batch of products with one matrix is one product of matrices', () => {
    const batch = b.input('batch', [5, 2, 3], 'float32');
    const matrix = b.input('matrix', [3, 4], 'float32');
    const many = b.expand(b.reshape(matrix, [1, 3, 4]), [5, 3, 4]);
    for (const right of [matrix, b.reshape(matrix, [1, 3, 4]), many]) {
      const product = b.matMul(batch, right);
      expect(product.shape).toEqual([5, 2, 4]);
      const products = liveNodes([product]).filter((node) => node.op === 'MatMul');
      expect(products.map((node) => node.inputs.map((input) => input.shape))).toEqual([
        [
          [10, 3],
          [3, 4],
        ],
      ]);
    }
  });

  test('a matrix repeated for a batch that the left side lacks gives the whole batch', () => {
    const matrix = b.input('matrix', [3, 4], 'float32');
    expect(b.matMul(x, b.expand(matrix, [5, 3, 4])).shape).toEqual([5, 2, 4]);
    expect(b.matMul(b.reshape(x, [1, 2, 3]), b.expand(matrix, [5, 3, 4])).shape).toEqual([5, 2, 4]);
  });

  test('a choice keeps the broadcast that nothing else brings', () => {
    const rows = b.expand(row, [2, 3]);
    const positive = b.binary('Greater', b.reshape(row, [1, 3]), zero);
    for (const choice of [b.where(positive, zero, rows), b.where(positive, rows, zero)]) {
      expect(choice.inputs.map((node) => node.shape)).toContainEqual([2, 3]);
    }
    expect(b.where(b.binary('Greater', x, zero), rows, zero).inputs).toContain(row);
  });

  test('paddings of different values are different', () => {
    const pads = [Infinity, -Infinity, Number.NaN, 0].map((value) => b.pad(x, [1, 0], [0, 0], value));
    expect(new Set(pads).size).toBe(4);
  });

  test('types are kept', () => {
    const wholes = [
      b.binary('Add', n, b.fill(0, [], 'int32')),
      b.reduce('ReduceSum', b.expand(n, [4, 2, 3]), [0]),
      b.reduce('ReduceSum', b.fill(1, [2, 3], 'int32'), [0]),
      b.reduce('ReduceSum', b.binary('Mul', n, b.fill(2, [4, 2, 3], 'int32')), [0]),
      b.matMul(n, b.fill(0, [3, 2], 'int32')),
      b.concat([n, n], 0),
    ];
    expect(wholes.map((node) => node.dtype)).toEqual(wholes.map(() => 'int32'));
    expect(b.binary('Less', n, n).dtype).toBe('bool');
    expect(b.unary('IsNaN', x).dtype).toBe('bool');
  });

  test('numbers beyond the range of float32 are not made by merging factors', () => {
    for (const [first, second] of [
      [1e30, 1e30],
      [1e-30, 1e-30],
    ]) {
      expect(liveNodes([times(times(x, first), second)]).filter((node) => node.op === 'Mul')).toHaveLength(2);
    }
    expect(b.binary('Div', x, b.fill(1e-39, [])).op).toBe('Div');
  });
});

describe.each(compiledEngines())('simplification keeps values, %s', (_, engine) => {
  afterAll(() => engine.dispose());

  /** Random functions, and their slopes, whose tape brings what the functions lack. */
  test.each(Array.from({ length: 80 }, (_, i) => i))(
    'of random functions and their gradients, %i',
    async (group) => {
      const shapes = Object.values(inputShapes);
      const names = Object.keys(inputShapes);
      const seeds = [0, 1, 2, 3, 4].map((i) => group * 5 + i);
      const f = (inputs: NamedTensors): NamedTensors => {
        const outputs: NamedTensors = {};
        for (const seed of seeds) {
          const run = randomFunction(seed, 12);
          for (const [i, y] of run(inputs).entries()) outputs[`${seed}: ${i}`] = y;
          const total = (...xs: tf.Tensor[]) =>
            tf.sum(run(Object.fromEntries(names.map((name, i) => [name, xs[i]])))[0]);
          const slopes = grads(total)(Object.values(inputs));
          for (const [i, slope] of slopes.entries()) outputs[`${seed}: d ${names[i]}`] = slope;
        }
        return outputs;
      };
      const random = stream(group, 'values');
      const values = Object.fromEntries(
        names.map((name, i) => [
          name,
          Float32Array.from({ length: tf.util.sizeFromShape(shapes[i]) }, () => 0.2 + random.uniform()),
        ]),
      );
      await tf.setBackend('cpu');
      const expected = tf.tidy(() => {
        const inputs = Object.fromEntries(names.map((name, i) => [name, tf.tensor(values[name], shapes[i])]));
        return Object.entries(f(inputs)).map(
          ([name, y]) => [name, y.shape, Array.from(y.dataSync())] as const,
        );
      });
      const specs = Object.fromEntries(names.map((name, i) => [name, { shape: shapes[i] }]));
      const program = await engine.compile(f, specs);
      const results = await program.run(values);
      for (const [name, shape, y] of expected) {
        expect(program.outputShapes[name], name).toEqual(shape);
        const scale = y.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        const worst = y.reduce((most, value, i) => Math.max(most, Math.abs(value - results[name][i])), 0);
        expect(worst / scale, name).toBeLessThan(1e-4);
      }
    },
  );
});
