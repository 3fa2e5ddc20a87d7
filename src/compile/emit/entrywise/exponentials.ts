/**
 * @file Exponentials, logarithms and what is made of them, in float32. Where an operand is no number, so is the result.
 *
 * Nothing is off by more than 2 units in the last place (`npm run accuracy`), with and without fused multiply-add. What decides is that the
 * largest term is added last: exp(r) = 1 + (r + r^2 p(r)), log(1 + f) = f - (f^2 / 2 - ...), erf(x) = x + x q(x^2).
 */
import { compares, type KernelAssembler, vector } from '../assembler/kernel-assembler.ts';
import {
  all,
  type Constants,
  clamp,
  type Emitter,
  inRegister,
  LOADED,
  MAGNITUDE,
  MASK,
  polynomial,
  SIGN,
  setNumber,
  T0,
  T1,
  T2,
  T3,
  T4,
} from './emission.ts';

const LOG2_E = Math.log2(Math.E);
/** The first with few bits, so that small integers times it are exact; both above 0, for infinite exponents. */
const [LN2_HIGH, LN2_LOW] = [0.693145751953125, 1.428606765330187e-6];
/** exp(r) = 1 + r + r^2 p(r) for |r| <= log(2) / 2 (Cephes' expf) */
const EXP = [
  5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.98756915e-4,
];

/** T0 = n log 2 + r, r into T0 and n into T1; what r loses by rounding into `lost`, if it is asked for. */
function reduced(a: KernelAssembler, constants: Constants, lost?: number): void {
  a.vector(vector.mul, T1, T0, constants.number(LOG2_E), all);
  a.round(T1, T1, 'nearest');
  a.vector(vector.fnma231, T0, T1, constants.number(LN2_HIGH), all);
  if (lost !== undefined) a.move(lost, T0);
  a.vector(vector.fnma231, T0, T1, constants.number(LN2_LOW), all);
  if (lost === undefined) return;
  a.vector(vector.sub, lost, lost, T0);
  a.vector(vector.fnma231, lost, T1, constants.number(LN2_LOW), all);
}

/** exp(r + lost) - 1 into T2, for r in T0. */
function nearZero(a: KernelAssembler, constants: Constants, lost: number): void {
  polynomial(a, constants, T2, T0, EXP);
  a.vector(vector.mul, T2, T2, T0);
  a.vector(vector.fma213, T2, T0, lost);
  a.vector(vector.add, T2, T2, T0);
}

/**
 * c (exp(x) - 1) into T2, as c 2^n (exp(r) - 1) + (c 2^n - c): what `reduced` left of x is r in T0, n in T1 and what r lost in T4.
 * Uses T0 and T3.
 */
function expLessOne(a: KernelAssembler, constants: Constants, c: number): void {
  nearZero(a, constants, T4);
  setNumber(a, constants, T3, c);
  a.vector(vector.scale, T3, T3, T1);
  a.vector(vector.sub, T0, T3, constants.number(c), all);
  a.vector(vector.fma213, T2, T3, T0);
}

/** Beyond these the exponential is 0 or infinite. */
export const ENDS = [-104, 89] as const;

/** The exponential of x, which may be `to`; uses T0 to T2. */
function exponential(a: KernelAssembler, constants: Constants, to: number, x: number): void {
  clamp(a, constants, T0, x, ENDS);
  reduced(a, constants);
  polynomial(a, constants, T2, T0, EXP);
  a.vector(vector.fma213, T2, T0, constants.number(1), all);
  a.vector(vector.fma213, T2, T0, constants.number(1), all);
  a.vector(vector.scale, to, T2, T1);
}

/** The same to two thirds of a unit in the last place, for what is computed further; uses T4 too. */
function closeExponential(a: KernelAssembler, constants: Constants, to: number, x: number): void {
  clamp(a, constants, T0, x, ENDS);
  reduced(a, constants, T4);
  nearZero(a, constants, T4);
  a.vector(vector.add, T2, T2, constants.number(1), all);
  a.vector(vector.scale, to, T2, T1);
}

/**
 * The exponential of T0 + T3 to two thirds of a unit in the last place, T3 being what T0, rounded, lost: into T2. Uses T1 and T4; `sum` is
 * another register.
 */
export function exponentialOfSum(a: KernelAssembler, constants: Constants, sum: number): void {
  clamp(a, constants, sum, T0, ENDS);
  a.move(T0, sum);
  reduced(a, constants, T4);
  nearZero(a, constants, T4);
  // e + l + e l, of which 1 is missing.
  a.move(T0, T2);
  a.vector(vector.fma231, T2, T0, T3);
  a.vector(vector.add, T2, T2, T3);
  a.vector(vector.add, T2, T2, constants.number(1), all);
  a.vector(vector.scale, T2, T2, T1);
}

export const exp: Emitter = ({ a, constants, to, inputs }) =>
  exponential(a, constants, to, inRegister(a, inputs[0]));

/** In halves, since 2^128 is none. */
export const expm1: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  clamp(a, constants, T0, x, [-30, 89]);
  reduced(a, constants, T4);
  expLessOne(a, constants, 0.5);
  a.vector(vector.add, T2, T2, T2);
  // Halves of the least are denormal.
  a.vector(vector.and, T0, x, constants.bits(MAGNITUDE), all);
  a.compare(compares.less, MASK, T0, constants.number(2 ** -100), all);
  a.move(T2, x, { mask: MASK });
  a.move(to, T2);
};

/** From here on it is 1. */
const TANH_END = 10;

/**
 * e / (e + 2) with e = exp(2 |x|) - 1. What e + 2 loses by rounding, l, takes the part l / (e + 2) of the quotient q: there
 * 1 / (e + 2) = (1 - q) / 2, and with the square of 1 - q it stays small where l does not.
 */
export const tanh: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  a.vector(vector.and, T0, x, constants.bits(MAGNITUDE), all);
  a.vector(vector.add, T0, T0, T0);
  a.broadcast(T1, constants.number(2 * TANH_END));
  a.vector(vector.min, T0, T1, T0);
  reduced(a, constants, T4);
  expLessOne(a, constants, 1);
  a.vector(vector.add, T0, T2, constants.number(2), all);
  a.vector(vector.sub, T1, T0, constants.number(2), all);
  a.vector(vector.sub, T1, T2, T1);
  a.vector(vector.div, T2, T2, T0);
  setNumber(a, constants, T0, 1);
  a.vector(vector.sub, T0, T0, T2);
  a.vector(vector.mul, T1, T1, constants.number(0.5), all);
  for (let time = 0; time < 2; time++) a.vector(vector.mul, T1, T1, T0);
  a.vector(vector.fnma231, T2, T2, T1);
  a.vector(vector.and, T0, x, constants.bits(SIGN), all);
  a.vector(vector.or, to, T2, T0);
};

/** 2 artanh(s) / s - 2 in s^2, over s^2: odd fractions. */
const ARTANH = Array.from({ length: 8 }, (_, i) => 2 / (2 * i + 3));

/**
 * f^2 / 2 into T1 and s (f^2 / 2 + 2 artanh(s) / s - 2), s = f / (2 + f), into T2: log(1 + f) = f - (T1 - T2). Uses T0.
 * @param terms enough for the greatest f
 */
function ofLogarithm(a: KernelAssembler, constants: Constants, f: number, terms: number): void {
  a.vector(vector.add, T0, f, constants.number(2), all);
  a.vector(vector.div, T0, f, T0);
  a.vector(vector.mul, T1, T0, T0);
  polynomial(a, constants, T2, T1, ARTANH.slice(0, terms));
  a.vector(vector.mul, T2, T2, T1);
  a.vector(vector.mul, T1, f, constants.number(0.5), all);
  a.vector(vector.mul, T1, T1, f);
  a.vector(vector.add, T2, T2, T1);
  a.vector(vector.mul, T2, T2, T0);
}

/** log(m 2^e) + T4, if it is `corrected`, for m in T3 and e in `to`. */
function logarithm(a: KernelAssembler, constants: Constants, to: number, corrected: boolean): void {
  a.vector(vector.sub, T3, T3, constants.number(1), all);
  ofLogarithm(a, constants, T3, 5);
  a.vector(vector.fma231, T2, to, constants.number(LN2_LOW), all);
  if (corrected) a.vector(vector.add, T2, T2, T4);
  a.vector(vector.sub, T2, T1, T2);
  a.vector(vector.sub, T2, T3, T2);
  a.vector(vector.fma231, T2, to, constants.number(LN2_HIGH), all);
  a.move(to, T2);
}

/** x = m 2^e with m in [0.75, 1.5); no number for x below 0. */
export const log: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  a.splitPower(T3, to, x, [T0, T1, T2], constants);
  logarithm(a, constants, to, false);
};

/** The logarithm of u, 1 + x rounded, and what u lost, over u. */
export const log1p: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  const u = LOADED[1];
  a.vector(vector.add, u, x, constants.number(1), all);
  a.vector(vector.sub, T0, u, constants.number(1), all);
  a.vector(vector.sub, T1, x, T0);
  a.vector(vector.sub, T0, u, T0);
  setNumber(a, constants, T2, 1);
  a.vector(vector.sub, T0, T2, T0);
  a.vector(vector.add, T0, T0, T1);
  a.vector(vector.div, T4, T0, u);
  // Of 0 and infinity nothing is lost.
  a.compare(compares.unordered, MASK, T4, T4);
  a.clear(T0);
  a.move(T4, T0, { mask: MASK });
  a.splitPower(T3, to, u, [T0, T1, T2], constants);
  logarithm(a, constants, to, true);
};

/** exp(-|x|) into T3; uses T0 to T2 and T4. */
function falling(a: KernelAssembler, constants: Constants, x: number): void {
  a.vector(vector.or, T3, x, constants.bits(SIGN), all);
  closeExponential(a, constants, T3, T3);
}

/**
 * exp(min(x, 0)) / (1 + e), e = exp(-|x|): small results keep their digits. What 1 + e loses by rounding, l, takes the part l / (1 + e) of
 * the quotient, nearly l (1 - e / 2).
 */
export const sigmoid: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  falling(a, constants, x);
  a.clear(T0);
  a.compare(compares.less, MASK, x, T0);
  a.broadcast(T0, constants.number(1));
  a.move(T1, T0);
  a.move(T1, T3, { mask: MASK });
  a.vector(vector.add, T2, T3, T0);
  a.vector(vector.sub, T4, T2, T0);
  a.vector(vector.sub, T4, T3, T4);
  a.vector(vector.div, T1, T1, T2);
  a.vector(vector.mul, T3, T3, constants.number(-0.5), all);
  a.vector(vector.add, T3, T3, T0);
  a.vector(vector.mul, T3, T3, T4);
  a.vector(vector.fnma231, T1, T1, T3);
  a.move(to, T1);
};

/** max(x, 0) + log(1 + exp(-|x|)) */
export const softplus: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  falling(a, constants, x);
  ofLogarithm(a, constants, T3, 8);
  a.vector(vector.sub, T2, T1, T2);
  a.vector(vector.sub, T3, T3, T2);
  a.clear(T0);
  a.vector(vector.max, T0, T0, x);
  a.vector(vector.add, to, T0, T3);
};

/** erf(x) = x + x q(x^2) for |x| <= 0.95: minimax, of relative error 2^-25. */
const ERF = [0.12837913632392883, -0.37612447142601013, 0.11281320452690125, -0.026748863980174065, 0.004967506043612957, -0.0005862079560756683]; // biome-ignore format: a list
/** log(1 - erf(t)) = -t - t g(t) for t from 0.9 to 4.05: minimax, erf of relative error 2^-30. */
const ERF_TAIL = [0.12863707542419434, 0.6351980566978455, 0.10615904629230499, -0.023694565519690514, 0.0036103418096899986, -0.0003148580726701766, 1.0433109309815336e-5]; // biome-ignore format: a list
/** Where one becomes the other, and from where on it is 1. */
const [ERF_MIDDLE, ERF_END] = [0.925, 4];

export const erf: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  a.vector(vector.and, T3, x, constants.bits(MAGNITUDE), all);
  a.broadcast(T1, constants.number(ERF_END));
  a.vector(vector.min, T3, T1, T3);
  polynomial(a, constants, T4, T3, ERF_TAIL);
  a.vector(vector.fma213, T4, T3, T3);
  a.vector(vector.xor, T4, T4, constants.bits(SIGN), all);
  exponential(a, constants, T4, T4);
  setNumber(a, constants, T0, 1);
  a.vector(vector.sub, T4, T0, T4);
  // The sign of x.
  a.vector(vector.and, T0, x, constants.bits(SIGN), all);
  a.vector(vector.or, T4, T4, T0);
  a.vector(vector.mul, T1, x, x);
  polynomial(a, constants, T2, T1, ERF);
  a.vector(vector.fma213, T2, x, x);
  setNumber(a, constants, T0, ERF_MIDDLE);
  a.compare(compares.less, MASK, T0, T3);
  a.move(T2, T4, { mask: MASK });
  a.move(to, T2);
};
