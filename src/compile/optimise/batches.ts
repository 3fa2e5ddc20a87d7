/**
 * @file Sums over leading axes (the episodes of a batch), taken before anything else is added: the sum over episodes of
 * A'B is one product of the rows of all episodes, and what is summed first is added as one matrix, not as many.
 */
import { type Node, sizeOf } from '../graph/graph.ts';
import { isFactor, isLinear, isOne, termsOf } from './linear.ts';
import { productOf, rowProduct } from './products.ts';
import type { Rewriting, Rule } from './rewrite.ts';

export function batches({ builder, uses, made }: Rewriting): Rule {
  const only = (node: Node) => uses(node) === 1;
  const enter = (node: Node) => only(node) || isFactor(node);

  /** The sum over the first `count` axes. */
  function summed(x: Node, count: number): Node {
    const product = only(x) ? rowProduct(x) : undefined;
    if (product && count === x.shape.length - 2) {
      const flat = (node: Node) =>
        builder.reshape(made(node), [sizeOf(node.shape.slice(0, -1)), node.shape.at(-1)!]);
      return productOf(builder, { left: flat(product.left), right: flat(product.right) });
    }
    const axes = Array.from({ length: count }, (_, i) => i);
    return builder.reduce('ReduceSum', made(x), axes);
  }

  return (node) => {
    if (node.op !== 'ReduceSum' || node.dtype !== 'float32') return undefined;
    const axes = node.attributes.axes as readonly number[];
    const [x] = node.inputs;
    if (axes.some((axis, i) => axis !== i) || axes.length === x.shape.length || x.shape.length < 3)
      return undefined;
    if (!isLinear(x) || !enter(x)) return rowProduct(x) && only(x) ? summed(x, axes.length) : undefined;
    const terms = termsOf(builder, x, enter, made);
    if (terms.some(({ leaf }) => leaf.shape.length !== x.shape.length || leaf.shape[0] !== x.shape[0]))
      return undefined;
    return terms
      .map(({ sign, factor, leaf }) => {
        const sum = summed(leaf, axes.length);
        const scaled = isOne(factor) ? sum : builder.binary('Mul', sum, factor);
        return sign === 1 ? scaled : builder.unary('Neg', scaled);
      })
      .reduce((sum, part) => builder.binary('Add', sum, part));
  };
}
