/** @file The clocks of a program of WebAssembly, which tells of every step when it is done. */
import { kindOf } from '../program/profile.ts';

/** What a thread needs to keep them (thread.js does the same). */
export interface StepClocks {
  /** The kind of each step, as its place in `ticks`. */
  of: readonly number[];
  /** Nanoseconds by kind, in memory that threads share. */
  ticks: Float64Array;
}

/** The kinds of steps of these names, and the kind of each. */
export function kindsOf(steps: readonly string[]): { kinds: string[]; of: number[] } {
  const kinds = [...new Set(steps.map(kindOf))];
  return { kinds, of: steps.map((name) => kinds.indexOf(kindOf(name))) };
}

/** Nanoseconds, as `performance.now` counts them. */
export const nanosecondsNow = (): number => 1e6 * performance.now();

/** @returns what to call before the steps, and after each of them */
export function timer({ of, ticks }: StepClocks): { start(): void; step(index: number): void } {
  let last = 0;
  return {
    start() {
      last = nanosecondsNow();
    },
    step(index) {
      const now = nanosecondsNow();
      ticks[of[index]] += now - last;
      last = now;
    },
  };
}
