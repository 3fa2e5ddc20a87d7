/** @file Where concatenations lie, and their parts in them. */
import type { Node } from '../graph/graph.ts';
import { newPlaceInOrder } from './orders.ts';
import { newPlace, type Place, sliced } from './places.ts';

/** The parts of a concatenation, each with its place in that of the whole. */
export function partsOf(node: Node, place: Place): { part: Node; sub: Place }[] {
  const axis = node.attributes.axis as number;
  let from = 0;
  return node.inputs.map((part) => {
    const starts = node.shape.map((_, i) => (i === axis ? from : 0));
    from += part.shape[axis];
    const sub = sliced(place, part.shape, starts, node.shape.map(() => 1)); // biome-ignore format: one thought
    return { part, sub };
  });
}

/** A place for a concatenation. Parts of one entry each lie one after the other, whatever their axis. */
export function concatenation(node: Node): Place {
  const axis = node.attributes.axis as number;
  if (node.inputs.some(({ shape }) => shape[axis] !== 1)) return newPlace(node.shape);
  const others = [...node.shape.keys()].filter((i) => i !== axis);
  return newPlaceInOrder(node.shape, [axis, ...others]);
}
