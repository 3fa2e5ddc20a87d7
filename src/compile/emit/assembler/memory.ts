/** @file Operands in memory. */

/** An address: base + index + offset, in bytes. Of constants (`Numbers`) a target makes what it likes: they are only handed back to it. */
export interface Memory {
  base: number;
  index?: number;
  offset: number;
  /** Of a passage that may be written again (`KernelAssembler.repeated`): of which operand it is, or that it stays. */
  operand?: number | 'constant';
}

export const at = (base: number, offset = 0, index?: number): Memory => ({ base, index, offset });
