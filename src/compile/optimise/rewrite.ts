/** @file Rebuilding a finished graph node by node, where a rule may put something else in the place of a node. */
import type { Builder } from '../graph/builder.ts';
import { type Binary, liveNodes, type Node, type Reduction, type Unary } from '../graph/graph.ts';
import { binaryFunctions, unaryFunctions } from '../graph/scalar.ts';

export type Outputs = Record<string, Node>;

/** What a rule may ask about the graph that is being rewritten. */
export interface Rewriting {
  builder: Builder;
  live: readonly Node[];
  /** How many inputs and outputs of the old graph a node of it is. */
  uses(node: Node): number;
  /** What stands for a node of the old graph in the new one; only for nodes before the one under way. */
  made(node: Node): Node;
}

/** Gives what is to stand for a node of the old graph, or nothing to leave it as it is. */
export type Rule = (node: Node) => Node | undefined;

/** How many matrix products there are on the longest way to a node, itself among them. */
export function levels(live: readonly Node[]): Map<Node, number> {
  const level = new Map<Node, number>();
  for (const node of live) {
    const before = node.inputs.reduce((most, input) => Math.max(most, level.get(input)!), 0);
    level.set(node, node.op === 'MatMul' ? before + 1 : before);
  }
  return level;
}

/** Applies the rule to every live node, inputs first; with `byLevel` no node before any of a lower level. */
export function rewrite(
  builder: Builder,
  outputs: Outputs,
  ruleFor: (graph: Rewriting) => Rule,
  byLevel = false,
): Outputs {
  let live = liveNodes(Object.values(outputs));
  if (byLevel) {
    const level = levels(live);
    live = [...live].sort((a, b) => level.get(a)! - level.get(b)! || a.id - b.id);
  }
  // By the numbers of nodes.
  let ids = 0;
  for (const { id } of live) if (id >= ids) ids = id + 1;
  const counts = new Int32Array(ids);
  for (const { inputs } of live) for (let i = 0; i < inputs.length; i++) counts[inputs[i].id]++;
  for (const { id } of Object.values(outputs)) counts[id]++;
  // Without holes, which are slow to fill.
  const made = new Array<Node | undefined>(ids).fill(undefined) as Node[];
  const rule = ruleFor({ builder, live, uses: ({ id }) => counts[id] ?? 0, made: ({ id }) => made[id] });
  for (const node of live) made[node.id] = rule(node) ?? rebuilt(builder, node, made);
  return Object.fromEntries(Object.entries(outputs).map(([name, { id }]) => [name, made[id]]));
}

function isChanged({ inputs }: Node, made: readonly Node[]): boolean {
  for (let i = 0; i < inputs.length; i++) if (made[inputs[i].id] !== inputs[i]) return true;
  return false;
}

/** The same operation on what was made of its inputs, of the same shapes, simplified again. */
function rebuilt(builder: Builder, node: Node, made: readonly Node[]): Node {
  if (!isChanged(node, made)) return node;
  const inputs = node.inputs.map(({ id }) => made[id]);
  const { op, attributes, shape, dtype } = node;
  const [a, b] = inputs;
  if (op in unaryFunctions) return builder.unary(op as Unary, a);
  if (op in binaryFunctions) return builder.binary(op as Binary, a, b);
  switch (op) {
    case 'MatMul':
      return builder.matMul(a, b);
    case 'Reshape':
      return builder.reshape(a, shape);
    case 'Expand':
      return builder.expand(a, shape);
    case 'Transpose':
      return builder.transpose(a, attributes.perm as readonly number[]);
    case 'Concat':
      return builder.concat(inputs, attributes.axis as number);
    case 'ReduceSum':
      return builder.reduce(op as Reduction, a, attributes.axes as readonly number[]);
    default:
      return builder.graph.node(op, inputs, attributes, shape, dtype);
  }
}
