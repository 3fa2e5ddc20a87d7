/**
 * @file Writes kernels as functions of WebAssembly, with vectors of 128 bits, instruction by instruction.
 */
import { V128 } from '../../webassembly/body.ts';
import { type Simd, simd } from '../../webassembly/instructions.ts';
import type { DoubleOperation } from '../emit/assembler/double-operations.ts';
import type { BlockSide, Comparison, Memory, Rounding, VectorOperation, VectorOptions } from '../emit/assembler/kernel-assembler.ts'; // biome-ignore format: one import
import { addByJoins, type Join, type Shuffles, transposeFour } from '../emit/assembler/shuffles.ts';
import { emitSplitPower } from '../emit/assembler/split-power.ts';
import { ADDRESSES, type ConstantMemory, WasmRegisters } from './wasm-registers.ts';

const LANES = 4;
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

export class WasmAssembler extends WasmRegisters implements Shuffles {
  readonly tiles = undefined;

  /** @param relaxed whether multiplications with an addition may round once */
  static ofStep(relaxed: boolean): WasmAssembler {
    return new WasmAssembler([], relaxed);
  }

  /** A function of the registers that hold the addresses of operands. */
  static ofSubroutine(relaxed: boolean): WasmAssembler {
    return new WasmAssembler(ADDRESSES, relaxed);
  }

  load(to: number, from: Memory, options: VectorOptions = {}): void {
    this.operand(from);
    this.assign(to, options);
  }

  store(to: Memory, from: number, { mask }: VectorOptions = {}): void {
    const { body } = this;
    const known = mask === undefined ? { lanes: 15 } : this.masks.get(mask);
    if (!known || !('lanes' in known)) throw new Error('a store of lanes that are not known before');
    const { lanes } = known;
    if (lanes === 15) {
      const offset = this.addressOf(to);
      body.get(this.vectorOf(from));
      body.memory(simd.store, offset);
      return;
    }
    for (let lane = 0; lane < LANES; lane++) {
      if (!(lanes & (1 << lane))) continue;
      const pair = lane % 2 === 0 && lanes & (2 << lane);
      const offset = this.addressOf(to, 4 * lane);
      body.get(this.vectorOf(from));
      body.lane(pair ? simd.storeLane64 : simd.storeLane32, offset, pair ? lane / 2 : lane);
      if (pair) lane++;
    }
  }

  move(to: number, from: number, options: VectorOptions = {}): void {
    if (to === from) return;
    this.operand(from);
    this.assign(to, options);
  }

  broadcast(to: number, from: Memory | number, options: VectorOptions = {}): void {
    if (typeof from === 'number') {
      this.operand(from);
      this.body.get(this.vectorOf(from));
      this.body.shuffle([0, 0, 0, 0]);
    } else this.operand(from, true);
    this.assign(to, options);
  }

  broadcastFrom(to: number, from: number): void {
    this.body.get(this.generalOf(from));
    this.body.simd(simd.i32x4Splat);
    this.assign(to);
  }

  storeFirst(to: Memory, from: number): void {
    const offset = this.addressOf(to);
    this.body.get(this.vectorOf(from));
    this.body.lane(simd.storeLane32, offset, 0);
  }

  loadFirst(to: number, from: Memory): void {
    const offset = this.addressOf(from);
    this.body.memory(simd.loadZero32, offset);
    this.assign(to);
  }

  vector(
    op: VectorOperation,
    to: number,
    first: number,
    second: number | Memory,
    options: VectorOptions = {},
  ): void {
    const { body } = this;
    const a = () => this.operand(first);
    const b = () => this.operand(second, options.broadcast);
    const self = () => this.operand(to);
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
    this.assign(to, options);
  }

  select(
    to: number,
    first: number,
    second: number | Memory,
    { mask, broadcast }: VectorOptions & { mask: number },
  ): void {
    const known = this.masks.get(mask);
    if (!known || 'lanes' in known) throw new Error('a choice without a comparison');
    this.operand(second, broadcast);
    this.operand(first);
    this.body.get(known.local);
    this.body.simd(simd.select);
    this.body.set(this.vectorOf(to));
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
    const [whole, half] = [this.spareVector(0), this.spareVector(1)];
    n();
    this.getNumber(MAGIC);
    body.simd(simd.f32x4Add);
    this.getNumber(MAGIC);
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
      this.getNumber(1);
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
    this.operand(from);
    this.body.integer(bits);
    this.body.simd(simd.i32x4ShiftRight);
    this.assign(to);
  }

  widen(to: number, from: number, half: 0 | 1): void {
    this.operand(from);
    if (half) {
      this.operand(from);
      this.body.shuffle([2, 3, 2, 3]);
    }
    this.body.simd(simd.f64x2Promote);
    this.assign(to);
  }

  narrow(to: number, low: number, high: number): void {
    for (const half of [low, high]) {
      this.operand(half);
      this.body.simd(simd.f32x4Demote);
    }
    this.body.shuffle([0, 1, 4, 5]);
    this.assign(to);
  }

  double(op: DoubleOperation, to: number, first: number, second: number | Memory): void {
    this.operand(first);
    this.operand(second);
    this.body.simd(doubles[op]);
    this.assign(to);
  }

  doubleRoot(to: number, from: number): void {
    this.operand(from);
    this.body.simd(simd.f64x2Sqrt);
    this.assign(to);
  }

  doubleRound(to: number, from: number): void {
    this.operand(from);
    this.body.simd(simd.f64x2Nearest);
    this.assign(to);
  }

  doubleFrom(to: number, from: ConstantMemory): void {
    this.operand(from);
    this.assign(to);
  }

  /** Integers of 32 bits as numbers. */
  numbers(to: number, from: number): void {
    this.operand(from);
    this.body.simd(simd.f32x4FromI32x4);
    this.assign(to);
  }

  sqrt(to: number, from: number | Memory, options: VectorOptions = {}): void {
    this.operand(from, options.broadcast);
    this.body.simd(simd.f32x4Sqrt);
    this.assign(to);
  }

  round(to: number, from: number, how: Rounding): void {
    this.operand(from);
    this.body.simd(roundings[how]);
    this.assign(to);
  }

  #shuffle(to: number, first: number, second: number, lanes: readonly number[]): void {
    this.operand(first);
    this.operand(second);
    this.body.shuffle([...lanes]);
    this.assign(to);
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
    const known = this.masks.get(mask);
    const local = known && 'local' in known ? known.local : body.local(V128);
    this.masks.set(mask, { local });
    this.operand(first);
    if (how === 'unordered') {
      this.operand(first);
      body.simd(simd.f32x4NotEqual);
      if (first !== second) {
        this.operand(second, options.broadcast);
        this.operand(second, options.broadcast);
        body.simd(simd.f32x4NotEqual);
        body.simd(simd.or);
      }
    } else {
      this.operand(second, options.broadcast);
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
    this.operand(first);
    this.operand(second, options.broadcast);
    this.body.simd(op === 'min' ? simd.f32x4Min : simd.f32x4Max);
    this.assign(to);
  }

  clear(to: number): void {
    this.getBits(0);
    this.assign(to);
  }
}
