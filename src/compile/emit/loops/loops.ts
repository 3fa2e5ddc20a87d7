/** @file Loops of machine code whose counts are known when it is written, and what their bodies need: masks, numbers, registers. */
import { type KernelAssembler, RAX, type VectorOptions } from '../assembler/kernel-assembler.ts';
import { LANES, target, WORD_BYTES } from '../assembler/target.ts';

export { LANES, target, WORD_BYTES };
export const NUMBER_BYTES = 4;
/** Names of vector registers; `target.registers` says how many of them there are. */
export const REGISTERS = 32;
/** Cycles from a multiplication and addition to the next that needs its result; two are begun in each. */
export const LATENCY = 4;

/** A register that moves by so many numbers. */
export type Pointer = readonly [register: number, stride: number];

/** Some of them: a call, which the formatter leaves on one line. */
export const moving = (...pointers: Pointer[]): readonly Pointer[] => pointers;

/** `count` pieces of `size` one after the other. */
export interface Pieces {
  size: number;
  count: number;
}

/** Runs the body `count` times, at least once; the counter must be as it was when the body ends. */
export function countDown(
  assembler: KernelAssembler,
  counter: number,
  count: number,
  body: () => void,
): void {
  assembler.loop(counter, count, body);
}

/**
 * Runs the body `count` times; it leaves the registers that it needs again as they are to be next time. The counter is RAX, which
 * waits on the stack around the body: loops nest, and the body may use RAX.
 */
export function repeat(assembler: KernelAssembler, count: number, body: () => void): void {
  if (count <= 0) return;
  if (count === 1) {
    body();
    return;
  }
  countDown(assembler, RAX, count, () => {
    assembler.push(RAX);
    body();
    assembler.pop(RAX);
  });
}

/**
 * The body for every step, `unroll` of them in one run of a loop. It must leave RAX alone, which counts; the pointers move with every
 * run and stay where they end.
 * @param body `step` counts from where the pointers are
 * @returns what the next step would be
 */
export function unrolled(
  assembler: KernelAssembler,
  steps: number,
  unroll: number,
  pointers: readonly Pointer[],
  body: (step: number) => void,
): number {
  const together = target.loadsFirst ? 1 : unroll;
  const runs = Math.floor(steps / together);
  let rest = steps;
  if (runs > 1) {
    countDown(assembler, RAX, runs, () => {
      for (let step = 0; step < together; step++) body(step);
      advance(assembler, pointers, together);
    });
    rest -= runs * together;
  }
  for (let step = 0; step < rest; step++) body(step);
  return rest;
}

/** Moves pointers, each by its stride times `length`, in numbers. */
export function advance(assembler: KernelAssembler, pointers: readonly Pointer[], length: number): void {
  for (const [register, stride] of pointers)
    if (stride * length !== 0) assembler.addNumber(register, stride * length * NUMBER_BYTES);
}

/** Runs the body for every piece, the pointers at its start; afterwards they are where they were. */
export function walk(
  assembler: KernelAssembler,
  pieces: readonly Pieces[],
  pointers: readonly Pointer[],
  body: (size: number) => void,
): void {
  let passed = 0;
  pieces.forEach(({ size, count }, i) => {
    const only = count === 1 && i === pieces.length - 1;
    repeat(assembler, count, () => {
      body(size);
      if (!only) advance(assembler, pointers, size);
    });
    if (!only) passed += size * count;
  });
  advance(assembler, pointers, -passed);
}

/** As few pieces of at most `most` as there can be, as equal as can be, the larger ones first. */
export function splitEvenly(length: number, most: number): Pieces[] {
  const count = Math.ceil(length / most);
  const size = Math.floor(length / count);
  const larger = length % count;
  return [
    { size: size + 1, count: larger },
    { size, count: count - larger },
  ].filter((piece) => piece.count > 0);
}

/** Pieces of at most `most` units; only the last one ends with a part of a unit. */
export function splitUnits(length: number, most: number, unit: number): Pieces[] {
  const units = Math.ceil(length / unit);
  const whole = splitEvenly(units, most).map(({ size, count }) => ({ size: size * unit, count }));
  const missing = units * unit - length;
  if (missing === 0) return whole;
  const last = whole.pop() as Pieces;
  if (last.count > 1) whole.push({ ...last, count: last.count - 1 });
  whole.push({ size: last.size - missing, count: 1 });
  return whole;
}

/** Numbers in panels of at most `most` vectors; only the last one ends with a part of a vector. */
export const splitVectors = (length: number, most: number) => splitUnits(length, most, LANES);

/** A mask register takes the bits. Uses RAX. */
export function setMask(assembler: KernelAssembler, mask: number, bits: number): void {
  assembler.setMask(mask, bits);
}

/** A mask register takes the first `lanes` numbers of a vector, unless they are none or all. Uses RAX. */
export function setLanes(assembler: KernelAssembler, mask: number, lanes: number): VectorOptions {
  if (lanes <= 0 || lanes >= LANES) return {};
  setMask(assembler, mask, (1 << lanes) - 1);
  return { mask };
}

const bitsOf = new DataView(new ArrayBuffer(4));

/** The number sixteen times. Uses RAX. */
export function setVector(assembler: KernelAssembler, to: number, value: number): void {
  bitsOf.setFloat32(0, value);
  assembler.set(RAX, bitsOf.getUint32(0));
  assembler.broadcastFrom(to, RAX);
}
