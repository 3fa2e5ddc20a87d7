/** @file Sums in registers, several sets of them: each takes its turn, so that a few sums do not wait for their own last addition. */
import { type KernelAssembler, vector } from '../assembler/kernel-assembler.ts';
import { LATENCY, target } from './loops.ts';

/** How many sets there are for so many sums, `operands` registers beside them and one more, and so many steps. */
export function setsOf(sums: number, operands: number, steps: number): number {
  const wanted = Math.ceil((2 * LATENCY) / sums);
  // Several steps are written one after the other for them.
  const room = target.loadsFirst ? 1 : Math.floor((target.registers - 1 - operands) / sums);
  return Math.max(1, Math.min(wanted, room, steps, LATENCY));
}

/** Whether there are registers for so many sums and operands, and for `passing` others that are needed one after the other. */
export const hasRoom = (sums: number, operands: number, passing: number): boolean =>
  sums + operands + (target.loadsFirst ? passing : 1) <= target.registers;

/** Adds all sets to the first. Registers from 0 on hold them one after the other. */
export function addSets(assembler: KernelAssembler, sets: number, sums: number): void {
  for (let set = 1; set < sets; set++)
    for (let i = 0; i < sums; i++) assembler.vector(vector.add, i, i, set * sums + i);
}
