/** @file Significands and exponents by operations on bits, for processors that have no instruction for them. */
import { type Assembler, compares, type Numbers, vector } from './assembler.ts';

const [MASK, MAGNITUDE, FRACTION] = [2, 0x7fffffff, 0x7fffff];

/** x = m 2^e, m in [0.75, 1.5), no number for x below 0; e of 0 is minus infinity. `e` may be x. Uses three temporaries and mask 2. */
export function emitSplitPower(
  a: Assembler,
  m: number,
  e: number,
  x: number,
  [bits, power, t]: readonly number[],
  constants: Numbers,
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
  const choose = (to: number, how: number, than: number, value: number) => {
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
