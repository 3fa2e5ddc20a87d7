/**
 * @file Sums of products A1'B1 + A2'B2 + ..., which the optimiser has made one product by laying rows one below the other: machine code
 * adds the products up one after the other, and lays nothing together.
 */
import { isSwap, type Node } from '../graph/graph.ts';
import type { ReadonlyNodeMap } from '../graph/node-map.ts';

/** Rows that are enough for a product of their own. */
const FEW_ROWS = 16;

/** Two concatenations of rows whose product, the first transposed, is the sum of the products of their parts. */
export interface Rows {
  sides: readonly [Node, Node];
  left: readonly Node[];
  right: readonly Node[];
}

/** The products among `live` whose concatenations nothing else needs. */
export function sumsOfProducts(
  live: readonly Node[],
  users: ReadonlyNodeMap<readonly Node[]>,
  outputs: ReadonlySet<Node>,
): Map<Node, Rows> {
  const found = new Map<Node, Rows>();
  for (const node of live) {
    const rows = node.op === 'MatMul' ? rowsOf(node) : undefined;
    if (rows) found.set(node, rows);
  }
  const taken = (node: Node): boolean =>
    !outputs.has(node) &&
    users.get(node)!.every((user) => (user.op === 'Transpose' ? taken(user) : found.has(user)));
  // Where a concatenation has to be made for one, it is there for all.
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [node, { sides }] of found) if (!sides.every(taken)) found.delete(node);
  }
  return found;
}

/** Undefined for other products, and where the parts have few rows. */
function rowsOf({ inputs: [a, right] }: Node): Rows | undefined {
  if (!isSwap(a)) return undefined;
  const [left] = a.inputs;
  const ofRows = (side: Node) => side.op === 'Concat' && side.attributes.axis === side.shape.length - 2;
  if (!ofRows(left) || !ofRows(right) || left.inputs.length !== right.inputs.length) return undefined;
  const rows = (part: Node) => part.shape.at(-2)!;
  const alike = left.inputs.every((part, i) => rows(part) === rows(right.inputs[i]) && rows(part) >= FEW_ROWS); // biome-ignore format: one thought
  return alike ? { sides: [left, right], left: left.inputs, right: right.inputs } : undefined;
}
