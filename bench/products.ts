/** @file Floating-point operations of the products in a traced graph: what a machine's matrix-product rate is compared with. */
import { liveNodes, type Node, sizeOf } from '../src/compile/graph/graph.ts';

/** Two operations, a multiplication and an addition, for each term of each sum; 0 for what is no product. */
export function productOperations({ op, inputs, attributes, shape }: Node): number {
  switch (op as string) {
    case 'MatMul':
    case 'Gemm':
    case 'FusedMatMul': {
      const [a] = inputs;
      // The axis summed over is the last of the first operand, unless that is turned round.
      const summed = attributes.transA ? a.shape.at(-2)! : a.shape.at(-1)!;
      return 2 * sizeOf(shape) * summed;
    }
    case 'Conv':
      // Filters [out, in / groups, height, width]: every output sums over all but the first axis.
      return 2 * sizeOf(shape) * sizeOf(inputs[1].shape.slice(1));
    case 'ConvTranspose':
      // Filters [in, out / groups, height, width]: every input is spread over all but the first axis.
      return 2 * sizeOf(inputs[0].shape) * sizeOf(inputs[1].shape.slice(1));
    default:
      return 0;
  }
}

/** Operations of all products that the outputs depend on. */
export const countProducts = (outputs: readonly Node[]): number =>
  liveNodes(outputs).reduce((sum, node) => sum + productOperations(node), 0);
