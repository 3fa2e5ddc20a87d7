/**
 * @file Loops over tensors: a few entrywise operations on whole vectors at once, whose values stay in registers, stored or summed
 * up along some axes.
 */
import type { Op } from '../graph.ts';
import { type Assembler, at, compares, Label, type Memory, RAX, RBX, vector, withByte } from './assembler.ts';
import { type Constants, entrywise, type Operand, TEMPORARY } from './entrywise.ts';
import { type Axis, collapsed, type Place } from './places.ts';

const LANES = 16;
const BYTES = 4;
const VECTOR = LANES * BYTES;
/** Mask register for the numbers after the last whole vector. */
const TAIL = 1;
/** Mask register for what is no number. */
const KEPT = 2;
/** Vectors of a sum along the last axis that is kept, and partial sums of one along the last axis. */
const SUMS = 8;
/** General registers for counters and indices: RAX is for masks, RBX is the start of the memory, RSP the stack. */
const GENERAL = [1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** A value in a loop: loaded, or an operation on earlier ones. */
export type Entry = { load: Place } | { op: Op; inputs: readonly number[] };

/** How numbers are made one. */
export interface Combination {
  start: number;
  op: (typeof vector)[keyof typeof vector];
  /** Whether the processor's operation forgets a first operand that is no number. */
  forgets: boolean;
}

export const combinations: Record<'ReduceSum' | 'ReduceMax' | 'ReduceMin', Combination> = {
  ReduceSum: { start: 0, op: vector.add, forgets: false },
  ReduceMax: { start: -Infinity, op: vector.max, forgets: true },
  ReduceMin: { start: Infinity, op: vector.min, forgets: true },
};

export interface Loop {
  shape: readonly number[];
  entries: readonly Entry[];
  /** Which value goes where. Places have the loop's shape; those of a sum have stride 0 along its axes. */
  stores: readonly { entry: number; place: Place }[];
  /** Axes along which the one stored value is summed up, or combined otherwise. */
  summed?: readonly number[];
  how?: Combination;
}

/** Values that a loop may hold in registers at the same time. */
export const REGISTERS = TEMPORARY - SUMS;

/** Whether a loop can read or write the place vector by vector. */
export function isLoopable(place: Place, shape: readonly number[]): boolean {
  if (shape.at(-1)! > 1) return place.strides.at(-1)! <= 1 && place.strides.at(-1)! >= 0;
  const last = collapsed(shape, [place.strides]).at(-1);
  return !last || last.strides[0] === 0 || last.strides[0] === 1;
}

/** How many index registers and counters a loop needs, and whether there are enough. */
export function fits(loop: Pick<Loop, 'shape' | 'entries' | 'stores'>): boolean {
  const operands = operandsOf(loop);
  // Whatever the axes, there are not more classes than operands.
  if (operands.length + loop.shape.length + 1 <= GENERAL.length) return true;
  const axes = collapsed(loop.shape, operands);
  const classes = new Set(operands.map((_, k) => classOf(axes, k)));
  return classes.size + axes.length + 1 <= GENERAL.length;
}

const placesOf = ({ entries, stores }: Pick<Loop, 'entries' | 'stores'>): Place[] => [
  ...entries.flatMap((entry) => ('load' in entry ? [entry.load] : [])),
  ...stores.map(({ place }) => place),
];
const operandsOf = (loop: Pick<Loop, 'entries' | 'stores'>) => placesOf(loop).map(({ strides }) => strides);
const classOf = (axes: readonly Axis[], k: number) => axes.map(({ strides }) => strides[k]).join();

/** When each value is last used, as the number of an entry; those that are stored are used after the last. */
function lastUses({ entries, stores }: Pick<Loop, 'entries' | 'stores'>): { last: number[]; uses: number[] } {
  const last = entries.map(() => -1);
  const uses = entries.map(() => 0);
  for (const [i, entry] of entries.entries()) {
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
export function pressure(loop: Pick<Loop, 'entries' | 'stores'>): number {
  const { last } = lastUses(loop);
  let most = 0;
  let live = 0;
  const ending = new Map<number, number>();
  for (const [i, end] of last.entries()) {
    if (end < 0) continue;
    live++;
    most = Math.max(most, live);
    ending.set(end, (ending.get(end) ?? 0) + 1);
    live -= ending.get(i) ?? 0;
  }
  return most;
}

export function emitLoop(assembler: Assembler, loop: Loop, constants: Constants): void {
  new LoopWriter(assembler, loop, constants).write();
}

class LoopWriter {
  readonly #a: Assembler;
  readonly #loop: Loop;
  readonly #constants: Constants;
  readonly #last: number[];
  readonly #uses: number[];
  /** Loops, outermost first, of axes that are kept and of those that are summed along. */
  readonly #kept: Axis[] = [];
  readonly #summed: Axis[] = [];
  /** Along which vectors lie. */
  #inner: Axis;
  #innerIsSummed = false;
  /** Index register of every place; -1 where none is needed. */
  readonly #index = new Map<Place, number>();
  /** Places that have one number for a whole vector. */
  readonly #broadcasts = new Set<Place>();
  /** Every index register with its place among the operands. */
  readonly #registers: { register: number; operand: number }[] = [];
  readonly #free = [...GENERAL];
  readonly #how: Combination;

  constructor(assembler: Assembler, loop: Loop, constants: Constants) {
    this.#a = assembler;
    this.#loop = loop;
    this.#constants = constants;
    this.#how = loop.how ?? combinations.ReduceSum;
    ({ last: this.#last, uses: this.#uses } = lastUses(loop));
    const places = placesOf(loop);
    const operands = places.map(({ strides }) => strides);
    // Axes of a sum and others must not become one.
    const marks = loop.shape.map((_, i) => (loop.summed?.includes(i) ? 0 : 1));
    const mark = loop.summed ? [rowMajorWhere(loop.shape, marks)] : [];
    const axes = collapsed(loop.shape, [...operands, ...mark]);
    const isSummed = (axis: Axis) => loop.summed !== undefined && axis.strides[operands.length] === 0;
    this.#inner = axes.pop() ?? { length: 1, strides: [...operands, ...mark].map(() => 0) };
    this.#innerIsSummed = isSummed(this.#inner);
    for (const axis of axes) (isSummed(axis) ? this.#summed : this.#kept).push(axis);
    const all = [...axes, this.#inner];
    const byClass = new Map<string, number>();
    for (const [k, place] of places.entries()) {
      const key = classOf(all, k);
      let register = byClass.get(key);
      if (register === undefined) {
        register = all.every(({ strides }) => strides[k] === 0) ? -1 : this.#register();
        if (register >= 0) this.#registers.push({ register, operand: k });
        byClass.set(key, register);
      }
      this.#index.set(place, register);
      if (this.#inner.strides[k] === 0) this.#broadcasts.add(place);
    }
  }

  write(): void {
    for (const { register } of this.#registers) this.#a.set(register, 0);
    const tail = this.#inner.length % LANES;
    if (tail > 0) {
      this.#a.set(RAX, 2 ** tail - 1);
      this.#a.maskFrom(TAIL, RAX);
    }
    this.#nest(this.#kept, () => {
      if (!this.#loop.summed) this.#entrywise();
      else if (this.#innerIsSummed) this.#sumAlong();
      else this.#sumAcross();
    });
  }

  /** Every vector of the inner axis. */
  #entrywise(): void {
    const whole = Math.floor(this.#inner.length / LANES);
    const store = (tail: boolean) => (offset: number, values: (entry: number) => number) => {
      for (const { entry, place } of this.#loop.stores)
        this.#a.store(this.#address(place, offset), values(entry), tail ? { mask: TAIL } : {});
    };
    const done = this.#vectors(whole, 1, (offset) => this.#values(offset, 0, store(false)));
    if (this.#inner.length % LANES > 0) this.#values(done, 0, store(true));
    this.#rewind(whole, done);
  }

  /** Sums along the inner axis: vectors are added, in the end the numbers of one. */
  #sumAlong(): void {
    const whole = Math.floor(this.#inner.length / LANES);
    const tail = this.#inner.length % LANES;
    const partial = whole >= 4 ? 4 : 1;
    for (let k = 0; k < partial; k++) this.#start(REGISTERS + k);
    const { entry, place } = this.#loop.stores[0];
    const add = (k: number, mask: boolean) => (_: number, values: (entry: number) => number) =>
      this.#combine(REGISTERS + k, values(entry), mask);
    this.#nest(this.#summed, () => {
      const turns = Math.floor(whole / partial);
      let done = this.#vectors(turns, partial, (offset) => {
        for (let k = 0; k < partial; k++) this.#values(offset + k * VECTOR, 0, add(k, false));
      });
      for (let k = turns * partial; k < whole; k++) {
        this.#values(done, 0, add(k % partial, false));
        done += VECTOR;
      }
      if (tail > 0) this.#values(done, 0, add(0, true));
      this.#rewind(turns * partial, done - (whole - turns * partial) * VECTOR);
    });
    for (let k = 1; k < partial; k++) this.#combine(REGISTERS, REGISTERS + k, false);
    this.#combineLanes(REGISTERS, TEMPORARY + 1);
    this.#a.storeFirst(this.#address(place, 0), REGISTERS);
  }

  #start(register: number): void {
    const { start } = this.#how;
    if (start === 0) this.#a.clear(register);
    else this.#a.broadcast(register, this.#constants.number(start));
  }

  /** Takes one more vector in, or what the mask of the tail lets through of it. */
  #combine(into: number, value: number, masked: boolean): void {
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
    for (const order of [0x4e, 0xb1]) {
      this.#a.withByte(withByte.shuffleBlocks, temporary, register, register, order);
      this.#combine(register, temporary, false);
    }
    for (const order of [0x4e, 0xb1]) {
      this.#a.withByte(withByte.shuffleWithin, temporary, 0, register, order);
      this.#combine(register, temporary, false);
    }
  }

  /** Sums along other axes, for some vectors of the inner axis at a time. */
  #sumAcross(): void {
    const { length } = this.#inner;
    const vectors = Math.ceil(length / LANES);
    const { entry, place } = this.#loop.stores[0];
    const block = (count: number, offset: number, masked: boolean) => {
      for (let k = 0; k < count; k++) this.#start(REGISTERS + k);
      this.#nest(this.#summed, () => {
        for (let k = 0; k < count; k++)
          this.#values(offset + k * VECTOR, 0, (_, values) =>
            this.#combine(REGISTERS + k, values(entry), false),
          );
      });
      for (let k = 0; k < count; k++) {
        const options = masked && k === count - 1 ? { mask: TAIL } : {};
        this.#a.store(this.#address(place, offset + k * VECTOR), REGISTERS + k, options);
      }
    };
    const ragged = length % LANES > 0;
    const blocks = Math.floor((ragged ? vectors - 1 : vectors) / SUMS);
    const done = this.#vectors(blocks, SUMS, (offset) => block(SUMS, offset, false));
    const rest = vectors - blocks * SUMS;
    if (rest > 0) block(rest, done, ragged);
    this.#rewind(blocks * SUMS, done);
  }

  /**
   * `body` for `turns` times `count` vectors. Few are written out and reached by offsets; for more the index registers move.
   * @returns the offset in bytes from the index registers at which to go on
   */
  #vectors(turns: number, count: number, body: (offset: number) => void): number {
    if (turns * this.#loop.entries.length <= 4) {
      for (let turn = 0; turn < turns; turn++) body(turn * count * VECTOR);
      return turns * count * VECTOR;
    }
    this.#repeat(turns, () => {
      body(0);
      for (const { register, operand } of this.#registers)
        if (this.#inner.strides[operand] !== 0) this.#a.addNumber(register, count * VECTOR);
    });
    return 0;
  }

  /** Puts the index registers back that `#vectors` moved over so many whole vectors. */
  #rewind(vectors: number, done: number): void {
    if (done > 0 || vectors === 0) return;
    for (const { register, operand } of this.#registers)
      if (this.#inner.strides[operand] !== 0) this.#a.addNumber(register, -vectors * VECTOR);
  }

  /** Runs through axes; the index registers are as before in the end. */
  #nest(axes: readonly Axis[], body: () => void): void {
    if (axes.length === 0) {
      body();
      return;
    }
    const [axis, ...rest] = axes;
    const moving = this.#registers.filter(({ operand }) => axis.strides[operand] !== 0);
    this.#repeat(axis.length, () => {
      this.#nest(rest, body);
      for (const { register, operand } of moving) this.#a.addNumber(register, axis.strides[operand] * BYTES);
    });
    for (const { register, operand } of moving)
      this.#a.addNumber(register, -axis.length * axis.strides[operand] * BYTES);
  }

  #repeat(count: number, body: () => void): void {
    if (count === 0) return;
    if (count === 1) {
      body();
      return;
    }
    const counter = this.#register();
    const start = new Label();
    this.#a.set(counter, count);
    this.#a.place(start);
    body();
    this.#a.addNumber(counter, -1);
    this.#a.jumpNotZero(start);
    this.#free.push(counter);
  }

  /** Computes all values for one vector, `offset` bytes after the index registers, and hands over where they are. */
  #values(
    offset: number,
    first: number,
    use: (offset: number, values: (entry: number) => number) => void,
  ): void {
    const { entries } = this.#loop;
    const registers = Array.from({ length: REGISTERS - first }, (_, i) => REGISTERS - 1 - i);
    const held = new Map<number, number>();
    const hold = (i: number): number => {
      const register = registers.pop();
      if (register === undefined) throw new Error('a loop needs more vector registers than there are');
      held.set(i, register);
      return register;
    };
    const load = (i: number): number => {
      const entry = entries[i];
      if (held.has(i) || !('load' in entry)) return held.get(i)!;
      const register = hold(i);
      const memory = this.#address(entry.load, offset);
      if (this.#isBroadcast(entry.load)) this.#a.broadcast(register, memory);
      else this.#a.load(register, memory);
      return register;
    };
    const operand = (i: number): Operand => {
      const entry = entries[i];
      if (!('load' in entry) || this.#uses[i] > 1) return load(i);
      return { memory: this.#address(entry.load, offset), broadcast: this.#isBroadcast(entry.load) };
    };
    for (const [i, entry] of entries.entries()) {
      if ('load' in entry) continue;
      const inputs = entry.inputs.map(operand);
      for (const input of new Set(entry.inputs)) {
        const register = held.get(input);
        if (this.#last[input] === i && register !== undefined) {
          registers.push(register);
          held.delete(input);
        }
      }
      // The register of an operand may be that of the result: operations read before they write, or know of it.
      entrywise[entry.op]!({ a: this.#a, constants: this.#constants, to: hold(i), inputs });
    }
    use(offset, load);
  }

  #address(place: Place, offset: number): Memory {
    const register = this.#index.get(place)!;
    const start = (place.buffer.offset + place.offset) * BYTES;
    return register < 0 || this.#isBroadcast(place)
      ? at(RBX, start, register < 0 ? undefined : register)
      : at(RBX, start + offset, register);
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

/** Strides of an operand that tells axes apart: 0 where the mark is 0. */
function rowMajorWhere(shape: readonly number[], marks: readonly number[]): number[] {
  let stride = 1;
  const strides = Array<number>(shape.length);
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = marks[i] * stride;
    stride *= marks[i] ? shape[i] : 1;
  }
  return strides;
}
