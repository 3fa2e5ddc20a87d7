/** @file Sums of the numbers within vectors, as many vectors at once as a vector has numbers. */
import { at, type KernelAssembler, RCX, vector } from '../assembler/kernel-assembler.ts';
import { LANES, NUMBER_BYTES, setMask, setVector } from './loops.ts';

const STORE_MASK = 7;
const SPARE = 31;

/** Vectors, one register after the other, and where their sums belong. */
export interface Sums {
  /** The first register. */
  start: number;
  /** At most as many as a vector has numbers. */
  count: number;
  /** Numbers from RCX to the place of each. */
  offset: (index: number) => number;
}

/** Writes the sum of the numbers of each vector. Uses the vectors, register 31, mask 7 and RAX. */
export function storeSums(
  assembler: KernelAssembler,
  { alpha, accumulate }: { alpha: number; accumulate?: boolean },
  { start, count, offset }: Sums,
): void {
  assembler.addWithin(start, count);
  if (alpha !== 1) {
    setVector(assembler, SPARE, alpha);
    assembler.vector(vector.mul, start, start, SPARE);
  }
  for (let first = 0; first < count; ) {
    let end = first + 1;
    while (end < count && offset(end) === offset(first) + end - first) end++;
    // Sums first to end - 1 are beside each other: the vector's start lies `first` numbers before them.
    const to = at(RCX, (offset(first) - first) * NUMBER_BYTES);
    const options = end - first < LANES ? { mask: STORE_MASK } : {};
    if (options.mask) setMask(assembler, STORE_MASK, ((1 << end) - 1) & ~((1 << first) - 1));
    if (accumulate) assembler.vector(vector.add, start, start, to, options);
    assembler.store(to, start, options);
    first = end;
  }
}
