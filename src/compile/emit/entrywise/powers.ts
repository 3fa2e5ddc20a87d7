/** @file Powers of any exponent, and remainders of divisions: what needs two operands in float64 (doubles.ts). */
import { compares, vector } from '../assembler/kernel-assembler.ts';
import { Double, n } from './doubles.ts';
import { all, type Emission, type Emitter, inRegister, LOADED, MAGNITUDE, MASK, SIGN, setNumber, T0, T1, T2, T3, T4 } from './emission.ts'; // biome-ignore format: one import
import { exponentialOfSum } from './exponentials.ts';

const [X, Y] = LOADED;

/** Both operands in registers of their own, so that the one of the result is free. */
function operands({ a, inputs }: Emission): void {
  const registers = inputs.map((input, i) => inRegister(a, input, i as 0 | 1));
  // Neither is the place of the other.
  for (const [i, register] of registers.entries()) if (register !== LOADED[i]) a.move(LOADED[i], register);
}

/** 2 artanh(s) / s in s^2, to 2^-40 for s = (m - 1) / (m + 1), m from 0.75 to 1.5. */
const ARTANH = Array.from({ length: 9 }, (_, i) => 2 / (2 * i + 1));

/** m becomes log(m) + e log(2). Uses e and two registers more. */
function logarithm(d: Double, m: number, e: number, t: number, u: number): void {
  d.add(t, m, n(1));
  d.sub(m, m, n(1));
  d.div(m, m, t);
  d.mul(t, m, m);
  d.polynomial(u, t, ARTANH);
  d.mul(m, m, u);
  d.mul(e, e, n(Math.LN2));
  d.add(m, m, e);
}

/** y log |x| in T0 and what it lost by rounding, or 0 where that does not count, in T3. Uses `free`. */
function exponent({ a, constants }: Emission, free: number): void {
  const d = new Double(a, constants);
  a.vector(vector.and, free, X, constants.bits(MAGNITUDE), all);
  a.splitPower(T3, T4, free, [T0, T1, T2], constants);
  a.widen(T0, T3, 0);
  a.widen(T1, T4, 0);
  logarithm(d, T0, T1, T2, free);
  a.widen(T1, Y, 0);
  d.mul(T0, T0, T1);
  a.widen(T1, T3, 1);
  a.widen(T2, T4, 1);
  logarithm(d, T1, T2, T3, T4);
  a.widen(T2, Y, 1);
  d.mul(T1, T1, T2);
  // Rounded, and the rest.
  a.move(T2, T0);
  a.move(T3, T1);
  a.narrow(free, T2, T3);
  a.widen(T2, free, 0);
  d.sub(T0, T0, T2);
  a.widen(T2, free, 1);
  d.sub(T1, T1, T2);
  a.narrow(T4, T0, T1);
  a.move(T0, free);
  a.vector(vector.and, T1, T0, constants.bits(MAGNITUDE), all);
  a.compare(compares.less, MASK, T1, constants.number(128), all);
  a.clear(T3);
  a.move(T3, T4, { mask: MASK });
}

/**
 * What a power of a base with a sign is times that of its size, into T4: -1 if the exponent is odd, no number if it is not whole and the base
 * neither 0 nor infinite. Uses T0, T1 and T3.
 */
function factorOfSign({ a, constants }: Emission): void {
  const where = { mask: MASK };
  setNumber(a, constants, T4, 1);
  a.move(T1, T4);
  a.vector(vector.mul, T0, Y, constants.number(0.5), all);
  a.round(T3, T0, 'nearest');
  a.compare(compares.notEqual, MASK, T0, T3);
  a.broadcast(T4, constants.number(-1), where);
  a.round(T0, Y, 'nearest');
  a.compare(compares.notEqual, MASK, T0, Y);
  a.move(T4, T1, where);
  a.broadcast(T1, constants.number(Number.NaN), where);
  for (const end of [0, -Infinity]) {
    a.compare(compares.equal, MASK, X, constants.number(end), all);
    a.broadcast(T1, constants.number(1), where);
  }
  a.vector(vector.mul, T4, T4, T1);
}

/** x^y = exp(y log |x|), as in JavaScript: a power of 0 is 1, whatever the base. */
export const pow: Emitter = (emission) => {
  const { a, constants, to } = emission;
  operands(emission);
  exponent(emission, to);
  exponentialOfSum(a, constants, to);
  factorOfSign(emission);
  a.vector(vector.mul, T4, T4, T2);
  setNumber(a, constants, T1, 1);
  a.vector(vector.and, T3, X, constants.bits(SIGN), all);
  a.vector(vector.or, T3, T3, T1);
  a.clear(T0);
  a.compare(compares.less, MASK, T3, T0);
  a.move(T2, T4, { mask: MASK });
  a.compare(compares.equal, MASK, Y, T0);
  a.move(T2, T1, { mask: MASK });
  a.move(to, T2);
};

/** A quotient of this many bits times a float32 is exact in float64. */
const BITS = 28;
/** Powers of 2 times the divisor that are taken off, so that no quotient has more bits: the greatest quotient has 256. */
const STAGES = Array.from({ length: 10 }, (_, i) => 2 ** (BITS * (9 - i)));

/** What is left of x when whole multiples of y are taken off, with the sign of x. Exact. */
export const mod: Emitter = (emission) => {
  const { a, constants, to } = emission;
  operands(emission);
  const d = new Double(a, constants);
  for (const half of [0, 1] as const) {
    a.widen(T0, X, half);
    a.widen(T1, Y, half);
    for (const power of STAGES) {
      d.mul(T2, T1, n(power));
      d.div(T3, T0, T2);
      d.round(T3, T3);
      d.mul(T3, T3, T2);
      d.sub(T0, T0, T3);
    }
    if (half === 0) a.move(T4, T0);
  }
  a.narrow(T1, T4, T0);
  // To the nearest multiple so far: from 0 in the direction of x.
  a.vector(vector.and, T0, X, constants.bits(SIGN), all);
  a.vector(vector.xor, T1, T1, T0);
  a.vector(vector.and, T2, Y, constants.bits(MAGNITUDE), all);
  a.vector(vector.add, T3, T1, T2);
  a.clear(T4);
  a.compare(compares.less, MASK, T1, T4);
  a.move(T1, T3, { mask: MASK });
  a.vector(vector.and, T1, T1, constants.bits(MAGNITUDE), all);
  a.vector(vector.or, T1, T1, T0);
  // By what is infinite: x itself, if that is not.
  a.compare(compares.equal, MASK, T2, constants.number(Infinity), all);
  a.vector(vector.sub, T3, X, X);
  a.vector(vector.add, T3, X, T3);
  a.move(T1, T3, { mask: MASK });
  a.move(to, T1);
};
