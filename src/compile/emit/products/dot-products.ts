/**
 * @file Products whose entries are dot products of contiguous rows: a of the one and b of the other, vectors along the inner axis.
 *
 * The sixteen partial sums of every entry are added at the end, for sixteen entries at once.
 */

import {
  at,
  type KernelAssembler,
  R9,
  R10,
  RCX,
  RDX,
  RSI,
  type VectorOptions,
  vector,
} from '../assembler/kernel-assembler.ts';
import { addSets, hasRoom, setsOf } from '../loops/accumulators.ts';
import { LANES, LATENCY, moving, NUMBER_BYTES, REGISTERS, setLanes, splitEvenly, unrolled, walk } from '../loops/loops.ts'; // biome-ignore format: one import
import { cheapest, costOfTiles } from '../loops/tile-search.ts';
import { storeSums } from '../loops/vector-sums.ts';
import type { Product } from './product.ts';

/** Multiplications in the body of the innermost loop, about. */
const BODY = 96;
const INNER_MASK = 1;

/** Rows and columns of the result that are found together. */
interface Tile {
  rows: number;
  columns: number;
}

/** Cycles of the whole product, by estimate. */
export const dotCost = (product: Product): number => best(product).cost;

/** The tile that wastes least for the shape. */
const best = (product: Product) =>
  cheapest(tiles(product), ({ rows, columns }) =>
    costOfTiles([splitEvenly(product.rows, rows), splitEvenly(product.columns, columns)], (height, width) =>
      tileCost(height, width, product),
    ),
  );

function* tiles(product: Product): Generator<Tile> {
  for (let rows = 1; rows <= Math.min(product.rows, 30); rows++)
    for (let columns = 1; columns <= product.columns && fits(rows, columns); columns++)
      yield { rows, columns };
}

/** Accumulators, the vectors of the smaller side, and one more: of the larger side, then for the sums. */
function fits(rows: number, columns: number): boolean {
  return hasRoom(rows * columns, Math.min(rows, columns), Math.max(rows, columns));
}

const setsFor = (rows: number, columns: number, inner: number) =>
  setsOf(rows * columns, Math.min(rows, columns), Math.ceil(inner / LANES));

/** Cycles: two multiplications and two loads in each, then the sums. Rows of a come from the second cache unless all is small. */
function tileCost(
  rows: number,
  columns: number,
  { rows: allRows, columns: allColumns, inner }: Product,
): number {
  const entries = rows * columns;
  const kept = (vectors: number) => vectors * inner * NUMBER_BYTES <= NEAR_BYTES;
  const far = kept(allRows + allColumns) ? 0 : rows + (kept(columns) ? 0 : columns);
  const waiting = LATENCY / setsFor(rows, columns, inner);
  const step = Math.max(entries / 2, (rows + columns) / 2, waiting, FAR_LOAD * far);
  return step * Math.ceil(inner / LANES) + 25 + 35 * Math.ceil(entries / LANES);
}

/** What of the first cache operands may take. */
const NEAR_BYTES = 36864;
/** Cycles to load a vector from the second cache. */
const FAR_LOAD = 1.6;

/** All of one product; no return. */
export function emitDots(assembler: KernelAssembler, product: Product): void {
  const { rows, columns, inner, a, b, c } = product;
  const { tile } = best(product);
  setLanes(assembler, INNER_MASK, inner % LANES);
  walk(assembler, splitEvenly(columns, tile.columns), moving([RDX, b.column], [RCX, 1]), (width) =>
    walk(assembler, splitEvenly(rows, tile.rows), moving([RSI, a.row], [RCX, c.row]), (height) =>
      emitTile(assembler, product, height, width),
    ),
  );
}

function emitTile(assembler: KernelAssembler, product: Product, rows: number, columns: number): void {
  const { inner, a, b } = product;
  const entries = rows * columns;
  const sets = setsFor(rows, columns, inner);
  /** The first register after the accumulators. */
  const held = sets * entries;
  const spare = REGISTERS - 1;
  for (let i = 0; i < held; i++) assembler.clear(i);
  assembler.copy(R9, RSI);
  assembler.copy(R10, RDX);
  const fewerRows = rows <= columns;
  const step = (index: number, options: VectorOptions = {}): void => {
    const ofA = (row: number) => at(R9, (row * a.row + index * LANES) * NUMBER_BYTES);
    const ofB = (column: number) => at(R10, (column * b.column + index * LANES) * NUMBER_BYTES);
    const [few, many] = fewerRows ? [ofA, ofB] : [ofB, ofA];
    const [fewCount, manyCount] = fewerRows ? [rows, columns] : [columns, rows];
    for (let i = 0; i < fewCount; i++) assembler.load(held + i, few(i));
    for (let j = 0; j < manyCount; j++) {
      if (fewCount > 1) assembler.load(spare, many(j));
      for (let i = 0; i < fewCount; i++) {
        const entry = fewerRows ? i * columns + j : j * columns + i;
        const other = fewCount > 1 ? spare : many(j);
        assembler.vector(vector.fma231, (index % sets) * entries + entry, held + i, other, options);
      }
    }
  };
  const vectors = Math.floor(inner / LANES);
  const unroll = sets * Math.max(1, Math.floor(Math.min(BODY / entries, 8) / sets));
  const rest = unrolled(assembler, vectors, unroll, moving([R9, LANES], [R10, LANES]), step);
  if (inner % LANES) step(rest, { mask: INNER_MASK });
  addSets(assembler, sets, entries);
  for (let start = 0; start < entries; start += LANES)
    storeSums(assembler, product, {
      start,
      count: Math.min(LANES, entries - start),
      offset: (entry) => {
        const place = start + entry;
        return Math.floor(place / columns) * product.c.row + (place % columns);
      },
    });
}
