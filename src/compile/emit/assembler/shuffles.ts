/** @file Blocks transposed, and sums within vectors, from what the targets have of shuffles: `KernelAssembler` promises only the whole. */
import { type BlockSide, type KernelAssembler, type Memory, vector } from './kernel-assembler.ts';

/** Of two vectors one, of their lower or their upper parts. */
export type Join = (to: number, first: number, second: number, half: 0 | 1) => void;

/** What all targets have, within every 128 bits. */
export interface Shuffles extends KernelAssembler {
  /** Numbers of the two in turn. */
  interleave: Join;
  /** Two numbers of the first, then two of the second. */
  joinPairs: Join;
}

const SPARE = 31;

/** `addWithin`. @param joins for entries 1, 2, 4, ... apart: what brings to one side the entries that are to be added */
export function addByJoins(a: KernelAssembler, start: number, count: number, joins: readonly Join[]): void {
  for (const [i, join] of joins.entries()) {
    const distance = 2 ** i;
    for (let k = 0; k < count; k += 2 * distance) {
      const x = start + k;
      // A missing partner is the vector itself.
      const y = k + distance < count ? x + distance : x;
      join(SPARE, x, y, 0);
      join(x, x, y, 1);
      a.vector(vector.add, x, x, SPARE);
    }
  }
}

/** `transposeBlock` for vectors of 4. */
export function transposeFour(a: Shuffles, from: BlockSide, to: BlockSide): void {
  for (let i = 0; i < from.length; i++) a.load(i, from.place(i));
  storeFour(a, to, 0);
}

/** Registers 0 to 3 transposed within every 128 bits, and stored from vector `first` on. */
function storeFour(a: Shuffles, to: BlockSide, first: number): void {
  for (const i of [0, 2]) for (const half of [0, 1] as const) a.interleave(4 + i + half, i, i + 1, half);
  for (let i = 0; i < 4 && first + i < to.length; i++) {
    const pair = i < 2 ? 4 : 5;
    a.joinPairs(8 + i, pair, pair + 2, i % 2 ? 1 : 0);
    a.store(to.place(first + i), 8 + i, to.options);
  }
}

/** Vectors of 8, whose halves can be loaded by themselves. */
interface Halves extends Shuffles {
  loadHalf(to: number, from: Memory, half: 0 | 1): void;
}
const HALF_BYTES = 16;

/** For vectors of 8: a register takes halves of two rows of the source, 4 apart, so that all else stays within halves. */
export function transposeEight(a: Halves, from: BlockSide, to: BlockSide): void {
  for (const half of [0, 1]) {
    if (4 * half >= to.length) return;
    const part = (row: number) => {
      const place = from.place(row);
      return { ...place, offset: place.offset + half * HALF_BYTES };
    };
    for (let i = 0; i < 4; i++) {
      if (i < from.length) a.loadHalf(i, part(i), 0);
      if (i + 4 < from.length) a.loadHalf(i, part(i + 4), 1);
    }
    storeFour(a, to, 4 * half);
  }
}

/** Vectors of 16, whose blocks of 128 bits can be chosen. */
interface Blocks extends Shuffles {
  /** Of either the blocks 0 and 2, or 1 and 3. */
  joinBlocks: Join;
}

/** For vectors of 16. */
export function transposeSixteen(a: Blocks, from: BlockSide, to: BlockSide): void {
  const upper = (i: number) => 16 + i;
  for (let i = 0; i < from.length; i++) a.load(i, from.place(i));
  // Within 128 bits: pairs of rows, then fours of rows; each vector then holds columns 4 apart.
  for (let i = 0; i < from.length; i += 2)
    for (const half of [0, 1] as const) a.interleave(upper(i + half), i, i + 1, half);
  for (let i = 0; i < from.length; i += 4)
    for (const half of [0, 1])
      for (const pair of [0, 1] as const)
        a.joinPairs(i + 2 * half + pair, upper(i + half), upper(i + half + 2), pair);
  // Then the blocks of 128 bits themselves: vector 4 r + c holds in block q the rows 4 r ... of column 4 q + c.
  for (let c = 0; c < 4; c++) {
    for (const low of [0, 2]) {
      const i = 4 * low + c;
      for (const odd of [0, 1] as const) a.joinBlocks(upper(4 * c + low + odd), i, i + 4, odd);
    }
    for (let q = 0; q < 4; q++) {
      const column = 4 * q + c;
      if (column >= to.length) continue;
      // q even: of the first vectors (blocks 0 and 2), odd: of the second (1 and 3).
      const first = upper(4 * c + (q & 1));
      a.joinBlocks(column, first, first + 2, q < 2 ? 0 : 1);
    }
    for (let q = 0; q < 4; q++) {
      const column = 4 * q + c;
      if (column < to.length) a.store(to.place(column), column, to.options);
    }
  }
}
