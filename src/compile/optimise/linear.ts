/** @file Sums as lists of terms: what is left of additions, signs and scalar factors when they are taken apart. */
import { type Builder, uniformValue } from '../graph/builder.ts';
import { type Node, sameShape, sizeOf } from '../graph/graph.ts';

/** sign * factor * leaf */
export interface Term {
  sign: 1 | -1;
  /** Of shape [] */
  factor: Node;
  leaf: Node;
}

/** Whether a node is a sum, a difference, a negative or a scalar multiple. */
export const isLinear = (node: Node) =>
  node.dtype === 'float32' &&
  (node.op === 'Add' || node.op === 'Sub' || node.op === 'Neg' || scalarAt(node) !== undefined);

/** Whether a node is a negative or a scalar multiple of one other. */
export const isFactor = (node: Node) => isLinear(node) && (node.op === 'Neg' || node.op === 'Mul');

/** Which input of a product of two is a scalar, where the other has the product's shape. */
function scalarAt(node: Node): 0 | 1 | undefined {
  if (node.op !== 'Mul') return undefined;
  for (const at of [1, 0] as const) {
    const scalar = node.inputs[at];
    if (sizeOf(scalar.shape) === 1 && sameShape(node.inputs[1 - at].shape, node.shape)) return at;
  }
  return undefined;
}

/**
 * The terms of a node, entering what `enter` allows. Leaves and factors are what `made` gives for them.
 * Leaves may be smaller than the sum, which broadcasts them.
 */
export function termsOf(
  builder: Builder,
  root: Node,
  enter: (node: Node) => boolean,
  made: (node: Node) => Node = (node) => node,
): Term[] {
  const terms: Term[] = [];
  const visit = (node: Node, sign: 1 | -1, factor: Node, top = false) => {
    if (!isLinear(node) || !sameShape(node.shape, root.shape) || !(top || enter(node))) {
      terms.push({ sign, factor, leaf: node });
      return;
    }
    const [a, b] = node.inputs;
    const opposite = sign === 1 ? -1 : 1;
    if (node.op === 'Neg') visit(a, opposite, factor);
    else if (node.op === 'Mul') {
      const at = scalarAt(node)!;
      const scalar = builder.reshape(made(node.inputs[at]), []);
      const value = uniformValue(scalar);
      const rest = node.inputs[1 - at];
      if (value !== undefined && value < 0) {
        visit(rest, opposite, builder.binary('Mul', factor, builder.fill(-value, [])));
      } else if (scalar.op === 'Neg') visit(rest, opposite, builder.binary('Mul', factor, scalar.inputs[0]));
      else visit(rest, sign, builder.binary('Mul', factor, scalar));
    } else {
      visit(a, sign, factor);
      visit(b, node.op === 'Sub' ? opposite : sign, factor);
    }
  };
  visit(root, 1, builder.fill(1, []), true);
  return terms;
}

export const isOne = (factor: Node) => uniformValue(factor) === 1;
