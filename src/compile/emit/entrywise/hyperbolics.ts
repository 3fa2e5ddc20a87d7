/** @file Hyperbolic sine and cosine and the inverses of all three, in float64 (doubles.ts). */
import { compares, vector } from '../assembler/kernel-assembler.ts';
import { A, B, C, D, type Double, halves, n, waveSeries } from './doubles.ts';
import { all, MAGNITUDE, MASK, SIGN } from './emission.ts';

/** How often the argument of sinh is halved, or asinh is: the largest float32 has 89, of which this leaves 0.35. */
const TIMES = 8;
/** From here on both sinh and cosh are more than float32 has. */
const END = 90;

const [COSH, SINH] = [waveSeries(0, 1), waveSeries(1, 1)];

/** The hyperbolic sine of A into A, its cosine into C: sinh 2x = 2 sinh x cosh x, cosh 2x = 1 + 2 sinh^2 x. */
function both(d: Double): void {
  d.mul(A, A, n(2 ** -TIMES));
  d.mul(B, A, A);
  d.polynomial(C, B, SINH);
  d.mul(A, A, C);
  d.polynomial(C, B, COSH);
  for (let time = 0; time < TIMES; time++) {
    d.mul(D, A, A);
    d.mul(A, A, C);
    d.add(A, A, A);
    d.add(D, D, D);
    d.add(C, D, n(1));
  }
}

export const sinh = halves(both, { within: [-END, END] });
export const cosh = halves(
  (d) => {
    both(d);
    d.a.move(A, C);
  },
  { within: [-END, END] },
);

/** asinh(z) / z in z^2, to 2^-42 for |z| <= sinh(0.35) */
const ASINH = Array.from({ length: 13 }, (_, k) => {
  let binomial = 1;
  for (let i = 1; i <= k; i++) binomial *= (2 * i - 1) / (2 * i);
  return ((k % 2 ? -1 : 1) * binomial) / (2 * k + 1);
});

/** The inverse of the hyperbolic sine of A: sinh(y / 2) = s / sqrt(2 (1 + sqrt(1 + s^2))), s = sinh y. */
function asinhOf(d: Double): void {
  for (let time = 0; time < TIMES; time++) {
    d.mul(B, A, A);
    d.add(B, B, n(1));
    d.root(B, B);
    d.add(B, B, n(1));
    d.add(B, B, B);
    d.root(B, B);
    d.div(A, A, B);
  }
  d.mul(B, A, A);
  d.polynomial(C, B, ASINH);
  d.mul(A, A, C);
  d.mul(A, A, n(2 ** TIMES));
}

export const asinh = halves(asinhOf, {
  elsewhere({ a, constants }, x, to) {
    a.vector(vector.and, to, x, constants.bits(MAGNITUDE), all);
    a.compare(compares.equal, MASK, to, constants.number(Infinity), all);
    a.move(to, x);
  },
});

/** asinh(sqrt(x - 1) sqrt(x + 1)); no number where a root has none. */
export const acosh = halves(
  (d) => {
    d.add(B, A, n(1));
    d.root(B, B);
    d.sub(A, A, n(1));
    d.root(A, A);
    d.mul(A, A, B);
    asinhOf(d);
  },
  {
    elsewhere({ a, constants }, x, to) {
      a.move(to, x);
      a.compare(compares.equal, MASK, x, constants.number(Infinity), all);
    },
  },
);

/** asinh(x / sqrt((1 - x) (1 + x))); infinite at 1 and -1. */
export const atanh = halves(
  (d) => {
    d.add(B, A, n(1));
    d.set(C, n(1));
    d.sub(C, C, A);
    d.mul(B, B, C);
    d.root(B, B);
    d.div(A, A, B);
    asinhOf(d);
  },
  {
    elsewhere({ a, constants }, x, to) {
      a.vector(vector.and, to, x, constants.bits(MAGNITUDE), all);
      a.compare(compares.equal, MASK, to, constants.number(1), all);
      a.vector(vector.and, to, x, constants.bits(SIGN), all);
      a.vector(vector.or, to, to, constants.number(Infinity), all);
    },
  },
);
