/** @file What operations on vectors are written with: operands, registers that they may use, and parts that several share. */
import { type KernelAssembler, type Memory, type Numbers, vector } from '../assembler/kernel-assembler.ts';

export type Constants = Numbers;

/** A vector register, or numbers in memory: as many as a vector has, or one for all. */
export type Operand = number | { memory: Memory; broadcast: boolean };

/** The first of five registers that operations may use for themselves. */
export const TEMPORARY = 24;
export const [T0, T1, T2, T3, T4] = [24, 25, 26, 27, 28];
/** Holds an operand that comes from memory but has to be in a register; of operations of one operand the second is free. */
export const LOADED = [30, 31] as const;
/** For comparisons; 1 is that of the loop. */
export const MASK = 2;

export interface Emission {
  a: KernelAssembler;
  constants: Constants;
  /** May be the register of an operand. */
  to: number;
  inputs: readonly Operand[];
}

export type Emitter = (emission: Emission) => void;

export const all = { broadcast: true };
/** Bits of a number: its sign, and all others. */
export const [SIGN, MAGNITUDE] = [0x80000000, 0x7fffffff];

/** The operand in a register. */
export function inRegister(a: KernelAssembler, operand: Operand, which: 0 | 1 = 0): number {
  if (typeof operand === 'number') return operand;
  if (operand.broadcast) a.broadcast(LOADED[which], operand.memory);
  else a.load(LOADED[which], operand.memory);
  return LOADED[which];
}

/** As the second source of an instruction. */
export const source = (operand: Operand): [number | Memory, { broadcast?: boolean }] =>
  typeof operand === 'number' ? [operand, {}] : [operand.memory, { broadcast: operand.broadcast }];

/** One number for all. */
export function setNumber(a: KernelAssembler, constants: Constants, to: number, value: number): void {
  if (value === 0) a.clear(to);
  else a.broadcast(to, constants.number(value));
}

/** x, which is not `to`, or the nearest of the bounds; what is no number stays. Uses T1. */
export function clamp(
  a: KernelAssembler,
  constants: Constants,
  to: number,
  x: number,
  [low, high]: readonly [number, number],
): void {
  a.broadcast(to, constants.number(high));
  a.vector(vector.min, to, to, x);
  a.broadcast(T1, constants.number(low));
  a.vector(vector.max, to, T1, to);
}

/** c0 + x (c1 + x (c2 + ...)) into `to`, which is not x. */
export function polynomial(
  a: KernelAssembler,
  constants: Constants,
  to: number,
  x: number,
  coefficients: readonly number[],
): void {
  a.broadcast(to, constants.number(coefficients.at(-1)!));
  for (const c of coefficients.slice(0, -1).reverse())
    a.vector(vector.fma213, to, x, constants.number(c), all);
}
