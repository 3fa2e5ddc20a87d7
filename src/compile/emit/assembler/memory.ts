/** @file Operands in memory. */

/** An address: base + index + offset, in bytes. Of constants (`Numbers`) a target makes what it likes: they are only handed back to it. */
export interface Memory {
  base: number;
  index?: number;
  offset: number;
}

export const at = (base: number, offset = 0, index?: number): Memory => ({ base, index, offset });
