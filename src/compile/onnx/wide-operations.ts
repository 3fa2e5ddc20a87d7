/**
 * @file Elementary functions for onnxruntime on the processor, written in float64 where its own in float32 are off by more than 2 units in
 * the last place: arguments are widened, results narrowed. It has no inverse sine, cosine or tangent of float64.
 */
import type { Op } from '../graph/graph.ts';

/** Writes operations of float64; a number is a constant. */
export interface WideWriter {
  op(type: string, ...inputs: (string | number)[]): string;
}

type Form = (w: WideWriter, x: string) => string;

/** arctan(y) / y in y^2 for |y| <= tan(pi / 8) */
const ARCTAN = Array.from({ length: 16 }, (_, i) => (i % 2 ? -1 : 1) / (2 * i + 1));

/** 1 + sqrt(1 + x) */
const onePlusRoot = (w: WideWriter, x: string) => w.op('Add', w.op('Sqrt', w.op('Add', x, 1)), 1);
const squared = (w: WideWriter, x: string) => w.op('Mul', x, x);

/** 2 arctan(y), |y| <= 1: 4 arctan(y / (1 + sqrt(1 + y^2))) */
function twiceArctan(w: WideWriter, y: string): string {
  const half = w.op('Div', y, onePlusRoot(w, squared(w, y)));
  const z = squared(w, half);
  let sum: string | number = ARCTAN.at(-1)!;
  for (const c of ARCTAN.slice(0, -1).reverse()) sum = w.op('Add', w.op('Mul', z, sum), c);
  return w.op('Mul', w.op('Mul', half, sum), 4);
}

/** Below it the first two terms of a series are enough. */
const SMALL = 2 ** -13;

/** log(1 + x) */
function log1p(w: WideWriter, x: string): string {
  const series = w.op('Sub', x, w.op('Mul', squared(w, x), 0.5));
  return w.op('Where', w.op('Less', w.op('Abs', x), SMALL), series, w.op('Log', w.op('Add', x, 1)));
}

/** The same from where the square of x + 1 is no more than that of x. */
const LARGE = 2 ** 60;

/** exp(x) - 1 */
function expm1(w: WideWriter, x: string): string {
  const series = w.op('Add', x, w.op('Mul', squared(w, x), 0.5));
  return w.op('Where', w.op('Less', w.op('Abs', x), SMALL), series, w.op('Sub', w.op('Exp', x), 1));
}

export const wideForms: Partial<Record<Op, Form>> = {
  Log: (w, x) => w.op('Log', x),
  Log1p: log1p,
  Expm1: expm1,
  Softplus: (w, x) => {
    const small = log1p(w, w.op('Exp', w.op('Neg', w.op('Abs', x))));
    return w.op('Add', w.op('Max', x, 0), small);
  },
  Asin: (w, x) => {
    const root = onePlusRoot(w, w.op('Neg', squared(w, x)));
    return twiceArctan(w, w.op('Div', x, root));
  },
  Acos: (w, x) => {
    const below = w.op('Add', w.op('Sqrt', w.op('Add', x, 1)), Math.SQRT2);
    const y = w.op('Div', w.op('Sqrt', w.op('Sub', 1, x)), below);
    return w.op('Mul', twiceArctan(w, y), 2);
  },
  // Farther out nothing changes.
  Atan: (w, x) => {
    const bounded = w.op('Max', w.op('Min', x, 2 ** 60), -(2 ** 60));
    return twiceArctan(w, w.op('Div', bounded, onePlusRoot(w, squared(w, bounded))));
  },
  // Farther out float32 has no more.
  Sinh: (w, x) => {
    const e = expm1(w, w.op('Min', w.op('Abs', x), 90));
    const sum = w.op('Add', e, w.op('Div', e, w.op('Add', e, 1)));
    return w.op('Mul', w.op('Mul', sum, 0.5), w.op('Sign', x));
  },
  Cosh: (w, x) => {
    const e = w.op('Exp', w.op('Abs', x));
    return w.op('Mul', w.op('Add', e, w.op('Div', 1, e)), 0.5);
  },
  Asinh: (w, x) => {
    const size = w.op('Abs', x);
    const near = w.op('Add', size, w.op('Div', squared(w, x), onePlusRoot(w, squared(w, x))));
    const far = w.op('Log', w.op('Add', size, size));
    return w.op('Mul', w.op('Where', w.op('Less', size, LARGE), log1p(w, near), far), w.op('Sign', x));
  },
  Acosh: (w, x) => {
    const above = w.op('Sub', x, 1);
    return log1p(
      w,
      w.op('Add', above, w.op('Mul', w.op('Sqrt', above), w.op('Sqrt', w.op('Add', above, 2)))),
    );
  },
  Atanh: (w, x) => w.op('Mul', log1p(w, w.op('Div', w.op('Add', x, x), w.op('Sub', 1, x))), 0.5),
};
