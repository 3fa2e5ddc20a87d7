/** @file Operations that ONNX does not have, written in those that it has. */
import type { Builder } from '../builder.ts';
import type { Node } from '../graph.ts';
import type { Rewriting, Rule } from './rewrite.ts';

export function standard({ builder, made }: Rewriting): Rule {
  return (node) => {
    if (node.op !== 'ConvFilterGradient') return undefined;
    const [x, dy] = node.inputs.map(made);
    return filterGradient(builder, node, x, dy);
  };
}

/**
 * Windows times outputs, a product for every image. As one convolution with dy for a filter it would be a single long product that runs
 * on one core.
 */
function filterGradient(b: Builder, { attributes, shape }: Node, x: Node, dy: Node): Node {
  const [n, outputs, outHeight, outWidth] = dy.shape;
  const channels = x.shape[1];
  const [top, left, bottom, right] = attributes.pads as readonly number[];
  const padded = b.pad(x, [0, 0, top, left], [0, 0, bottom, right]);
  const strides = [1, 1, ...(attributes.strides as readonly number[])];
  const pixels = outHeight * outWidth;
  const windows: Node[] = [];
  for (let i = 0; i < shape[0]; i++) {
    for (let j = 0; j < shape[1]; j++) {
      const seen = b.slice(padded, [0, 0, i, j], [n, channels, outHeight, outWidth], strides);
      windows.push(b.reshape(seen, [n, channels, pixels]));
    }
  }
  const outs = b.transpose(b.reshape(dy, [n, outputs, pixels]), [0, 2, 1]);
  const products = b.matMul(b.concat(windows, 1), outs);
  return b.reshape(b.reduce('ReduceSum', products, [0]), shape);
}
