/**
 * @file Products whose result is too large for the caches of a core, of few inner indices: all of b is copied to where panels lie one after the
 * other, and the rows of a that a tile wants to where they lie together. Tile after tile then goes along the rows of the result, so that
 * what is written lies together too: rows that lie apart by a multiple of 4096 bytes push each other out of the caches.
 */
import {
  at,
  type KernelAssembler,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  RCX,
  RDX,
  RSI,
} from '../assembler/kernel-assembler.ts';
import { advance, countDown, LANES, moving, NUMBER_BYTES, setLanes, splitEvenly, splitVectors, target, unrolled, WORD_BYTES, walk } from '../loops/loops.ts'; // biome-ignore format: one import
import { type Product, tableNumbers } from './product.ts';
import { best, emitTile, TAIL_MASK, type Tile } from './row-tiles.ts';

/** Numbers of a result, from which on it does not stay in the second cache beside all else. */
const LARGE = 2 ** 17;
/**
 * The same where a vector is a small part of a line of the cache: the lines of a panel of b, which lie rows apart, are then used in part, and
 * push each other out of the first cache. By measurement on WebAssembly.
 */
const SCATTERED = 2 ** 13;
/** Numbers of half a line of the cache. */
const HALF_LINE = 8;
/** Numbers of b that stay in the second cache beside all else. */
const BLOCK = 2 ** 17;
/** Vectors in registers while they are copied. */
const COPIED_AT_ONCE = 8;

/** Rows from which on copies of b are used often enough. */
const MANY = 64;

/** Whether the product is best computed so, and can be: rows of a beside each other, and columns of b. */
export const isPacked = ({ rows, columns, a, b }: Product): boolean =>
  a.row === 1 &&
  b.column === 1 &&
  rows >= MANY &&
  rows * columns >= (target.lanes < HALF_LINE ? SCATTERED : LARGE);

/** Where copies lie in the scratch memory. */
interface Packed {
  /** All parts as one, of operands that have been copied. */
  product: Product;
  tile: Tile;
  /** Numbers from one inner index of the rows of a tile to the next. */
  pitch: number;
  /** Vectors of columns whose panels are copied at a time. */
  block: number;
}

function packed(given: Product): Packed {
  const depth = given.inner * (given.parts ?? 1);
  const product = {
    ...given,
    inner: depth,
    parts: 1,
    a: { row: 1, inner: LANES },
    b: { inner: LANES, column: 1 },
  };
  const { tile } = best(product);
  const pitch = Math.ceil(tile.rows / LANES) * LANES;
  const panel = depth * tile.vectors * LANES;
  const block = Math.max(1, Math.floor(BLOCK / panel)) * tile.vectors;
  return { product: { ...product, a: { row: 1, inner: pitch } }, tile, pitch, block };
}

/** Numbers of scratch memory. */
export function packedScratch(given: Product): number {
  const { product, pitch, block } = packed(given);
  return product.inner * (pitch + LANES * Math.min(block, Math.ceil(product.columns / LANES)));
}

/** All of one product; no return. Of several parts the scratch memory follows the addresses of their factors. */
export function emitPacked(assembler: KernelAssembler, given: Product): void {
  const { inner, parts = 1 } = given;
  const { product, tile, pitch, block } = packed(given);
  const { rows, columns, c, inner: depth } = product;
  const ofA = at(R8, (parts > 1 ? tableNumbers(parts) : 0) * NUMBER_BYTES);
  const ofB = at(R8, ofA.offset + depth * pitch * NUMBER_BYTES);
  /** Copies so many numbers of every inner index of one factor of all parts to R10. */
  const copy = (side: 'a' | 'b', moved: number, stride: number, numbers: number, to: number): void => {
    const vectors = Math.ceil(numbers / LANES);
    const one = () => {
      const left = unrolled(assembler, inner, Math.max(1, Math.floor(COPIED_AT_ONCE / vectors)), moving([R9, stride], [R10, to]), (step) => {
        for (let v = 0; v < vectors; v++) {
          const register = (step * vectors + v) % COPIED_AT_ONCE;
          assembler.load(register, at(R9, (step * stride + v * LANES) * NUMBER_BYTES));
          assembler.store(at(R10, (step * to + v * LANES) * NUMBER_BYTES), register);
        }
      }); // biome-ignore format: one thought
      if (parts > 1) advance(assembler, [[R10, to]], left);
    };
    if (parts === 1) {
      assembler.copy(R9, moved);
      one();
      return;
    }
    assembler.copy(R11, R8);
    countDown(assembler, R12, parts, () => {
      assembler.loadWord(R9, at(R11, side === 'a' ? 0 : WORD_BYTES));
      assembler.address(R9, at(R9, 0, moved));
      one();
      assembler.addNumber(R11, 2 * WORD_BYTES);
    });
  };
  walk(assembler, splitVectors(columns, block), moving([RDX, 1], [RCX, 1]), (size) => {
    const panels = splitVectors(size, tile.vectors);
    assembler.address(R13, ofB);
    walk(assembler, panels, moving([RDX, 1], [R13, depth]), (width) => {
      assembler.copy(R10, R13);
      copy('b', RDX, given.b.inner, width, whole(width));
    });
    walk(assembler, splitEvenly(rows, tile.rows), moving([RSI, 1], [RCX, c.row]), (height) => {
      assembler.address(R10, ofA);
      copy('a', RSI, given.a.inner, height, pitch);
      assembler.address(R12, ofA);
      assembler.address(R13, ofB);
      walk(assembler, panels, moving([RCX, 1], [R13, depth]), (width) => {
        setLanes(assembler, TAIL_MASK, width % LANES);
        emitTile(assembler, product, height, width, { base: R13, inner: whole(width) }, R12);
      });
    });
  });
}

const whole = (numbers: number) => Math.ceil(numbers / LANES) * LANES;
