/**
 * @file Registers as locals of a function of WebAssembly: what is pushed from them and set in them, addresses, loops and calls. Memory starts
 * at 0, so the register of its base is none.
 */
import { Body, I32, V128 } from '../../webassembly/body.ts';
import type { Bytes } from '../../webassembly/bytes.ts';
import { plain, simd } from '../../webassembly/instructions.ts';
import { type Memory, type Numbers, R8, RBX, RCX, RDX, RSI, Subroutine, type VectorOptions } from '../emit/assembler/kernel-assembler.ts'; // biome-ignore format: one import

const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0];

export interface ConstantMemory extends Memory {
  bits?: number;
  /** Of float64. */
  wide?: number;
}

/** What is known under a key, or is now. */
function found(known: Map<number, number>, key: number, make: () => number): number {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

/** A function of the module. */
export class WasmFunction extends Subroutine {
  protected readonly kind = 'subroutine';
  readonly index: number;

  constructor(index: number) {
    super();
    this.index = index;
  }
}

/** Numbers at the start of the memory that are 0. */
export const START = 16;
/** What a subroutine is called with. */
export const ADDRESSES = [RSI, RDX, RCX, R8];

export class WasmRegisters implements Numbers {
  readonly parameters: number;
  readonly body: Body;
  readonly relaxed: boolean;
  readonly #vectors = new Map<number, number>();
  readonly #generals = new Map<number, number>();
  readonly #constants = new Map<number, number>();
  readonly #wides = new Map<number, number>();
  protected readonly masks = new Map<number, { lanes: number } | { local: number }>();
  readonly #saved: number[] = [];
  readonly #freeSaved: number[] = [];
  #opaque: number | undefined;
  #zero: number | undefined;
  readonly #spare = new Map<number, number>();

  constructor(parameters: readonly number[], relaxed: boolean) {
    this.parameters = parameters.length;
    this.relaxed = relaxed;
    this.body = new Body(parameters.length);
    for (const [i, register] of parameters.entries()) this.#generals.set(register, i);
  }

  finish(): Bytes {
    return this.body.finish();
  }

  // locals

  protected vectorOf(register: number): number {
    return found(this.#vectors, register, () => this.body.local(V128));
  }

  protected generalOf(register: number): number {
    return found(this.#generals, register, () => this.body.local(I32));
  }

  protected spareVector(i: number): number {
    return found(this.#spare, i, () => this.body.local(V128));
  }

  /** A number, four times. */
  number(value: number): ConstantMemory {
    return { base: RBX, offset: 0, bits: bitsOf(value) };
  }
  bits(value: number): ConstantMemory {
    return { base: RBX, offset: 0, bits: value >>> 0 };
  }
  #constant(bits: number): number {
    return found(this.#constants, bits, () => {
      const local = this.body.local(V128);
      this.body.first(() => {
        this.body.vector([bits, bits, bits, bits]);
        this.body.set(local);
      });
      return local;
    });
  }
  /** A number of float64, twice. */
  wide(value: number): ConstantMemory {
    return { base: RBX, offset: 0, wide: value };
  }
  #constantWide(value: number): number {
    return found(this.#wides, value, () => {
      const local = this.body.local(V128);
      const bits = new Uint32Array(Float64Array.of(value, value).buffer);
      this.body.first(() => {
        this.body.vector([...bits]);
        this.body.set(local);
      });
      return local;
    });
  }
  protected getNumber(value: number): void {
    this.body.get(this.#constant(bitsOf(value)));
  }
  protected getBits(bits: number): void {
    this.body.get(this.#constant(bits >>> 0));
  }

  // operands

  /** Puts an address on the stack, all but the offset that is returned. */
  protected addressOf({ base, index, offset }: Memory, add = 0): number {
    const { body } = this;
    let any = false;
    if (base !== RBX) {
      body.get(this.generalOf(base));
      any = true;
    }
    if (index !== undefined) {
      body.get(this.generalOf(index));
      if (any) body.plain(plain.i32Add);
      any = true;
    }
    const total = offset + add;
    if (total >= 0) {
      if (!any) body.integer(0);
      return total;
    }
    body.integer(total);
    if (any) body.plain(plain.i32Add);
    return 0;
  }

  protected operand(operand: number | ConstantMemory, broadcast = false): void {
    const { body } = this;
    if (typeof operand === 'number') body.get(this.vectorOf(operand));
    else if (operand.bits !== undefined) body.get(this.#constant(operand.bits));
    else if (operand.wide !== undefined) body.get(this.#constantWide(operand.wide));
    else {
      const offset = this.addressOf(operand);
      body.memory(broadcast ? simd.loadSplat32 : simd.load, offset);
    }
  }

  /** The vector on the stack into a register, where the mask lets it. */
  protected assign(to: number, { mask, zero }: VectorOptions = {}): void {
    const { body } = this;
    if (mask === undefined) {
      body.set(this.vectorOf(to));
      return;
    }
    const known = this.masks.get(mask);
    if (!known) throw new Error('a mask that was not set');
    if ('lanes' in known) {
      if (zero) throw new Error('lanes known before are not made 0');
      if (known.lanes !== 15) {
        body.get(this.vectorOf(to));
        body.shuffle([0, 1, 2, 3].map((lane) => (known.lanes & (1 << lane) ? lane : 4 + lane)));
      }
    } else if (zero) {
      body.get(known.local);
      body.simd(simd.and);
    } else {
      body.get(this.vectorOf(to));
      body.get(known.local);
      body.simd(simd.select);
    }
    body.set(this.vectorOf(to));
  }

  setMask(mask: number, bits: number): void {
    this.masks.set(mask, { lanes: bits & 15 });
  }

  /** Keeps what is computed so far before what is loaded next. */
  pin(registers: number): void {
    const { body } = this;
    if (this.#opaque === undefined) {
      const opaque = body.local(I32);
      const zero = body.local(V128);
      [this.#opaque, this.#zero] = [opaque, zero];
      body.first(() => {
        body.integer(0);
        body.word(plain.i32Load, 0);
        body.set(opaque);
        body.integer(0);
        body.memory(simd.load, 0);
        body.set(zero);
      });
    }
    body.get(this.#opaque);
    body.when(() => {
      for (let register = 0; register < registers; register++) {
        body.get(this.#zero!);
        body.set(this.vectorOf(register));
      }
    });
  }

  // general registers

  set(to: number, value: number): void {
    this.body.integer(value);
    this.body.set(this.generalOf(to));
  }
  copy(to: number, from: number): void {
    if (from === RBX) this.body.integer(0);
    else this.body.get(this.generalOf(from));
    this.body.set(this.generalOf(to));
  }
  addNumber(to: number, value: number): void {
    this.body.get(this.generalOf(to));
    this.body.integer(value);
    this.body.plain(plain.i32Add);
    this.body.set(this.generalOf(to));
  }
  address(to: number, from: Memory): void {
    const offset = this.addressOf(from);
    if (offset !== 0) {
      this.body.integer(offset);
      this.body.plain(plain.i32Add);
    }
    this.body.set(this.generalOf(to));
  }
  /** WebAssembly has none. */
  prefetch(_from: Memory): void {}

  loadWord(to: number, from: Memory): void {
    const offset = this.addressOf(from);
    this.body.word(plain.i32Load, offset);
    this.body.set(this.generalOf(to));
  }
  storeWord(to: Memory, from: number): void {
    const offset = this.addressOf(to);
    this.body.get(this.generalOf(from));
    this.body.word(plain.i32Store, offset);
  }
  push(register: number): void {
    const local = this.#freeSaved.pop() ?? this.body.local(I32);
    this.body.get(this.generalOf(register));
    this.body.set(local);
    this.#saved.push(local);
  }
  pop(register: number): void {
    const local = this.#saved.pop()!;
    this.body.get(local);
    this.body.set(this.generalOf(register));
    this.#freeSaved.push(local);
  }

  // control

  /** Addresses take as many bytes as they need: it is written anew. */
  repeated(_key: string, _starts: readonly number[], write: () => void): void {
    write();
  }

  loop(counter: number, count: number, body: () => void): void {
    this.set(counter, count);
    this.body.loop(() => {
      body();
      const local = this.generalOf(counter);
      this.body.get(local);
      this.body.integer(-1);
      this.body.plain(plain.i32Add);
      this.body.tee(local);
    });
  }
  call(subroutine: Subroutine): void {
    if (!(subroutine instanceof WasmFunction)) throw new Error('a subroutine of another target');
    for (const register of ADDRESSES) {
      if (this.#generals.has(register)) this.body.get(this.generalOf(register));
      else this.body.integer(0);
    }
    this.body.call(subroutine.index);
  }
}
