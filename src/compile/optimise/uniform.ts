/** @file Products with a matrix whose entries are all the same, as the gradient of a sum has them: sums of the columns or rows of the other. */
import { uniformValue } from '../graph/builder.ts';
import type { Rewriting, Rule } from './rewrite.ts';

export function uniform({ builder, made }: Rewriting): Rule {
  return (node) => {
    if (node.op !== 'MatMul' || node.dtype !== 'float32') return undefined;
    const [a, b] = node.inputs;
    const [left, right] = [uniformValue(a), uniformValue(b)];
    const value = left ?? right;
    if (value === undefined || !Number.isFinite(value)) return undefined;
    const sum = builder.reduce('ReduceSum', made(left === undefined ? a : b), [left === undefined ? -1 : -2], true); // biome-ignore format: one thought
    return builder.expand(builder.binary('Mul', sum, builder.fill(value, [])), node.shape);
  };
}
