/**
 * @file Instructions of WebAssembly by number: what this project writes and no more
 * (https://webassembly.github.io/spec/core/binary/instructions.html; relaxed ones from version 3.0).
 */

/** Types of values. */
export const [I32, V128] = [0x7f, 0x7b];

/** One byte. */
export const plain = {
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Constant: 0x41,
  i32LessThan: 0x49,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Load: 0x28,
  i32Store: 0x36,
  f32Store: 0x38,
  f64Store: 0x39,
  f64Add: 0xa0,
} as const;

/** After the byte 0xfd. */
export const simd = {
  load: 0x00,
  loadSplat32: 0x09,
  store: 0x0b,
  constant: 0x0c,
  shuffle: 0x0d,
  i32x4Splat: 0x11,
  f32x4Splat: 0x13,
  f64x2Lane: 0x21,
  f32x4Equal: 0x41,
  f32x4NotEqual: 0x42,
  f32x4Less: 0x43,
  f32x4LessOrEqual: 0x45,
  not: 0x4d,
  and: 0x4e,
  /** first and not second */
  andNot: 0x4f,
  or: 0x50,
  xor: 0x51,
  /** Bits of the first where the third is set, else of the second. */
  select: 0x52,
  loadLane32: 0x56,
  storeLane32: 0x5a,
  storeLane64: 0x5b,
  loadZero32: 0x5c,
  /** Float32 of two float64, then zeros. */
  f32x4Demote: 0x5e,
  /** Float64 of the first two float32. */
  f64x2Promote: 0x5f,
  f32x4Ceil: 0x67,
  f32x4Floor: 0x68,
  f32x4Truncate: 0x69,
  f32x4Nearest: 0x6a,
  f64x2Nearest: 0x94,
  i32x4ShiftLeft: 0xab,
  i32x4ShiftRightSigned: 0xac,
  i32x4ShiftRight: 0xad,
  i32x4Add: 0xae,
  i32x4Sub: 0xb1,
  i64x2ShiftRight: 0xcd,
  i64x2Add: 0xce,
  f32x4Abs: 0xe0,
  f32x4Neg: 0xe1,
  f32x4Sqrt: 0xe3,
  f32x4Add: 0xe4,
  f32x4Sub: 0xe5,
  f32x4Mul: 0xe6,
  f32x4Div: 0xe7,
  /** No number where either is none. */
  f32x4Min: 0xe8,
  f32x4Max: 0xe9,
  /** The second if it is less than (greater than, for the other) the first, else the first. */
  f32x4PseudoMin: 0xea,
  f32x4PseudoMax: 0xeb,
  f64x2Abs: 0xec,
  f64x2Sqrt: 0xef,
  f64x2Add: 0xf0,
  f64x2Sub: 0xf1,
  f64x2Mul: 0xf2,
  f64x2Div: 0xf3,
  /** What is no number becomes 0, what is too large the largest. */
  i32x4FromF32x4: 0xf8,
  f32x4FromI32x4: 0xfa,
  /** first * second + third, rounded once or twice as is faster. */
  relaxedMultiplyAdd: 0x105,
  /** third - first * second */
  relaxedNegativeMultiplyAdd: 0x106,
} as const;

export type Simd = (typeof simd)[keyof typeof simd];
export type Plain = (typeof plain)[keyof typeof plain];
