/** @file The steps of a native program, before they are machine code. */

import type { Buffer } from '../../layout/places.ts';
import type { KernelAssembler, Subroutine } from '../assembler/kernel-assembler.ts';
import type { Constants } from '../entrywise/entrywise.ts';

export interface Writing {
  assembler: KernelAssembler;
  constants: Constants;
  /** A subroutine that is written once for all steps that ask for it by the same key. */
  subroutine(key: string, emit: (assembler: KernelAssembler) => void): Subroutine;
}

export interface Step {
  /** What it is, for people. */
  name: string;
  reads: readonly Buffer[];
  writes: readonly Buffer[];
  emit(writing: Writing): void;
}
