/**
 * @file What kernels must know of what they are written for. There is one target at a time: `forTarget` sets it while a program is
 * planned and written.
 */

export interface Target {
  readonly name: 'avx512' | 'avx2' | 'wasm';
  /** Numbers of one vector. */
  readonly lanes: number;
  /** Vector registers that a kernel may fill. */
  readonly registers: number;
  /** Of them for the values of an entrywise loop, of one that sums up, and for its sums. */
  readonly values: number;
  readonly summedValues: number;
  readonly sums: number;
  /** Bytes of an address. */
  readonly wordBytes: number;
  /**
   * Whether a runtime brings all loads of a straight stretch of code before its arithmetic, so that registers must hold all of them at
   * once: V8 does. Then nothing is unrolled.
   */
  readonly loadsFirst: boolean;
}

/** x86-64 with AVX-512. */
export const avx512: Target = {
  name: 'avx512',
  lanes: 16,
  registers: 32,
  values: 16,
  summedValues: 16,
  sums: 8,
  wordBytes: 8,
  loadsFirst: false,
};
/** x86-64 with AVX2 and fused multiply-add: of 16 registers the assembler keeps two for masks. */
export const avx2: Target = { name: 'avx2', lanes: 8, registers: 14, values: 7, summedValues: 5, sums: 2, wordBytes: 8, loadsFirst: false }; // biome-ignore format: as the others
/** WebAssembly with 128-bit SIMD: of 16 registers on x86-64, where there are fewest, V8 keeps one to itself. */
export const wasm: Target = {
  name: 'wasm',
  lanes: 4,
  registers: 15,
  values: 16,
  summedValues: 16,
  sums: 8,
  wordBytes: 4,
  loadsFirst: true,
};

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
