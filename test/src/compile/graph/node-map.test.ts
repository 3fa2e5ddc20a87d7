import { expect, test } from 'vitest';
import { Builder } from '../../../../src/compile/graph/builder.ts';
import { NodeMap } from '../../../../src/compile/graph/node-map.ts';
import { stream } from '../../../../src/random.ts';

test('a map of nodes is as a Map', () => {
  const b = new Builder();
  const nodes = Array.from({ length: 50 }, (_, i) => b.input(`${i}`, [], 'float32'));
  const random = stream(0, 'node map');
  const found = new NodeMap<number>();
  const expected = new Map<object, number>();
  for (let i = 0; i < 400; i++) {
    const node = nodes[random.integer(nodes.length)];
    if (random.integer(3) === 0) {
      found.delete(node);
      expected.delete(node);
    } else {
      found.set(node, i % 7);
      expected.set(node, i % 7);
    }
    for (const other of nodes) {
      expect(found.has(other)).toBe(expected.has(other));
      expect(found.get(other)).toBe(expected.get(other));
    }
  }
});
