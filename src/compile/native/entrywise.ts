/**
 * @file Entrywise operations on vectors of 16 numbers. Truth values are 1 and 0. Where an operand is no number, so is the
 * result, as in onnxruntime.
 *
 * Exponentials reduce by multiples of log 2 and use the polynomial of Cephes' expf; logarithms the series of the inverse
 * hyperbolic tangent; the hyperbolic tangent the rational function of Eigen. All are good to a few units in the last place.
 */
import type { Op } from '../graph.ts';
import { type Assembler, compares, type Memory, single, vector, withByte } from './assembler.ts';

/** Where numbers that instructions need lie in memory, each once. */
export interface Constants {
  number(value: number): Memory;
  /** The number with these 32 bits. */
  bits(value: number): Memory;
}

/** A vector register, or numbers in memory: 16 of them, or one for all. */
export type Operand = number | { memory: Memory; broadcast: boolean };

/** Registers that operations may use for themselves. */
export const TEMPORARY = 24;
const [T0, T1, T2, T3] = [24, 25, 26, 27];
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

/** An instruction of two operands; exchanged where that keeps one in memory. */
function binary(op: (typeof vector)[keyof typeof vector], commutes: boolean): Emitter {
  return ({ a, to, inputs: [x, y] }) => {
    const [first, second] = commutes && typeof x !== 'number' && typeof y === 'number' ? [y, x] : [x, y];
    const [from, options] = source(second);
    a.vector(op, to, inRegister(a, first), from, options);
  };
}

/** Greatest or least; the processor's own forgets a first operand that is no number. */
function extreme(op: (typeof vector)['max']): Emitter {
  return ({ a, to, inputs: [x, y] }) => {
    const first = inRegister(a, x);
    const [from, options] = source(y);
    const into = to === first ? T0 : to;
    a.vector(op, into, first, from, options);
    a.compare(compares.unordered, MASK, first, first);
    a.move(into, first, { mask: MASK });
    if (into !== to) a.move(to, into);
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
    const [from, options] = source(y);
    a.compare(how, MASK, inRegister(a, x), from, options);
    truth(emission);
  };
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
  a.broadcast(T0, constants.number(89));
  a.vector(vector.min, T0, T0, x);
  a.broadcast(T1, constants.number(-104));
  a.vector(vector.max, T0, T1, T0);
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
  a.withByte(withByte.significand, T3, 0, x, 0x0b);
  a.single(single.exponent, T0, T3);
  a.single(single.exponent, to, x);
  a.vector(vector.sub, to, to, T0);
  a.vector(vector.sub, T3, T3, constants.number(1), all);
  logOnePlus(a, constants, T3, T3, 5);
  a.vector(vector.fma231, T3, to, constants.number(LN2_LOW), all);
  a.vector(vector.fma231, T3, to, constants.number(LN2_HIGH), all);
  a.move(to, T3);
};

const TANH_LIMIT = 7.90531110763549805;
const TANH_ABOVE = [4.89352455891786e-3, 6.37261928875436e-4, 1.48572235717979e-5, 5.12229709037114e-8, -8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16]; // biome-ignore format: a list
const TANH_BELOW = [4.89352518554385e-3, 2.268434632439e-3, 1.18534705686654e-4, 1.19825839466702e-6];

const tanh: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  a.broadcast(T0, constants.number(TANH_LIMIT));
  a.vector(vector.min, T0, T0, x);
  a.broadcast(T1, constants.number(-TANH_LIMIT));
  a.vector(vector.max, T0, T1, T0);
  a.vector(vector.mul, T1, T0, T0);
  polynomial(a, constants, T2, T1, TANH_ABOVE);
  a.vector(vector.mul, T2, T2, T0);
  polynomial(a, constants, T3, T1, TANH_BELOW);
  a.vector(vector.div, to, T2, T3);
};

const negative = (a: Assembler, constants: Constants, to: number, x: number) =>
  a.vector(vector.xor, to, x, constants.bits(0x80000000), all);

const sigmoid: Emitter = ({ a, constants, to, inputs }) => {
  negative(a, constants, T3, inRegister(a, inputs[0]));
  exponential(a, constants, T3, T3);
  a.broadcast(T0, constants.number(1));
  a.vector(vector.add, T3, T3, T0);
  a.vector(vector.div, to, T0, T3);
};

/** max(x, 0) + log(1 + exp(-|x|)) */
const softplus: Emitter = ({ a, constants, to, inputs }) => {
  const x = inRegister(a, inputs[0]);
  a.vector(vector.or, T3, x, constants.bits(0x80000000), all);
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
  Neg: ({ a, constants, to, inputs }) => negative(a, constants, to, inRegister(a, inputs[0])),
  Abs: ({ a, constants, to, inputs }) =>
    a.vector(vector.and, to, inRegister(a, inputs[0]), constants.bits(0x7fffffff), all),
  Not: ({ a, constants, to, inputs }) => {
    const [from, options] = source(inputs[0]);
    a.broadcast(T0, constants.number(1));
    a.vector(vector.sub, to, T0, from, options);
  },
  Sqrt: ({ a, to, inputs }) => {
    const [from, options] = source(inputs[0]);
    a.single(single.sqrt, to, from, options);
  },
  Reciprocal: ({ a, constants, to, inputs }) => {
    const [from, options] = source(inputs[0]);
    a.broadcast(T0, constants.number(1));
    a.vector(vector.div, to, T0, from, options);
  },
  Relu: ({ a, to, inputs }) => {
    const [from, options] = source(inputs[0]);
    a.clear(T0);
    a.vector(vector.max, to, T0, from, options);
  },
  Floor: rounded(1),
  Ceil: rounded(2),
  Round: rounded(0),
  Exp: ({ a, constants, to, inputs }) => exponential(a, constants, to, inRegister(a, inputs[0])),
  Log: logarithm,
  Tanh: tanh,
  Sigmoid: sigmoid,
  Softplus: softplus,
  IsNaN: (emission) => {
    const x = inRegister(emission.a, emission.inputs[0]);
    emission.a.compare(compares.unordered, MASK, x, x);
    truth(emission);
  },
  IsInf: (emission) => {
    const { a, constants, inputs } = emission;
    a.vector(vector.and, T0, inRegister(a, inputs[0]), constants.bits(0x7fffffff), all);
    a.compare(compares.equal, MASK, T0, constants.number(Infinity), all);
    truth(emission);
  },
  Sign: ({ a, constants, to, inputs }) => {
    const x = inRegister(a, inputs[0]);
    // The sign on a one, but x itself where it is 0 or no number.
    a.clear(T1);
    a.vector(vector.and, T0, x, constants.bits(0x80000000), all);
    a.vector(vector.or, T0, T0, constants.number(1), all);
    a.compare(compares.equal, MASK, x, T1);
    a.move(T0, x, { mask: MASK });
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
