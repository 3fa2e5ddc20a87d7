/** @file Sums of the numbers within vectors, as many vectors at once as a vector has numbers. */
import { type Assembler, at, RCX, vector, withByte } from '../assembler/assembler.ts';
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
  assembler: Assembler,
  { alpha, accumulate }: { alpha: number; accumulate?: boolean },
  { start, count, offset }: Sums,
): void {
  addWithin(assembler, start, count);
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

/**
 * Each of the vectors to the sum of its numbers: entry i of the vector `start` becomes that of the vector `start` + i. The others are
 * used up; entries from `count` are anything.
 */
function addWithin(assembler: Assembler, start: number, count: number): void {
  // Numbers within 128 bits of pairs and fours, then whole blocks of 128 bits; a missing partner is the vector itself.
  type Choice = (to: number, x: number, y: number) => void;
  const halve = (distance: number, low: Choice, high: Choice) => {
    for (let i = 0; i < count; i += 2 * distance) {
      const x = start + i;
      const y = i + distance < count ? x + distance : x;
      low(SPARE, x, y);
      high(x, x, y);
      assembler.vector(vector.add, x, x, SPARE);
    }
  };
  const chosen =
    (op: (typeof withByte)[keyof typeof withByte], byte: number): Choice =>
    (to, x, y) =>
      assembler.withByte(op, to, x, y, byte);
  halve(
    1,
    (to, x, y) => assembler.vector(vector.unpackLow, to, x, y),
    (to, x, y) => assembler.vector(vector.unpackHigh, to, x, y),
  );
  halve(2, chosen(withByte.shuffle, 0x44), chosen(withByte.shuffle, 0xee));
  if (LANES === 8)
    halve(
      4,
      (to, x, y) => assembler.joinHalves(to, x, y, 0),
      (to, x, y) => assembler.joinHalves(to, x, y, 1),
    );
  for (let distance = 4; distance < LANES && LANES === 16; distance *= 2)
    halve(distance, chosen(withByte.shuffleBlocks, 0x88), chosen(withByte.shuffleBlocks, 0xdd));
}
