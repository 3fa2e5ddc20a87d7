/** @file A place in machine code, that of a subroutine for instance. */
import { Subroutine } from './kernel-assembler.ts';

export class Label extends Subroutine {
  protected readonly kind = 'subroutine';
  /** Byte, once placed. */
  place = -1;
  /** Where jumps to it stand that came before. */
  readonly waiting: number[] = [];
}
