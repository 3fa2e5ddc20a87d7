/** @file The sigmoid in a form in which onnxruntime is accurate: its own loses all digits far below 0. */
import type { Rewriting, Rule } from '../optimise/rewrite.ts';

/** 1 / (1 + exp(-x)) */
export function accurate({ builder: b, made }: Rewriting): Rule {
  return ({ op, inputs: [x] }) => {
    if (op !== 'Sigmoid') return undefined;
    const above = b.unary('Exp', b.unary('Neg', made(x)));
    return b.unary('Reciprocal', b.binary('Add', above, b.fill(1, [])));
  };
}
