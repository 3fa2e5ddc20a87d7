/** @file Significands and exponents by operations on bits, for processors that have no instruction for them. */
import { type Comparison, compares, type KernelAssembler, type Numbers, vector } from './kernel-assembler.ts';

const [MASK, MAGNITUDE, FRACTION] = [2, 0x7fffffff, 0x7fffff];

/** What they have of integers. */
interface Bits extends KernelAssembler {
  /** Every 32 bits of a vector, without a sign, moved towards the lowest. */
  shiftRight(to: number, from: number, bits: number): void;
  /** Integers of 32 bits as numbers. */
  numbers(to: number, from: number): void;
}

/** x = m 2^e, m in [0.75, 1.5), no number for x below 0; e of 0 is minus infinity. `e` may be x. Uses three temporaries and mask 2. */
export function emitSplitPower(
  a: Bits,
  m: number,
  e: number,
  x: number,
  [bits, power, t]: readonly number[],
  constants: Pick<Numbers, 'number' | 'bits'>,
): void {
  const all = { broadcast: true };
  const where = { mask: MASK };
  // Denormal numbers are made normal.
  a.vector(vector.and, bits, x, constants.bits(MAGNITUDE), all);
  a.compare(compares.less, MASK, bits, constants.number(2 ** -126), all);
  a.vector(vector.mul, t, bits, constants.number(2 ** 24), all);
  a.move(bits, t, where);
  a.broadcast(t, constants.number(24), { ...where, zero: true });
  a.shiftRight(power, bits, 23);
  a.numbers(power, power);
  a.vector(vector.sub, power, power, t);
  a.vector(vector.sub, power, power, constants.number(127), all);
  a.vector(vector.and, bits, bits, constants.bits(FRACTION), all);
  a.vector(vector.or, bits, bits, constants.number(1), all);
  // From 1.5 on half of it, and a power more.
  a.broadcast(t, constants.number(1.5));
  a.compare(compares.lessOrEqual, MASK, t, bits);
  a.vector(vector.mul, t, bits, constants.number(0.5), all);
  a.move(bits, t, where);
  a.broadcast(t, constants.number(1), { ...where, zero: true });
  a.vector(vector.add, power, power, t);
  // What has no power, and no logarithm.
  const choose = (to: number, how: Comparison, than: number, value: number) => {
    a.compare(how, MASK, x, constants.number(than), all);
    a.broadcast(to, constants.number(value), where);
  };
  choose(power, compares.equal, 0, -Infinity);
  choose(power, compares.equal, Infinity, Infinity);
  choose(bits, compares.less, 0, Number.NaN);
  a.compare(compares.unordered, MASK, x, x);
  a.move(bits, x, where);
  a.move(m, bits);
  a.move(e, power);
}
