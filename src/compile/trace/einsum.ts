/** @file tf.einsum in matrix products, sums and transposes. */
import type { Builder } from '../graph/builder.ts';
import { type Node, sizeOf } from '../graph/graph.ts';

interface Operand {
  node: Node;
  /** A letter for each. */
  axes: string;
}

/** @param equation as tfjs takes it: one operand or two, no axis twice in one of them */
export function einsum(b: Builder, equation: string, inputs: readonly Node[]): Node {
  const [left, output] = equation.replace(/\s/g, '').split('->');
  const [first, second] = left.split(',').map((axes, i, all) => {
    const elsewhere = output + all.filter((_, j) => j !== i).join('');
    return summed(b, { node: inputs[i], axes }, (axis) => elsewhere.includes(axis));
  });
  return ordered(b, second ? product(b, first, second, output) : first, output);
}

/** Only the axes that are wanted, the others summed over. */
function summed(b: Builder, { node, axes }: Operand, isWanted: (axis: string) => boolean): Operand {
  const alone = [...axes].flatMap((axis, i) => (isWanted(axis) ? [] : [i]));
  if (alone.length === 0) return { node, axes };
  return { node: b.reduce('ReduceSum', node, alone), axes: [...axes].filter(isWanted).join('') };
}

const ordered = (b: Builder, { node, axes }: Operand, order: string): Node =>
  b.transpose(node, [...order].map((axis) => axes.indexOf(axis))); // biome-ignore format: one thought

/** Axes of both are a batch where the output has them, else they are summed over. */
function product(b: Builder, first: Operand, second: Operand, output: string): Operand {
  const both = [...first.axes].filter((axis) => second.axes.includes(axis));
  const batch = both.filter((axis) => output.includes(axis)).join('');
  const inner = both.filter((axis) => !output.includes(axis)).join('');
  const own = ({ axes }: Operand) => [...axes].filter((axis) => !both.includes(axis)).join('');
  const [rows, columns] = [own(first), own(second)];
  const lengths = new Map([first, second].flatMap(({ node, axes }) => [...axes].map((axis, i) => [axis, node.shape[i]] as const))); // biome-ignore format: one thought
  const shape = (axes: string) => [...axes].map((axis) => lengths.get(axis)!);
  const axes = batch + rows + columns;
  const left = ordered(b, first, batch + rows + inner);
  const right = ordered(b, second, batch + inner + columns);
  if (inner === '') {
    const ones = (axes: string) => [...axes].map(() => 1);
    const a = b.reshape(left, [...shape(batch + rows), ...ones(columns)]);
    const c = b.reshape(right, [...shape(batch), ...ones(rows), ...shape(columns)]);
    return { node: b.binary('Mul', a, c), axes };
  }
  const [m, k, n] = [rows, inner, columns].map((axes) => sizeOf(shape(axes)));
  const node = b.matMul(b.reshape(left, [...shape(batch), m, k]), b.reshape(right, [...shape(batch), k, n]));
  return { node: b.reshape(node, shape(axes)), axes };
}
