/**
 * @file What machine code of x86-64 has whatever its vectors: bytes, general registers, control, minima that keep what is no number.
 *
 * Instructions are rows of a table, instructions.ts; here is how they are put into bytes (Intel 64 Software Developer's Manual, volume 2:
 * REX: 2.2, VEX: 2.3). Operands come in Intel's order, the destination first.
 */
import { general, type Instruction, moves } from './instructions.ts';
import {
  type KernelAssembler,
  type Memory,
  RAX,
  RBP,
  RDX,
  RSP,
  type Subroutine,
  type VectorOptions,
} from './kernel-assembler.ts';
import { Label } from './label.ts';
import { fits, isShort, type Passage, PassageNotes } from './passages.ts';

/** An instruction as what stands in code: a row of the table has more. */
export type Opcode = Pick<Instruction, 'prefix' | 'map' | 'code' | 'wide'>;

/** What writes machine code: kernels, and functions around them. */
export type MachineAssembler = X86Assembler & KernelAssembler;

/** Of instructions of 128 bits. */
export const SHORT = { long: false };

export abstract class X86Assembler {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  readonly #passages = new Map<string, Passage>();
  #notes: PassageNotes | undefined;

  get length(): number {
    return this.#length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The instruction alone forgets a first source that is no number, whatever the length of vectors. */
  extreme(
    this: MachineAssembler,
    op: 'min' | 'max',
    to: number,
    first: number,
    second: number | Memory,
    options: VectorOptions,
    temporary: number,
    mask: number,
  ): void {
    const into = to === first ? temporary : to;
    this.vector(op, into, first, second, options);
    this.compare('unordered', mask, first, first);
    this.move(into, first, { mask });
    if (into !== to) this.move(to, into);
  }

  /** Before a return to code that knows no vectors of this length. */
  clearUpper(): void {
    this.shortVex(moves.clearUpper);
  }

  /** How floating-point instructions round and what they do with denormal numbers, from 32 bits of memory (MXCSR). */
  loadControl(from: Memory): void {
    this.vex(moves.loadControl, moves.loadControl.digit, 0, from, SHORT);
  }

  storeControl(to: Memory): void {
    this.vex(moves.storeControl, moves.storeControl.digit, 0, to, SHORT);
  }

  // General registers, 64 bits

  /** @param value an integer from 0 below 2^32 */
  set(to: number, value: number): void {
    this.room();
    if (value === 0) {
      this.#rex(false, to, 0, to);
      this.byte(general.clear.code);
      this.direct(to, to);
      return;
    }
    this.#inCode(general.set, to);
    this.#word(value);
  }

  copy(to: number, from: number): void {
    this.room();
    this.#rex(true, from, 0, to);
    this.byte(general.copy.code);
    this.direct(from, to);
  }

  /** @param value an integer of 32 bits, with its sign */
  addNumber(to: number, value: number): void {
    this.room();
    this.#rex(true, 0, 0, to);
    const short = value >= -128 && value < 128;
    const add = short ? general.addShort : general.addLong;
    this.byte(add.code);
    this.direct(add.digit, to);
    if (short) this.byte(value & 0xff);
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
    this.room();
    this.#rex(false, 0, from.index ?? 0, from.base);
    this.byte(0x0f);
    this.byte(code);
    this.operand(digit, from, 1);
  }

  push(register: number): void {
    this.#inCode(general.push, register);
  }

  pop(register: number): void {
    this.#inCode(general.pop, register);
  }

  // Control

  /** Passages do not nest. */
  repeated(key: string, starts: readonly number[], write: () => void): void {
    const known = this.#passages.get(key);
    if (known && fits(known, starts)) this.#repeat(known, starts);
    else if (known) write();
    else {
      const notes = new PassageNotes(this.#length, starts);
      this.#notes = notes;
      write();
      this.#notes = undefined;
      const passage = notes.done(this.#length);
      if (passage) this.#passages.set(key, passage);
    }
  }

  #repeat({ begin, end, addresses, labels }: Passage, starts: readonly number[]): void {
    const from = this.#length;
    this.room(end - begin);
    this.#bytes.copyWithin(from, begin, end);
    for (const { at, operand, more } of addresses) this.#view.setInt32(from + at, starts[operand] + more, true); // biome-ignore format: one thought
    for (const { at, label } of labels) {
      this.#length = from + at;
      this.reach(label);
    }
    this.#length = from + end - begin;
  }

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
    this.reach(label);
  }

  jump(label: Label): void {
    this.#control(general.jump);
    this.reach(label);
  }

  call(subroutine: Subroutine): void {
    if (!(subroutine instanceof Label)) throw new Error('a subroutine of another target');
    this.#control(general.call);
    this.reach(subroutine);
  }

  return(): void {
    this.#control(general.return);
  }

  // Time

  /** The processor's clock to RAX. Uses RDX. */
  cycles(): void {
    this.#control(general.cycles);
    this.room();
    this.#rex(true, 0, 0, RDX);
    this.byte(general.shiftLeft.code);
    this.direct(general.shiftLeft.digit, RDX);
    this.byte(32);
    this.#rex(true, RDX, 0, RAX);
    this.byte(general.or.code);
    this.direct(RDX, RAX);
  }

  /** 64 bits of memory and a register. */
  addTo(to: Memory, from: number): void {
    this.#wide(general.add, from, to);
  }

  subFrom(to: Memory, from: number): void {
    this.#wide(general.sub, from, to);
  }

  // Bytes

  protected reach(label: Label): void {
    this.#notes?.label(label, this.#length);
    if (label.place < 0) {
      label.waiting.push(this.#length);
      this.#word(0);
    } else this.#word(label.place - this.#length - 4);
  }

  /** An instruction of a register of 64 bits and memory. */
  #wide({ code }: Instruction, register: number, memory: Memory): void {
    this.room();
    this.#rex(true, register, memory.index ?? 0, memory.base);
    this.byte(code);
    this.operand(register, memory, 1);
  }

  /** An instruction that names its register in its code. */
  #inCode({ code }: Instruction, register: number): void {
    this.room();
    this.#rex(false, 0, 0, register);
    this.byte(code | (register & 7));
  }

  /** An instruction without registers. */
  #control({ map, code }: Instruction): void {
    this.room();
    if (map === 1) this.byte(0x0f);
    this.byte(code);
  }

  #rex(wide: boolean, register: number, index: number, base: number): void {
    const rex = 0x40 | (wide ? 8 : 0) | (register & 8 ? 4 : 0) | (index & 8 ? 2 : 0) | (base & 8 ? 1 : 0);
    if (rex !== 0x40) this.byte(rex);
  }

  /** ModRM of two registers. */
  protected direct(register: number, other: number): void {
    this.byte(0xc0 | ((register & 7) << 3) | (other & 7));
  }

  /** An instruction of map 0F in as few bytes as it can be, of 128 bits. */
  protected shortVex({ prefix, code }: Instruction, register?: number, operand = 0): void {
    this.room();
    if (operand & 8) {
      this.byte(0xc4);
      this.byte(0xc1);
    } else this.byte(0xc5);
    this.byte((operand & 8 ? 0x78 : 0xf8) | prefix);
    this.byte(code);
    if (register !== undefined) this.direct(register, operand);
  }

  /** An instruction of 128 or 256 bits with a byte after it if there is one. */
  protected vex(
    { prefix, map, code }: Opcode,
    register: number,
    other: number,
    operand: number | Memory,
    { long = true, byte }: { long?: boolean; byte?: number } = {},
  ): void {
    this.room();
    const inMemory = typeof operand !== 'number';
    const [x, b] = inMemory ? [(operand.index ?? 0) & 8, operand.base & 8] : [0, operand & 8];
    this.byte(0xc4);
    this.byte((register & 8 ? 0 : 0x80) | (x ? 0 : 0x40) | (b ? 0 : 0x20) | map);
    this.byte(((~other & 15) << 3) | (long ? 4 : 0) | prefix);
    this.byte(code);
    if (inMemory) this.operand(register, operand, 1);
    else this.byte(0xc0 | ((register & 7) << 3) | (operand & 7));
    if (byte !== undefined) this.byte(byte);
  }

  /** The same, with an operand that is placed elsewhere in the code. */
  protected vexAt({ prefix, map, code }: Opcode, register: number, other: number, label: Label): void {
    this.room();
    this.byte(0xc4);
    this.byte((register & 8 ? 0 : 0x80) | 0x60 | map);
    this.byte(((~other & 15) << 3) | 4 | prefix);
    this.byte(code);
    this.byte(((register & 7) << 3) | RBP);
    this.reach(label);
  }

  /** Numbers in the code. */
  protected data(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.room();
      this.byte(byte);
    }
  }

  /** ModRM, SIB and displacement, which is short where it is a small multiple of `unit` (EVEX; 1 for others). */
  protected operand(register: number, memory: Memory, unit: number): void {
    const { base, index, offset } = memory;
    const none = offset === 0 && (base & 7) !== RBP;
    const short = !none && isShort(offset, unit);
    const mode = none ? 0 : short ? 0x40 : 0x80;
    const bits = (register & 7) << 3;
    if (index === undefined && (base & 7) !== RSP) this.byte(mode | bits | (base & 7));
    else {
      if (index === RSP) throw new Error('the stack pointer is no index');
      this.byte(mode | bits | 4);
      this.byte((((index ?? RSP) & 7) << 3) | (base & 7));
    }
    this.#notes?.address(memory, unit, this.#length);
    if (short) this.byte((offset / unit) & 0xff);
    else if (!none) this.#word(offset);
  }

  protected byte(value: number): void {
    this.#bytes[this.#length++] = value;
  }

  #word(value: number): void {
    this.#view.setInt32(this.#length, value, true);
    this.#length += 4;
  }

  /** For one more instruction, or for so many bytes. */
  protected room(bytes = 32): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * this.#bytes.length + bytes);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
