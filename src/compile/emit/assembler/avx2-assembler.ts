/**
 * @file Writes machine code of x86-64 processors with AVX2 and fused multiply-add, instruction by instruction what `Assembler` writes for
 * AVX-512: vectors are 256 bits, 8 numbers.
 *
 * There are 16 registers and no masks. Register 14 holds the result of a comparison, register 15 what one instruction of the other
 * needs two of. Names from 16 on, which kernels use for temporaries, are registers that they leave free.
 */
import { roundings } from './assembler.ts';
import type { DoubleOperation } from './double-operations.ts';
import { compares, double, ofDouble, ofHalfWidth as op, single, vector, withByte } from './instructions.ts';
import type { BlockSide, Comparison, Memory, Numbers, Rounding, VectorOperation, VectorOptions } from './kernel-assembler.ts'; // biome-ignore format: one import
import { Label } from './label.ts';
import { addByJoins, type Join, type Shuffles, transposeEight } from './shuffles.ts';
import { emitSplitPower } from './split-power.ts';
import { X86Assembler } from './x86-assembler.ts';

const [MASK, SPARE] = [14, 15];
const LANES = 8;
/** Where names from 16 on lie: temporaries of entrywise operations, operands from memory, and the last one. */
const physical: Record<number, number> = { 24: 7, 25: 8, 26: 9, 27: 10, 28: 11, 30: 12, 31: 13 };

const registerOf = (name: number): number => {
  const register = name < MASK ? name : physical[name];
  if (register === undefined) throw new Error(`AVX2 has no register ${name}`);
  return register;
};
const operandOf = (operand: number | Memory) => (typeof operand === 'number' ? registerOf(operand) : operand);

const [RIGHT, RIGHT_SIGNED, LEFT] = [2, 4, 6];
const ONE_BITS = 0x3f800000;

export class Avx2Assembler extends X86Assembler implements Shuffles {
  readonly tiles = undefined;
  /** Lanes of masks that are known when code is written, a bit each; the others are of comparisons. */
  readonly #lanes = new Map<number, number>();
  /** Vectors at the end of the code. */
  readonly #pool = new Map<string, { label: Label; bits: readonly number[] }>();

  /** Complete: nothing can be written any more. */
  override get bytes(): Uint8Array {
    for (const { label, bits } of this.#pool.values()) {
      this.place(label);
      this.data(new Uint8Array(Uint32Array.from(bits).buffer));
    }
    this.#pool.clear();
    return super.bytes;
  }

  #pooled(bits: readonly number[]): Label {
    const key = bits.join();
    const known = this.#pool.get(key) ?? { label: new Label(), bits };
    this.#pool.set(key, known);
    return known.label;
  }

  // Masks

  setMask(mask: number, bits: number): void {
    this.#lanes.set(mask, bits & 0xff);
  }

  /** A vector in `register` becomes that in `to` where the mask lets it. */
  #blended(to: number, register: number, mask: number): void {
    const lanes = this.#lanes.get(mask);
    if (lanes === undefined) this.vex(op.select, to, to, register, { byte: MASK << 4 });
    else this.vex(op.blend, to, to, register, { byte: lanes });
  }

  // Vectors

  load(to: number, from: Memory, { mask }: VectorOptions = {}): void {
    if (mask === undefined) {
      this.vex(op.load, registerOf(to), 0, from);
      return;
    }
    this.vex(op.load, SPARE, 0, from);
    this.#blended(registerOf(to), SPARE, mask);
  }

  store(to: Memory, from: number, { mask }: VectorOptions = {}): void {
    const lanes = mask === undefined ? 0xff : this.#lanes.get(mask);
    if (lanes === undefined) throw new Error('a store of lanes that are not known before');
    const register = registerOf(from);
    if (lanes === 0xff) this.vex(op.store, register, 0, to);
    else if (lanes === 0x0f) this.vex(op.store, register, 0, to, { long: false });
    else if (lanes === 1) this.storeFirst(to, from);
    else {
      const bits = Array.from({ length: LANES }, (_, i) => (lanes & (1 << i) ? 0xffffffff : 0));
      this.vexAt(op.load, SPARE, 0, this.#pooled(bits));
      this.vex(op.storeSome, register, SPARE, to);
    }
  }

  move(to: number, from: number, { mask }: VectorOptions = {}): void {
    if (mask !== undefined) this.#blended(registerOf(to), registerOf(from), mask);
    else if (to !== from) this.vex(op.load, registerOf(to), 0, registerOf(from));
  }

  broadcast(to: number, from: Memory | number, { mask, zero }: VectorOptions = {}): void {
    const register = registerOf(to);
    if (mask === undefined) {
      this.vex(op.broadcast, register, 0, operandOf(from));
      return;
    }
    this.vex(op.broadcast, SPARE, 0, operandOf(from));
    if (zero) this.vex(vector.and, register, MASK, SPARE);
    else this.#blended(register, SPARE, mask);
  }

  broadcastFrom(to: number, from: number): void {
    this.vex(op.fromGeneral, registerOf(to), 0, from, { long: false });
    this.vex(op.broadcast, registerOf(to), 0, registerOf(to));
  }

  storeFirst(to: Memory, from: number): void {
    this.vex(op.storeFirst, registerOf(from), 0, to, { long: false });
  }

  loadFirst(to: number, from: Memory): void {
    this.vex(op.loadFirst, registerOf(to), 0, from, { long: false });
  }

  /** An operand as instructions of AVX2 take it: of one number for all there is none. */
  #second(second: number | Memory, broadcast: boolean | undefined): number | Memory {
    if (typeof second === 'number') return registerOf(second);
    if (!broadcast) return second;
    this.vex(op.broadcast, SPARE, 0, second);
    return SPARE;
  }

  vector(
    name: VectorOperation,
    to: number,
    first: number,
    second: number | Memory,
    { broadcast, mask }: VectorOptions = {},
  ): void {
    const [into, one, two] = [registerOf(to), registerOf(first), this.#second(second, broadcast)];
    const operation = vector[name];
    if (name === 'scale') this.#scale(into, one, two);
    else if (mask === undefined) this.vex(operation, into, one, two);
    else if (multiplyAdds.has(name)) {
      // It reads what it writes.
      if (two === SPARE) throw new Error('a masked multiplication with an addition and one number for all');
      this.vex(op.load, SPARE, 0, into);
      this.vex(operation, SPARE, one, two);
      this.#blended(into, SPARE, mask);
    } else {
      this.vex(operation, SPARE, one, two);
      this.#blended(into, SPARE, mask);
    }
  }

  sqrt(to: number, from: number | Memory, { broadcast }: VectorOptions = {}): void {
    this.vex(single.sqrt, registerOf(to), 0, this.#second(from, broadcast));
  }

  round(to: number, from: number, how: Rounding): void {
    this.vex(op.round, registerOf(to), 0, registerOf(from), { byte: roundings[how] });
  }

  /** Where the last comparison held. */
  select(to: number, first: number, second: number | Memory, { broadcast }: VectorOptions): void {
    const [into, one, two] = [registerOf(to), registerOf(first), this.#second(second, broadcast)];
    this.vex(op.select, into, one, two, { byte: MASK << 4 });
  }

  clear(to: number): void {
    this.vector('xor', to, to, to);
  }

  compare(
    how: Comparison,
    mask: number,
    first: number,
    second: number | Memory,
    { broadcast }: VectorOptions = {},
  ): void {
    this.#lanes.delete(mask);
    this.vex(op.compare, MASK, registerOf(first), this.#second(second, broadcast), { byte: compares[how] });
  }

  #shift(to: number, from: number, how: number, bits: number): void {
    this.vex(op.shift, how, to, from, { byte: bits });
  }

  shiftRight(to: number, from: number, bits: number): void {
    this.#shift(registerOf(to), registerOf(from), RIGHT, bits);
  }

  /** x 2^n for a whole n from -254 to 254, in two halves, so that results may be denormal. Uses both kept registers. */
  #scale(to: number, x: number, n: number | Memory): void {
    const one = this.#pooled(Array(LANES).fill(ONE_BITS));
    this.vex(op.toInteger, SPARE, 0, n);
    this.#shift(MASK, SPARE, RIGHT_SIGNED, 1);
    this.vex(op.subIntegers, SPARE, SPARE, MASK);
    for (const part of [MASK, SPARE]) {
      this.#shift(part, part, LEFT, 23);
      this.vexAt(vector.addIntegers, part, part, one);
    }
    this.vex(vector.mul, to, x, MASK);
    this.vex(vector.mul, to, to, SPARE);
  }

  // Float64

  widen(to: number, from: number, half: 0 | 1): void {
    if (half) this.exchange(to, from, 4);
    this.vex(ofDouble.widen, registerOf(to), 0, registerOf(half ? to : from));
  }

  narrow(to: number, low: number, high: number): void {
    for (const half of [low, high]) this.vex(ofDouble.narrow, registerOf(half), 0, registerOf(half));
    this.joinHalves(to, low, high, 0);
  }

  double(operation: DoubleOperation, to: number, first: number, second: number | Memory): void {
    if (typeof second !== 'number') this.vex(op.broadcastWide, SPARE, 0, second);
    const other = typeof second === 'number' ? registerOf(second) : SPARE;
    this.vex(double[operation], registerOf(to), registerOf(first), other);
  }

  doubleRoot(to: number, from: number): void {
    this.vex(ofDouble.sqrt, registerOf(to), 0, registerOf(from));
  }

  doubleRound(to: number, from: number): void {
    this.vex(op.roundWide, registerOf(to), 0, registerOf(from), { byte: 0 });
  }

  doubleFrom(to: number, from: Memory): void {
    this.vex(op.broadcastWide, registerOf(to), 0, from);
  }

  numbers(to: number, from: number): void {
    this.vex(op.fromInteger, registerOf(to), 0, registerOf(from));
  }

  splitPower(
    m: number,
    e: number,
    x: number,
    temporaries: readonly number[],
    constants: Pick<Numbers, 'number' | 'bits'>,
  ): void {
    emitSplitPower(this, m, e, x, temporaries, constants);
  }

  // Within vectors

  interleave: Join = (to, first, second, half) =>
    this.vex(half ? vector.unpackHigh : vector.unpackLow, registerOf(to), registerOf(first), registerOf(second)); // biome-ignore format: one call

  joinPairs: Join = (to, first, second, half) =>
    this.vex(withByte.shuffle, registerOf(to), registerOf(first), registerOf(second), { byte: half ? 0xee : 0x44 }); // biome-ignore format: one call

  /** The lower halves of two vectors, or the upper ones. */
  joinHalves: Join = (to, first, second, half) =>
    this.vex(op.swap, registerOf(to), registerOf(first), registerOf(second), { byte: half ? 0x31 : 0x20 });

  exchange(to: number, from: number, distance: number): void {
    const [into, source] = [registerOf(to), registerOf(from)];
    if (distance === 4) this.vex(op.swap, into, source, source, { byte: 0x01 });
    else this.vex(withByte.shuffleWithin, into, 0, source, { byte: distance === 2 ? 0x4e : 0xb1 });
  }

  addWithin(start: number, count: number): void {
    addByJoins(this, start, count, [this.interleave, this.joinPairs, this.joinHalves]);
  }

  transposeBlock(from: BlockSide, to: BlockSide): void {
    transposeEight(this, from, to);
  }

  loadHalf(to: number, from: Memory, half: 0 | 1): void {
    if (half) this.vex(op.insert, registerOf(to), registerOf(to), from, { byte: 1 });
    else this.vex(op.load, registerOf(to), 0, from, { long: false });
  }
}

const multiplyAdds: ReadonlySet<VectorOperation> = new Set(['fma213', 'fma231', 'fnma213', 'fnma231']);
