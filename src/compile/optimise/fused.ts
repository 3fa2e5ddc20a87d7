/** @file Matrix products in the form of onnxruntime's own operator, which transposes and scales as it multiplies. */
import { uniformValue } from '../builder.ts';
import type { Node } from '../graph.ts';
import { swapsLast } from './products.ts';
import type { Rewriting, Rule } from './rewrite.ts';

/** Only for onnxruntime on the processor: FusedMatMul belongs to no ONNX standard. */
export function fused({ builder, uses, made }: Rewriting): Rule {
  const product = (node: Node, alpha: number) => {
    const [a, b] = node.inputs;
    const [transA, transB] = [isSwapped(a), isSwapped(b)];
    if (!transA && !transB && alpha === 1) return undefined;
    const inputs = [transA ? a.inputs[0] : a, transB ? b.inputs[0] : b].map(made);
    const attributes = { transA: Number(transA), transB: Number(transB), alpha };
    return builder.graph.node('FusedMatMul', inputs, attributes, node.shape, node.dtype);
  };
  return (node) => {
    if (node.dtype !== 'float32') return undefined;
    if (node.op === 'MatMul') return product(node, 1);
    const [x, factor] = node.inputs;
    if (node.op !== 'Mul' || x.op !== 'MatMul' || uses(x) !== 1) return undefined;
    const alpha = uniformValue(factor);
    return alpha === undefined ? undefined : product(x, alpha);
  };
}

const isSwapped = (node: Node) =>
  node.op === 'Transpose' && swapsLast(node.attributes.perm as readonly number[]);
