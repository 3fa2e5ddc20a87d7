/** @file Operations that only look at a tensor in another way. */
import type { Node } from '../graph/graph.ts';
import { expanded, type Place, reshaped, sliced, transposed } from './places.ts';

export const views: ReadonlySet<string> = new Set(['Reshape', 'Transpose', 'Expand', 'Slice', 'Cast']);

/** Where the value of a view lies; undefined for a shape that needs a copy. */
export function viewOf({ op, attributes: a, shape }: Node, x: Place): Place | undefined {
  switch (op) {
    case 'Reshape':
      return reshaped(x, shape);
    case 'Transpose':
      return transposed(x, a.perm as number[]);
    case 'Expand':
      return expanded(x, shape);
    case 'Cast':
      return x;
    case 'Slice': {
      const [starts, steps] = [shape.map(() => 0), shape.map(() => 1)];
      for (const [k, axis] of (a.axes as number[]).entries()) {
        starts[axis] = (a.starts as number[])[k];
        steps[axis] = (a.steps as number[])[k];
      }
      return sliced(x, shape, starts, steps);
    }
    default:
      throw new Error(`${op} is no view`);
  }
}
