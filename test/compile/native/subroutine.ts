import { type Assembler, at, Label, R8, RBX, RCX, RDX, RSI } from '../../../src/compile/native/assembler.ts';
import { Block, Executable, functionOf } from '../../../src/compile/native/machine.ts';

/** An operand of a subroutine: where it starts, and the numbers from there. */
export interface Operands {
  /** RSI, RDX: the numbers they hold at their start. */
  a: Float32Array;
  b?: Float32Array;
  /** RCX: how many numbers it may write, and what they hold before. */
  result: Float32Array;
  /** R8: numbers of scratch memory. */
  scratch?: number;
}

/** Numbers around every operand, which are NaN. */
const MARGIN = 64;

/**
 * Runs a subroutine on operands that start at no round address, between numbers that are NaN.
 *
 * @throws Error where it wrote around its result
 */
export function runSubroutine(emit: (assembler: Assembler) => void, operands: Operands): Float32Array {
  const parts = [operands.a, operands.b ?? new Float32Array(), operands.result, new Float32Array(operands.scratch ?? 0)]; // biome-ignore format: one line
  let end = MARGIN;
  const starts = parts.map((part, i) => {
    // The scratch memory is aligned, the others need not be.
    const start = i === 3 ? Math.ceil(end / 16) * 16 : end + i + 1;
    end = start + part.length + MARGIN;
    return start;
  });
  const block = new Block(4 * end);
  const numbers = new Float32Array(block.buffer, 0, end).fill(Number.NaN);
  parts.forEach((part, i) => {
    numbers.set(part, starts[i]);
  });
  const scratch = numbers.subarray(starts[3], starts[3] + parts[3].length).fill(Number.NaN);
  const subroutine = new Label();
  const over = new Label();
  const code = functionOf((assembler) => {
    [RSI, RDX, RCX, R8].forEach((register, i) => {
      assembler.address(register, at(RBX, 4 * starts[i]));
    });
    assembler.call(subroutine);
    assembler.jump(over);
    assembler.place(subroutine);
    emit(assembler);
    assembler.place(over);
  });
  const executable = new Executable(code);
  executable.call(block.pointer);
  executable.free();
  const result = numbers.slice(starts[2], starts[2] + parts[2].length);
  numbers.fill(Number.NaN, starts[2], starts[2] + parts[2].length);
  scratch.fill(Number.NaN);
  parts.slice(0, 2).forEach((part, i) => {
    part.forEach((value, k) => {
      const left = numbers[starts[i] + k];
      if (left !== value && !Number.isNaN(value)) throw new Error(`operand ${i} changed at ${k}`);
    });
    numbers.fill(Number.NaN, starts[i], starts[i] + part.length);
  });
  const written = numbers.findIndex((value) => !Number.isNaN(value));
  block.free();
  if (written >= 0) throw new Error(`written around the result, at ${written - starts[2]} from its start`);
  return result;
}

/** Numbers in [-1, 1), the same for the same seed. */
export function someNumbers(length: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
