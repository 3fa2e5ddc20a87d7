/** @file Arithmetic of shapes. */

/** Numbers in one tensor, at most: 1 GiB of float32. */
export const LARGEST = 2 ** 28;

/** Number of entries of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}
