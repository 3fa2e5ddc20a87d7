/** @file Where programs spend their time, by kind of step, summed over all threads. */

/**
 * Ticks of the clocks of one program in one thread, by kind of step: cycles of machine code, nanoseconds of WebAssembly. Written by the
 * thread that runs it.
 */
export type Ticks = BigInt64Array | Float64Array;

/** Kinds of steps are the first words of their names. */
export const kindOf = (name: string): string => name.split(' ')[0];

/** What is measured: give it to an engine (`compiledEngine({ profile })`), run its programs, ask. */
export class Profile {
  /** Whether a program of the engine, or a part of one, has no such clocks, so that its steps are not counted. */
  missed = false;
  readonly #clocks = new Set<{ kinds: readonly string[]; ticks: Ticks }>();

  /**
   * The clocks of a program in one thread.
   * @returns what must be called before their memory is freed
   */
  add(kinds: readonly string[], ticks: Ticks): () => void {
    const clocks = { kinds, ticks };
    this.#clocks.add(clocks);
    return () => this.#clocks.delete(clocks);
  }

  /** Ticks since the last call, by kind, of programs that have not been freed. */
  take(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { kinds, ticks } of this.#clocks) {
      for (const [i, kind] of kinds.entries()) sums[kind] = (sums[kind] ?? 0) + Number(ticks[i]);
      ticks instanceof Float64Array ? ticks.fill(0) : ticks.fill(0n);
    }
    return sums;
  }
}
