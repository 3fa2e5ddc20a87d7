/** @file What each entry-wise primitive does to numbers: used to fold constants while a graph is built. */
import type { Binary, Unary } from './graph.ts';

/** The error function, Abramowitz and Stegun 7.1.26 (absolute error below 1.5e-7, that of float32). */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const y = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - y * Math.exp(-x * x));
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
