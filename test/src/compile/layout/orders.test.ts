import { describe, expect, it } from 'vitest';
import { Builder } from '../../../../src/compile/graph/builder.ts';
import { liveNodes, type Node } from '../../../../src/compile/graph/graph.ts';
import { imageColumns, inOrder, memoryOrders, newPlaceInOrder, orderOfLast } from '../../../../src/compile/layout/orders.ts'; // biome-ignore format: one import
import { isContiguous, newPlace, transposed } from '../../../../src/compile/layout/places.ts';

const entrywise = (node: Node) => ['Mul', 'Add', 'Tanh'].includes(node.op);

/** tanh(conv(x) * scale) of x [n, h, w, c], and the images that it is made of. */
function network(images: number) {
  const b = new Builder();
  const x = b.input('x', [images, 4, 5, 2], 'float32');
  const filter = b.input('filter', [3, 2, 1, 1], 'float32');
  const scale = b.input('scale', [3], 'float32');
  const attributes = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], group: 1 };
  const conv = b.graph.node('Conv', [b.transpose(x, [0, 3, 1, 2]), filter], attributes, [images, 3, 4, 5], 'float32'); // biome-ignore format: one line
  const last = b.transpose(conv, [0, 2, 3, 1]);
  const scaled = b.graph.node('Mul', [last, scale], {}, last.shape, 'float32');
  const sum = b.graph.node('ReduceSum', [scaled], { axes: [3] }, [images, 4, 5], 'float32');
  const flat = b.reshape(scaled, [images, 60]);
  const live = liveNodes([sum, flat, b.unary('Tanh', flat)]);
  const orders = memoryOrders(live, entrywise);
  return { live, orders, conv, last, scaled, sum, flat };
}

describe('orders of axes in memory', () => {
  it('keep images beside each other from a convolution on', () => {
    const { orders, conv, last, scaled, sum, flat } = network(16);
    expect(orders.get(conv)).toEqual([1, 2, 3, 0]);
    expect(orders.get(last)).toEqual([3, 1, 2, 0]);
    expect(orders.get(scaled)).toEqual([3, 1, 2, 0]);
    expect(orders.get(sum)).toEqual([1, 2, 0]);
    expect(orders.has(flat)).toBe(false);
  });

  it('are as ever for few images', () => {
    const { live, orders } = network(3);
    expect(live.length).toBeGreaterThan(6);
    expect(live.filter((node) => orders.has(node))).toEqual([]);
  });

  it('are those of new places', () => {
    const place = newPlaceInOrder([2, 3, 4], [2, 0, 1]);
    expect(place.shape).toEqual([2, 3, 4]);
    expect(place.strides).toEqual([3, 1, 6]);
    expect(isContiguous(inOrder(place, [2, 0, 1]))).toBe(true);
  });

  it('hold for operands of fewer axes', () => {
    expect(orderOfLast([3, 1, 2, 0], 2)).toEqual([1, 0]);
    expect(orderOfLast(undefined, 2)).toBeUndefined();
  });

  it('make one product of those of all images', () => {
    const images = transposed(newPlace([5, 6, 16]), [2, 0, 1]);
    expect(imageColumns([7, 5], images)).toMatchObject({ shape: [5, 96], strides: [96, 1] });
    expect(imageColumns([2, 7, 5], images)).toBeUndefined();
    expect(imageColumns([7, 5], newPlace([16, 5, 6]))).toBeUndefined();
  });
});
