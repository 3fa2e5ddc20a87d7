import { expect, test } from 'vitest';
import { Builder } from '../../../../src/compile/graph/builder.ts';
import { liveNodes } from '../../../../src/compile/graph/graph.ts';

test('a number is one constant, but -0 is not 0', () => {
  const { graph } = new Builder();
  const numbers = [0, -0, 1, -1, 0.1, Number.NaN, Infinity, 1e-50, -1e-50, 1e60];
  for (const dtype of ['float32', 'int32', 'bool'] as const) {
    const usual = dtype === 'float32' ? numbers : [0, 1];
    const nodes = usual.map((value) => graph.number(value, dtype));
    expect(usual.map((value) => graph.number(value, dtype))).toEqual(nodes);
    for (const [i, value] of usual.entries()) expect(graph.constant([value], [], dtype)).toBe(nodes[i]);
  }
  expect(Object.is(graph.number(-0, 'float32').values![0], -0)).toBe(true);
  expect(graph.number(0.1, 'float32')).toBe(graph.number(Math.fround(0.1), 'float32'));
});

test('live nodes are those that outputs depend on, whatever was asked for before', () => {
  const b = new Builder();
  const x = b.input('x', [3], 'float32');
  const y = b.input('y', [3], 'float32');
  const [tanh, exp] = [b.unary('Tanh', x), b.unary('Exp', y)];
  const sum = b.binary('Add', tanh, exp);
  expect(liveNodes([tanh])).toEqual([x, tanh]);
  expect(liveNodes([tanh, exp])).toEqual([x, y, tanh, exp]);
  expect(liveNodes([tanh, y])).toEqual([x, y, tanh]);
  expect(liveNodes([tanh])).toEqual([x, tanh]);
  expect(liveNodes([sum, tanh])).toEqual([x, y, tanh, exp, sum]);
  expect(liveNodes([])).toEqual([]);
  const outputs = [tanh, exp];
  liveNodes(outputs);
  outputs[1] = y;
  expect(liveNodes(outputs)).toEqual([x, y, tanh]);
});
