import { describe, expect, test } from 'vitest';
import { Builder } from '../../../../src/compile/graph/builder.ts';
import { liveNodes, type Node } from '../../../../src/compile/graph/graph.ts';
import { scheduled } from '../../../../src/compile/plan/schedule.ts';

const b = new Builder();
const x = b.input('x', [32, 40], 'float32');
const w = b.input('w', [40, 40], 'float32');

describe('the order of operations', () => {
  const first = b.matMul(x, w);
  const second = b.matMul(b.unary('Tanh', first), w);
  const third = b.matMul(b.unary('Tanh', second), w);
  const product = b.binary('Mul', first, x);
  const sum = b.reduce('ReduceSum', product, [1]);
  const late = b.binary('Mul', b.transpose(first, [1, 0]), b.fill(2, []));
  const small = b.matMul(b.reshape(sum, [1, 32]), second);
  const outputs = [third, sum, late, small];
  const order = scheduled(liveNodes(outputs), new Set([product]));
  const turn = (node: Node) => order.indexOf(node);

  test('has all of them, inputs before their users', () => {
    expect(order.length).toBe(liveNodes(outputs).length);
    for (const node of order) for (const input of node.inputs) expect(turn(input)).toBeLessThan(turn(node));
  });

  test('a sum comes before the next product after what it sums, with what it computes itself', () => {
    expect(turn(product)).toBeLessThan(turn(sum));
    expect(turn(sum)).toBeLessThan(turn(second));
  });

  test('so does a product whose result is small', () => {
    expect(turn(small)).toBeGreaterThan(turn(second));
    expect(turn(small)).toBeLessThan(turn(third));
  });

  test('all else stays where it was', () => {
    expect(turn(late)).toBeGreaterThan(turn(third));
  });
});
