/** @file Which tile of its result a kernel computes at a time: the one with which the whole takes the fewest cycles, by estimate. */
import type { Pieces } from './loops.ts';

/** A tile, and the cycles of the whole result with it. */
export interface Costed<Tile> {
  tile: Tile;
  cost: number;
}

/** The tile of least cost; of those that are as good the first. */
export function cheapest<Tile>(tiles: Iterable<Tile>, costOf: (tile: Tile) => number): Costed<Tile> {
  let found: Costed<Tile> | undefined;
  for (const tile of tiles) {
    const cost = costOf(tile);
    if (!found || cost < found.cost) found = { tile, cost };
  }
  if (!found) throw new Error('no tile fits into the registers');
  return found;
}

/**
 * Cycles of all tiles of a result.
 * @param axes for each axis the pieces that it is cut into
 * @param costOf cycles of one tile, by its size along each axis
 */
export function costOfTiles(
  axes: readonly (readonly Pieces[])[],
  costOf: (...sizes: number[]) => number,
): number {
  let sum = 0;
  const visit = (axis: number, count: number, sizes: number[]): void => {
    if (axis === axes.length) sum += count * costOf(...sizes);
    else for (const piece of axes[axis]) visit(axis + 1, count * piece.count, [...sizes, piece.size]);
  };
  visit(0, 1, []);
  return sum;
}
