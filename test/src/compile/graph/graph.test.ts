import { expect, test } from 'vitest';
import { Builder } from '../../../../src/compile/graph/builder.ts';
import { liveNodes } from '../../../../src/compile/graph/graph.ts';

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
