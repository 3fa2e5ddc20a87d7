/** @file Arithmetic of shapes. */

/** Number of entries of a shape. */
export const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
