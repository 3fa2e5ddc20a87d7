/** @file Operations on numbers of float64, of which a vector has half as many: what functions of angles are written with (entrywise/angles.ts). */
import type { Memory } from './memory.ts';

export type DoubleOperation = 'add' | 'sub' | 'mul' | 'div';

export interface DoubleOperations {
  /** The lower or the upper half of the numbers of a vector, as float64. */
  widen(to: number, from: number, half: 0 | 1): void;
  /** Both halves as float32 again; their registers are used. */
  narrow(to: number, low: number, high: number): void;
  /** @param second a register, or one number of memory for all (`Numbers.wide`) */
  double(op: DoubleOperation, to: number, first: number, second: number | Memory): void;
  doubleRoot(to: number, from: number): void;
  /** To the nearest integer, the even one of two. */
  doubleRound(to: number, from: number): void;
  /** One number of memory for all (`Numbers.wide`). */
  doubleFrom(to: number, from: Memory): void;
}
