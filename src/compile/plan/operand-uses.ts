/** @file How many products of a graph use one operand in one form: split for tiles once, it serves them all. */

import type { Uses } from '../emit/steps/tiled-products.ts';
import { isSwap, type Node } from '../graph/graph.ts';
import type { Rows } from './sums-of-products.ts';

export interface OperandUses {
  of(product: Node): Uses;
  /** Of left' right, parts of a sum of products. */
  ofParts(left: Node, right: Node): Uses;
}

export function operandUses(live: readonly Node[], rows: ReadonlyMap<Node, Rows>): OperandUses {
  const counts = new Map<string, number>();
  const count = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const node of live) {
    if (node.op !== 'MatMul') continue;
    const sums = rows.get(node);
    if (sums) {
      for (const part of sums.left) count(leftKey(part, true));
      for (const part of sums.right) count(rightKey(part));
    } else {
      count(leftKey(node.inputs[0]));
      count(rightKey(node.inputs[1]));
    }
  }
  const uses = (left: string, right: string): Uses => ({
    left: counts.get(left)!,
    right: counts.get(right)!,
  });
  return {
    of: ({ inputs: [a, b] }) => uses(leftKey(a), rightKey(b)),
    ofParts: (left, right) => uses(leftKey(left, true), rightKey(right)),
  };
}

const leftKey = (node: Node, swapped = false) => `left ${form(node, swapped)}`;
const rightKey = (node: Node) => `right ${form(node, false)}`;

/** The node that holds the matrix, and whether its axes are exchanged. */
function form(node: Node, swapped: boolean): string {
  const [inner] = node.inputs;
  if (isSwap(node)) return form(inner, !swapped);
  if (node.op === 'Reshape' && node.shape.length > 1 && inner.shape.length > 1) {
    const same = node.shape.at(-1) === inner.shape.at(-1) && node.shape.at(-2) === inner.shape.at(-2);
    if (same) return form(inner, swapped);
  }
  return `${node.id} ${swapped}`;
}
