/** @file Where machine code spends its time: cycles of the processor's clock by kind of step, summed over all threads. */
import type { Assembler, Memory } from '../emit/assembler/assembler.ts';
import { at, RAX, RBX } from '../emit/assembler/assembler.ts';
import { Executable, functionOf } from './machine.ts';

/** Kinds of steps are the first words of their names. There are fewer. */
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
    const [kind] = name.split(' ');
    let i = this.kinds.indexOf(kind);
    if (i < 0) i = this.kinds.push(kind) - 1;
    if (i >= MOST_KINDS) throw new Error('more kinds of steps than there is room for');
    return at(RBX, this.#from + CLOCK_BYTES * i);
  }

  /** Writes a step between two looks at the clock. */
  around(assembler: Assembler, name: string, step: () => void): void {
    const clock = this.#of(name);
    assembler.cycles();
    assembler.subFrom(clock, RAX);
    step();
    assembler.cycles();
    assembler.addTo(clock, RAX);
  }
}

/** What is measured: give it to an engine (`compiledEngine({ profile })`), run its programs, ask. */
export class Profile {
  /** Whether a program of the engine, or a part of one, is not machine code, so that its steps are not counted. */
  missed = false;
  readonly #clocks = new Set<{ kinds: readonly string[]; values: BigInt64Array }>();

  /**
   * The clocks of a program in the memory of one thread.
   * @returns what must be called before that memory is freed
   */
  add(kinds: readonly string[], memory: ArrayBufferLike, from: number): () => void {
    const clocks = { kinds, values: new BigInt64Array(memory, from, kinds.length) };
    this.#clocks.add(clocks);
    return () => this.#clocks.delete(clocks);
  }

  /** Cycles since the last call, by kind, of programs that have not been freed. */
  take(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { kinds, values } of this.#clocks) {
      for (const [i, kind] of kinds.entries()) sums[kind] = (sums[kind] ?? 0) + Number(values[i]);
      values.fill(0n);
    }
    return sums;
  }
}

let clock: Executable | undefined;

/** The processor's clock, in cycles that may be others than those it computes in. */
export function cyclesNow(): number {
  clock ??= new Executable(functionOf((assembler) => assembler.cycles()));
  return Number(clock.call(0n));
}
