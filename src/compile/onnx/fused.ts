/** @file Matrix products in the form of onnxruntime's own operator, which transposes and scales as it multiplies. */
import { uniformValue } from '../graph/builder.ts';
import { isSwap, type Node, sameShape } from '../graph/graph.ts';
import type { Rewriting, Rule } from '../optimise/rewrite.ts';

/** Only for onnxruntime on the processor: FusedMatMul belongs to no ONNX standard. */
export function fused({ builder, uses, made }: Rewriting): Rule {
  const product = (node: Node, alpha: number) => {
    const [a, b] = node.inputs;
    const [transA, transB] = [isSwap(a), isSwap(b)];
    if (!transA && !transB && alpha === 1) return undefined;
    const inputs = [transA ? a.inputs[0] : a, transB ? b.inputs[0] : b].map(made);
    const attributes = { transA: Number(transA), transB: Number(transB), alpha };
    return builder.graph.node('FusedMatMul', inputs, attributes, node.shape, node.dtype);
  };
  /** Rows of many episodes times one matrix: the runtime takes them for rows of one tensor by itself. */
  const ofRows = (node: Node) => {
    const [x] = node.inputs;
    if (x.op !== 'MatMul' || uses(x) !== 1) return undefined;
    const [flat, matrix] = x.inputs;
    if (flat.op !== 'Reshape' || matrix.shape.length !== 2) return undefined;
    const rows = flat.inputs[0];
    if (rows.shape.length < 2) return undefined;
    if (!sameShape(rows.shape.slice(0, -1), node.shape.slice(0, -1))) return undefined;
    if (rows.shape.at(-1) !== flat.shape.at(-1)) return undefined;
    const transB = isSwap(matrix);
    const inputs = [rows, transB ? matrix.inputs[0] : matrix].map(made);
    if (!transB) return builder.graph.node('MatMul', inputs, {}, node.shape, node.dtype);
    return builder.graph.node(
      'FusedMatMul',
      inputs,
      { transA: 0, transB: 1, alpha: 1 },
      node.shape,
      node.dtype,
    );
  };
  return (node) => {
    if (node.op === 'Reshape') return node.dtype === 'float32' ? ofRows(node) : undefined;
    if (node.dtype !== 'float32') return undefined;
    if (node.op === 'MatMul') return product(node, 1);
    const [x, factor] = node.inputs;
    if (node.op !== 'Mul' || x.op !== 'MatMul' || uses(x) !== 1) return undefined;
    const alpha = uniformValue(factor);
    return alpha === undefined ? undefined : product(x, alpha);
  };
}
