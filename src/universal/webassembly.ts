/**
 * @file Just enough of WebAssembly's binary format to write loops over vectors of two float64 numbers in it: JavaScript has
 * no instructions for more than one number at a time. Every engine that runs this package has them (128-bit SIMD of the
 * WebAssembly core specification 2.0, https://www.w3.org/TR/wasm-core-2/binary/), so nothing has to be compiled beforehand.
 */

/** Instructions as bytes. */
export type Code = readonly number[];

/** LEB128, of numbers from 0. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128, of numbers from 0. */
function constant(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...constant(value >>> 7)];
}

const sized = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()];
const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const wide = (bits: bigint): Code => {
  const bytes = [...new Uint8Array(BigUint64Array.of(bits, bits).buffer)];
  return [...vector(0x0c), ...bytes];
};

export const local = {
  get: (index: number): Code => [0x20, ...unsigned(index)],
  set: (index: number): Code => [0x21, ...unsigned(index)],
  tee: (index: number): Code => [0x22, ...unsigned(index)],
};

export const i32 = {
  constant: (value: number): Code => [0x41, ...constant(value)],
  add: [0x6a] as Code,
  lessThan: [0x49] as Code,
};

export const f64 = {
  add: [0xa0] as Code,
  /** Expects an address and a number. */
  store: (offset: number): Code => [0x39, 3, ...unsigned(offset)],
};

/** Two float64 numbers at once. */
export const f64x2 = {
  /** Expects an address. */
  load: (offset: number): Code => [...vector(0x00), 4, ...unsigned(offset)],
  constant: (value: number): Code => wide(new BigUint64Array(Float64Array.of(value).buffer)[0]),
  lane: (index: 0 | 1): Code => [...vector(0x21), index],
  abs: vector(0xec),
  add: vector(0xf0),
  sub: vector(0xf1),
  mul: vector(0xf2),
  div: vector(0xf3),
};

/** The same 128 bits as two integers. */
export const i64x2 = {
  constant: (value: bigint): Code => wide(value),
  and: vector(0x4e),
  or: vector(0x50),
  shiftRight: vector(0xcd),
  add: vector(0xce),
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

const [I32, V128] = [0x7f, 0x7b];
const PAGE = 65_536;

/** What this file needs of the global object of that name; TypeScript declares it only together with the browser's. */
interface Engine {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
  ) => { exports: { memory: { buffer: ArrayBuffer }; run(...parameters: number[]): void } };
}

export interface Routine {
  /** Its memory, zero at first. */
  readonly memory: ArrayBuffer;
  run(...parameters: number[]): void;
}

/**
 * A routine with integer parameters, which are its first locals, and vectors, which are the next.
 * @param bytes of memory, at least
 */
export function routine(parameters: number, vectors: number, bytes: number, code: Code): Routine {
  const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
  const name = (text: string): Code => sized([...text].map((letter) => [letter.charCodeAt(0)]));
  const locals = sized([[...unsigned(vectors), V128]]);
  const body = [...locals, ...code, 0x0b];
  const binary = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, sized([[0x60, ...sized(Array(parameters).fill([I32])), 0]])),
    ...section(3, sized([[0]])),
    ...section(5, sized([[0, ...unsigned(Math.ceil(bytes / PAGE))]])),
    ...section(
      7,
      sized([
        [...name('memory'), 2, 0],
        [...name('run'), 0, 0],
      ]),
    ),
    ...section(10, sized([[...unsigned(body.length), ...body]])),
  ]);
  const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;
  const { memory, run } = new engine.Instance(new engine.Module(binary)).exports;
  return { memory: memory.buffer, run };
}
