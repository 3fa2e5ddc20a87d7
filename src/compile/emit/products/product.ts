/** @file A matrix product as a step asks for it: shape, strides, batch. */

import { NUMBER_BYTES, WORD_BYTES } from '../loops/loops.ts';

/** result = alpha * a b, for every index of the batch. */
export interface Product {
  rows: number;
  inner: number;
  columns: number;
  /** Strides in numbers, any, also 0 or negative. */
  a: { row: number; inner: number };
  /** One of them is 1 (see `isProductSupported`), the other any. */
  b: { inner: number; column: number };
  /** Columns of the result are beside each other. */
  c: { row: number };
  /** Products one after the other, outermost first: how far each operand moves, in numbers. */
  batch: readonly { length: number; a: number; b: number; c: number }[];
  /** Factor of the result. */
  alpha: number;
  /** Whether it is added to what the result holds. */
  accumulate?: boolean;
  /**
   * Pairs of operands whose products are added up, all of these strides; default: one. Several want no batch, columns of b and rows of a
   * of which there is more than one, the former beside each other.
   */
  parts?: number;
}

/** Numbers that the addresses of all factors of so many parts take, in whole lines. */
export const tableNumbers = (parts: number): number =>
  Math.ceil((2 * parts * WORD_BYTES) / LINE_BYTES) * (LINE_BYTES / NUMBER_BYTES);

const LINE_BYTES = 64;
