/**
 * @file Sums over leading axes as products with a row of ones: the runtime's own sums read such axes in strides, and add
 * up all numbers of a tensor one by one.
 */
import { sizeOf } from '../graph/graph.ts';
import type { Rewriting, Rule } from '../optimise/rewrite.ts';

/** Smaller tensors gain nothing. */
const LEAST = 32768;

export function reductions({ builder, made }: Rewriting): Rule {
  return (node) => {
    const [x] = node.inputs;
    if (node.op !== 'ReduceSum' || node.dtype !== 'float32' || sizeOf(x.shape) < LEAST) return undefined;
    const axes = node.attributes.axes as readonly number[];
    if (axes.some((axis, i) => axis !== i)) return undefined;
    const all = axes.length === x.shape.length;
    // A total sums up the sums over all axes but the last few.
    const count = all ? leadingAxes(x.shape) : axes.length;
    if (count === 0) return undefined;
    const length = sizeOf(x.shape.slice(0, count));
    const rest = sizeOf(x.shape) / length;
    const ones = builder.fill(1, [1, length]);
    const sums = builder.matMul(ones, builder.reshape(made(x), [length, rest]));
    return all ? builder.reshape(builder.reduce('ReduceSum', sums, [0, 1]), node.shape) : builder.reshape(sums, node.shape); // biome-ignore format: one thought
  };
}

/** So many that the rest of the axes have a few hundred entries. */
function leadingAxes(shape: readonly number[]): number {
  let count = shape.length - 1;
  while (count > 1 && sizeOf(shape.slice(count)) < 128) count--;
  return count;
}
