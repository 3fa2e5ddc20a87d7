/**
 * @file What kernels are written with, whatever the target: AVX-512 (assembler.ts), AVX2 (avx2-assembler.ts), WebAssembly
 * (wasm/wasm-assembler.ts). How many numbers a vector has, and how many registers there are, says target.ts.
 *
 * **General registers** hold addresses and counters. They have the names that x86-64 gives them. RBX holds the start of the memory and is
 * never written; RSP is the stack's; RAX is used up by what says so. Nothing else is kept for anybody.
 *
 * **Vector registers** have the names 0 to 31. Of 0 up to `target.registers` - 1 a kernel may use all. From 24 on lie those that entrywise
 * operations use for themselves (entrywise/emission.ts) and 30 and 31, for what is loaded; every target has them besides those that it
 * plans with. Between steps and subroutines nothing lives in registers of either kind.
 *
 * **Masks** have the names 1 to 7 and are of two sorts: lanes known when code is written (`setMask`), and where a comparison held
 * (`compare`). The former limit loads, stores and arithmetic; the latter choose between registers alone, and only the mask of the last
 * comparison is there. Loads read whole vectors: what lies behind a buffer may be read (plan/prepared.ts).
 */
import type { DoubleOperations } from './double-operations.ts';
import type { Memory } from './memory.ts';

export { at, type Memory } from './memory.ts';

/** General registers. */
export const [RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15] = Array.from(
  { length: 16 },
  (_, i) => i,
);

/** Numbers that instructions need, each kept once: operands for all numbers of a vector (`broadcast`). */
export interface Numbers {
  number(value: number): Memory;
  /** The number with these 32 bits. */
  bits(value: number): Memory;
  /** A number of float64, for `DoubleOperations`. */
  wide(value: number): Memory;
}

export interface VectorOptions {
  /** The second source is one number in memory, used for all. */
  broadcast?: boolean;
  /** Entries that count: mask register 1 to 7. */
  mask?: number;
  /** Entries that do not count become 0 (masks of comparisons alone); else they stay. */
  zero?: boolean;
}

/** Operations of a destination and two sources. */
export const vector = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  /** The second source where either is no number, and where both are zeros, whatever their signs. `extreme` keeps what is no number. */
  min: 'min',
  max: 'max',
  /** Of bits. */
  and: 'and',
  or: 'or',
  xor: 'xor',
  /** first * 2 to the second, a whole number from -254 to 254 */
  scale: 'scale',
  /** destination = first * destination + second; rounded once, or twice where the target has no such instruction */
  fma213: 'fma213',
  /** destination = first * second + destination */
  fma231: 'fma231',
  /** destination = second - first * destination */
  fnma213: 'fnma213',
  /** destination = destination - first * second */
  fnma231: 'fnma231',
} as const;
export type VectorOperation = keyof typeof vector;

/** How a comparison asks, without signals; but for `unordered` and `notEqual` it does not hold where either is no number. */
export const compares = {
  equal: 'equal',
  less: 'less',
  lessOrEqual: 'lessOrEqual',
  /** Either is no number. */
  unordered: 'unordered',
  notEqual: 'notEqual',
} as const;
export type Comparison = keyof typeof compares;

/** To the nearest whole number, the even one of two, or the next one below or above. */
export type Rounding = 'nearest' | 'down' | 'up';

/** A kernel that steps call. What it is, its target knows. */
export abstract class Subroutine {
  protected abstract readonly kind: 'subroutine';
}

/** A side of a block that is transposed: vectors, where each lies, and which of their numbers are written. */
export interface BlockSide {
  /** At most as many as a vector has numbers. */
  length: number;
  place(vector: number): Memory;
  options?: VectorOptions;
}

export interface KernelAssembler extends DoubleOperations {
  /** What else processors with tiles have (AMX): undefined on other targets. */
  readonly tiles: TileAssembler | undefined;

  // Vectors

  load(to: number, from: Memory, options?: VectorOptions): void;
  /** Only with masks of lanes that are known when code is written. */
  store(to: Memory, from: number, options?: VectorOptions): void;
  move(to: number, from: number, options?: VectorOptions): void;
  /** One number of memory, or the first of a vector, for all. */
  broadcast(to: number, from: Memory | number, options?: VectorOptions): void;
  /** The low 32 bits of a general register for all. */
  broadcastFrom(to: number, from: number): void;
  /** One number of memory to the first of a vector, whose others become 0. */
  loadFirst(to: number, from: Memory): void;
  /** The first number of a vector to memory. */
  storeFirst(to: Memory, from: number): void;
  /** All numbers become 0. */
  clear(to: number): void;
  vector(
    op: VectorOperation,
    to: number,
    first: number,
    second: number | Memory,
    options?: VectorOptions,
  ): void;
  sqrt(to: number, from: number | Memory, options?: VectorOptions): void;
  round(to: number, from: number, how: Rounding): void;
  /** Greatest or least, no number where either is none. May use the register and the mask that are given. */
  extreme(
    op: 'min' | 'max',
    to: number,
    first: number,
    second: number | Memory,
    options: VectorOptions,
    temporary: number,
    mask: number,
  ): void;
  /** x = m 2^e, m in [0.75, 1.5), no number for x below 0; e of 0 is minus infinity. `e` may be x. Uses three temporaries and mask 2. */
  splitPower(
    m: number,
    e: number,
    x: number,
    temporaries: readonly number[],
    constants: Pick<Numbers, 'number' | 'bits'>,
  ): void;

  // Masks

  /** Lanes that count, a bit each, the first the lowest. Uses RAX. */
  setMask(mask: number, bits: number): void;
  /** Sets a mask to where the comparison holds. */
  compare(
    how: Comparison,
    mask: number,
    first: number,
    second: number | Memory,
    options?: VectorOptions,
  ): void;
  /** The second source where the mask of a comparison is set, else the first. */
  select(to: number, first: number, second: number | Memory, options: VectorOptions & { mask: number }): void;

  // Within vectors

  /** Entry i becomes entry i xor `distance` of `from`, another register; `distance` is a power of 2 below the numbers of a vector. */
  exchange(to: number, from: number, distance: number): void;
  /**
   * Entry i of the vector `start` becomes the sum of the numbers of the vector `start` + i, for `count` of them, at most as many as a
   * vector has numbers. The others are used up, and register 31; entries from `count` are anything.
   */
  addWithin(start: number, count: number): void;
  /** Vectors of the one side become the first entries, second entries, ... of those of the other. Uses all vector registers. */
  transposeBlock(from: BlockSide, to: BlockSide): void;

  // General registers

  /** @param value an integer from 0 below 2^32 */
  set(to: number, value: number): void;
  copy(to: number, from: number): void;
  /** @param value an integer of 32 bits, with its sign */
  addNumber(to: number, value: number): void;
  /** The address itself. */
  address(to: number, from: Memory): void;
  /** An address, of `target.wordBytes`. */
  loadWord(to: number, from: Memory): void;
  storeWord(to: Memory, from: number): void;
  /** The memory will be read: it comes nearer meanwhile, where a target can say so. Any address will do. */
  prefetch(from: Memory): void;
  /** Keeps what a general register holds until it is popped. Pushes and pops nest, in the order in which they are written. */
  push(register: number): void;
  pop(register: number): void;

  // Control

  /**
   * What `write` writes. For a key that was there before a target may repeat what it wrote then, with other addresses: all operands in
   * memory but constants say which they are, and are as far from its start as they were.
   * @param starts of the operands, in bytes from the start of the memory
   */
  repeated(key: string, starts: readonly number[], write: () => void): void;

  /** Runs the body `count` times, at least once; the counter must be as it was when the body ends. Loops nest, each of its own counter. */
  loop(counter: number, count: number, body: () => void): void;
  /**
   * What was computed in vector registers 0 to `registers` - 1 is not left for later than what is loaded next (V8 would; nothing where
   * instructions keep their order).
   */
  pin(registers: number): void;
  /** A subroutine is given RSI, RDX, RCX and R8; nothing comes back but what it wrote to memory, and no register survives but RBX. */
  call(subroutine: Subroutine): void;
}

/** Tiles: eight registers of 16 rows of 64 bytes. The index of an address is the distance of rows, in bytes. */
export interface TileAssembler extends KernelAssembler {
  /** Shapes of the tiles, from 64 bytes of memory. */
  configureTiles(from: Memory): void;
  /** All tiles become unused; a thread with tiles in use costs the system more to suspend. */
  releaseTiles(): void;
  clearTile(to: number): void;
  loadTile(to: number, from: Memory): void;
  storeTile(to: Memory, from: number): void;
  /** Adds the product of two tiles of bfloat16 to a tile of float32; rows of the second are pairs of the inner axis. */
  multiplyTiles(to: number, first: number, second: number): void;
  /** Every 32 bits of a vector, without a sign, moved towards the lowest. */
  shiftRight(to: number, from: number, bits: number): void;
  /** Of 32 bits. */
  addIntegers(to: number, first: number, second: number): void;
}

/** @throws Error where the target has no tiles */
export function tilesOf({ tiles }: KernelAssembler): TileAssembler {
  if (!tiles) throw new Error('a target without tiles');
  return tiles;
}
