/** @file Vectors of pixels: sixteen of a row, or those of several short rows together. */
import { at, type KernelAssembler, type Memory } from '../assembler/kernel-assembler.ts';
import { LANES, NUMBER_BYTES, setMask } from '../loops/loops.ts';

const MOST_ROWS = 4;

/** How many short rows share a vector, one after the other, as they lie in a contiguous image. */
export const packedRows = (width: number): number =>
  Math.min(MOST_ROWS, Math.max(1, Math.floor(LANES / width)));

/** Masks 2 to 4: one for each row of a vector but the first. */
const FIRST_ROW_MASK = 2;

/** Masks of the rows that share a vector. Uses RAX. */
export function setRowMasks(assembler: KernelAssembler, width: number): void {
  for (let q = 1; q < packedRows(width); q++)
    setMask(assembler, FIRST_ROW_MASK + q - 1, ((1 << width) - 1) << (q * width));
}

/**
 * A vector of the pixels of some rows, `width` each.
 *
 * @param from the first of them
 * @param stride numbers from one row to the next
 */
export function loadPixels(
  assembler: KernelAssembler,
  to: number,
  from: Memory,
  { rows, width, stride }: { rows: number; width: number; stride: number },
): void {
  assembler.load(to, from);
  if (stride === width) return;
  for (let q = 1; q < rows; q++)
    assembler.load(to, at(from.base, from.offset + q * (stride - width) * NUMBER_BYTES), {
      mask: FIRST_ROW_MASK + q - 1,
    });
}
