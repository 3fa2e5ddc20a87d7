/** @file Runs kernels by themselves, on all targets that this machine has. */
import { it } from 'vitest';
import { at, type KernelAssembler, R8, RBX, RCX, RDX, RSI } from '../../../../src/compile/emit/assembler/kernel-assembler.ts'; // biome-ignore format: one import
import { Label } from '../../../../src/compile/emit/assembler/label.ts';
import {
  avx2,
  avx512,
  forTarget,
  type Target,
  target,
  wasm,
} from '../../../../src/compile/emit/assembler/target.ts';
import {
  Block,
  Executable,
  functionOf,
  hasAvx2,
  isSupported,
} from '../../../../src/compile/native/machine.ts';
import { instantiate, names, newMemory, pagesOf } from '../../../../src/compile/wasm/instance.ts';
import { WasmAssembler } from '../../../../src/compile/wasm/wasm-assembler.ts';
import { WasmFunction } from '../../../../src/compile/wasm/wasm-registers.ts';
import { writeModule } from '../../../../src/webassembly/module.ts';
import { runtime } from '../../../../src/webassembly/runtime.ts';

export const targets: Target[] = [...(isSupported() ? [avx512] : []), ...(hasAvx2() ? [avx2] : []), wasm];

/** `it` for tests that make no promises, while kernels are written for this target. */
export function itOn(wanted: Target): typeof it {
  const on =
    <Arguments extends unknown[]>(test: (...given: Arguments) => void) =>
    (...given: Arguments) =>
      forTarget(wanted, () => test(...given));
  const each =
    (table: readonly unknown[]) =>
    (name: string, test: (...given: unknown[]) => void): void =>
      it.each(table)(name, on(test));
  const one = (name: string, test: () => void): void => it(name, on(test));
  return Object.assign(one, { each }) as unknown as typeof it;
}

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
export function runSubroutine(emit: (assembler: KernelAssembler) => void, operands: Operands): Float32Array {
  const parts = [operands.a, operands.b ?? new Float32Array(), operands.result, new Float32Array(operands.scratch ?? 0)]; // biome-ignore format: one line
  let end = MARGIN;
  const starts = parts.map((part, i) => {
    // The scratch memory is aligned, the others need not be.
    const start = i === 3 ? Math.ceil(end / 16) * 16 : end + i + 1;
    end = start + part.length + MARGIN;
    return start;
  });
  const { buffer, run, free } = (target === wasm ? wasmFunction : machineFunction)(emit, starts, 4 * end);
  const numbers = new Float32Array(buffer, 0, end).fill(Number.NaN);
  // WebAssembly's are 0 there in programs too.
  if (target === wasm) numbers.fill(0, 0, MARGIN / 4);
  parts.forEach((part, i) => {
    numbers.set(part, starts[i]);
  });
  const scratch = numbers.subarray(starts[3], starts[3] + parts[3].length).fill(Number.NaN);
  run();
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
  if (target === wasm) numbers.fill(Number.NaN, 0, MARGIN / 4);
  const written = numbers.findIndex((value) => !Number.isNaN(value));
  free();
  if (written >= 0) throw new Error(`written around the result, at ${written - starts[2]} from its start`);
  return result;
}

/** A function that calls the subroutine with the addresses of its operands, and memory for it. */
interface Made {
  buffer: ArrayBufferLike;
  run(): void;
  free(): void;
}
type Emit = (assembler: KernelAssembler) => void;
const registers = [RSI, RDX, RCX, R8];

function machineFunction(emit: Emit, starts: readonly number[], bytes: number): Made {
  const block = new Block(bytes);
  const subroutine = new Label();
  const over = new Label();
  const code = functionOf((assembler) => {
    registers.forEach((register, i) => {
      assembler.address(register, at(RBX, 4 * starts[i]));
    });
    assembler.call(subroutine);
    assembler.jump(over);
    assembler.place(subroutine);
    emit(assembler);
    assembler.return();
    assembler.place(over);
  }, target);
  const executable = new Executable(code);
  return {
    buffer: block.buffer,
    run: () => executable.call(block.pointer),
    free() {
      executable.free();
      block.free();
    },
  };
}

function wasmFunction(emit: Emit, starts: readonly number[], bytes: number): Made {
  const kernel = WasmAssembler.ofSubroutine(false);
  emit(kernel);
  const caller = WasmAssembler.ofStep(false);
  registers.forEach((register, i) => {
    caller.address(register, at(RBX, 4 * starts[i]));
  });
  caller.call(new WasmFunction(0));
  const module = writeModule({
    memory: { imported: { module: names.from, name: names.memory }, pages: pagesOf(bytes), shared: false },
    functions: [
      { parameters: kernel.parameters, body: kernel.finish() },
      { parameters: 0, body: caller.finish(), exported: names.run },
    ],
  });
  const memory = newMemory(bytes, false);
  const run = instantiate(new runtime!.Module(module), memory);
  return { buffer: memory.buffer, run, free: () => undefined };
}

/** Numbers in [-1, 1), the same for the same seed. */
export function someNumbers(length: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
