/**
 * @file Writes machine code of x86-64 processors with AVX-512: what the native programs need of it and no more.
 *
 * Instructions are rows of a table, instructions.ts; here is how they are put into bytes (Intel 64 Software Developer's Manual, volume 2:
 * REX: 2.2, VEX: 2.3, EVEX: 2.7). Vectors are 512 bits, 16 float32 numbers. Operands come in Intel's order, the destination first.
 */

import {
  compares,
  general,
  type Instruction,
  moves,
  ofDouble,
  single,
  tileMoves,
  vector,
  withByte,
} from './instructions.ts';

export { compares, double, single, vector, withByte } from './instructions.ts';

/** General registers. */
export const [RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15] = Array.from(
  { length: 16 },
  (_, i) => i,
);

/** An address: base + index + offset, in bytes. */
export interface Memory {
  base: number;
  index?: number;
  offset: number;
}

export const at = (base: number, offset = 0, index?: number): Memory => ({ base, index, offset });

/** An instruction as what stands in code: a row of the table has more. */
export type Opcode = Pick<Instruction, 'prefix' | 'map' | 'code' | 'wide'>;

/** Where numbers that instructions need lie in memory, each once. */
export interface Numbers {
  number(value: number): Memory;
  /** The number with these 32 bits. */
  bits(value: number): Memory;
  /** A number of float64. */
  wide(value: number): Memory;
}

export interface VectorOptions {
  /** The second source is one number in memory, used for all 16. */
  broadcast?: boolean;
  /** Entries that count: mask register 1 to 7. */
  mask?: number;
  /** Entries that do not count become 0; else they stay. */
  zero?: boolean;
}

/** A place in the code. */
export class Label {
  /** Byte, once placed. */
  place = -1;
  /** Where jumps to it stand that came before. */
  readonly waiting: number[] = [];
}

const VECTOR_BYTES = 64;
const NUMBER_BYTES = 4;
const DOUBLE_BYTES = 8;
/** Length bits of an instruction on 512 bits. */
const WHOLE = 0x40;

export class Assembler {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
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

  /** One number of memory, or the first of a vector, sixteen times. */
  broadcast(to: number, from: Memory | number, options: VectorOptions = {}): void {
    this.#evex(moves.broadcast, to, 0, from, NUMBER_BYTES, options);
  }

  /** The low 32 bits of a general register sixteen times. */
  broadcastFrom(to: number, from: number): void {
    this.#evex(moves.broadcastFrom, to, 0, from, VECTOR_BYTES, {});
  }

  /** The first number of a vector to memory. */
  storeFirst(to: Memory, from: number): void {
    this.#evex(moves.storeFirst, from, 0, to, NUMBER_BYTES, {}, 0);
  }

  /** One number of memory to the first of a vector, whose others become 0. */
  loadFirst(to: number, from: Memory): void {
    this.#evex(moves.loadFirst, to, 0, from, NUMBER_BYTES, {}, 0);
  }

  vector(op: Opcode, to: number, first: number, second: number | Memory, options: VectorOptions = {}): void {
    this.#evex(op, to, first, second, options.broadcast ? NUMBER_BYTES : VECTOR_BYTES, options);
  }

  single(op: Opcode, to: number, from: number | Memory, options: VectorOptions = {}): void {
    this.#evex(op, to, 0, from, options.broadcast ? NUMBER_BYTES : VECTOR_BYTES, options);
  }

  /** `first` is of no account for operations of one source. */
  withByte(op: Opcode, to: number, first: number, from: number, byte: number): void {
    this.#evex(op, to, first, from, VECTOR_BYTES, {});
    this.#byte(byte);
  }

  /** Sets a mask register to where the comparison holds, within `mask` where given. */
  compare(
    how: number,
    mask: number,
    first: number,
    second: number | Memory,
    options: VectorOptions = {},
  ): void {
    this.#evex(moves.compare, mask, first, second, options.broadcast ? NUMBER_BYTES : VECTOR_BYTES, options);
    this.#byte(how);
  }

  /** Greatest or least, no number where either is none: the instruction alone forgets the first. Uses a register and a mask. */
  extreme(
    op: typeof vector.min | typeof vector.max,
    to: number,
    first: number,
    second: number | Memory,
    options: VectorOptions,
    temporary: number,
    mask: number,
  ): void {
    const into = to === first ? temporary : to;
    this.vector(op, into, first, second, options);
    this.compare(compares.unordered, mask, first, first);
    this.move(into, first, { mask });
    if (into !== to) this.move(to, into);
  }

  /** x = m 2^e, m in [0.75, 1.5), no number for x below 0; `e` may be x. Uses the temporaries. */
  splitPower(m: number, e: number, x: number, [temporary]: readonly number[], _constants: Numbers): void {
    this.withByte(withByte.significand, m, 0, x, 0x0b);
    this.single(single.exponent, temporary, m);
    this.single(single.exponent, e, x);
    this.vector(vector.sub, e, e, temporary);
  }

  // Numbers of float64: a vector has half as many

  /** The lower or the upper half of the numbers, as float64. */
  widen(to: number, from: number, half: 0 | 1): void {
    if (half) this.withByte(withByte.shuffleBlocks, to, from, from, 0x0e);
    this.#evex(ofDouble.widen, to, 0, half ? to : from, VECTOR_BYTES, {});
  }

  /** Both halves as float32 again; their registers are used. */
  narrow(to: number, low: number, high: number): void {
    for (const half of [low, high]) this.#evex(ofDouble.narrow, half, 0, half, VECTOR_BYTES, {});
    this.withByte(withByte.shuffleBlocks, to, low, high, 0x44);
  }

  /** @param second a register, or one number of memory for all */
  double(op: Opcode, to: number, first: number, second: number | Memory): void {
    const broadcast = typeof second !== 'number';
    this.#evex(op, to, first, second, DOUBLE_BYTES, { broadcast });
  }

  doubleRoot(to: number, from: number): void {
    this.#evex(ofDouble.sqrt, to, 0, from, VECTOR_BYTES, {});
  }

  /** To the nearest integer, the even one of two. */
  doubleRound(to: number, from: number): void {
    this.#evex(ofDouble.round, to, 0, from, VECTOR_BYTES, {});
    this.#byte(0);
  }

  /** One number of memory for all. */
  doubleFrom(to: number, from: Memory): void {
    this.#evex(moves.broadcastWide, to, 0, from, DOUBLE_BYTES, {});
  }

  /** Integers of 32 bits as numbers. */
  numbers(_to: number, _from: number): void {
    throw new Error('not written');
  }

  /** Halves of vectors of 8 numbers; other targets have none. */
  swapHalves(_to: number, _from: number): void {
    throw new Error('vectors without halves');
  }

  /** The lower halves of two vectors, or the upper ones. */
  joinHalves(_to: number, _first: number, _second: number, _half: 0 | 1): void {
    throw new Error('vectors without halves');
  }

  loadHalf(_to: number, _from: Memory, _half: 0 | 1): void {
    throw new Error('vectors without halves');
  }

  /** All numbers become 0. */
  clear(to: number): void {
    this.vector(vector.xor, to, to, to);
  }

  /** A mask register takes the bits. Uses RAX. */
  setMask(mask: number, bits: number): void {
    this.set(RAX, bits);
    this.maskFrom(mask, RAX);
  }

  /** A mask register takes the low 16 bits of a general register. */
  maskFrom(mask: number, from: number): void {
    this.#shortVex(moves.maskFrom, mask, from);
  }

  /** Before a return to code that knows no vectors of this length. */
  clearUpper(): void {
    this.#shortVex(moves.clearUpper);
  }

  /** How floating-point instructions round and what they do with denormal numbers, from 32 bits of memory (MXCSR). */
  loadControl(from: Memory): void {
    this.#vex(moves.loadControl, moves.loadControl.digit, 0, from);
  }

  storeControl(to: Memory): void {
    this.#vex(moves.storeControl, moves.storeControl.digit, 0, to);
  }

  /** Every 32 bits of a vector, without a sign, moved towards the lowest. */
  shiftRight(to: number, from: number, bits: number): void {
    this.#evex(moves.shiftRight, moves.shiftRight.digit, to, from, VECTOR_BYTES, {});
    this.#byte(bits);
  }

  // Tiles: eight registers of 16 rows of 64 bytes (AMX). The index of an address is the distance of rows, in bytes.

  /** Shapes of the tiles, from 64 bytes of memory. */
  configureTiles(from: Memory): void {
    this.#vex(tileMoves.configure, 0, 0, from);
  }

  /** All tiles become unused; a thread with tiles in use costs the system more to suspend. */
  releaseTiles(): void {
    this.#vex(tileMoves.release, 0, 0, 0);
  }

  clearTile(to: number): void {
    this.#vex(tileMoves.clear, to, 0, 0);
  }

  loadTile(to: number, from: Memory): void {
    this.#vex(tileMoves.load, to, 0, from);
  }

  storeTile(to: Memory, from: number): void {
    this.#vex(tileMoves.store, from, 0, to);
  }

  /** Adds the product of two tiles of bfloat16 to a tile of float32; rows of the second are pairs of the inner axis. */
  multiplyTiles(to: number, first: number, second: number): void {
    this.#vex(tileMoves.multiply, to, second, first);
  }

  // General registers, 64 bits

  /** @param value an integer from 0 below 2^32 */
  set(to: number, value: number): void {
    this.#room();
    if (value === 0) {
      this.#rex(false, to, 0, to);
      this.#byte(general.clear.code);
      this.#direct(to, to);
      return;
    }
    this.#inCode(general.set, to);
    this.#word(value);
  }

  copy(to: number, from: number): void {
    this.#room();
    this.#rex(true, from, 0, to);
    this.#byte(general.copy.code);
    this.#direct(from, to);
  }

  /** @param value an integer of 32 bits, with its sign */
  addNumber(to: number, value: number): void {
    this.#room();
    this.#rex(true, 0, 0, to);
    const short = value >= -128 && value < 128;
    const add = short ? general.addShort : general.addLong;
    this.#byte(add.code);
    this.#direct(add.digit, to);
    if (short) this.#byte(value & 0xff);
    else this.#word(value);
  }

  /** The address itself. */
  address(to: number, from: Memory): void {
    this.#wide(general.address, to, from);
  }

  loadWord(to: number, from: Memory): void {
    this.#wide(general.load, to, from);
  }

  storeWord(to: Memory, from: number): void {
    this.#wide(general.store, from, to);
  }

  /** Says that the line of memory will be read: it comes into the first cache meanwhile. Any address will do. */
  prefetch(from: Memory): void {
    const { code, digit } = general.prefetch;
    this.#room();
    this.#rex(false, 0, from.index ?? 0, from.base);
    this.#byte(0x0f);
    this.#byte(code);
    this.#operand(digit, from, 1);
  }

  push(register: number): void {
    this.#inCode(general.push, register);
  }

  pop(register: number): void {
    this.#inCode(general.pop, register);
  }

  // Control

  /** Runs the body `count` times, at least once; the counter must be as it was when the body ends. */
  loop(counter: number, count: number, body: () => void): void {
    const top = new Label();
    this.set(counter, count);
    this.place(top);
    body();
    this.addNumber(counter, -1);
    this.jumpNotZero(top);
  }

  /** What was computed in these registers is not left for later than what is loaded next. */
  pin(_registers: number): void {}

  place(label: Label): void {
    label.place = this.#length;
    for (const from of label.waiting) this.#view.setInt32(from, label.place - from - 4, true);
    label.waiting.length = 0;
  }

  /** Jumps where the last sum was not zero. */
  jumpNotZero(label: Label): void {
    this.#control(general.jumpNotZero);
    this.#reach(label);
  }

  jump(label: Label): void {
    this.#control(general.jump);
    this.#reach(label);
  }

  call(label: Label): void {
    this.#control(general.call);
    this.#reach(label);
  }

  return(): void {
    this.#control(general.return);
  }

  // Time

  /** The processor's clock to RAX. Uses RDX. */
  cycles(): void {
    this.#control(general.cycles);
    this.#room();
    this.#rex(true, 0, 0, RDX);
    this.#byte(general.shiftLeft.code);
    this.#direct(general.shiftLeft.digit, RDX);
    this.#byte(32);
    this.#rex(true, RDX, 0, RAX);
    this.#byte(general.or.code);
    this.#direct(RDX, RAX);
  }

  /** 64 bits of memory and a register. */
  addTo(to: Memory, from: number): void {
    this.#wide(general.add, from, to);
  }

  subFrom(to: Memory, from: number): void {
    this.#wide(general.sub, from, to);
  }

  // Bytes

  #reach(label: Label): void {
    if (label.place < 0) {
      label.waiting.push(this.#length);
      this.#word(0);
    } else this.#word(label.place - this.#length - 4);
  }

  /** An instruction of a register of 64 bits and memory. */
  #wide({ code }: Instruction, register: number, memory: Memory): void {
    this.#room();
    this.#rex(true, register, memory.index ?? 0, memory.base);
    this.#byte(code);
    this.#operand(register, memory, 1);
  }

  /** An instruction that names its register in its code. */
  #inCode({ code }: Instruction, register: number): void {
    this.#room();
    this.#rex(false, 0, 0, register);
    this.#byte(code | (register & 7));
  }

  /** An instruction without registers. */
  #control({ map, code }: Instruction): void {
    this.#room();
    if (map === 1) this.#byte(0x0f);
    this.#byte(code);
  }

  #rex(wide: boolean, register: number, index: number, base: number): void {
    const rex = 0x40 | (wide ? 8 : 0) | (register & 8 ? 4 : 0) | (index & 8 ? 2 : 0) | (base & 8 ? 1 : 0);
    if (rex !== 0x40) this.#byte(rex);
  }

  #evex(
    { prefix, map, code, wide }: Opcode,
    register: number,
    first: number,
    second: number | Memory,
    unit: number,
    { broadcast = false, mask = 0, zero = false }: VectorOptions,
    length = WHOLE,
  ): void {
    this.#room();
    const inMemory = typeof second !== 'number';
    const b = inMemory ? second.base & 8 : second & 8;
    const x = inMemory ? (second.index ?? 0) & 8 : second & 16;
    this.#byte(0x62);
    this.#byte(
      (register & 8 ? 0 : 0x80) | (x ? 0 : 0x40) | (b ? 0 : 0x20) | (register & 16 ? 0 : 0x10) | map,
    );
    this.#byte((wide ? 0x80 : 0) | ((~first & 15) << 3) | 4 | prefix);
    this.#byte((zero ? 0x80 : 0) | length | (broadcast ? 0x10 : 0) | (first & 16 ? 0 : 8) | mask);
    this.#byte(code);
    if (inMemory) this.#operand(register, second, unit);
    else this.#direct(register, second);
  }

  /** ModRM of two registers. */
  #direct(register: number, other: number): void {
    this.#byte(0xc0 | ((register & 7) << 3) | (other & 7));
  }

  /** An instruction of map 0F in as few bytes as it can be, of 128 bits. */
  #shortVex({ prefix, code }: Instruction, register?: number, operand = 0): void {
    this.#room();
    if (operand & 8) {
      this.#byte(0xc4);
      this.#byte(0xc1);
    } else this.#byte(0xc5);
    this.#byte((operand & 8 ? 0x78 : 0xf8) | prefix);
    this.#byte(code);
    if (register !== undefined) this.#direct(register, operand);
  }

  /** An instruction of 128 or 256 bits with a byte after it if there is one. */
  protected vex(
    op: Opcode,
    register: number,
    other: number,
    operand: number | Memory,
    { long = true, byte }: { long?: boolean; byte?: number } = {},
  ): void {
    this.#vex(op, register, other, operand, long);
    if (byte !== undefined) this.#byte(byte);
  }

  /** The same, with an operand that is placed elsewhere in the code. */
  protected vexAt({ prefix, map, code }: Opcode, register: number, other: number, label: Label): void {
    this.#room();
    this.#byte(0xc4);
    this.#byte((register & 8 ? 0 : 0x80) | 0x60 | map);
    this.#byte(((~other & 15) << 3) | 4 | prefix);
    this.#byte(code);
    this.#byte(((register & 7) << 3) | RBP);
    this.#reach(label);
  }

  /** Numbers in the code. */
  protected data(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#room();
      this.#byte(byte);
    }
  }

  #vex(
    { prefix, map, code }: Opcode,
    register: number,
    other: number,
    operand: number | Memory,
    long = false,
  ): void {
    this.#room();
    const inMemory = typeof operand !== 'number';
    const [x, b] = inMemory ? [(operand.index ?? 0) & 8, operand.base & 8] : [0, operand & 8];
    this.#byte(0xc4);
    this.#byte((register & 8 ? 0 : 0x80) | (x ? 0 : 0x40) | (b ? 0 : 0x20) | map);
    this.#byte(((~other & 15) << 3) | (long ? 4 : 0) | prefix);
    this.#byte(code);
    if (inMemory) this.#operand(register, operand, 1);
    else this.#byte(0xc0 | ((register & 7) << 3) | (operand & 7));
  }

  /** ModRM, SIB and displacement, which is short where it is a small multiple of `unit` (EVEX; 1 for others). */
  #operand(register: number, { base, index, offset }: Memory, unit: number): void {
    const whole = offset % unit === 0;
    const compressed = offset / unit;
    const none = offset === 0 && (base & 7) !== RBP;
    const short = !none && whole && compressed >= -128 && compressed < 128;
    const mode = none ? 0 : short ? 0x40 : 0x80;
    const bits = (register & 7) << 3;
    if (index === undefined && (base & 7) !== RSP) this.#byte(mode | bits | (base & 7));
    else {
      if (index === RSP) throw new Error('the stack pointer is no index');
      this.#byte(mode | bits | 4);
      this.#byte((((index ?? RSP) & 7) << 3) | (base & 7));
    }
    if (short) this.#byte(compressed & 0xff);
    else if (!none) this.#word(offset);
  }

  #byte(value: number): void {
    this.#bytes[this.#length++] = value;
  }

  #word(value: number): void {
    this.#view.setInt32(this.#length, value, true);
    this.#length += 4;
  }

  /** For one more instruction. */
  #room(): void {
    if (this.#length + 32 <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * this.#bytes.length);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
