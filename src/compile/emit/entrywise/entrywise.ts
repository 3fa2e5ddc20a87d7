/**
 * @file Entrywise operations on vectors, from operation to what writes it. Truth values are 1 and 0. Where an operand is no number, so is
 * the result, as in onnxruntime.
 */

import type { Op } from '../../graph/graph.ts';
import {
  type Comparison,
  compares,
  type Rounding,
  type VectorOperation,
  vector,
} from '../assembler/kernel-assembler.ts';
import { acos, asin, atan, cos, sin, tan } from './angles.ts';
import { all, type Emission, type Emitter, inRegister, MAGNITUDE, MASK, SIGN, setNumber, source, T0, T1 } from './emission.ts'; // biome-ignore format: one import
import { erf, exp, expm1, log, log1p, sigmoid, softplus, tanh } from './exponentials.ts';
import { acosh, asinh, atanh, cosh, sinh } from './hyperbolics.ts';
import { mod, pow } from './powers.ts';

export { type Constants, type Operand, setNumber, TEMPORARY } from './emission.ts';

/** An instruction of two operands; exchanged where that keeps one in memory. */
function binary(op: VectorOperation, commutes: boolean): Emitter {
  return ({ a, to, inputs: [x, y] }) => {
    const [first, second] = commutes && typeof x !== 'number' && typeof y === 'number' ? [y, x] : [x, y];
    a.vector(op, to, inRegister(a, first), ...source(second));
  };
}

/** An instruction of one operand and a number before it. */
function ofNumber(op: VectorOperation, value: number): Emitter {
  return ({ a, constants, to, inputs }) => {
    setNumber(a, constants, T0, value);
    a.vector(op, to, T0, ...source(inputs[0]));
  };
}

/** An instruction on the bits of one operand and these. */
function ofBits(op: 'and' | 'or' | 'xor', bits: number): Emitter {
  return ({ a, constants, to, inputs }) =>
    a.vector(op, to, inRegister(a, inputs[0]), constants.bits(bits), all);
}

/** Greatest or least. */
function extreme(op: 'min' | 'max'): Emitter {
  return ({ a, to, inputs: [x, y] }) => {
    a.extreme(op, to, inRegister(a, x), ...source(y), T0, MASK);
  };
}

/** 1 where the mask is set, else 0. */
function truth({ a, constants, to }: Emission): void {
  a.broadcast(to, constants.number(1), { mask: MASK, zero: true });
}

function comparison(how: Comparison, exchanged = false): Emitter {
  return (emission) => {
    const { a, inputs } = emission;
    const [x, y] = exchanged ? [inputs[1], inputs[0]] : inputs;
    a.compare(how, MASK, inRegister(a, x), ...source(y));
    truth(emission);
  };
}

const rounded =
  (how: Rounding): Emitter =>
  ({ a, to, inputs }) =>
    a.round(to, inRegister(a, inputs[0]), how);

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
  Mod: mod,
  Pow: pow,
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
  Sqrt: ({ a, to, inputs }) => a.sqrt(to, ...source(inputs[0])),
  Reciprocal: ofNumber(vector.div, 1),
  Relu: ofNumber(vector.max, 0),
  Floor: rounded('down'),
  Ceil: rounded('up'),
  Round: rounded('nearest'),
  Exp: exp,
  Expm1: expm1,
  Log: log,
  Log1p: log1p,
  Tanh: tanh,
  Sigmoid: sigmoid,
  Softplus: softplus,
  Erf: erf,
  Sin: sin,
  Cos: cos,
  Tan: tan,
  Asin: asin,
  Acos: acos,
  Atan: atan,
  Sinh: sinh,
  Cosh: cosh,
  Asinh: asinh,
  Acosh: acosh,
  Atanh: atanh,
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
    a.select(to, otherwise, from, { ...options, mask: MASK });
  },
  Cast: copied,
};
