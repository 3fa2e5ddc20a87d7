/**
 * @file Loops over tensors: a few entrywise operations on whole vectors at once, whose values stay in registers, stored or summed
 * up along some axes.
 */
import type { Op } from '../../graph/graph.ts';
import { type Axis, collapsed, type Place } from '../../layout/places.ts';
import {
  compares,
  type KernelAssembler,
  type Memory,
  RBX,
  type VectorOperation,
  type VectorOptions,
  vector,
} from '../assembler/kernel-assembler.ts';
import { advance, countDown, LANES, NUMBER_BYTES, type Pointer, setLanes, target } from '../loops/loops.ts';
import { type Constants, entrywise, type Operand, setNumber, TEMPORARY } from './entrywise.ts';

/** Bytes of a vector. */
const vectorBytes = () => LANES * NUMBER_BYTES;
/** Mask register for the numbers after the last whole vector. */
const TAIL = 1;
/** Mask register for what is no number. */
const KEPT = 2;
/** Vectors of a sum along the last axis that is kept, and partial sums of one along the last axis. */
/** General registers for counters and indices: RAX is for masks, RBX is the start of the memory, RSP the stack. */
const GENERAL = [1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** A value in a loop: loaded, or an operation on earlier ones. */
export type Entry = { load: Place } | { op: Op; inputs: readonly number[] };

/** What a loop computes. */
interface Values {
  entries: readonly Entry[];
  /** Which value goes where. Places have the loop's shape; those of a sum have stride 0 along its axes. */
  stores: readonly { entry: number; place: Place }[];
}

/** How numbers are made one. */
export interface Combination {
  start: number;
  op: VectorOperation;
  /** Whether the processor's operation forgets a first operand that is no number. */
  forgets: boolean;
}

export const combinations: Record<'ReduceSum' | 'ReduceMax' | 'ReduceMin', Combination> = {
  ReduceSum: { start: 0, op: vector.add, forgets: false },
  ReduceMax: { start: -Infinity, op: vector.max, forgets: true },
  ReduceMin: { start: Infinity, op: vector.min, forgets: true },
};

export interface Loop extends Values {
  shape: readonly number[];
  /** Axes along which the one stored value is summed up, or combined otherwise. */
  summed?: readonly number[];
  how?: Combination;
}

/** Values that a loop may hold in registers at the same time; the registers of sums come after. */
export const valueRegisters = (summed = false) => (summed ? target.summedValues : target.values);

/** Whether a loop can read or write the place vector by vector. */
export function isLoopable(place: Place, shape: readonly number[]): boolean {
  if (shape.at(-1)! > 1) return place.strides.at(-1)! <= 1 && place.strides.at(-1)! >= 0;
  const last = collapsed(shape, [place.strides]).at(-1);
  return !last || last.strides[0] === 0 || last.strides[0] === 1;
}

/** How many index registers and counters a loop needs, and whether there are enough. */
export function fits(loop: Loop): boolean {
  const { entries, stores, shape } = loop;
  // Whatever the axes, there are not more classes than operands.
  if (entries.length + stores.length + shape.length + 1 <= GENERAL.length) return true;
  const operands = placesOf(loop).map(({ strides }) => strides);
  if (operands.length + shape.length + 1 <= GENERAL.length) return true;
  const axes = collapsed(loop.shape, operands);
  return new Set(classesOf(axes, operands.length)).size + axes.length + 1 <= GENERAL.length;
}

/** Operands: what is loaded, then what is stored. */
function placesOf({ entries, stores }: Values): Place[] {
  const places: Place[] = [];
  for (const entry of entries) if ('load' in entry) places.push(entry.load);
  for (const { place } of stores) places.push(place);
  return places;
}

/** For each operand the first of its class: those with the same strides share an index register. */
function classesOf(axes: readonly Axis[], count: number): number[] {
  const firsts: number[] = [];
  for (let k = 0; k < count; k++) {
    let first = 0;
    while (first < k && !axes.every(({ strides }) => strides[first] === strides[k])) first++;
    firsts.push(first);
  }
  return firsts;
}

/** When each value is last used, as the number of an entry; those that are stored are used after the last. */
function lastUses({ entries, stores }: Values): { last: number[]; uses: number[] } {
  const last = entries.map(() => -1);
  const uses = entries.map(() => 0);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    if ('load' in entry) continue;
    for (const input of entry.inputs) {
      last[input] = i;
      uses[input]++;
    }
  }
  for (const { entry } of stores) {
    last[entry] = entries.length;
    uses[entry]++;
  }
  return { last, uses };
}

/** The most registers that values of the loop fill at once; an upper bound. */
export function pressure(loop: Values): number {
  const { last } = lastUses(loop);
  let most = 0;
  let live = 0;
  const ending = Array<number>(last.length + 1).fill(0);
  for (let i = 0; i < last.length; i++) {
    if (last[i] < 0) continue;
    live++;
    most = Math.max(most, live);
    ending[last[i]]++;
    live -= ending[i];
  }
  return most;
}

export function emitLoop(assembler: KernelAssembler, loop: Loop, constants: Constants): void {
  const starts = placesOf(loop).map(startOf);
  assembler.repeated(keyOf(loop), starts, () => new LoopWriter(assembler, loop, constants).write());
}

const startOf = ({ buffer, offset }: Place) => (buffer.offset + offset) * NUMBER_BYTES;

/** All that code for a loop depends on but where its operands start. */
function keyOf({ shape, entries, stores, summed, how }: Loop): string {
  let key = `${shape}|${summed}|${how?.op}`;
  for (const entry of entries)
    key += 'load' in entry ? `|${entry.load.strides}` : `|${entry.op} ${entry.inputs}`;
  for (const { entry, place } of stores) key += `|${entry} to ${place.strides}`;
  return key;
}

class LoopWriter {
  readonly #a: KernelAssembler;
  readonly #loop: Loop;
  readonly #constants: Constants;
  readonly #last: number[];
  readonly #uses: number[];
  /** Loops, outermost first, of axes that are kept and of those that are summed along. */
  readonly #kept: Axis[] = [];
  readonly #summed: Axis[] = [];
  /** Along which vectors lie. */
  readonly #inner: Axis;
  readonly #innerIsSummed: boolean;
  /** Index register of every place; -1 where none is needed. */
  readonly #index = new Map<Place, number>();
  /** Its number among the operands. */
  readonly #operands = new Map<Place, number>();
  /** Places that have one number for a whole vector. */
  readonly #broadcasts = new Set<Place>();
  /** Every index register with its place among the operands. */
  readonly #registers: { register: number; operand: number; start: number }[] = [];
  readonly #free = [...GENERAL];
  readonly #how: Combination;
  /** Registers of the values of the vector that is being computed, and those that hold none. */
  readonly #held: (number | undefined)[];
  readonly #values: readonly number[];
  #unused: number[] = [];
  /** Where index registers start, by register. */
  readonly #starts: number[] = [];

  constructor(assembler: KernelAssembler, loop: Loop, constants: Constants) {
    this.#a = assembler;
    this.#loop = loop;
    this.#constants = constants;
    this.#how = loop.how ?? combinations.ReduceSum;
    ({ last: this.#last, uses: this.#uses } = lastUses(loop));
    this.#held = Array(loop.entries.length).fill(undefined);
    const places = placesOf(loop);
    const operands = places.map(({ strides }) => strides);
    // Axes of a sum and others must not become one.
    const mark = loop.summed ? [stridesOfKept(loop.shape, loop.summed)] : [];
    const axes = collapsed(loop.shape, [...operands, ...mark]);
    const isSummed = (axis: Axis) => loop.summed !== undefined && axis.strides[operands.length] === 0;
    this.#inner = axes.pop() ?? { length: 1, strides: [...operands, ...mark].map(() => 0) };
    this.#innerIsSummed = isSummed(this.#inner);
    for (const axis of axes) (isSummed(axis) ? this.#summed : this.#kept).push(axis);
    const all = [...axes, this.#inner];
    const firsts = classesOf(all, places.length);
    const registers: number[] = [];
    for (const [k, place] of places.entries()) {
      let register = registers[firsts[k]];
      if (register === undefined) {
        register = all.every(({ strides }) => strides[k] === 0) ? -1 : this.#register();
        if (register >= 0) {
          const start = lowest(all, k);
          this.#registers.push({ register, operand: k, start });
          this.#starts[register] = start;
        }
      }
      registers.push(register);
      this.#index.set(place, register);
      this.#operands.set(place, k);
      if (this.#inner.strides[k] === 0) this.#broadcasts.add(place);
    }
    const values = valueRegisters(loop.summed !== undefined);
    this.#values = Array.from({ length: values }, (_, i) => values - 1 - i);
  }

  write(): void {
    for (const { register, start } of this.#registers) this.#a.set(register, start * NUMBER_BYTES);
    setLanes(this.#a, TAIL, this.#inner.length % LANES);
    this.#nest(this.#kept, () => {
      if (!this.#loop.summed) this.#entrywise();
      else if (this.#innerIsSummed) this.#sumAlong();
      else this.#sumAcross();
    });
  }

  /** Every vector of the inner axis. */
  #entrywise(): void {
    const whole = Math.floor(this.#inner.length / LANES);
    const done = this.#vectors(whole, 1, (offset) => this.#storeVector(offset, {}));
    if (this.#inner.length % LANES > 0) this.#storeVector(done, { mask: TAIL });
    this.#rewind(whole, done);
  }

  /** One vector. */
  #storeVector(offset: number, options: VectorOptions): void {
    this.#compute(offset);
    for (const { entry, place } of this.#loop.stores)
      this.#a.store(this.#address(place, offset), this.#value(entry, offset), options);
  }

  /** Sums along the inner axis: vectors are added, in the end the numbers of one. */
  #sumAlong(): void {
    const whole = Math.floor(this.#inner.length / LANES);
    const tail = this.#inner.length % LANES;
    const partial = whole >= 4 ? Math.min(4, target.sums) : 1;
    for (let k = 0; k < partial; k++) this.#start(target.summedValues + k);
    this.#nest(this.#summed, () => {
      const turns = Math.floor(whole / partial);
      let done = this.#vectors(turns, partial, (offset) => {
        for (let k = 0; k < partial; k++) this.#sumVector(k, offset + k * vectorBytes());
      });
      for (let k = turns * partial; k < whole; k++) {
        this.#sumVector(k % partial, done);
        done += vectorBytes();
      }
      if (tail > 0) this.#sumVector(0, done, true);
      this.#rewind(turns * partial, done - (whole - turns * partial) * vectorBytes());
    });
    for (let k = 1; k < partial; k++) this.#combine(target.summedValues, target.summedValues + k);
    this.#combineLanes(target.summedValues, TEMPORARY + 1);
    this.#a.storeFirst(this.#address(this.#loop.stores[0].place, 0), target.summedValues);
  }

  #start(register: number): void {
    setNumber(this.#a, this.#constants, register, this.#how.start);
  }

  /** Takes one more vector of what is summed into the `k`-th sum. */
  #sumVector(k: number, offset: number, masked = false): void {
    this.#compute(offset);
    this.#combine(target.summedValues + k, this.#value(this.#loop.stores[0].entry, offset), masked);
  }

  /** Takes one more vector in, or what the mask of the tail lets through of it. */
  #combine(into: number, value: number, masked = false): void {
    const { op, forgets } = this.#how;
    if (forgets) {
      this.#a.move(TEMPORARY, into);
      this.#a.compare(compares.unordered, KEPT, into, into);
    }
    this.#a.vector(op, into, into, value, masked ? { mask: TAIL } : {});
    if (forgets) this.#a.move(into, TEMPORARY, { mask: KEPT });
  }

  /** All numbers of a vector into its first. */
  #combineLanes(register: number, temporary: number): void {
    for (let distance = LANES / 2; distance >= 1; distance /= 2) {
      this.#a.exchange(temporary, register, distance);
      this.#combine(register, temporary);
    }
  }

  /** Sums along other axes, for some vectors of the inner axis at a time. */
  #sumAcross(): void {
    const { length } = this.#inner;
    const vectors = Math.ceil(length / LANES);
    const { place } = this.#loop.stores[0];
    const block = (count: number, offset: number, masked: boolean) => {
      for (let k = 0; k < count; k++) this.#start(target.summedValues + k);
      this.#nest(this.#summed, () => {
        for (let k = 0; k < count; k++) this.#sumVector(k, offset + k * vectorBytes());
      });
      for (let k = 0; k < count; k++) {
        const options = masked && k === count - 1 ? { mask: TAIL } : {};
        this.#a.store(this.#address(place, offset + k * vectorBytes()), target.summedValues + k, options);
      }
    };
    const ragged = length % LANES > 0;
    const blocks = Math.floor((ragged ? vectors - 1 : vectors) / target.sums);
    const done = this.#vectors(blocks, target.sums, (offset) => block(target.sums, offset, false));
    const rest = vectors - blocks * target.sums;
    if (rest > 0) block(rest, done, ragged);
    this.#rewind(blocks * target.sums, done);
  }

  /**
   * `body` for `turns` times `count` vectors. Few are written out and reached by offsets; for more the index registers move.
   * @returns the offset in bytes from the index registers at which to go on
   */
  #vectors(turns: number, count: number, body: (offset: number) => void): number {
    if (turns * this.#loop.entries.length <= 4) {
      for (let turn = 0; turn < turns; turn++) body(turn * count * vectorBytes());
      return turns * count * vectorBytes();
    }
    this.#repeat(turns, () => {
      body(0);
      advance(this.#a, this.#pointers(this.#inner), count * LANES);
    });
    return 0;
  }

  /** Puts the index registers back that `#vectors` moved over so many whole vectors. */
  #rewind(vectors: number, done: number): void {
    if (done === 0) advance(this.#a, this.#pointers(this.#inner), -vectors * LANES);
  }

  /** Runs through axes; the index registers are as before in the end. */
  #nest(axes: readonly Axis[], body: () => void): void {
    if (axes.length === 0) {
      body();
      return;
    }
    const [axis, ...rest] = axes;
    const pointers = this.#pointers(axis);
    this.#repeat(axis.length, () => {
      this.#nest(rest, body);
      advance(this.#a, pointers, 1);
    });
    advance(this.#a, pointers, -axis.length);
  }

  /** How the index registers move along an axis. */
  #pointers(axis: Axis): Pointer[] {
    return this.#registers.map(({ register, operand }) => [register, axis.strides[operand]]);
  }

  #repeat(count: number, body: () => void): void {
    if (count === 0) return;
    if (count === 1) {
      body();
      return;
    }
    const counter = this.#register();
    countDown(this.#a, counter, count, body);
    this.#free.push(counter);
  }

  /** Computes all values for one vector, `offset` bytes after the index registers. */
  #compute(offset: number): void {
    const { entries } = this.#loop;
    this.#held.fill(undefined);
    this.#unused = [...this.#values];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if ('load' in entry) continue;
      const inputs = entry.inputs.map((input) => this.#operand(input, offset));
      for (const input of entry.inputs) {
        const register = this.#held[input];
        if (this.#last[input] === i && register !== undefined) {
          this.#unused.push(register);
          this.#held[input] = undefined;
        }
      }
      // The register of an operand may be that of the result: operations read before they write, or know of it.
      entrywise[entry.op]!({ a: this.#a, constants: this.#constants, to: this.#hold(i), inputs });
    }
  }

  /** A value of this vector for an operation: only what is used again is loaded into a register. */
  #operand(i: number, offset: number): Operand {
    const entry = this.#loop.entries[i];
    if (!('load' in entry) || this.#uses[i] > 1) return this.#value(i, offset);
    return { memory: this.#address(entry.load, offset), broadcast: this.#isBroadcast(entry.load) };
  }

  /** The register of a value of this vector, which is loaded now if it is not there. */
  #value(i: number, offset: number): number {
    const known = this.#held[i];
    const entry = this.#loop.entries[i];
    if (known !== undefined || !('load' in entry)) return known!;
    const register = this.#hold(i);
    const memory = this.#address(entry.load, offset);
    if (this.#isBroadcast(entry.load)) this.#a.broadcast(register, memory);
    else this.#a.load(register, memory);
    return register;
  }

  #hold(i: number): number {
    const register = this.#unused.pop();
    if (register === undefined) throw new Error('a loop needs more vector registers than there are');
    this.#held[i] = register;
    return register;
  }

  #address(place: Place, offset: number): Memory {
    const register = this.#index.get(place)!;
    const before = this.#starts[register] ?? 0;
    const start = startOf(place) - before * NUMBER_BYTES;
    return {
      base: RBX,
      offset: this.#isBroadcast(place) ? start : start + offset,
      index: register < 0 ? undefined : register,
      operand: this.#operands.get(place),
    };
  }

  #isBroadcast(place: Place): boolean {
    return this.#broadcasts.has(place);
  }

  #register(): number {
    const register = this.#free.pop();
    if (register === undefined) throw new Error('a loop needs more general registers than there are');
    return register;
  }
}

/** How far an operand reaches below where it starts: so far above 0 its index starts, as addresses may not be below 0. */
const lowest = (axes: readonly Axis[], k: number) =>
  axes.reduce((sum, { length, strides }) => sum + Math.max(0, -strides[k]) * (length - 1), 0);

/** Strides of an operand that tells axes apart: 0 along those that are summed. */
function stridesOfKept(shape: readonly number[], summed: readonly number[]): number[] {
  let stride = 1;
  const strides = Array<number>(shape.length).fill(0);
  for (let i = shape.length - 1; i >= 0; i--) {
    if (summed.includes(i)) continue;
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}
