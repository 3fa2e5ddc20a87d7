/** @file The last two axes of a tensor exchanged, in blocks that stay in registers. */
import { at, type KernelAssembler, RCX, RSI } from '../assembler/kernel-assembler.ts';
import { moving, NUMBER_BYTES, setLanes, splitEvenly, splitVectors, walk } from './loops.ts';

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
export function emitTranspose(assembler: KernelAssembler, transpose: Transpose): void {
  const { rows, columns, from, to } = transpose;
  const matrix = () =>
    walk(assembler, splitVectors(rows, 1), moving([RSI, from.row], [RCX, 1]), (height) => {
      const options = setLanes(assembler, ROWS_MASK, height);
      walk(assembler, splitVectors(columns, 1), moving([RSI, 1], [RCX, to.row]), (width) =>
        assembler.transposeBlock(
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
}
