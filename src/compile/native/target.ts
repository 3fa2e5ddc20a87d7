/**
 * @file What kernels must know of what they are written for. There is one target at a time: `forTarget` sets it while a program is
 * planned and written.
 */

export interface Target {
  readonly name: 'avx512' | 'wasm';
  /** Numbers of one vector. */
  readonly lanes: number;
  /** Vector registers that a kernel may fill. */
  readonly registers: number;
  /** Bytes of an address. */
  readonly wordBytes: number;
  /**
   * Whether a runtime brings all loads of a straight stretch of code before its arithmetic, so that registers must hold all of them at
   * once: V8 does. Then nothing is unrolled.
   */
  readonly loadsFirst: boolean;
}

/** x86-64 with AVX-512. */
export const avx512: Target = { name: 'avx512', lanes: 16, registers: 32, wordBytes: 8, loadsFirst: false };
/** WebAssembly with 128-bit SIMD: of 16 registers on x86-64, where there are fewest, V8 keeps one to itself. */
export const wasm: Target = { name: 'wasm', lanes: 4, registers: 15, wordBytes: 4, loadsFirst: true };

export let target: Target = avx512;
/** Numbers of one vector. */
export let LANES = target.lanes;
/** Bytes of an address. */
export let WORD_BYTES = target.wordBytes;

function set(next: Target): void {
  target = next;
  LANES = next.lanes;
  WORD_BYTES = next.wordBytes;
}

/** @param write plans or writes kernels, and is done when it returns */
export function forTarget<T>(wanted: Target, write: () => T): T {
  const before = target;
  set(wanted);
  try {
    return write();
  } finally {
    set(before);
  }
}
