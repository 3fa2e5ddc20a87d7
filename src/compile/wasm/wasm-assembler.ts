/**
 * @file Writes kernels as functions of WebAssembly, with vectors of 128 bits, instruction by instruction, with a local for each register. Memory starts at 0, so the register of its base is none.
 */
import { Body, I32, V128 } from '../../webassembly/body.ts';
import type { Bytes } from '../../webassembly/bytes.ts';
import { plain, type Simd, simd } from '../../webassembly/instructions.ts';
import type { DoubleOperation } from '../emit/assembler/double-operations.ts';
import { type BlockSide, type Comparison, type Memory, type Numbers, R8, RBX, RCX, RDX, type Rounding, RSI, Subroutine, type VectorOperation, type VectorOptions } from '../emit/assembler/kernel-assembler.ts'; // biome-ignore format: one import
import { addByJoins, type Join, type Shuffles, transposeFour } from '../emit/assembler/shuffles.ts';
import { emitSplitPower } from '../emit/assembler/split-power.ts';

const LANES = 4;
const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0];
/** 1.5 times 2^23: a number added to it leaves an integer in its lowest bits. */
const MAGIC = 12582912;

const binary: Partial<Record<VectorOperation, Simd>> = {
  add: simd.f32x4Add,
  sub: simd.f32x4Sub,
  mul: simd.f32x4Mul,
  div: simd.f32x4Div,
  and: simd.and,
  or: simd.or,
  xor: simd.xor,
};
const doubles: Record<DoubleOperation, Simd> = {
  add: simd.f64x2Add,
  sub: simd.f64x2Sub,
  mul: simd.f64x2Mul,
  div: simd.f64x2Div,
};
const comparisons: Record<Exclude<Comparison, 'unordered'>, Simd> = {
  equal: simd.f32x4Equal,
  less: simd.f32x4Less,
  lessOrEqual: simd.f32x4LessOrEqual,
  notEqual: simd.f32x4NotEqual,
};
const roundings: Record<Rounding, Simd> = {
  nearest: simd.f32x4Nearest,
  down: simd.f32x4Floor,
  up: simd.f32x4Ceil,
};

interface ConstantMemory extends Memory {
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
const ADDRESSES = [RSI, RDX, RCX, R8];

export class WasmAssembler implements Shuffles, Numbers {
  readonly tiles = undefined;
  readonly parameters: number;
  readonly body: Body;
  readonly relaxed: boolean;
  readonly #vectors = new Map<number, number>();
  readonly #generals = new Map<number, number>();
  readonly #constants = new Map<number, number>();
  readonly #wides = new Map<number, number>();
  readonly #masks = new Map<number, { lanes: number } | { local: number }>();
  readonly #saved: number[] = [];
  readonly #freeSaved: number[] = [];
  #opaque: number | undefined;
  #zero: number | undefined;
  readonly #spare = new Map<number, number>();

  private constructor(parameters: readonly number[], relaxed: boolean) {
    this.parameters = parameters.length;
    this.relaxed = relaxed;
    this.body = new Body(parameters.length);
    for (const [i, register] of parameters.entries()) this.#generals.set(register, i);
  }

  /** @param relaxed whether multiplications with an addition may round once */
  static ofStep(relaxed: boolean): WasmAssembler {
    return new WasmAssembler([], relaxed);
  }

  /** A function of the registers that hold the addresses of operands. */
  static ofSubroutine(relaxed: boolean): WasmAssembler {
    return new WasmAssembler(ADDRESSES, relaxed);
  }

  finish(): Bytes {
    return this.body.finish();
  }

  // locals

  #v(register: number): number {
    return found(this.#vectors, register, () => this.body.local(V128));
  }

  #g(register: number): number {
    return found(this.#generals, register, () => this.body.local(I32));
  }

  #spareVector(i: number): number {
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
  #getNumber(value: number): void {
    this.body.get(this.#constant(bitsOf(value)));
  }
  #getBits(bits: number): void {
    this.body.get(this.#constant(bits >>> 0));
  }

  // operands

  /** Puts an address on the stack, all but the offset that is returned. */
  #address({ base, index, offset }: Memory, add = 0): number {
    const { body } = this;
    let any = false;
    if (base !== RBX) {
      body.get(this.#g(base));
      any = true;
    }
    if (index !== undefined) {
      body.get(this.#g(index));
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

  #push(operand: number | ConstantMemory, broadcast = false): void {
    const { body } = this;
    if (typeof operand === 'number') body.get(this.#v(operand));
    else if (operand.bits !== undefined) body.get(this.#constant(operand.bits));
    else if (operand.wide !== undefined) body.get(this.#constantWide(operand.wide));
    else {
      const offset = this.#address(operand);
      body.memory(broadcast ? simd.loadSplat32 : simd.load, offset);
    }
  }

  /** The vector on the stack into a register, where the mask lets it. */
  #to(to: number, { mask, zero }: VectorOptions = {}): void {
    const { body } = this;
    if (mask === undefined) {
      body.set(this.#v(to));
      return;
    }
    const known = this.#masks.get(mask);
    if (!known) throw new Error('a mask that was not set');
    if ('lanes' in known) {
      if (zero) throw new Error('lanes known before are not made 0');
      if (known.lanes !== 15) {
        body.get(this.#v(to));
        body.shuffle([0, 1, 2, 3].map((lane) => (known.lanes & (1 << lane) ? lane : 4 + lane)));
      }
    } else if (zero) {
      body.get(known.local);
      body.simd(simd.and);
    } else {
      body.get(this.#v(to));
      body.get(known.local);
      body.simd(simd.select);
    }
    body.set(this.#v(to));
  }

  load(to: number, from: Memory, options: VectorOptions = {}): void {
    this.#push(from);
    this.#to(to, options);
  }

  store(to: Memory, from: number, { mask }: VectorOptions = {}): void {
    const { body } = this;
    const known = mask === undefined ? { lanes: 15 } : this.#masks.get(mask);
    if (!known || !('lanes' in known)) throw new Error('a store of lanes that are not known before');
    const { lanes } = known;
    if (lanes === 15) {
      const offset = this.#address(to);
      body.get(this.#v(from));
      body.memory(simd.store, offset);
      return;
    }
    for (let lane = 0; lane < LANES; lane++) {
      if (!(lanes & (1 << lane))) continue;
      const pair = lane % 2 === 0 && lanes & (2 << lane);
      const offset = this.#address(to, 4 * lane);
      body.get(this.#v(from));
      body.lane(pair ? simd.storeLane64 : simd.storeLane32, offset, pair ? lane / 2 : lane);
      if (pair) lane++;
    }
  }

  move(to: number, from: number, options: VectorOptions = {}): void {
    if (to === from) return;
    this.#push(from);
    this.#to(to, options);
  }

  broadcast(to: number, from: Memory | number, options: VectorOptions = {}): void {
    if (typeof from === 'number') {
      this.#push(from);
      this.body.get(this.#v(from));
      this.body.shuffle([0, 0, 0, 0]);
    } else this.#push(from, true);
    this.#to(to, options);
  }

  broadcastFrom(to: number, from: number): void {
    this.body.get(this.#g(from));
    this.body.simd(simd.i32x4Splat);
    this.#to(to);
  }

  storeFirst(to: Memory, from: number): void {
    const offset = this.#address(to);
    this.body.get(this.#v(from));
    this.body.lane(simd.storeLane32, offset, 0);
  }

  loadFirst(to: number, from: Memory): void {
    const offset = this.#address(from);
    this.body.memory(simd.loadZero32, offset);
    this.#to(to);
  }

  vector(
    op: VectorOperation,
    to: number,
    first: number,
    second: number | Memory,
    options: VectorOptions = {},
  ): void {
    const { body } = this;
    const a = () => this.#push(first);
    const b = () => this.#push(second, options.broadcast);
    const self = () => this.#push(to);
    if (op === 'xor' && to === first && to === second) {
      this.clear(to);
      return;
    }
    const known = binary[op];
    if (known !== undefined) {
      a();
      b();
      body.simd(known);
    } else if (op === 'min' || op === 'max') {
      b();
      a();
      body.simd(op === 'min' ? simd.f32x4PseudoMin : simd.f32x4PseudoMax);
    } else if (op === 'fma213') this.#multiplyAdd(a, self, b);
    else if (op === 'fma231') this.#multiplyAdd(a, b, self);
    else if (op === 'fnma213') this.#multiplySub(a, self, b);
    else if (op === 'fnma231') this.#multiplySub(a, b, self);
    else this.#scale(a, b);
    this.#to(to, options);
  }

  select(
    to: number,
    first: number,
    second: number | Memory,
    { mask, broadcast }: VectorOptions & { mask: number },
  ): void {
    const known = this.#masks.get(mask);
    if (!known || 'lanes' in known) throw new Error('a choice without a comparison');
    this.#push(second, broadcast);
    this.#push(first);
    this.body.get(known.local);
    this.body.simd(simd.select);
    this.body.set(this.#v(to));
  }

  /** first * second + third */
  #multiplyAdd(first: () => void, second: () => void, third: () => void): void {
    const { body } = this;
    if (this.relaxed) {
      first();
      second();
      third();
      body.simd(simd.relaxedMultiplyAdd);
      return;
    }
    first();
    second();
    body.simd(simd.f32x4Mul);
    third();
    body.simd(simd.f32x4Add);
  }

  /** third - first * second */
  #multiplySub(first: () => void, second: () => void, third: () => void): void {
    const { body } = this;
    if (this.relaxed) {
      first();
      second();
      third();
      body.simd(simd.relaxedNegativeMultiplyAdd);
      return;
    }
    third();
    first();
    second();
    body.simd(simd.f32x4Mul);
    body.simd(simd.f32x4Sub);
  }

  /** x 2^n, for an integer n from -254 to 254. */
  #scale(x: () => void, n: () => void): void {
    const { body } = this;
    const [whole, half] = [this.#spareVector(0), this.#spareVector(1)];
    n();
    this.#getNumber(MAGIC);
    body.simd(simd.f32x4Add);
    this.#getNumber(MAGIC);
    body.simd(simd.i32x4Sub);
    body.set(whole);
    body.get(whole);
    body.integer(1);
    body.simd(simd.i32x4ShiftRightSigned);
    body.set(half);
    const power = (exponent: () => void) => {
      exponent();
      body.integer(23);
      body.simd(simd.i32x4ShiftLeft);
      this.#getNumber(1);
      body.simd(simd.i32x4Add);
    };
    x();
    power(() => body.get(half));
    body.simd(simd.f32x4Mul);
    power(() => {
      body.get(whole);
      body.get(half);
      body.simd(simd.i32x4Sub);
    });
    body.simd(simd.f32x4Mul);
  }

  splitPower(m: number, e: number, x: number, temporaries: readonly number[]): void {
    emitSplitPower(this, m, e, x, temporaries, this);
  }

  shiftRight(to: number, from: number, bits: number): void {
    this.#push(from);
    this.body.integer(bits);
    this.body.simd(simd.i32x4ShiftRight);
    this.#to(to);
  }

  widen(to: number, from: number, half: 0 | 1): void {
    this.#push(from);
    if (half) {
      this.#push(from);
      this.body.shuffle([2, 3, 2, 3]);
    }
    this.body.simd(simd.f64x2Promote);
    this.#to(to);
  }

  narrow(to: number, low: number, high: number): void {
    for (const half of [low, high]) {
      this.#push(half);
      this.body.simd(simd.f32x4Demote);
    }
    this.body.shuffle([0, 1, 4, 5]);
    this.#to(to);
  }

  double(op: DoubleOperation, to: number, first: number, second: number | Memory): void {
    this.#push(first);
    this.#push(second);
    this.body.simd(doubles[op]);
    this.#to(to);
  }

  doubleRoot(to: number, from: number): void {
    this.#push(from);
    this.body.simd(simd.f64x2Sqrt);
    this.#to(to);
  }

  doubleRound(to: number, from: number): void {
    this.#push(from);
    this.body.simd(simd.f64x2Nearest);
    this.#to(to);
  }

  doubleFrom(to: number, from: ConstantMemory): void {
    this.#push(from);
    this.#to(to);
  }

  /** Integers of 32 bits as numbers. */
  numbers(to: number, from: number): void {
    this.#push(from);
    this.body.simd(simd.f32x4FromI32x4);
    this.#to(to);
  }

  sqrt(to: number, from: number | Memory, options: VectorOptions = {}): void {
    this.#push(from, options.broadcast);
    this.body.simd(simd.f32x4Sqrt);
    this.#to(to);
  }

  round(to: number, from: number, how: Rounding): void {
    this.#push(from);
    this.body.simd(roundings[how]);
    this.#to(to);
  }

  #shuffle(to: number, first: number, second: number, lanes: readonly number[]): void {
    this.#push(first);
    this.#push(second);
    this.body.shuffle([...lanes]);
    this.#to(to);
  }

  interleave: Join = (to, first, second, half) =>
    this.#shuffle(to, first, second, half ? [2, 6, 3, 7] : [0, 4, 1, 5]);

  joinPairs: Join = (to, first, second, half) =>
    this.#shuffle(to, first, second, half ? [2, 3, 6, 7] : [0, 1, 4, 5]);

  exchange(to: number, from: number, distance: number): void {
    this.#shuffle(to, from, from, [0, 1, 2, 3].map((lane) => lane ^ distance)); // biome-ignore format: one call
  }

  addWithin(start: number, count: number): void {
    addByJoins(this, start, count, [this.interleave, this.joinPairs]);
  }

  transposeBlock(from: BlockSide, to: BlockSide): void {
    transposeFour(this, from, to);
  }

  compare(
    how: Comparison,
    mask: number,
    first: number,
    second: number | Memory,
    options: VectorOptions = {},
  ): void {
    const { body } = this;
    const known = this.#masks.get(mask);
    const local = known && 'local' in known ? known.local : body.local(V128);
    this.#masks.set(mask, { local });
    this.#push(first);
    if (how === 'unordered') {
      this.#push(first);
      body.simd(simd.f32x4NotEqual);
      if (first !== second) {
        this.#push(second, options.broadcast);
        this.#push(second, options.broadcast);
        body.simd(simd.f32x4NotEqual);
        body.simd(simd.or);
      }
    } else {
      this.#push(second, options.broadcast);
      body.simd(comparisons[how]);
    }
    body.set(local);
  }

  extreme(
    op: 'min' | 'max',
    to: number,
    first: number,
    second: number | Memory,
    options: VectorOptions,
  ): void {
    this.#push(first);
    this.#push(second, options.broadcast);
    this.body.simd(op === 'min' ? simd.f32x4Min : simd.f32x4Max);
    this.#to(to);
  }

  clear(to: number): void {
    this.#getBits(0);
    this.#to(to);
  }

  setMask(mask: number, bits: number): void {
    this.#masks.set(mask, { lanes: bits & 15 });
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
        body.set(this.#v(register));
      }
    });
  }

  // general registers

  set(to: number, value: number): void {
    this.body.integer(value);
    this.body.set(this.#g(to));
  }
  copy(to: number, from: number): void {
    if (from === RBX) this.body.integer(0);
    else this.body.get(this.#g(from));
    this.body.set(this.#g(to));
  }
  addNumber(to: number, value: number): void {
    this.body.get(this.#g(to));
    this.body.integer(value);
    this.body.plain(plain.i32Add);
    this.body.set(this.#g(to));
  }
  address(to: number, from: Memory): void {
    const offset = this.#address(from);
    if (offset !== 0) {
      this.body.integer(offset);
      this.body.plain(plain.i32Add);
    }
    this.body.set(this.#g(to));
  }
  /** WebAssembly has none. */
  prefetch(_from: Memory): void {}

  loadWord(to: number, from: Memory): void {
    const offset = this.#address(from);
    this.body.word(plain.i32Load, offset);
    this.body.set(this.#g(to));
  }
  storeWord(to: Memory, from: number): void {
    const offset = this.#address(to);
    this.body.get(this.#g(from));
    this.body.word(plain.i32Store, offset);
  }
  push(register: number): void {
    const local = this.#freeSaved.pop() ?? this.body.local(I32);
    this.body.get(this.#g(register));
    this.body.set(local);
    this.#saved.push(local);
  }
  pop(register: number): void {
    const local = this.#saved.pop()!;
    this.body.get(local);
    this.body.set(this.#g(register));
    this.#freeSaved.push(local);
  }

  // control

  loop(counter: number, count: number, body: () => void): void {
    this.set(counter, count);
    this.body.loop(() => {
      body();
      const local = this.#g(counter);
      this.body.get(local);
      this.body.integer(-1);
      this.body.plain(plain.i32Add);
      this.body.tee(local);
    });
  }
  call(subroutine: Subroutine): void {
    if (!(subroutine instanceof WasmFunction)) throw new Error('a subroutine of another target');
    for (const register of ADDRESSES) {
      if (this.#generals.has(register)) this.body.get(this.#g(register));
      else this.body.integer(0);
    }
    this.body.call(subroutine.index);
  }
}
