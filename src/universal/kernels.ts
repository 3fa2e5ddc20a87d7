/**
 * @file Sums over entries for every pair of a memory and a query: what comparing vectors costs. Float64 throughout, two
 * numbers at a time, in tiles that fit into the cache; no more room than the vectors, the result and half a megabyte for each
 * kernel.
 */
import { type Code, f64, f64x2, i32, i64x2, local, type Routine, repeat, routine } from './webassembly.ts';

/** `product` sum a b, `squared` sum (a - b)^2, `absolute` sum |a - b|, `entropy` sum (a + b) log(a + b) for a, b >= 0. */
export type KernelName = 'product' | 'squared' | 'absolute' | 'entropy';

/**
 * Fills sums[q * n + i] with the kernel of memory i [n, d] and query q [count, d]. A sum depends on its own two vectors
 * alone, to the last bit, and not on which of them is the memory.
 */
export type Kernel = (
  memories: Float64Array,
  n: number,
  queries: Float64Array,
  count: number,
  d: number,
  sums: Float64Array,
) => void;

/** Gets a constant from a local that is set once, before the loop: to make one takes longer than to multiply by it. */
type Hoisted = (constant: Code) => Code;

interface Definition {
  /** Memories and queries compared at once: their sums and entries stay in registers. */
  block: readonly [memories: number, queries: number];
  /** What the sums are multiplied by in the end; default 1. */
  unit?: number;
  /** From two vectors in locals a and b to what is added to their sum; `spare` locals may be used. */
  term(a: number, b: number, spare: readonly number[], hoisted: Hoisted): Code;
}

const { get, set, tee } = local;
/** Vectors that `term` may use for itself. */
const SPARE = 4;

const DEFINITIONS: Record<KernelName, Definition> = {
  product: { block: [4, 2], term: (a, b) => [...get(a), ...get(b), ...f64x2.mul] },
  squared: {
    block: [4, 2],
    term: (a, b, [t]) => [...get(a), ...get(b), ...f64x2.sub, ...tee(t), ...get(t), ...f64x2.mul],
  },
  absolute: { block: [4, 2], term: (a, b) => [...get(a), ...get(b), ...f64x2.sub, ...f64x2.abs] },
  entropy: {
    block: [2, 1],
    unit: Math.LN2,
    term: (a, b, [u, ...spare], hoisted) => [
      ...[...get(a), ...get(b), ...f64x2.add, ...tee(u)],
      ...[...binaryLogarithm(u, spare, hoisted), ...f64x2.mul],
    ],
  },
};

/** The bits of sqrt(1/2): mantissas are taken from there to sqrt(2). */
const ROOT_HALF = new BigUint64Array(Float64Array.of(Math.SQRT1_2).buffer)[0];
const MANTISSA = (1n << 52n) - 1n;
/** An exponent as the lowest bits of 2^52, so that a subtraction makes a number of it. */
const INTEGER = 2 ** 52;
/**
 * log((1 + s) / (1 - s)) / s in powers of s^2, for |s| <= (sqrt 2 - 1)^2: the polynomial of least greatest error there,
 * 6e-14 (a fit by iterated weights).
 */
const SERIES = [
  1.9999999999999416, 0.6666666667975073, 0.3999999484936066, 0.28572170007281067, 0.2217410396054084,
  0.19610044076736474,
];

/**
 * The binary logarithm of normal positive numbers, within 3e-14 and rounding; of zero a finite number, so that 0 log 0 is 0; of
 * NaN anything. u = 2^k m with m in [sqrt 1/2, sqrt 2), s = (m - 1) / (m + 1).
 */
function binaryLogarithm(u: number, [k, m, z]: readonly number[], hoisted: Hoisted): Code {
  const [bits, s] = [k, m];
  const number = (value: number) => hoisted(f64x2.constant(value));
  const integer = (value: bigint) => hoisted(i64x2.constant(value));
  const series = SERIES.map((coefficient) => coefficient * Math.LOG2E);
  const highest = number(series.at(-1)!);
  const horner = series
    .slice(0, -1)
    .reverse()
    .flatMap((coefficient) => [...get(z), ...f64x2.mul, ...number(coefficient), ...f64x2.add]);
  return [
    // Exponents 1,024 too high, so that the shift need not know of signs.
    ...[...get(u), ...integer((1n << 62n) - ROOT_HALF), ...i64x2.add, ...tee(bits)],
    ...[...integer(MANTISSA), ...i64x2.and, ...integer(ROOT_HALF), ...i64x2.add, ...tee(m)],
    ...[...number(1), ...f64x2.sub, ...get(m), ...number(1), ...f64x2.add, ...f64x2.div, ...tee(s)],
    ...[...get(s), ...f64x2.mul, ...set(z)],
    ...[...get(bits), ...i32.constant(52), ...i64x2.shiftRight],
    ...[...number(INTEGER), ...i64x2.or, ...number(INTEGER + 1024), ...f64x2.sub],
    ...[...highest, ...horner, ...get(s), ...f64x2.mul, ...f64x2.add],
  ];
}

/** Entries of a row in a tile: rows of a block together stay in the first cache. */
const LENGTH = 512;
/** Rows in a tile, memories and queries each. */
const ROWS = 64;
const STRIDE = 8 * LENGTH;
const [MEMORIES, QUERIES, SUMS] = [0, ROWS * STRIDE, 2 * ROWS * STRIDE];

/** Vectors of a row that are compared in one turn of the loop. */
const UNROLL = 2;
const TURN = 16 * UNROLL;

/**
 * The sums of one block of a tile. Parameters: where its memories and its queries begin, and where the first memory ends, a
 * whole number of turns later.
 */
function blockRoutine({ block: [memories, queries], term }: Definition): Routine {
  const [memory, query, end] = [0, 1, 2];
  let locals = 3;
  const several = (count: number) => Array.from({ length: count }, () => locals++);
  const entries = several(memories + queries);
  const totals = several(memories * queries);
  const spare = several(SPARE);
  const constants = new Map<string, { at: number; code: Code }>();
  const hoisted: Hoisted = (code) => {
    const key = code.join();
    if (!constants.has(key)) constants.set(key, { at: locals++, code });
    return get(constants.get(key)!.at);
  };
  const load = (at: number) =>
    entries.flatMap((entry, r) => [
      ...get(r < memories ? memory : query),
      ...f64x2.load(at + STRIDE * (r < memories ? r : r - memories)),
      ...set(entry),
    ]);
  const add = totals.flatMap((total, k) => [
    ...get(total),
    ...term(entries[Math.floor(k / queries)], entries[memories + (k % queries)], spare, hoisted),
    ...[...f64x2.add, ...set(total)],
  ]);
  const turn = Array.from({ length: UNROLL }, (_, k) => [...load(16 * k), ...add]).flat();
  const next = [memory, query].flatMap((at) => [...get(at), ...i32.constant(TURN), ...i32.add, ...set(at)]);
  const store = totals.flatMap((total, k) => [
    ...i32.constant(SUMS),
    ...[...get(total), ...f64x2.lane(0), ...get(total), ...f64x2.lane(1), ...f64.add],
    ...f64.store(8 * k),
  ]);
  const hoist = [...constants.values()].flatMap(({ at, code }) => [...code, ...set(at)]);
  return routine(3, locals - 3, SUMS + 8 * totals.length, [
    ...hoist,
    ...repeat([...turn, ...next], [...get(memory), ...get(end), ...i32.lessThan]),
    ...store,
  ]);
}

function kernelOf(name: KernelName): Kernel {
  const { block, unit = 1 } = DEFINITIONS[name];
  let made: Routine | undefined;
  return (memories, n, queries, count, d, sums) => {
    made ??= blockRoutine(DEFINITIONS[name]);
    const { memory, run } = made;
    const tile = new Float64Array(memory);
    const totals = new Float64Array(memory, SUMS, block[0] * block[1]);
    sums.fill(0, 0, n * count);
    for (let k = 0; k < d; k += LENGTH) {
      const length = Math.min(LENGTH, d - k);
      const bytes = TURN * Math.ceil((8 * length) / TURN);
      for (let i = 0; i < n; i += ROWS) {
        const few = Math.min(ROWS, n - i);
        fill(tile, MEMORIES, memories, i, few, d, k, length);
        for (let q = 0; q < count; q += ROWS) {
          const asked = Math.min(ROWS, count - q);
          fill(tile, QUERIES, queries, q, asked, d, k, length);
          // The last block of a tile may take in rows beyond it: what is left there is summed up and thrown away.
          for (let r = 0; r < asked; r += block[1]) {
            for (let j = 0; j < few; j += block[0]) {
              const first = MEMORIES + j * STRIDE;
              run(first, QUERIES + r * STRIDE, first + bytes);
              for (let t = 0; t < totals.length; t++) {
                const row = j + Math.floor(t / block[1]);
                const column = r + (t % block[1]);
                if (row < few && column < asked) sums[(q + column) * n + i + row] += unit * totals[t];
              }
            }
          }
        }
      }
    }
  };
}

/** Copies entries k to k + length of rows [from, from + rows) into a tile, and zeros behind them up to a whole turn. */
function fill(
  tile: Float64Array,
  at: number,
  values: Float64Array,
  from: number,
  rows: number,
  d: number,
  k: number,
  length: number,
): void {
  for (let r = 0; r < rows; r++) {
    const start = (from + r) * d + k;
    const to = at / 8 + r * LENGTH;
    tile.set(values.subarray(start, start + length), to);
    tile.fill(0, to + length, to + Math.min(LENGTH, length + TURN / 8));
  }
}

export const kernels: Record<KernelName, Kernel> = {
  product: kernelOf('product'),
  squared: kernelOf('squared'),
  absolute: kernelOf('absolute'),
  entropy: kernelOf('entropy'),
};
