/** @file The last two axes of a tensor exchanged, in blocks that stay in registers. */
import {
  type Assembler,
  at,
  type Memory,
  RCX,
  RSI,
  type VectorOptions,
  vector,
  withByte,
} from '../assembler/assembler.ts';
import { LANES, moving, NUMBER_BYTES, setLanes, splitEvenly, splitVectors, walk } from './loops.ts';

/** result[column, row] = source[row, column]. */
export interface Transpose {
  /** Of the source, whose columns are beside each other; so are the rows of the source in the result. */
  rows: number;
  columns: number;
  /** Numbers from one row of the source to the next. */
  from: { row: number };
  /** Numbers from one row of the result, a column of the source, to the next. */
  to: { row: number };
  /** Matrices one after the other, outermost first: how far source and result move, in numbers. */
  batch: readonly { length: number; from: number; to: number }[];
}

const ROWS_MASK = 1;

/** A subroutine: RSI source, RCX result. It reads up to 60 bytes past a row of the source. */
export function emitTranspose(assembler: Assembler, transpose: Transpose): void {
  const { rows, columns, from, to } = transpose;
  const matrix = () =>
    walk(assembler, splitVectors(rows, 1), moving([RSI, from.row], [RCX, 1]), (height) => {
      const options = setLanes(assembler, ROWS_MASK, height);
      walk(assembler, splitVectors(columns, 1), moving([RSI, 1], [RCX, to.row]), (width) =>
        emitBlock(
          assembler,
          { length: height, place: (row) => at(RSI, row * from.row * NUMBER_BYTES) },
          { length: width, place: (column) => at(RCX, column * to.row * NUMBER_BYTES), options },
        ),
      );
    });
  const level = (depth: number): void => {
    const loop = transpose.batch[depth];
    if (!loop) matrix();
    else
      walk(assembler, splitEvenly(loop.length, 1), moving([RSI, loop.from], [RCX, loop.to]), () =>
        level(depth + 1),
      );
  };
  level(0);
  assembler.return();
}

/**
 * As many numbers either way as a vector has, or fewer: vectors of the source become the first entries, second entries, ... of those vectors.
 *
 * @param from vectors of the source
 * @param to vectors of the result, and how they are written
 */
export function emitBlock(assembler: Assembler, from: Side, to: Side): void {
  if (LANES === 4) emitSmallBlock(assembler, from, to);
  else if (LANES === 8) emitMiddleBlock(assembler, from, to);
  else emitLargeBlock(assembler, from, to);
}

type Side = { length: number; place: (vector: number) => Memory; options?: VectorOptions };

/** 4 x 4. */
function emitSmallBlock(assembler: Assembler, from: Side, to: Side): void {
  for (let i = 0; i < from.length; i++) assembler.load(i, from.place(i));
  for (const i of [0, 2]) {
    assembler.vector(vector.unpackLow, 4 + i, i, i + 1);
    assembler.vector(vector.unpackHigh, 5 + i, i, i + 1);
  }
  for (let column = 0; column < to.length; column++) {
    const half = column < 2 ? 4 : 5;
    assembler.withByte(withByte.shuffle, 8 + column, half, half + 2, column % 2 ? 0xee : 0x44);
    assembler.store(to.place(column), 8 + column, to.options);
  }
}

/** 8 x 8: a register takes halves of two rows of the source, 4 apart, so that all else stays within halves. */
function emitMiddleBlock(assembler: Assembler, from: Side, to: Side): void {
  for (const half of [0, 4]) {
    if (half >= to.length) return;
    for (let i = 0; i < 4; i++) {
      const part = (row: number) => {
        const place = from.place(row);
        return { ...place, offset: place.offset + half * NUMBER_BYTES };
      };
      if (i < from.length) assembler.loadHalf(i, part(i), 0);
      if (i + 4 < from.length) assembler.loadHalf(i, part(i + 4), 1);
    }
    for (const i of [0, 2]) {
      assembler.vector(vector.unpackLow, 4 + i, i, i + 1);
      assembler.vector(vector.unpackHigh, 5 + i, i, i + 1);
    }
    for (let i = 0; i < 4 && half + i < to.length; i++) {
      const pair = i < 2 ? 4 : 5;
      assembler.withByte(withByte.shuffle, 8 + i, pair, pair + 2, i % 2 ? 0xee : 0x44);
      assembler.store(to.place(half + i), 8 + i, to.options);
    }
  }
}

/** 16 x 16. */
function emitLargeBlock(assembler: Assembler, from: Side, to: Side): void {
  const upper = (i: number) => LANES + i;
  for (let i = 0; i < from.length; i++) assembler.load(i, from.place(i));
  // Within 128 bits: pairs of rows, then fours of rows; each vector then holds columns 4 apart.
  for (let i = 0; i < from.length; i += 2) {
    assembler.vector(vector.unpackLow, upper(i), i, i + 1);
    assembler.vector(vector.unpackHigh, upper(i + 1), i, i + 1);
  }
  for (let i = 0; i < from.length; i += 4) {
    for (let half = 0; half < 2; half++) {
      assembler.withByte(withByte.shuffle, i + 2 * half, upper(i + half), upper(i + half + 2), 0x44);
      assembler.withByte(withByte.shuffle, i + 2 * half + 1, upper(i + half), upper(i + half + 2), 0xee);
    }
  }
  // Then the blocks of 128 bits themselves: vector 4 r + c holds in block q the rows 4 r ... of column 4 q + c.
  for (let c = 0; c < 4; c++) {
    for (const low of [0, 2]) {
      const i = 4 * low + c;
      assembler.withByte(withByte.shuffleBlocks, upper(4 * c + low), i, i + 4, 0x88);
      assembler.withByte(withByte.shuffleBlocks, upper(4 * c + low + 1), i, i + 4, 0xdd);
    }
    for (let q = 0; q < 4; q++) {
      const column = 4 * q + c;
      if (column >= to.length) continue;
      // q even: of the first vectors (blocks 0 and 2), odd: of the second (1 and 3).
      const first = upper(4 * c + (q & 1));
      assembler.withByte(withByte.shuffleBlocks, column, first, first + 2, q < 2 ? 0x88 : 0xdd);
    }
    for (let q = 0; q < 4; q++) {
      const column = 4 * q + c;
      if (column < to.length) assembler.store(to.place(column), column, to.options);
    }
  }
}
