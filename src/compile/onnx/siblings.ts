/**
 * @file Products of several tensors with one matrix as a single product of all their rows: X W and Y W are [X; Y] W.
 *
 * A product of few rows spends much of its time on bringing the matrix into the order that it is read in.
 */
import { type Node, sameShape, sizeOf } from '../graph/graph.ts';
import { levels, type Rewriting, type Rule } from '../optimise/rewrite.ts';

/** How many times larger than the rows the matrix must be. */
const LARGER = 2;

/** Must be applied level by level. */
export function siblings({ builder, live, made }: Rewriting): Rule {
  const level = levels(live);
  const groups = new Map<string, Node[]>();
  const groupOf = new Map<Node, Node[]>();
  for (const node of live) {
    if (node.op !== 'MatMul' || node.dtype !== 'float32') continue;
    const [rows, matrix] = node.inputs;
    if (!sameShape(rows.shape.slice(0, -2), node.shape.slice(0, -2))) continue;
    if (rows.op === 'Transpose' || LARGER * sizeOf(rows.shape) > sizeOf(matrix.shape)) continue;
    // Products of one level do not depend on each other.
    const key = `${level.get(node)} ${matrix.id}`;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(node);
    groupOf.set(node, group);
  }
  return (node) => {
    const group = groupOf.get(node);
    if (!group || group.length < 2) return undefined;
    const axis = node.shape.length - 2;
    const rows = group.map(({ inputs }) => inputs[0]);
    const product = builder.matMul(builder.concat(rows.map(made), axis), made(node.inputs[1]));
    const before = rows.slice(0, group.indexOf(node)).reduce((sum, { shape }) => sum + shape[axis], 0);
    const starts = node.shape.map((_, i) => (i === axis ? before : 0));
    return builder.slice(product, starts, node.shape);
  };
}
