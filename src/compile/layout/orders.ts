/**
 * @file In which order the axes of tensors lie in memory. Convolutions leave images beside each other, as the last axis; what is computed
 * of their results stays in this order, so that hardly anything is transposed.
 */
import { sizeOf } from '../../shapes.ts';
import { type Node, sameShape } from '../graph/graph.ts';
import { NodeMap, type ReadonlyNodeMap } from '../graph/node-map.ts';
import { type Buffer, newBuffer, type Place, transposed, wholeBuffer } from './places.ts';
import { viewOf, views } from './views.ts';

/** Axes of a tensor, those farthest apart in memory first. */
export type Order = readonly number[];

/** Of fewer images an own axis in memory gains nothing. */
export const FEW_IMAGES = 8;

/** The same numbers with the axes as they lie in memory. */
export const inOrder = (place: Place, order: Order | undefined): Place =>
  order ? transposed(place, order) : place;

/** A new place whose axes lie in this order. */
export const newPlaceInOrder = (shape: readonly number[], order: Order | undefined): Place =>
  placeInOrder(newBuffer(sizeOf(shape)), shape, order);

function placeInOrder(buffer: Buffer, shape: readonly number[], order: Order | undefined): Place {
  if (!order) return wholeBuffer(buffer, shape);
  const strides = Array<number>(shape.length);
  let stride = 1;
  for (let i = order.length - 1; i >= 0; i--) {
    strides[order[i]] = stride;
    stride *= shape[order[i]];
  }
  return { buffer, offset: 0, shape, strides };
}

/** The order of the last `rank` axes among those of a larger tensor. */
export function orderOfLast(order: Order | undefined, rank: number): Order | undefined {
  if (!order || order.length === rank) return order;
  return order.map((axis) => axis - (order.length - rank)).filter((axis) => axis >= 0);
}

/**
 * One matrix [m, c] for images beside each other, [n, c, p]: a single product of which pixels and images are the columns.
 * @returns the second operand as [c, p n], undefined where it does not lie so
 */
export function imageColumns(matrix: readonly number[], images: Place): Place | undefined {
  if (matrix.length !== 2 || images.shape.length !== 3) return undefined;
  const [n, c, p] = images.shape;
  const [image, channel, pixel] = images.strides;
  if (n < FEW_IMAGES || image !== 1 || (p > 1 && pixel !== n)) return undefined;
  return { ...images, shape: [c, p * n], strides: [channel, 1] };
}

/**
 * The order of every tensor that lies otherwise than row by row, if all is computed as it best is. What is given and what is fetched
 * from elsewhere is row by row.
 */
export function memoryOrders(
  live: readonly Node[],
  isEntrywise: (node: Node) => boolean,
): ReadonlyNodeMap<Order> {
  const orders = new NodeMap<Order>();
  if (!live.some(isOverImages)) return orders;
  // Where tensors would lie that are not whole and row by row: only the strides count.
  const places = new NodeMap<Place>();
  const placeOf = (node: Node) => places.get(node) ?? wholeBuffer(nowhere, node.shape);
  for (const node of live) {
    const { inputs, op } = node;
    if (isOverImages(node)) {
      orders.set(node, IMAGES_LAST);
      places.set(node, placeInOrder(nowhere, node.shape, IMAGES_LAST));
    } else if (op === 'Transpose' || inputs.some((input) => places.has(input))) {
      const view = views.has(op)
        ? (viewOf(node, placeOf(inputs[0])) ?? wholeBuffer(nowhere, node.shape))
        : undefined;
      const order = view ? orderOf(view) : orderOfResult(node, orders, placeOf, isEntrywise);
      if (order) orders.set(node, order);
      if (view || order) places.set(node, view ?? placeInOrder(nowhere, node.shape, order));
    }
  }
  return orders;
}

const IMAGES_LAST: Order = [1, 2, 3, 0];

/** The order of what is computed. */
function orderOfResult(
  node: Node,
  orders: ReadonlyNodeMap<Order>,
  placeOf: (node: Node) => Place,
  isEntrywise: (node: Node) => boolean,
): Order | undefined {
  const { op, inputs, shape } = node;
  if (isEntrywise(node)) {
    const size = sizeOf(shape);
    const whole = inputs.filter((input) => input.shape.length === shape.length && sizeOf(input.shape) === size); // biome-ignore format: one line
    const made = whole.filter((input) => !fixed.has(input.op));
    return most(made.length > 0 ? made : whole, orders);
  }
  if (op === 'Concat' || op === 'Pad') return most(inputs, orders);
  if (op === 'MatMul') return imageColumns(inputs[0].shape, placeOf(inputs[1])) && [1, 2, 0];
  if (!reductions.has(op)) return undefined;
  const summed = node.attributes.axes as readonly number[];
  const order = orders.get(inputs[0])?.filter((axis) => !summed.includes(axis));
  if (!order) return undefined;
  const kept = [...order].sort((i, j) => i - j);
  return orderOf(placeInOrder(nowhere, shape, order.map((axis) => kept.indexOf(axis)))); // biome-ignore format: one line
}

const fixed: ReadonlySet<string> = new Set(['Input', 'Constant', 'Expand']);
const reductions: ReadonlySet<string> = new Set(['ReduceSum', 'ReduceMax', 'ReduceMin']);

/** The order of most of the tensors; of two that are as frequent not row by row. */
function most(nodes: readonly Node[], orders: ReadonlyNodeMap<Order>): Order | undefined {
  const first = orders.get(nodes[0]);
  if (nodes.every((node) => sameOrder(orders.get(node), first))) return first;
  const votes = new Map<string, { order: Order | undefined; count: number }>();
  for (const node of nodes) {
    const order = orders.get(node);
    const vote = votes.get(String(order));
    if (vote) vote.count++;
    else votes.set(String(order), { order, count: 1 });
  }
  let best: { order: Order | undefined; count: number } = { order: undefined, count: 0 };
  for (const vote of votes.values())
    if (vote.count > best.count || (vote.count === best.count && !best.order)) best = vote;
  return best.order;
}

const sameOrder = (a: Order | undefined, b: Order | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && sameShape(a, b));

const isOverImages = ({ op, shape }: Node) =>
  (op === 'Conv' || op === 'ConvTranspose' || op === 'AveragePool') && shape[0] >= FEW_IMAGES;

const nowhere = newBuffer(0);

/** Axes from the largest stride to the smallest; undefined where they lie as they come, or repeat. */
function orderOf({ shape, strides }: Place): Order | undefined {
  let descending = true;
  let before = Infinity;
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] <= 1) continue;
    if (strides[axis] <= 0) return undefined;
    descending &&= strides[axis] <= before;
    before = strides[axis];
  }
  if (descending) return undefined;
  const axes = shape.map((_, axis) => axis);
  const long = axes.filter((axis) => shape[axis] > 1);
  const sorted = [...long].sort((i, j) => strides[j] - strides[i] || i - j);
  return [...axes.filter((axis) => shape[axis] === 1), ...sorted];
}
