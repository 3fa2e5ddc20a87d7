/** @file What each entry-wise primitive does to numbers: used to fold constants while a graph is built. */
import type { Binary, Unary } from './graph.ts';

/** The error function: its series, and farther out the continued fraction of its complement (NIST DLMF 7.6.1, 7.9.2). */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 2.5) {
    let [sum, term] = [0, (2 / Math.sqrt(Math.PI)) * a];
    for (let n = 0; Math.abs(term) > 1e-18 * sum; n++) {
      sum += term / (2 * n + 1);
      term *= -(a * a) / (n + 1);
    }
    return Math.sign(x) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

export const unaryFunctions: Record<Unary, (x: number) => number> = {
  Neg: (x) => -x,
  Exp: Math.exp,
  Log: Math.log,
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
  Tanh: Math.tanh,
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Erf: erf,
  Sin: Math.sin,
  Cos: Math.cos,
  Tan: Math.tan,
  Asin: Math.asin,
  Acos: Math.acos,
  Atan: Math.atan,
  Sinh: Math.sinh,
  Cosh: Math.cosh,
  Asinh: Math.asinh,
  Acosh: Math.acosh,
  Atanh: Math.atanh,
  Expm1: Math.expm1,
  Log1p: Math.log1p,
  Abs: Math.abs,
  Sign: Math.sign,
  Relu: (x) => Math.max(x, 0),
  Floor: Math.floor,
  Ceil: Math.ceil,
  Round: roundHalfToEven,
  Not: (x) => (x ? 0 : 1),
  IsNaN: (x) => (Number.isNaN(x) ? 1 : 0),
  IsInf: (x) => (x === Infinity || x === -Infinity ? 1 : 0),
};

export const binaryFunctions: Record<Binary, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
  Max: Math.max,
  Min: Math.min,
  Mod: (a, b) => a % b,
  Equal: (a, b) => Number(a === b),
  Greater: (a, b) => Number(a > b),
  Less: (a, b) => Number(a < b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  LessOrEqual: (a, b) => Number(a <= b),
  And: (a, b) => Number(a && b),
  Or: (a, b) => Number(a || b),
  Xor: (a, b) => Number(!a !== !b),
};

/** Operations whose result is a truth value, whatever goes in. */
// biome-ignore format: a list
export const truthOperations: ReadonlySet<string> = new Set<Unary | Binary>([
  'Not', 'IsNaN', 'IsInf', 'Equal', 'Greater', 'Less', 'GreaterOrEqual', 'LessOrEqual', 'And', 'Or', 'Xor',
]);

// biome-ignore format: a list
export const commutative: ReadonlySet<string> = new Set<Binary>([
  'Add', 'Mul', 'Max', 'Min', 'Equal', 'And', 'Or', 'Xor',
]);

function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  const fraction = x - down;
  if (fraction !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}
