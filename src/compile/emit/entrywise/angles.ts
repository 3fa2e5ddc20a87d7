/** @file Sine, cosine, tangent and their inverses, in float64 (doubles.ts). */
import { A, B, C, D, type Double, E, halves, n, waveSeries } from './doubles.ts';

/**
 * 2 / pi in pieces: of 29 bits, so that their products with a float32 are exact, and a last one. Together 198 bits: the largest float32
 * has 128 before the point. (Payne and Hanek 1983; here whole multiples of 4 are taken from every product.)
 */
export const TWO_OVER_PI = [0.636619770899415, 1.4681663246252086e-9, 2.2760100671971816e-18, 5.8812147387730434e-27, 1.0346868700836215e-35, 3.7832563882960664e-45]; // biome-ignore format: a list

/** An angle x in A becomes r within pi / 4 of 0, in A, and a number of quarter turns, in B: x = r + B pi / 2, but for whole turns. */
function quarters(d: Double): void {
  d.a.clear(B);
  d.a.clear(C);
  for (const piece of TWO_OVER_PI) {
    d.mul(D, A, n(piece));
    d.round(E, D);
    d.sub(D, D, E);
    d.add(C, C, D);
    // What is left of the quarters without whole turns.
    d.mul(D, E, n(0.25));
    d.round(D, D);
    d.mul(D, D, n(4));
    d.sub(E, E, D);
    d.add(B, B, E);
    // Near 0 at every time, so that nothing is lost of what comes.
    d.round(E, C);
    d.sub(C, C, E);
    d.add(B, B, E);
  }
  d.mul(A, C, n(Math.PI / 2));
}

const [COSINE, SINE] = [waveSeries(0, -1), waveSeries(1, -1)];

/** The sine of A into D, its cosine into E. */
function both(d: Double): void {
  d.mul(C, A, A);
  d.polynomial(D, C, SINE);
  d.mul(D, D, A);
  d.polynomial(E, C, COSINE);
}

/** x - 2 floor(x / 2) of a whole number, and the floor into another register. */
function odd(d: Double, x: number, floor: number, temporary: number): void {
  d.mul(floor, x, n(0.5));
  d.sub(floor, floor, n(0.25));
  d.round(floor, floor);
  d.add(temporary, floor, floor);
  d.sub(x, x, temporary);
}

const sineFrom = (quarter: 0 | 1) =>
  halves((d) => {
    quarters(d);
    if (quarter) d.add(B, B, n(1));
    both(d);
    odd(d, B, C, A);
    // Sine or cosine.
    d.sub(E, E, D);
    d.mul(E, E, B);
    d.add(D, D, E);
    // Its sign.
    odd(d, C, B, A);
    d.mul(A, D, C);
    d.add(A, A, A);
    d.sub(A, D, A);
  });
export const sin = sineFrom(0);
export const cos = sineFrom(1);

export const tan = halves((d) => {
  quarters(d);
  both(d);
  odd(d, B, C, A);
  // Sine over cosine, or - cosine over sine.
  d.add(A, D, E);
  d.mul(A, A, B);
  d.sub(A, D, A);
  d.sub(C, D, E);
  d.mul(C, C, B);
  d.add(C, E, C);
  d.div(A, A, C);
});

/** arctan(y) / y in y^2, to 2^-42 for |y| <= tan(pi / 8) */
const ARCTAN = Array.from({ length: 16 }, (_, i) => (i % 2 ? -1 : 1) / (2 * i + 1));

/** A / (1 + sqrt(1 + A^2)), the tangent of half the angle whose tangent A is; uses B. */
function halve(d: Double): void {
  d.mul(B, A, A);
  d.add(B, B, n(1));
  d.root(B, B);
  d.add(B, B, n(1));
  d.div(A, A, B);
}

/** 2 arctan(A), |A| <= 1: 4 arctan(A / (1 + sqrt(1 + A^2))) */
function twiceArctan(d: Double): void {
  halve(d);
  d.mul(B, A, A);
  d.polynomial(C, B, ARCTAN);
  d.mul(A, A, C);
  d.mul(A, A, n(4));
}

/** 2 arctan(x / (1 + sqrt(1 - x^2))); no number where the root has none. */
export const asin = halves((d) => {
  d.mul(B, A, A);
  d.set(C, n(1));
  d.sub(C, C, B);
  d.root(C, C);
  d.add(C, C, n(1));
  d.div(A, A, C);
  twiceArctan(d);
});

/** 4 arctan(sqrt(1 - x) / (sqrt(2) + sqrt(1 + x))) */
export const acos = halves((d) => {
  d.add(B, A, n(1));
  d.root(B, B);
  d.add(B, B, n(Math.SQRT2));
  d.set(C, n(1));
  d.sub(A, C, A);
  d.root(A, A);
  d.div(A, A, B);
  twiceArctan(d);
  d.add(A, A, A);
});

/** 2 arctan(x / (1 + sqrt(1 + x^2))); farther out nothing changes. */
export const atan = halves(
  (d) => {
    halve(d);
    twiceArctan(d);
  },
  { within: [-(2 ** 60), 2 ** 60] },
);
