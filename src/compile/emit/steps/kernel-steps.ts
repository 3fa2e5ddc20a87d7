/** @file Steps that call a subroutine with the addresses of tensors. */

import type { Place } from '../../layout/places.ts';
import { at, type KernelAssembler, R8, RBX, RCX, RDX, RSI } from '../assembler/kernel-assembler.ts';
import { NUMBER_BYTES } from '../loops/loops.ts';
import type { Step } from './step.ts';

/** Where a place begins. */
export const addressOf = ({ buffer, offset }: Place) => at(RBX, (buffer.offset + offset) * NUMBER_BYTES);

/** Written once for all steps that have its key. */
export interface Kernel {
  key: string;
  emit(assembler: KernelAssembler): void;
}

/**
 * A call with one operand at RSI or two at RSI and RDX, the result at RCX, and scratch memory at R8 if there is any.
 * @param accumulate whether the result is added to what `to` holds
 */
export function kernelStep(
  name: string,
  operands: readonly [Place] | readonly [Place, Place],
  to: Place,
  { key, emit }: Kernel,
  { accumulate = false, scratch }: { accumulate?: boolean; scratch?: Place } = {},
): Step {
  const registers = [RSI, RDX];
  return {
    name,
    reads: [...operands, ...(accumulate ? [to] : [])].map(({ buffer }) => buffer),
    writes: [to, ...(scratch ? [scratch] : [])].map(({ buffer }) => buffer),
    emit({ assembler, subroutine }) {
      const label = subroutine(key, emit);
      for (const [i, operand] of operands.entries()) assembler.address(registers[i], addressOf(operand));
      assembler.address(RCX, addressOf(to));
      if (scratch) assembler.address(R8, addressOf(scratch));
      assembler.call(label);
    },
  };
}
