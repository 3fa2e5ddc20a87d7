/**
 * @file Entrywise operations and sums without leading axes of length one: of one episode and of none they then have one shape, so that
 * machine code computes them in one loop, and products of an episode are matrices that sums can be made of.
 */
import { type Binary, type Node, type Reduction, sizeOf, type Unary } from '../graph/graph.ts';
import { binaryFunctions, unaryFunctions } from '../graph/scalar.ts';
import type { Rewriting, Rule } from './rewrite.ts';

export function leading({ builder, made }: Rewriting): Rule {
  /** The last `rank` axes; those before have length one. */
  const last = (node: Node, rank: number) =>
    builder.reshape(made(node), node.shape.slice(Math.max(0, node.shape.length - rank)));

  function entrywise(node: Node, rank: number): Node | undefined {
    const [a, b, c] = node.inputs.map((input) => last(input, rank));
    if (node.op in unaryFunctions) return builder.unary(node.op as Unary, a);
    if (node.op in binaryFunctions) return builder.binary(node.op as Binary, a, b);
    return node.op === 'Where' ? builder.where(a, b, c) : undefined;
  }

  return (node) => {
    const [x] = node.inputs;
    if (!x) return undefined;
    if (node.op === 'ReduceSum' || node.op === 'ReduceMax' || node.op === 'ReduceMin') {
      const axes = node.attributes.axes as readonly number[];
      const ones = x.shape.findIndex((length, axis) => length !== 1 || axes.includes(axis));
      if (ones <= 0) return undefined;
      const inner = last(x, x.shape.length - ones);
      const result = builder.reduce(node.op as Reduction, inner, axes.map((axis) => axis - ones)); // biome-ignore format: one thought
      return builder.reshape(result, node.shape);
    }
    if (node.shape[0] !== 1) return undefined;
    const ones =
      sizeOf(node.shape) === 1 ? node.shape.length : node.shape.findIndex((length) => length !== 1);
    const result = entrywise(node, node.shape.length - ones);
    return result && builder.reshape(result, node.shape);
  };
}
