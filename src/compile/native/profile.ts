/** @file The clocks of machine code: cycles of the processor's clock by kind of step. */
import { at, type Memory, RAX, RBX } from '../emit/assembler/kernel-assembler.ts';
import type { X86Assembler } from '../emit/assembler/x86-assembler.ts';
import { kindOf } from '../program/profile.ts';
import { Executable, functionOf } from './machine.ts';

/** There are fewer. */
const MOST_KINDS = 24;
/** Numbers of memory that the clocks of a program take: 64 bits each. */
export const CLOCK_NUMBERS = 2 * MOST_KINDS;
const CLOCK_BYTES = 8;

/** The clocks of one program, while it is written. */
export class Clocks {
  readonly kinds: string[] = [];
  readonly #from: number;

  /** @param from the byte of the memory at which they start, a multiple of 8 */
  constructor(from: number) {
    this.#from = from;
  }

  #of(name: string): Memory {
    const kind = kindOf(name);
    let i = this.kinds.indexOf(kind);
    if (i < 0) i = this.kinds.push(kind) - 1;
    if (i >= MOST_KINDS) throw new Error('more kinds of steps than there is room for');
    return at(RBX, this.#from + CLOCK_BYTES * i);
  }

  /** Writes a step between two looks at the clock. */
  around(assembler: X86Assembler, name: string, step: () => void): void {
    const clock = this.#of(name);
    assembler.cycles();
    assembler.subFrom(clock, RAX);
    step();
    assembler.cycles();
    assembler.addTo(clock, RAX);
  }
}

let clock: Executable | undefined;

/** The processor's clock, in cycles that may be others than those it computes in. */
export function cyclesNow(): number {
  clock ??= new Executable(functionOf((assembler) => assembler.cycles()));
  return Number(clock.call(0n));
}
