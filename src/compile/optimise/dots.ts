/**
 * @file Inner products with a sum of matrix products, from products that exist already: sum(A'B * D) = sum(B * (A D)).
 *
 * The derivative with respect to a step size is the inner product of a weight gradient and what comes back for the
 * weights. Both are as large as the weights of all episodes; A D, which the derivative needs anyway, is small.
 */
import { type Node, sameShape, sizeOf } from '../graph/graph.ts';
import { isFactor, type Term, termsOf } from './linear.ts';
import { rowProduct } from './products.ts';
import type { Rewriting, Rule } from './rewrite.ts';

export function dots({ builder, live, uses, made }: Rewriting): Rule {
  const known = new Set(live.filter(({ op }) => op === 'MatMul'));

  /** Two small tensors of the new graph whose inner product is that of a matrix product and y. */
  function smallPair(term: Node, y: Node): [Node, Node] | undefined {
    const product = rowProduct(term);
    if (!product) return undefined;
    const { left, right } = product;
    if (known.has(builder.matMul(left, y))) return [builder.matMul(made(left), made(y)), made(right)];
    if (known.has(builder.matMul(right, builder.swapLast(y)))) {
      return [builder.matMul(made(right), builder.swapLast(made(y))), made(left)];
    }
    return undefined;
  }

  /** x freed of signs and scalar factors. */
  function factored(x: Node): Term {
    const [term, ...more] = termsOf(builder, x, isFactor, made);
    return more.length === 0 ? term : { sign: 1, factor: builder.fill(1, []), leaf: x };
  }

  /** The inner product of two tensors of the new graph. */
  function total(a: Node, b: Node): Node {
    const product = builder.binary('Mul', a, b);
    return builder.reduce('ReduceSum', product, product.shape.map((_, i) => i)); // biome-ignore format: one thought
  }

  /** The inner product of a term and y, both of the old graph; undefined where the term times y is not at hand. */
  function part(term: Node, y: Node): Node | undefined {
    if (!rowProduct(term)) return total(made(term), made(y));
    const pair = smallPair(term, y);
    return pair && total(...pair);
  }

  /** Undefined where x has no matrix product among its terms, or one of them is not at hand times y. */
  function ofSum(x: Node, y: Node): Node | undefined {
    const terms = termsOf(builder, x, (node) => uses(node) === 1, made);
    if (!terms.some(({ leaf }) => rowProduct(leaf))) return undefined;
    let sum = builder.fill(0, []);
    for (const { sign, factor, leaf } of terms) {
      const inner = sameShape(leaf.shape, x.shape) && part(leaf, y);
      if (!inner) return undefined;
      sum = builder.binary(sign === 1 ? 'Add' : 'Sub', sum, builder.binary('Mul', inner, factor));
    }
    return sum;
  }

  return (node) => {
    const [product] = node.inputs;
    if (node.op !== 'ReduceSum' || sizeOf(node.shape) !== 1 || product.op !== 'Mul') return undefined;
    const [x, y] = product.inputs;
    if (uses(product) !== 1 || product.dtype !== 'float32') return undefined;
    if (!sameShape(x.shape, product.shape) || !sameShape(y.shape, product.shape)) return undefined;
    const [left, right] = [factored(x), factored(y)];
    const better = ofSum(left.leaf, right.leaf) ?? ofSum(right.leaf, left.leaf);
    if (!better && left.leaf === x && right.leaf === y) return undefined;
    const inner = better ?? total(made(left.leaf), made(right.leaf));
    const scaled = builder.binary('Mul', inner, builder.binary('Mul', left.factor, right.factor));
    return builder.reshape(left.sign === right.sign ? scaled : builder.unary('Neg', scaled), node.shape);
  };
}
