/**
 * @file Factors of whole rows of a large operand that products alone use, and whose product is small: (s * X) Y is s * (X Y), and
 * Y (X * s') is (Y X) * s'. X itself is mostly there for others, so that one large tensor less is written.
 */
import { isSwap, type Node, sameShape, sizeOf } from '../graph/graph.ts';
import { usersOf } from '../graph/node-map.ts';
import type { Rewriting, Rule } from './rewrite.ts';

/** How many times larger than the product the operand must be. */
const LARGER = 16;

export function factors({ builder, live, made }: Rewriting): Rule {
  const users = usersOf(live);

  /** Whether products alone use it, and small ones. */
  const isForProducts = (node: Node): boolean =>
    (users.get(node) ?? []).every((user) => {
      if (isSwap(user)) return isForProducts(user);
      return user.op === 'MatMul' && LARGER * sizeOf(user.shape) <= sizeOf(node.shape);
    });

  /** An operand freed of its factor, and that: a number for every index but those of the axis that is summed along. */
  function freed(operand: Node, summed: 0 | 1): { rest: Node; factor: Node } | undefined {
    const swapped = isSwap(operand);
    const product = swapped ? operand.inputs[0] : operand;
    if (product.op !== 'Mul' || product.shape.length !== 2 || !isForProducts(product)) return undefined;
    const alongOther = product.shape.map((length, axis) => ((axis === summed) === swapped ? length : 1));
    const at = product.inputs.findIndex(({ shape }) => shape.length === 2 && sizeOf(shape) > 1 && sameShape(shape, alongOther)); // biome-ignore format: one thought
    if (at < 0 || !sameShape(product.inputs[1 - at].shape, product.shape)) return undefined;
    const rest = made(product.inputs[1 - at]);
    return { rest: swapped ? builder.swapLast(rest) : rest, factor: made(product.inputs[at]) };
  }

  return (node) => {
    if (node.op !== 'MatMul' || node.dtype !== 'float32' || node.shape.length !== 2) return undefined;
    const [a, b] = node.inputs;
    const [left, right] = [freed(a, 1), freed(b, 0)];
    if (!left && !right) return undefined;
    let result = builder.matMul(left?.rest ?? made(a), right?.rest ?? made(b));
    if (left) result = builder.binary('Mul', result, builder.reshape(left.factor, [node.shape[0], 1]));
    if (right) result = builder.binary('Mul', result, builder.reshape(right.factor, [1, node.shape[1]]));
    return result;
  };
}
