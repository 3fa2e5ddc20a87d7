/**
 * @file Loops over vectors of two float64 numbers in WebAssembly: JavaScript has no instructions for more than one number at a
 * time. Every engine that runs this package has them, so nothing has to be compiled beforehand.
 */
import { Body, V128 } from '../webassembly/body.ts';
import { Bytes } from '../webassembly/bytes.ts';
import { plain, simd } from '../webassembly/instructions.ts';
import { PAGE_BYTES, writeModule } from '../webassembly/module.ts';
import { runtime } from '../webassembly/runtime.ts';

/** Instructions as bytes. */
export type Code = readonly number[];

const bytes = (write: (into: Bytes) => void): Code => {
  const into = new Bytes(16);
  write(into);
  return [...into.written];
};
const unsigned = (value: number): Code => bytes((into) => into.unsigned(value));
const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const wide = (bits: bigint): Code => [
  ...vector(simd.constant),
  ...new Uint8Array(BigUint64Array.of(bits, bits).buffer),
];

export const local = {
  get: (index: number): Code => [plain.localGet, ...unsigned(index)],
  set: (index: number): Code => [plain.localSet, ...unsigned(index)],
  tee: (index: number): Code => [plain.localTee, ...unsigned(index)],
};

export const i32 = {
  constant: (value: number): Code => [plain.i32Constant, ...bytes((into) => into.signed(value))],
  add: [plain.i32Add] as Code,
  lessThan: [plain.i32LessThan] as Code,
};

export const f64 = {
  add: [plain.f64Add] as Code,
  /** Expects an address and a number. */
  store: (offset: number): Code => [plain.f64Store, 3, ...unsigned(offset)],
};

/** Two float64 numbers at once. */
export const f64x2 = {
  /** Expects an address. */
  load: (offset: number): Code => [...vector(simd.load), 4, ...unsigned(offset)],
  constant: (value: number): Code => wide(new BigUint64Array(Float64Array.of(value).buffer)[0]),
  lane: (index: 0 | 1): Code => [...vector(simd.f64x2Lane), index],
  abs: vector(simd.f64x2Abs),
  add: vector(simd.f64x2Add),
  sub: vector(simd.f64x2Sub),
  mul: vector(simd.f64x2Mul),
  div: vector(simd.f64x2Div),
};

/** The same 128 bits as two integers. */
export const i64x2 = {
  constant: (value: bigint): Code => wide(value),
  and: vector(simd.and),
  or: vector(simd.or),
  shiftRight: vector(simd.i64x2ShiftRight),
  add: vector(simd.i64x2Add),
};

/** Repeats `body` as long as `condition`, looked at after it, leaves a number other than zero. */
export const repeat = (body: Code, condition: Code): Code => [
  0x03,
  0x40,
  ...body,
  ...condition,
  0x0d,
  0,
  0x0b,
];

export interface Routine {
  /** Its memory, zero at first. */
  readonly memory: ArrayBufferLike;
  run(...parameters: number[]): void;
}

/**
 * A routine with integer parameters, which are its first locals, and vectors, which are the next.
 * @param bytes of memory, at least
 */
export function routine(parameters: number, vectors: number, bytes: number, code: Code): Routine {
  const body = new Body(parameters);
  for (let i = 0; i < vectors; i++) body.local(V128);
  body.raw(code);
  const binary = writeModule({
    memory: { exported: 'memory', pages: Math.ceil(bytes / PAGE_BYTES) },
    functions: [{ parameters, body: body.finish(), exported: 'run' }],
  });
  const { exports } = new runtime!.Instance(new runtime!.Module(binary));
  const { memory, run } = exports as { memory: { buffer: ArrayBuffer }; run(...parameters: number[]): void };
  return { memory: memory.buffer, run };
}
