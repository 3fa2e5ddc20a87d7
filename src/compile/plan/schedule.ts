/**
 * @file In which order the operations of a graph are done. They are numbered as they were made, and what a rewriting has made comes after all
 * else; but what makes little of much, a sum for instance, is best done while the much is still in the cache, and need not be kept any more.
 */
import { combinations } from '../emit/entrywise/fused-loops.ts';
import { type Node, sizeOf } from '../graph/graph.ts';
import { NodeMap } from '../graph/node-map.ts';
import { views } from '../layout/views.ts';

/** How many times less is little. */
const LESS = 4;
/** What takes long, between which entrywise operations share loops: nothing is done earlier than before the next of them. */
const long: ReadonlySet<string> = new Set(['MatMul', 'Conv', 'ConvTranspose', 'ConvFilterGradient']);

/**
 * The same operations, inputs before their users.
 * @param joined what is computed by the one operation that uses it
 */
export function scheduled(live: readonly Node[], joined: ReadonlySet<Node>): Node[] {
  const place = new NodeMap<number>();
  const longer = [...live.keys()].filter((i) => long.has(live[i].op));
  const turnOf = (node: Node, own: number): number => {
    const ready = node.inputs.reduce((last, input) => Math.max(last, place.get(input)!), -1);
    if (joined.has(node) || (views.has(node.op) && ready >= 0)) return ready;
    const most = Math.max(0, ...node.inputs.map(({ shape }) => sizeOf(shape)));
    const isLess = (node.op in combinations || node.op === 'MatMul') && LESS * sizeOf(node.shape) <= most;
    return isLess ? Math.min(own, firstAfter(longer, ready, own) - 0.5) : own;
  };
  for (const [own, node] of live.entries()) place.set(node, turnOf(node, own));
  return [...live].sort((a, b) => place.get(a)! - place.get(b)! || a.id - b.id);
}

/** The first of the numbers, which are in order, above `low`; `otherwise` where there is none. */
function firstAfter(numbers: readonly number[], low: number, otherwise: number): number {
  let [from, to] = [0, numbers.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (numbers[middle] > low) to = middle;
    else from = middle + 1;
  }
  return numbers[from] ?? otherwise;
}
