/** @file What a memory holds, as named tensors of numbers: how many there are, and how many bits they take. */

import * as args from '../arguments.ts';
import type { Packing } from '../energy/network.ts';
import { packedSize } from '../energy/network.ts';
import { InputError } from '../errors.ts';
import { sizeOf } from '../shapes.ts';
import { notFinite } from './diverged.ts';
import { quantised } from './quantise.ts';

/** One tensor that a memory holds. */
export interface Held {
  shape: readonly number[];
  /** In row-major order; of a symmetric or hollow matrix all entries. */
  values: Float32Array;
  /** Which of its entries count. Default: all. */
  packing?: Packing;
  /** Where the memory rounded its numbers itself: bits of each. They are rounded again only to fewer. */
  bits?: number;
}

/** All that depends on what was stored. A memory's `restore` makes the same stored memory of it. */
export interface Contents {
  /** Shape of one pattern, which every reader knows: it counts as no memory. */
  patternShape: readonly number[];
  tensors: Readonly<Record<string, Held>>;
}

const CONTENTS = args.fields(
  {
    patternShape: args.shape,
    tensors: args.record(
      args.fields({ shape: args.axes, values: args.floats, bits: args.optional(args.number) }),
    ),
  },
  'what contents() of a stored memory gives',
);
const STORED = args.fields({ contents: args.callable }, 'a stored memory, as store gives it');

/**
 * What a memory is to be restored from.
 * @throws InputError unless it is what `contents()` gives
 */
export function checkContents(memory: string, contents: Contents): Contents {
  args.check(memory, { contents: [contents, CONTENTS] });
  return contents;
}

/**
 * What a stored memory holds.
 * @throws InputError unless it is one
 */
export function contentsOf(memory: string, stored: { contents(): Contents }): Contents {
  args.check(memory, { stored: [stored, STORED] });
  return checkContents(memory, stored.contents());
}

/** Bits of a scale: a float32. */
const SCALE_BITS = 32;
/** Numbers are rounded to so many bits at most; 32 leaves float32 as it is. */
export const MOST_BITS = 16;
export const FLOAT_BITS = 32;

export const BITS = args.kind(
  `1 to ${MOST_BITS}, or ${FLOAT_BITS} (float32)`,
  (bits) => bits === FLOAT_BITS || args.whole(1, MOST_BITS).fault(bits, '') === undefined,
);

/** @throws InputError unless 1 to 16, or 32 */
export function checkBits(bits: number): number {
  if (BITS.fault(bits, '')) throw new InputError(`bits ${args.described(bits)}: expected ${BITS.wanted}`);
  return bits;
}

/** Numbers that a tensor holds. */
export const countOf = ({ shape, packing }: Held) => packedSize(shape, packing);

/** All numbers of a memory. */
export const numbersIn = ({ tensors }: Contents) =>
  Object.values(tensors).reduce((sum, held) => sum + countOf(held), 0);

/** Bits that each number of a tensor takes when it is rounded to `bits`, default not at all. */
export const bitsOf = ({ bits: own = FLOAT_BITS }: Held, bits = FLOAT_BITS) => Math.min(own, bits);

/**
 * Bits of memory when every number is rounded to `bits` bits, default not at all: those of the numbers, and 32 for each scale where
 * they have fewer than 32 bits.
 */
export function memoryBits({ tensors }: Contents, bits = FLOAT_BITS): number {
  return Object.values(tensors).reduce((sum, held) => {
    const each = bitsOf(held, bits);
    const scales = held.packing === 'symmetric' ? 2 : 1;
    return sum + countOf(held) * each + (each === FLOAT_BITS ? 0 : scales * SCALE_BITS);
  }, 0);
}

/** The contents with every number rounded to `bits` bits, uniformly, one scale a group. Numbers of which one is not finite stay. */
export function rounded(contents: Contents, bits: number): Contents {
  if (checkBits(bits) === FLOAT_BITS) return contents;
  const round = (held: Held): Held =>
    bits < (held.bits ?? FLOAT_BITS)
      ? {
          ...held,
          bits,
          values: fromNumbers(
            held,
            numbersOf(held).map((numbers) => (notFinite(numbers) < 0 ? quantised(numbers, bits) : numbers)),
          ),
        }
      : held;
  const tensors = Object.entries(contents.tensors).map(([name, held]) => [name, round(held)]);
  return { ...contents, tensors: Object.fromEntries(tensors) };
}

/**
 * The numbers of a tensor that count, in groups that each have a scale when they are rounded. A packed matrix [..., d, d] has the lower
 * triangle of its symmetric part, row by row, and if it is not hollow its diagonal, which lies far from the rest where writing adds up
 * the squares of patterns.
 */
export function numbersOf({ shape, values, packing = 'full' }: Omit<Held, 'bits'>): Float32Array[] {
  if (packing === 'full') return [values];
  const lower = new Float32Array(packedSize(shape, 'hollow'));
  let n = 0;
  forTriangle(shape, (a, b) => {
    lower[n++] = (values[a] + values[b]) / 2;
  });
  if (packing === 'hollow') return [lower];
  return [lower, Float32Array.from(diagonalPlaces(shape), (at) => values[at])];
}

/** All entries of a tensor from the groups of its numbers; a hollow matrix has zeros on its diagonal. */
export function fromNumbers(
  { shape, packing = 'full' }: Pick<Held, 'shape' | 'packing'>,
  [lower, diagonal]: readonly Float32Array[],
): Float32Array {
  if (packing === 'full') return lower;
  const out = new Float32Array(sizeOf([...shape]));
  let n = 0;
  forTriangle(shape, (a, b) => {
    out[a] = out[b] = lower[n++];
  });
  if (packing === 'symmetric') for (const [i, at] of diagonalPlaces(shape).entries()) out[at] = diagonal[i];
  return out;
}

/** Calls with the places of entries (i, j) and (j, i) of every matrix, i > j. */
function forTriangle(shape: readonly number[], each: (a: number, b: number) => void): void {
  const d = shape.at(-1)!;
  for (let start = 0; start < sizeOf([...shape]); start += d * d) {
    for (let i = 1; i < d; i++) for (let j = 0; j < i; j++) each(start + i * d + j, start + j * d + i);
  }
}

function diagonalPlaces(shape: readonly number[]): number[] {
  const d = shape.at(-1)!;
  const matrices = sizeOf([...shape]) / (d * d);
  return Array.from({ length: matrices * d }, (_, n) => Math.floor(n / d) * d * d + (n % d) * (d + 1));
}

/**
 * One tensor of the contents.
 * @param memory its name, for messages
 * @param shape expected: null where any length will do
 * @throws InputError where it is missing or has another shape
 */
export function heldIn(
  memory: string,
  contents: Contents,
  name: string,
  shape: readonly (number | null)[],
): Held {
  const { tensors } = checkContents(memory, contents);
  const held = tensors[name];
  if (!held)
    throw new InputError(
      `${memory}: holds "${name}", but found ${Object.keys(tensors).join(', ') || 'nothing'}`,
    );
  const fits = held.shape.length === shape.length && shape.every((n, i) => n === null || n === held.shape[i]);
  if (!fits) {
    const wanted = shape.map((n) => n ?? 'any').join();
    throw new InputError(`${memory}: "${name}" has shape [${held.shape}], expected [${wanted}]`);
  }
  if (held.values.length !== held.shape.reduce((a, b) => a * b, 1))
    throw new InputError(`${memory}: "${name}" has ${held.values.length} values for shape [${held.shape}]`);
  if (!held.values.every(Number.isFinite))
    throw new InputError(`${memory}: "${name}" holds a value that is not finite`);
  return held;
}

/** Contents of a memory that keeps its patterns: `patterns` [count, ...patternShape], in [-1, 1]. */
export const keptPatterns = (
  values: Float32Array,
  patternShape: readonly number[],
  bits?: number,
): Contents => ({
  patternShape,
  tensors: {
    patterns: { shape: [values.length / sizeOf([...patternShape]), ...patternShape], values, bits },
  },
});

/** The patterns of `keptPatterns`. */
export function patternsIn(memory: string, contents: Contents) {
  const { patternShape } = checkContents(memory, contents);
  const { values, shape } = heldIn(memory, contents, 'patterns', [null, ...patternShape]);
  return { values, count: shape[0], d: sizeOf([...patternShape]), shape: [...patternShape] };
}
