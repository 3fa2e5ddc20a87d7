/** @file Matrix products whose sum is one product of operands laid side by side: A1'B1 + A2'B2 = [A1; A2]' [B1; B2]. */
import type { Builder } from '../graph/builder.ts';
import { isSwap, type Node, sameShape, sizeOf } from '../graph/graph.ts';

/** left' right over the last two axes; both keep their rows, [..., rows, m] and [..., rows, n]. */
export interface RowProduct {
  left: Node;
  right: Node;
  shape: readonly number[];
}

/** A product whose first operand is a transposed tensor, and whose leading axes are the same on both sides. */
export function rowProduct(node: Node): RowProduct | undefined {
  if (node.op !== 'MatMul' || node.dtype !== 'float32') return undefined;
  const [a, right] = node.inputs;
  if (!isSwap(a)) return undefined;
  if (!sameShape(a.shape.slice(0, -2), right.shape.slice(0, -2))) return undefined;
  return { left: a.inputs[0], right, shape: node.shape };
}

export const operandSize = ({ left, right }: RowProduct) => sizeOf(left.shape) + sizeOf(right.shape);

/** The product with its smaller operand changed. */
export function onSmaller(product: RowProduct, change: (operand: Node) => Node): RowProduct {
  const side = sizeOf(product.left.shape) < sizeOf(product.right.shape) ? 'left' : 'right';
  return { ...product, [side]: change(product[side]) };
}

export function productOf(builder: Builder, { left, right }: Pick<RowProduct, 'left' | 'right'>): Node {
  return builder.matMul(builder.swapLast(left), right);
}

/** The product that is the sum of all: their rows one below the other. */
export function stacked(builder: Builder, products: readonly RowProduct[]): Node {
  if (products.length === 1) return productOf(builder, products[0]);
  const axis = products[0].left.shape.length - 2;
  return productOf(builder, {
    left: builder.concat(
      products.map(({ left }) => left),
      axis,
    ),
    right: builder.concat(
      products.map(({ right }) => right),
      axis,
    ),
  });
}
