/**
 * @file Writes machine code of x86-64 processors with AVX-512: vectors are 512 bits, 16 float32 numbers (EVEX: Intel 64 Software Developer's
 * Manual, volume 2, 2.7). What kernels are promised stands in kernel-assembler.ts.
 */
import type { DoubleOperation } from './double-operations.ts';
import * as rows from './instructions.ts';
import { type BlockSide, type Comparison, type Memory, RAX, type Rounding, type TileAssembler, type VectorOptions } from './kernel-assembler.ts'; // biome-ignore format: one import
import { addByJoins, type Join, type Shuffles, transposeSixteen } from './shuffles.ts';
import { type Opcode, SHORT, X86Assembler } from './x86-assembler.ts';

const { moves, ofDouble, tileMoves } = rows;

const VECTOR_BYTES = 64;
const NUMBER_BYTES = 4;
const DOUBLE_BYTES = 8;
/** Length bits of an instruction on 512 bits. */
const WHOLE = 0x40;
/** What they say to `withByte.round`. */
export const roundings: Record<Rounding, number> = { nearest: 0, down: 1, up: 2 };

export class Assembler extends X86Assembler implements TileAssembler, Shuffles {
  get tiles(): TileAssembler {
    return this;
  }

  // Vectors

  load(to: number, from: Memory, options: VectorOptions = {}): void {
    this.#evex(moves.load, to, 0, from, VECTOR_BYTES, options);
  }

  store(to: Memory, from: number, options: VectorOptions = {}): void {
    this.#evex(moves.store, from, 0, to, VECTOR_BYTES, options);
  }

  move(to: number, from: number, options: VectorOptions = {}): void {
    this.#evex(moves.move, to, 0, from, VECTOR_BYTES, options);
  }

  broadcast(to: number, from: Memory | number, options: VectorOptions = {}): void {
    this.#evex(moves.broadcast, to, 0, from, NUMBER_BYTES, options);
  }

  broadcastFrom(to: number, from: number): void {
    this.#evex(moves.broadcastFrom, to, 0, from, VECTOR_BYTES, {});
  }

  storeFirst(to: Memory, from: number): void {
    this.#evex(moves.storeFirst, from, 0, to, NUMBER_BYTES, {}, 0);
  }

  loadFirst(to: number, from: Memory): void {
    this.#evex(moves.loadFirst, to, 0, from, NUMBER_BYTES, {}, 0);
  }

  /** Rows of `vector`: more than kernels may ask for. */
  vector(
    op: keyof typeof rows.vector,
    to: number,
    first: number,
    second: number | Memory,
    options: VectorOptions = {},
  ): void {
    this.#evex(rows.vector[op], to, first, second, options.broadcast ? NUMBER_BYTES : VECTOR_BYTES, options);
  }

  addIntegers(to: number, first: number, second: number): void {
    this.vector('addIntegers', to, first, second);
  }

  /** Rows of `single`. */
  single(op: keyof typeof rows.single, to: number, from: number | Memory, options: VectorOptions = {}): void {
    this.#evex(rows.single[op], to, 0, from, options.broadcast ? NUMBER_BYTES : VECTOR_BYTES, options);
  }

  sqrt(to: number, from: number | Memory, options?: VectorOptions): void {
    this.single('sqrt', to, from, options);
  }

  /** Rows of `withByte`; `first` is of no account for operations of one source. */
  withByte(op: keyof typeof rows.withByte, to: number, first: number, from: number, byte: number): void {
    this.#evex(rows.withByte[op], to, first, from, VECTOR_BYTES, {});
    this.byte(byte);
  }

  round(to: number, from: number, how: Rounding): void {
    this.withByte('round', to, 0, from, roundings[how]);
  }

  compare(
    how: Comparison,
    mask: number,
    first: number,
    second: number | Memory,
    options?: VectorOptions,
  ): void {
    this.compareBy(rows.compares[how], mask, first, second, options);
  }

  /** @param how the byte that says so */
  compareBy(
    how: number,
    mask: number,
    first: number,
    second: number | Memory,
    options: VectorOptions = {},
  ): void {
    this.#evex(moves.compare, mask, first, second, options.broadcast ? NUMBER_BYTES : VECTOR_BYTES, options);
    this.byte(how);
  }

  select(
    to: number,
    first: number,
    second: number | Memory,
    options: VectorOptions & { mask: number },
  ): void {
    this.vector('blend', to, first, second, options);
  }

  splitPower(m: number, e: number, x: number, [temporary]: readonly number[]): void {
    this.withByte('significand', m, 0, x, 0x0b);
    this.single('exponent', temporary, m);
    this.single('exponent', e, x);
    this.vector('sub', e, e, temporary);
  }

  clear(to: number): void {
    this.vector('xor', to, to, to);
  }

  setMask(mask: number, bits: number): void {
    this.set(RAX, bits);
    this.maskFrom(mask, RAX);
  }

  /** A mask register takes the low 16 bits of a general register. */
  maskFrom(mask: number, from: number): void {
    this.shortVex(moves.maskFrom, mask, from);
  }

  shiftRight(to: number, from: number, bits: number): void {
    this.#evex(moves.shiftRight, moves.shiftRight.digit, to, from, VECTOR_BYTES, {});
    this.byte(bits);
  }

  // Within vectors

  interleave: Join = (to, first, second, half) =>
    this.vector(half ? 'unpackHigh' : 'unpackLow', to, first, second);

  joinPairs: Join = (to, first, second, half) =>
    this.withByte('shuffle', to, first, second, half ? 0xee : 0x44);

  joinBlocks: Join = (to, first, second, half) =>
    this.withByte('shuffleBlocks', to, first, second, half ? 0xdd : 0x88);

  exchange(to: number, from: number, distance: number): void {
    const order = distance === 8 || distance === 2 ? 0x4e : 0xb1;
    if (distance >= 4) this.withByte('shuffleBlocks', to, from, from, order);
    else this.withByte('shuffleWithin', to, 0, from, order);
  }

  addWithin(start: number, count: number): void {
    addByJoins(this, start, count, [this.interleave, this.joinPairs, this.joinBlocks, this.joinBlocks]);
  }

  transposeBlock(from: BlockSide, to: BlockSide): void {
    transposeSixteen(this, from, to);
  }

  // Float64

  widen(to: number, from: number, half: 0 | 1): void {
    if (half) this.withByte('shuffleBlocks', to, from, from, 0x0e);
    this.#evex(ofDouble.widen, to, 0, half ? to : from, VECTOR_BYTES, {});
  }

  narrow(to: number, low: number, high: number): void {
    for (const half of [low, high]) this.#evex(ofDouble.narrow, half, 0, half, VECTOR_BYTES, {});
    this.withByte('shuffleBlocks', to, low, high, 0x44);
  }

  double(op: DoubleOperation, to: number, first: number, second: number | Memory): void {
    const broadcast = typeof second !== 'number';
    this.#evex(rows.double[op], to, first, second, DOUBLE_BYTES, { broadcast });
  }

  doubleRoot(to: number, from: number): void {
    this.#evex(ofDouble.sqrt, to, 0, from, VECTOR_BYTES, {});
  }

  doubleRound(to: number, from: number): void {
    this.#evex(ofDouble.round, to, 0, from, VECTOR_BYTES, {});
    this.byte(0);
  }

  doubleFrom(to: number, from: Memory): void {
    this.#evex(moves.broadcastWide, to, 0, from, DOUBLE_BYTES, {});
  }

  // Tiles

  configureTiles(from: Memory): void {
    this.vex(tileMoves.configure, 0, 0, from, SHORT);
  }

  releaseTiles(): void {
    this.vex(tileMoves.release, 0, 0, 0, SHORT);
  }

  clearTile(to: number): void {
    this.vex(tileMoves.clear, to, 0, 0, SHORT);
  }

  loadTile(to: number, from: Memory): void {
    this.vex(tileMoves.load, to, 0, from, SHORT);
  }

  storeTile(to: Memory, from: number): void {
    this.vex(tileMoves.store, from, 0, to, SHORT);
  }

  multiplyTiles(to: number, first: number, second: number): void {
    this.vex(tileMoves.multiply, to, second, first, SHORT);
  }

  // Bytes

  #evex(
    { prefix, map, code, wide }: Opcode,
    register: number,
    first: number,
    second: number | Memory,
    unit: number,
    { broadcast = false, mask = 0, zero = false }: VectorOptions,
    length = WHOLE,
  ): void {
    this.room();
    const inMemory = typeof second !== 'number';
    const b = inMemory ? second.base & 8 : second & 8;
    const x = inMemory ? (second.index ?? 0) & 8 : second & 16;
    this.byte(0x62);
    this.byte((register & 8 ? 0 : 0x80) | (x ? 0 : 0x40) | (b ? 0 : 0x20) | (register & 16 ? 0 : 0x10) | map);
    this.byte((wide ? 0x80 : 0) | ((~first & 15) << 3) | 4 | prefix);
    this.byte((zero ? 0x80 : 0) | length | (broadcast ? 0x10 : 0) | (first & 16 ? 0 : 8) | mask);
    this.byte(code);
    if (inMemory) this.operand(register, second, unit);
    else this.direct(register, second);
  }
}
