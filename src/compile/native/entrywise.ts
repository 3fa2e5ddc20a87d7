/**
 * @file Entrywise operations on vectors of 16 numbers. Truth values are 1 and 0. Where an operand is no number, so is the
 * result, as in onnxruntime.
 *
 * Exponentials reduce by multiples of log 2 and use the polynomial of Cephes' expf; logarithms the series of the inverse
 * hyperbolic tangent; the hyperbolic tangent the rational function of Eigen. All are good to a few units in the last place.
 */

import type { Op } from '../graph.ts';
import {
  type Assembler,
  compares,
  type Memory,
  type Numbers,
  single,
  vector,
  withByte,
} from './assembler.ts';
import { target } from './target.ts';

export type Constants = Numbers;

/** A vector register, or numbers in memory: 16 of them, or one for all. */
export type Operand = number | { memory: Memory; broadcast: boolean };

/** Registers that operations may use for themselves. */
export const TEMPORARY = 24;
const [T0, T1, T2, T3, T4] = [24, 25, 26, 27, 28];
/** Holds an operand that comes from memory but has to be in a register. */
const LOADED = [30, 31];
/** For comparisons; 1 is that of the loop. */
const MASK = 2;

interface Emission {
  a: Assembler;
  constants: Constants;
  to: number;
  inputs: readonly Operand[];
}

type Emitter = (emission: Emission) => void;

const all = { broadcast: true };
/** Bits of a number: its sign, and all others. */
const [SIGN, MAGNITUDE] = [0x80000000, 0x7fffffff];

/** The operand in a register. */
function inRegister(a: Assembler, operand: Operand, which: 0 | 1 = 0): number {
  if (typeof operand === 'number') return operand;
  if (operand.broadcast) a.broadcast(LOADED[which], operand.memory);
  else a.load(LOADED[which], operand.memory);
  return LOADED[which];
}

/** As the second source of an instruction. */
const source = (operand: Operand): [number | Memory, { broadcast?: boolean }] =>
  typeof operand === 'number' ? [operand, {}] : [operand.memory, { broadcast: operand.broadcast }];

/** One number sixteen times. */
export function setNumber(a: Assembler, constants: Constants, to: number, value: number): void {
  if (value === 0) a.clear(to);
  else a.broadcast(to, constants.number(value));
}

/** An instruction of two operands; exchanged where that keeps one in memory. */
function binary(op: (typeof vector)[keyof typeof vector], commutes: boolean): Emitter {
  return ({ a, to, inputs: [x, y] }) => {
    const [first, second] = commutes && typeof x !== 'number' && typeof y === 'number' ? [y, x] : [x, y];
    a.vector(op, to, inRegister(a, first), ...source(second));
  };
}

/** An instruction of one operand and a number before it. */
function ofNumber(op: (typeof vector)[keyof typeof vector], value: number): Emitter {
  return ({ a, constants, to, inputs }) => {
    setNumber(a, constants, T0, value);
    a.vector(op, to, T0, ...source(inputs[0]));
  };
}

/** An instruction on the bits of one operand and these. */
function ofBits(op: (typeof vector)['and' | 'or' | 'xor'], bits: number): Emitter {
  return ({ a, constants, to, inputs }) =>
    a.vector(op, to, inRegister(a, inputs[0]), constants.bits(bits), all);
}

/** Greatest or least. */
function extreme(op: (typeof vector)['max']): Emitter {
  return ({ a, to, inputs: [x, y] }) => {
    a.extreme(op, to, inRegister(a, x), ...source(y), T0, MASK);
  };
}

/** 1 where the mask is set, else 0. */
function truth({ a, constants, to }: Emission): void {
  a.broadcast(to, constants.number(1), { mask: MASK, zero: true });
}

function comparison(how: number, exchanged = false): Emitter {
  return (emission) => {
    const { a, inputs } = emission;
    const [x, y] = exchanged ? [inputs[1], inputs[0]] : inputs;
    a.compare(how, MASK, inRegister(a, x), ...source(y));
    truth(emission);
  };
}

/** x, which is not `to`, or the nearest of the bounds; uses T1. */
function clamp(
  a: Assembler,
  constants: Constants,
  to: number,
  x: number,
  [low, high]: readonly [number, number],
): void {
  a.broadcast(to, constants.number(high));
  a.vector(vector.min, to, to, x);
  a.broadcast(T1, constants.number(low));
  a.vector(vector.max, to, T1, to);
}

/** c0 + x (c1 + x (c2 + ...)) into `to`, which is not x. */
function polynomial(
  a: Assembler,
  constants: Constants,
  to: number,
  x: number,
  coefficients: readonly number[],
): void {
  a.broadcast(to, constants.number(coefficients.at(-1)!));
  for (const c of coefficients.slice(0, -1).reverse())
    a.vector(vector.fma213, to, x, constants.number(c), all);
}

const LOG2_E = Math.log2(Math.E);
/** The first with few bits, so that small integers times it are exact; both above 0, for infinite exponents. */
const [LN2_HIGH, LN2_LOW] = [0.693145751953125, 1.428606765330187e-6];
/** exp(r) = 1 + r + r^2 p(r) for |r| <= log(2) / 2 */
const EXP = [
  5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.98756915e-4,
];

/** The exponential of x, which may be `to`; uses T0 to T2. */
function exponential(a: Assembler, constants: Constants, to: number, x: number): void {
  // Beyond these it is 0 or infinite.
  clamp(a, constants, T0, x, [-104, 89]);
  a.vector(vector.mul, T1, T0, constants.number(LOG2_E), all);
  a.withByte(withByte.round, T1, 0, T1, 0);
  a.vector(vector.fnma231, T0, T1, constants.number(LN2_HIGH), all);
  a.vector(vector.fnma231, T0, T1, constants.number(LN2_LOW), all);
  polynomial(a, constants, T2, T0, EXP);
  a.vector(vector.fma213, T2, T0, constants.number(1), all);
  a.vector(vector.fma213, T2, T0, constants.number(1), all);
  a.vector(vector.scale, to, T2, T1);
}

/** 2 artanh(s) / s in s^2: odd fractions. */
const artanh = (terms: number) => Array.from({ length: terms }, (_, i) => 2 / (2 * i + 1));

/** log(1 + u) for u in [0, 1] or so, from u into `to`; uses T0 to T2. */
function logOnePlus(a: Assembler, constants: Constants, to: number, u: number, terms: number): void {
  a.vector(vector.add, T0, u, constants.number(2), all);
  a.vector(vector.div, T0, u, T0);
  a.vector(vector.mul, T1, T0, T0);
  polynomial(a, constants, T2, T1, artanh(terms));
  a.vector(vector.mul, to, T0, T2);
}

const logarithm: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  // x = m 2^e with m in [0.75, 1.5); no number for x below 0.
  a.splitPower(T3, to, x, [T0, T1, T2], constants);
  a.vector(vector.sub, T3, T3, constants.number(1), all);
  logOnePlus(a, constants, T3, T3, 5);
  a.vector(vector.fma231, T3, to, constants.number(LN2_LOW), all);
  a.vector(vector.fma231, T3, to, constants.number(LN2_HIGH), all);
  a.move(to, T3);
};

const TANH_LIMIT = 7.905311107635498;
const TANH_ABOVE = [4.89352455891786e-3, 6.37261928875436e-4, 1.48572235717979e-5, 5.12229709037114e-8, -8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16]; // biome-ignore format: a list
const TANH_BELOW = [4.89352518554385e-3, 2.268434632439e-3, 1.18534705686654e-4, 1.19825839466702e-6];

const tanh: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  clamp(a, constants, T0, x, [-TANH_LIMIT, TANH_LIMIT]);
  a.vector(vector.mul, T1, T0, T0);
  polynomial(a, constants, T2, T1, TANH_ABOVE);
  a.vector(vector.mul, T2, T2, T0);
  polynomial(a, constants, T3, T1, TANH_BELOW);
  a.vector(vector.div, to, T2, T3);
};

/** pi / 2 in three parts, the first two with few bits. */
const HALF_PI = [1.5703125, 4.837512969970703e-4, 7.54978995489188e-8];
/** sin(r) = r + r^3 p(r^2), cos(r) = 1 - r^2 / 2 + r^4 p(r^2) for |r| <= pi / 4 (Cephes' sinf and cosf) */
const SIN = [-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4];
const COS = [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5];

/**
 * Beyond, a quarter turn is no longer told from the next: no number is better than a wrong one. WebAssembly may round a product before it
 * is subtracted.
 */
const farthest = () => (target.name === 'wasm' ? 2 ** 17 : 2 ** 20);
const NOT_A_NUMBER = 0x7fc00000;

/** The sine of x, `quarters` quarters of a turn later. Absolute error below 2e-7 (WebAssembly: 2e-6) up to `farthest`; NaN beyond. */
const wave =
  (quarters: 0 | 1): Emitter =>
  ({ a, constants, to, inputs }) => {
    const [quarter, r, square, sine, cosine] = [T0, T1, T2, T3, T4];
    const x = inRegister(a, inputs[0]);
    a.vector(vector.mul, quarter, x, constants.number(2 / Math.PI), all);
    a.withByte(withByte.round, quarter, 0, quarter, 0);
    a.move(r, x);
    for (const part of HALF_PI) a.vector(vector.fnma231, r, quarter, constants.number(part), all);
    a.vector(vector.mul, square, r, r);
    polynomial(a, constants, sine, square, SIN);
    a.vector(vector.mul, sine, sine, square);
    a.vector(vector.fma213, sine, r, r);
    polynomial(a, constants, cosine, square, COS);
    a.vector(vector.mul, cosine, cosine, square);
    a.vector(vector.add, cosine, cosine, constants.number(-0.5), all);
    a.vector(vector.fma213, cosine, square, constants.number(1), all);
    // Which quarter of the turn, 0 to 3.
    if (quarters) a.vector(vector.add, quarter, quarter, constants.number(1), all);
    a.vector(vector.mul, r, quarter, constants.number(0.25), all);
    a.withByte(withByte.round, r, 0, r, 1);
    a.vector(vector.fnma231, quarter, r, constants.number(4), all);
    a.compare(compares.equal, MASK, quarter, constants.number(1), all);
    a.move(sine, cosine, { mask: MASK });
    a.compare(compares.equal, MASK, quarter, constants.number(3), all);
    a.move(sine, cosine, { mask: MASK });
    a.broadcast(r, constants.number(2));
    a.compare(compares.lessOrEqual, MASK, r, quarter);
    a.vector(vector.xor, sine, sine, constants.bits(SIGN), { ...all, mask: MASK });
    a.vector(vector.and, square, x, constants.bits(MAGNITUDE), all);
    a.broadcast(r, constants.number(farthest()));
    a.compare(compares.less, MASK, r, square);
    a.broadcast(r, constants.bits(NOT_A_NUMBER));
    a.move(sine, r, { mask: MASK });
    a.move(to, sine);
  };

/** erf(x) = x p(x^2) for |x| <= 1 (Cephes' erff) */
const ERF = [1.12837916572671, -3.7612625824233e-1, 1.128358514861418e-1, -2.685381193529856e-2, 5.188327685732524e-3, -8.010193625184903e-4, 7.853861353153693e-5]; // biome-ignore format: a list
/** erf(x) = 1 - t p(t) exp(-x^2), t = 1 / (1 + 0.3275911 x), for x above (Abramowitz and Stegun 7.1.26) */
const ERF_TAIL = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];

const erf: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  a.vector(vector.and, T3, x, constants.bits(MAGNITUDE), all);
  a.vector(vector.mul, T4, T3, T3);
  a.vector(vector.xor, T4, T4, constants.bits(SIGN), all);
  exponential(a, constants, T4, T4);
  a.broadcast(T0, constants.number(1));
  a.move(T1, T3);
  a.vector(vector.mul, T1, T1, constants.number(0.3275911), all);
  a.vector(vector.add, T1, T1, T0);
  a.vector(vector.div, T1, T0, T1);
  polynomial(a, constants, T2, T1, ERF_TAIL);
  a.vector(vector.mul, T2, T2, T1);
  a.vector(vector.fnma213, T2, T4, T0);
  // The sign of x.
  a.vector(vector.and, T4, x, constants.bits(SIGN), all);
  a.vector(vector.or, T4, T4, T2);
  a.vector(vector.mul, T1, x, x);
  polynomial(a, constants, T2, T1, ERF);
  a.vector(vector.mul, T2, T2, x);
  a.compare(compares.less, MASK, T0, T3);
  a.move(T2, T4, { mask: MASK });
  a.move(to, T2);
};

/** exp(min(x, 0)) / (1 + exp(-|x|)): small results keep their digits. */
const sigmoid: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  a.vector(vector.or, T3, x, constants.bits(SIGN), all);
  exponential(a, constants, T3, T3);
  a.clear(T0);
  a.compare(compares.less, MASK, x, T0);
  a.broadcast(T0, constants.number(1));
  a.move(T1, T0);
  a.move(T1, T3, { mask: MASK });
  a.vector(vector.add, T3, T3, T0);
  a.vector(vector.div, to, T1, T3);
};

/** max(x, 0) + log(1 + exp(-|x|)) */
const softplus: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  a.vector(vector.or, T3, x, constants.bits(SIGN), all);
  exponential(a, constants, T3, T3);
  logOnePlus(a, constants, T3, T3, 7);
  a.clear(T0);
  a.vector(vector.max, T0, T0, x);
  a.vector(vector.add, to, T0, T3);
};

const rounded =
  (byte: number): Emitter =>
  ({ a, to, inputs }) =>
    a.withByte(withByte.round, to, 0, inRegister(a, inputs[0]), byte);

const copied: Emitter = ({ a, to, inputs: [x] }) => {
  if (typeof x === 'number') a.move(to, x);
  else if (x.broadcast) a.broadcast(to, x.memory);
  else a.load(to, x.memory);
};

/** What is known here; programs with other operations run elsewhere. */
export const entrywise: Partial<Record<Op, Emitter>> = {
  Add: binary(vector.add, true),
  Sub: binary(vector.sub, false),
  Mul: binary(vector.mul, true),
  Div: binary(vector.div, false),
  Max: extreme(vector.max),
  Min: extreme(vector.min),
  And: binary(vector.mul, true),
  Or: extreme(vector.max),
  Xor: comparison(compares.notEqual),
  Equal: comparison(compares.equal),
  Less: comparison(compares.less),
  LessOrEqual: comparison(compares.lessOrEqual),
  Greater: comparison(compares.less, true),
  GreaterOrEqual: comparison(compares.lessOrEqual, true),
  Neg: ofBits(vector.xor, SIGN),
  Abs: ofBits(vector.and, MAGNITUDE),
  Not: ofNumber(vector.sub, 1),
  Sqrt: ({ a, to, inputs }) => a.single(single.sqrt, to, ...source(inputs[0])),
  Reciprocal: ofNumber(vector.div, 1),
  Relu: ofNumber(vector.max, 0),
  Floor: rounded(1),
  Ceil: rounded(2),
  Round: rounded(0),
  Exp: ({ a, constants, to, inputs }) => exponential(a, constants, to, inRegister(a, inputs[0])),
  Log: logarithm,
  Tanh: tanh,
  Sigmoid: sigmoid,
  Softplus: softplus,
  Sin: wave(0),
  Cos: wave(1),
  Erf: erf,
  IsNaN: (emission) => {
    const x = inRegister(emission.a, emission.inputs[0]);
    emission.a.compare(compares.unordered, MASK, x, x);
    truth(emission);
  },
  IsInf: (emission) => {
    const { a, constants, inputs } = emission;
    a.vector(vector.and, T0, inRegister(a, inputs[0]), constants.bits(MAGNITUDE), all);
    a.compare(compares.equal, MASK, T0, constants.number(Infinity), all);
    truth(emission);
  },
  Sign: ({ a, constants, to, inputs }) => {
    const x = inRegister(a, inputs[0]);
    // The sign on a one, or on a zero where x is 0 (or denormal, which is 0 to machine code); x itself where it is no number.
    a.vector(vector.and, T1, x, constants.bits(SIGN), all);
    a.vector(vector.or, T0, T1, constants.number(1), all);
    a.compare(compares.equal, MASK, x, T1);
    a.move(T0, T1, { mask: MASK });
    a.compare(compares.unordered, MASK, x, x);
    a.move(T0, x, { mask: MASK });
    a.move(to, T0);
  },
  Where: ({ a, to, inputs: [condition, x, y] }) => {
    a.clear(T0);
    a.compare(compares.notEqual, MASK, inRegister(a, condition), T0);
    const otherwise = inRegister(a, y, 1);
    const [from, options] = source(x);
    a.vector(vector.blend, to, otherwise, from, { ...options, mask: MASK });
  },
  Cast: copied,
};
