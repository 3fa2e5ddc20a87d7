/** @file Sums in registers, several sets of them: each takes its turn, so that a few sums do not wait for their own last addition. */
import { type Assembler, vector } from './assembler.ts';
import { LATENCY, REGISTERS } from './loops.ts';

/** How many sets there are for so many sums, `operands` registers beside them and one more, and so many steps. */
export function setsOf(sums: number, operands: number, steps: number): number {
  const wanted = Math.ceil((2 * LATENCY) / sums);
  const room = Math.floor((REGISTERS - 1 - operands) / sums);
  return Math.max(1, Math.min(wanted, room, steps, LATENCY));
}

/** Adds all sets to the first. Registers from 0 on hold them one after the other. */
export function addSets(assembler: Assembler, sets: number, sums: number): void {
  for (let set = 1; set < sets; set++)
    for (let i = 0; i < sums; i++) assembler.vector(vector.add, i, i, set * sums + i);
}
