/** @file Operations that ONNX does not have, written in those that it has. */
import type { Builder } from '../graph/builder.ts';
import type { Node } from '../graph/graph.ts';
import type { Rewriting, Rule } from '../optimise/rewrite.ts';

export function standard({ builder, made }: Rewriting): Rule {
  return (node) => {
    if (node.op !== 'ConvFilterGradient') return undefined;
    const [x, dy] = node.inputs.map(made);
    return filterGradient(builder, node, x, dy);
  };
}

export function elementary({ builder, made }: Rewriting): Rule {
  return ({ op, inputs }) => {
    if (op === 'Expm1') return expm1(builder, made(inputs[0]));
    return op === 'Log1p' ? log1p(builder, made(inputs[0])) : undefined;
  };
}

const number = (b: Builder, value: number) => b.fill(value, []);
const small = (b: Builder, x: Node, bound: number) => b.binary('Less', b.unary('Abs', x), number(b, bound));

/** exp(x) - 1; near zero, where the difference loses its digits, 2 t / (1 - t) with t = tanh(x / 2). */
function expm1(b: Builder, x: Node): Node {
  const t = b.unary('Tanh', b.binary('Mul', x, number(b, 0.5)));
  const precise = b.binary('Div', b.binary('Mul', t, number(b, 2)), b.binary('Sub', number(b, 1), t));
  return b.where(small(b, x, 0.5), precise, b.binary('Sub', b.unary('Exp', x), number(b, 1)));
}

/** log(1 + x); near zero, where it loses its digits, 2 artanh(x / (2 + x)). */
function log1p(b: Builder, x: Node): Node {
  const precise = b.unary('Atanh', b.binary('Div', x, b.binary('Add', x, number(b, 2))));
  const doubled = b.binary('Mul', precise, number(b, 2));
  return b.where(small(b, x, 0.5), doubled, b.unary('Log', b.binary('Add', x, number(b, 1))));
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
