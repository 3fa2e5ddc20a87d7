/** @file Between tensors and the typed arrays in which the Hopfield networks work; checks what comes in. */
import type { Tensor } from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { type Range, readBatch } from '../memory/inputs.ts';

export { type Batch, checkSteps, type Range, readBatch, readQueries } from '../memory/inputs.ts';

/** -1 below the middle of the range, +1 in the middle and above. */
export function toBits(values: Float32Array, [low, high]: Range): Int8Array {
  const middle = (low + high) / 2;
  return Int8Array.from(values, (value) => (value < middle ? -1 : 1));
}

/** Bits -1/+1 as the ends of the range, but known entries as the query has them. */
export function fromBits(
  bits: Int8Array,
  [low, high]: Range,
  queries: Float32Array,
  known?: ArrayLike<number>,
): Float32Array {
  return queries.map((query, i) => (known?.[i] ? query : bits[i] < 0 ? low : high));
}

/** From the range to [-1, 1]. */
export function centre(values: Float32Array, [low, high]: Range): Float32Array {
  return values.map((value) => (2 * (value - low)) / (high - low) - 1);
}

/** States in [-1, 1] as values of the range, but known entries as the query has them. */
export function uncentre(
  states: ArrayLike<number>,
  [low, high]: Range,
  queries: Float32Array,
  known?: ArrayLike<number>,
): Float32Array {
  return queries.map((query, i) => (known?.[i] ? query : low + ((states[i] + 1) / 2) * (high - low)));
}

/** Energies of each of x, [n, ...shape] in the range: of its d values in [-1, 1]. */
export async function energiesOf(
  x: Tensor,
  { shape, range }: { shape: readonly number[]; range: Range },
  energy: (x: Float32Array) => number,
): Promise<Float32Array> {
  const { values, count, d } = await readBatch('x', x, { shape, range, noisy: true });
  const centred = centre(values, range);
  return Float32Array.from({ length: count }, (_, n) => energy(centred.subarray(n * d, (n + 1) * d)));
}

/**
 * How many patterns of d dimensions a memory that keeps them as they are holds in `floats` numbers.
 * @throws InputError when not even one fits.
 */
export function slots(name: string, count: number, d: number, floats: number): number {
  if (floats < d) throw new InputError(`${name}: ${floats} floats cannot hold one pattern of ${d}`);
  return Math.min(count, Math.floor(floats / d));
}
