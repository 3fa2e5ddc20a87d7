/**
 * @file Tiles of a product whose rows are sums of rows of b: so many rows and vectors of columns stay in registers while the inner axis
 * passes. Which tile wastes least, and its code.
 *
 * For every inner index, vectors of b are loaded once and multiplied by numbers of a, each used for a whole vector.
 */

import {
  at,
  type KernelAssembler,
  R8,
  R9,
  R10,
  R11,
  R12,
  RCX,
  RDX,
  RSI,
  vector,
} from '../assembler/kernel-assembler.ts';
import { addSets, hasRoom, setsOf } from '../loops/accumulators.ts';
import { countDown, LANES, LATENCY, moving, NUMBER_BYTES, type Pointer, REGISTERS, setVector, splitEvenly, target, unrolled, WORD_BYTES } from '../loops/loops.ts'; // biome-ignore format: one import
import { type Costed, cheapest, costOfTiles } from '../loops/tile-search.ts';
import type { Product } from './product.ts';

/** Rows and vectors of columns. */
export interface Tile {
  rows: number;
  vectors: number;
}

/** Multiplications in the body of the innermost loop, about. */
const BODY = 96;
/** Of the last vector of columns, where it is not whole. */
export const TAIL_MASK = 1;

/** Cycles of the whole product, by estimate. */
export const rowCost = (product: Product): number => best(product).cost;

/** The tile that wastes least for the shape. */
export function best(product: Product): Costed<Tile> {
  const { inner, parts = 1 } = product;
  const whole = { ...product, inner: parts * inner };
  const all = Math.ceil(product.columns / LANES);
  return cheapest(tiles(product.rows, all), ({ rows, vectors }) =>
    costOfTiles(
      [splitEvenly(all, vectors), splitEvenly(product.rows, rows)],
      (width, height) => tileCost(height, width, whole) + conflicts(whole, height),
    ),
  );
}

function* tiles(allRows: number, allVectors: number): Generator<Tile> {
  for (let vectors = 1; vectors <= Math.min(allVectors, target.registers - 2); vectors++)
    for (let rows = 1; rows <= Math.min(allRows, tallest(vectors)); rows++) yield { rows, vectors };
}

/** Rows of a tile of so many vectors that registers allow. */
function tallest(vectors: number): number {
  if (vectors === 1 && !target.loadsFirst) return target.registers - 2;
  let rows = 1;
  while (hasRoom((rows + 1) * vectors, vectors, rows + 1)) rows++;
  return rows;
}

/** Cycles of one tile: two multiplications, two loads and six of both in each, and the writing of the result. */
function tileCost(rows: number, vectors: number, { rows: allRows, inner, b }: Product): number {
  const multiplications = rows * vectors;
  // A vector of b at no round address is two loads most of the time.
  const loads = rows + vectors * (b.column === 1 && b.inner % LANES !== 0 ? 1.7 : 1);
  const waiting = LATENCY / setsOf(multiplications, vectors, inner);
  const near = inner * vectors * LANES * NUMBER_BYTES <= NEAR_BYTES;
  const far = allRows > rows ? vectors * (near ? (isCrowded(inner, b) ? CROWDED_LOAD : 0) : FAR_LOAD) : 0;
  const step = Math.max(multiplications / 2, loads / 2, (multiplications + loads) / 6, waiting) + far;
  return step * inner + 15 + 1.2 * multiplications;
}

/** What of the first cache a panel of b may take. */
const NEAR_BYTES = 32768;
/** Cycles that a vector from the second cache costs more than one from the first, beside other work, wherever it is used again. */
const FAR_LOAD = 0.25;

/** The same of a panel that is small, but whose rows push each other out of the first cache. */
const CROWDED_LOAD = 0.5;

/** Whether rows of b, few enough not to be copied, lie apart by so many whole ways of the first cache that a column of them does not stay there. */
const isCrowded = (inner: number, b: Product['b']): boolean =>
  !target.loadsFirst &&
  b.column === 1 &&
  inner > WAYS &&
  inner <= FEW &&
  b.inner > 0 &&
  (b.inner * NUMBER_BYTES) % WAY_BYTES === 0;

const [WAYS, FEW] = [8, 64];

/** Cycles lost where so many rows of a fall on the same lines of a cache of 12 ways and 4096 bytes each that they push each other out. */
function conflicts({ inner, a }: Product, rows: number): number {
  const bytes = Math.abs(a.row) * NUMBER_BYTES;
  const places = WAY_BYTES / (commonPower(bytes) || WAY_BYTES);
  return bytes >= LINE_BYTES && rows / places > 8 ? 0.5 * rows * inner : 0;
}

const WAY_BYTES = 4096;
const LINE_BYTES = 64;

/** The largest power of two that divides both the number and the bytes of a way. */
const commonPower = (bytes: number) => Math.min(WAY_BYTES, bytes & -bytes);

/** Where a panel of b is. */
export interface Panel {
  base: number;
  /** Numbers from one inner index to the next. */
  inner: number;
}

/** What else is done while a tile is computed. */
export interface Beside {
  /** Registers that move along the inner axis, by so many numbers a step. */
  pointers: readonly Pointer[];
  /** The steps of one run of the loop are a multiple of it. */
  period: number;
  /** Part of a step, when its vectors of b are in registers from `held` on. @param step counts from where the pointers are */
  step(step: number, held: number): void;
  /** After the last step. @param rest steps that the pointers have not moved by */
  end?(rest: number): void;
}

/**
 * One tile of the result, which is at RCX. Uses R9 and R10, of several parts R11 and R12 too.
 * @param from the register that holds where its first row of a is
 */
export function emitTile(
  assembler: KernelAssembler,
  product: Product,
  rows: number,
  columns: number,
  b: Panel,
  from = RSI,
  beside?: Beside,
): void {
  const { inner, a, c, alpha, accumulate, parts = 1 } = product;
  const vectors = Math.ceil(columns / LANES);
  const tile = rows * vectors;
  const sets = setsOf(tile, vectors, inner);
  const firstB = sets * tile;
  const number = REGISTERS - 1;
  for (let i = 0; i < firstB; i++) assembler.clear(i);
  const unit = sets * (beside?.period ?? 1);
  const unroll = unit * Math.max(1, Math.floor(Math.min(BODY / tile, 16) / unit));
  const addUp = (step: number): void => {
    const accumulators = (step % sets) * tile;
    const ofA = (row: number) => at(R9, (row * a.row + step * a.inner) * NUMBER_BYTES);
    const ofB = (v: number) => at(R10, (step * b.inner + v * LANES) * NUMBER_BYTES);
    if (rows === 1 && !beside) {
      assembler.broadcast(number, ofA(0));
      for (let v = 0; v < vectors; v++) assembler.vector(vector.fma231, accumulators + v, number, ofB(v));
      return;
    }
    for (let v = 0; v < vectors; v++) assembler.load(firstB + v, ofB(v));
    beside?.step(step, firstB);
    for (let row = 0; row < rows; row++) {
      if (vectors === 1) {
        assembler.vector(vector.fma231, accumulators + row, firstB, ofA(row), { broadcast: true });
        continue;
      }
      assembler.broadcast(number, ofA(row));
      for (let v = 0; v < vectors; v++)
        assembler.vector(vector.fma231, accumulators + row * vectors + v, number, firstB + v);
    }
  };
  const pointers = moving([R9, a.inner], [R10, b.inner], ...(beside?.pointers ?? []));
  const multiply = () => unrolled(assembler, inner, unroll, pointers, addUp);
  if (parts === 1) {
    assembler.copy(R9, from);
    assembler.copy(R10, b.base);
    const rest = multiply();
    beside?.end?.(rest);
  } else {
    assembler.copy(R11, R8);
    countDown(assembler, R12, parts, () => {
      assembler.loadWord(R9, at(R11));
      assembler.address(R9, at(R9, 0, RSI));
      assembler.loadWord(R10, at(R11, WORD_BYTES));
      assembler.address(R10, at(R10, 0, RDX));
      multiply();
      assembler.addNumber(R11, 2 * WORD_BYTES);
    });
  }
  addSets(assembler, sets, tile);
  if (alpha !== 1) setVector(assembler, number, alpha);
  for (let row = 0; row < rows; row++)
    for (let v = 0; v < vectors; v++) {
      const register = row * vectors + v;
      const to = at(RCX, (row * c.row + v * LANES) * NUMBER_BYTES);
      const partial = v === vectors - 1 && columns % LANES !== 0;
      if (alpha !== 1 && accumulate) assembler.vector(vector.fma213, register, number, to);
      else if (alpha !== 1) assembler.vector(vector.mul, register, register, number);
      else if (accumulate) assembler.vector(vector.add, register, register, to);
      assembler.store(to, register, partial ? { mask: TAIL_MASK } : {});
    }
}
