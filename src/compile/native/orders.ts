/**
 * @file In which order the axes of tensors lie in memory. Convolutions leave images beside each other, as the last axis; what is computed
 * of their results stays in this order, so that hardly anything is transposed.
 */

import { sizeOf } from '../../shapes.ts';
import { uniformValue } from '../builder.ts';
import type { Node } from '../graph.ts';
import { expanded, newBuffer, newPlace, type Place, reshaped, sliced, transposed, wholeBuffer } from './places.ts'; // biome-ignore format: one import

/** Axes of a tensor, those farthest apart in memory first. */
export type Order = readonly number[];

/** Of fewer images an own axis in memory gains nothing. */
export const FEW_IMAGES = 8;

/** The same numbers with the axes as they lie in memory. */
export const inOrder = (place: Place, order: Order | undefined): Place =>
  order ? transposed(place, order) : place;

/** A new place whose axes lie in this order. */
export function newPlaceInOrder(shape: readonly number[], order: Order | undefined): Place {
  if (!order) return newPlace(shape);
  const inMemory = newPlace(order.map((axis) => shape[axis]));
  return transposed(inMemory, shape.map((_, axis) => order.indexOf(axis))); // biome-ignore format: one line
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
export function memoryOrders(live: readonly Node[], isEntrywise: (node: Node) => boolean): Map<Node, Order> {
  const orders = new Map<Node, Order>();
  if (!live.some(isOverImages)) return orders;
  // Where tensors would lie: only the strides count.
  const places = new Map<Node, Place>();
  const keep = (node: Node, order: Order | undefined) => {
    if (order) orders.set(node, order);
    places.set(node, inNowhere(node.shape, order));
  };
  const most = (inputs: readonly Node[]): Order | undefined => {
    const votes = new Map<string, { order: Order | undefined; count: number }>();
    for (const input of inputs) {
      const order = orders.get(input);
      const vote = votes.get(String(order));
      if (vote) vote.count++;
      else votes.set(String(order), { order, count: 1 });
    }
    const better = (
      a: { order: Order | undefined; count: number },
      b: { order: Order | undefined; count: number },
    ) => (b.count > a.count || (b.count === a.count && !a.order) ? b : a);
    return votes.size > 0 ? [...votes.values()].reduce(better).order : undefined;
  };
  for (const node of live) {
    const place = viewOf(node, places);
    if (place) {
      places.set(node, place);
      const order = orderOf(place);
      if (order) orders.set(node, order);
    } else if (isEntrywise(node)) {
      const whole = node.inputs.filter(({ shape }) => shape.length === node.shape.length && sizeOf(shape) === sizeOf(node.shape)); // biome-ignore format: one line
      const made = whole.filter(({ op }) => op !== 'Input' && op !== 'Constant' && op !== 'Expand');
      keep(node, most(made.length > 0 ? made : whole));
    } else if (isOverImages(node)) keep(node, [1, 2, 3, 0]);
    else if (node.op === 'Concat') keep(node, most(node.inputs));
    else if (node.op === 'Pad') keep(node, orders.get(node.inputs[0]));
    else if (node.op in reductions) {
      const summed = node.attributes.axes as readonly number[];
      const axes = node.inputs[0].shape.map((_, axis) => axis).filter((axis) => !summed.includes(axis));
      const order = orders.get(node.inputs[0])?.filter((axis) => !summed.includes(axis));
      keep(node, order && orderOf(inNowhere(node.shape, order.map((axis) => axes.indexOf(axis))))); // biome-ignore format: one line
    } else if (node.op === 'MatMul') {
      const [a, b] = node.inputs;
      keep(node, imageColumns(a.shape, places.get(b)!) && [1, 2, 0]);
    } else keep(node, undefined);
  }
  return orders;
}

const reductions = { ReduceSum: true, ReduceMax: true, ReduceMin: true };

const isOverImages = ({ op, shape }: Node) =>
  (op === 'Conv' || op === 'ConvTranspose' || op === 'AveragePool') && shape[0] >= FEW_IMAGES;

const nowhere = newBuffer(0);

function inNowhere(shape: readonly number[], order: Order | undefined): Place {
  if (!order) return wholeBuffer(nowhere, shape);
  const inMemory = wholeBuffer(nowhere, order.map((axis) => shape[axis])); // biome-ignore format: one line
  return transposed(inMemory, shape.map((_, axis) => order.indexOf(axis))); // biome-ignore format: one line
}

/** Axes from the largest stride to the smallest; undefined where they lie as they come, or repeat. */
function orderOf({ shape, strides }: Place): Order | undefined {
  const axes = shape.map((_, axis) => axis);
  const long = axes.filter((axis) => shape[axis] > 1);
  if (long.some((axis) => strides[axis] <= 0)) return undefined;
  const sorted = [...long].sort((i, j) => strides[j] - strides[i] || i - j);
  if (sorted.every((axis, i) => axis === long[i])) return undefined;
  return [...axes.filter((axis) => shape[axis] === 1), ...sorted];
}

/** Where a view of tensors with these places lies; undefined for what is computed. */
function viewOf(node: Node, places: ReadonlyMap<Node, Place>): Place | undefined {
  const { op, attributes: a, shape } = node;
  if (op === 'Input') return wholeBuffer(nowhere, shape);
  if (op === 'Constant') {
    const uniform = uniformValue(node) !== undefined;
    return uniform ? { buffer: nowhere, offset: 0, shape, strides: shape.map(() => 0) } : wholeBuffer(nowhere, shape); // biome-ignore format: one line
  }
  const x = places.get(node.inputs[0])!;
  switch (op) {
    case 'Reshape':
      return reshaped(x, shape) ?? wholeBuffer(nowhere, shape);
    case 'Transpose':
      return transposed(x, a.perm as number[]);
    case 'Expand':
      return expanded(x, shape);
    case 'Cast':
      return x;
    case 'Slice': {
      const steps = shape.map(() => 1);
      for (const [k, axis] of (a.axes as number[]).entries()) steps[axis] = (a.steps as number[])[k];
      return sliced(x, shape, shape.map(() => 0), steps); // biome-ignore format: one line
    }
    default:
      return undefined;
  }
}
