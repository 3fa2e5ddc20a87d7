/** @file Steps that call a kernel: matrix products, convolutions and pooling. */
import type { Node } from '../graph.ts';
import { R8, RCX, RDX, RSI } from './assembler.ts';
import { emitConvolution } from './convolutions.ts';
import { addressOf, copyStep } from './copies.ts';
import { collapsed, expanded, newBuffer, newPlace, type Place, reshaped, sliced, transposed, wholeBuffer } from './places.ts'; // biome-ignore format: one import
import { emitProduct, type Product, scratchOf } from './products.ts';
import type { Step, Writing } from './steps.ts';

/**
 * a [..., rows, inner] times b [..., inner, columns]; the leading axes broadcast. The columns of `to` lie beside each other.
 * @param accumulate whether the product is added to what `to` holds
 */
export function productSteps(a: Place, b: Place, to: Place, accumulate = false): Step[] {
  const leading = to.shape.slice(0, -2);
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape.at(-1)!;
  const left = expanded(a, [...leading, rows, inner]);
  const right = expanded(b, [...leading, inner, columns]);
  const outer = collapsed(
    leading,
    [left, right, to].map(({ strides }) => strides.slice(0, -2)),
  );
  const [row, along] = left.strides.slice(-2);
  const [down, column] = right.strides.slice(-2);
  const product: Product = {
    rows,
    inner,
    columns,
    a: { row, inner: along },
    b: { inner: down, column: columns === 1 ? 1 : column },
    c: { row: to.strides.at(-2)! },
    batch: outer.map(({ length, strides: [a, b, c] }) => ({ length, a, b, c })),
    alpha: 1,
    accumulate,
  };
  const chunks = alongInner(product);
  return chunks.map(({ from, product }) => {
    const wanted = scratchOf(product);
    const scratch = wanted > 0 ? newPlace([wanted]) : undefined;
    const own = scratch ? [scratch.buffer] : [];
    return {
      name: `product ${[...product.batch.map(({ length }) => length), rows, product.inner, columns].join('x')}`,
      reads: [a.buffer, b.buffer, ...(product.accumulate ? [to.buffer] : [])],
      writes: [to.buffer, ...own],
      emit({ assembler, subroutine }: Writing) {
        const label = subroutine(`product ${JSON.stringify(product)}`, (into) => emitProduct(into, product));
        assembler.address(RSI, addressOf({ ...left, offset: left.offset + from * product.a.inner }));
        assembler.address(RDX, addressOf({ ...right, offset: right.offset + from * product.b.inner }));
        assembler.address(RCX, addressOf(to));
        if (scratch) assembler.address(R8, addressOf(scratch));
        assembler.call(label);
      },
    };
  });
}

/** Longer inner axes are cut, so that what is read of both operands stays in the cache. */
const LONGEST = 512;
const CHUNK = 256;

function alongInner(product: Product): { from: number; product: Product }[] {
  const { inner, rows, columns, a, b } = product;
  if (inner <= LONGEST || rows * columns < 4096) return [{ from: 0, product }];
  const count = Math.floor(inner / CHUNK);
  const step = { length: count - 1, a: CHUNK * a.inner, b: CHUNK * b.inner, c: 0 };
  const rest = inner - count * CHUNK;
  const pieces = [
    { from: 0, product: { ...product, inner: CHUNK } },
    { from: CHUNK, product: { ...product, inner: CHUNK, batch: [...product.batch, step], accumulate: true } },
  ];
  if (rest > 0) pieces.push({ from: count * CHUNK, product: { ...product, inner: rest, accumulate: true } });
  return pieces;
}

interface Fixed {
  constant(value: number): Place;
  /** The value in row-major order. */
  packed(place: Place): Place;
}

/** Undefined for kinds that no kernel is written for. */
export function convolutionSteps(
  node: Node,
  inputs: readonly Place[],
  to: Place,
  fixed: Fixed,
): Step[] | undefined {
  if (node.op === 'AveragePool') return poolingSteps(node, inputs[0], to);
  const { strides, dilations, pads, group } = node.attributes as Record<string, number[]> & { group: number };
  if (group !== 1 || [...strides, ...dilations].some((n) => n !== 1)) return undefined;
  const [x, filter] = inputs;
  if (node.op === 'Conv') return convolved(x, filter, pads, to, fixed);
  // The adjoint is the convolution with the filter turned round, and its channels exchanged.
  const turned = transposed(filter, [1, 0, 2, 3]);
  const [height, width] = filter.shape.slice(2);
  const last = sliced(turned, turned.shape, [0, 0, height - 1, width - 1], [1, 1, -1, -1]);
  const [top, left] = [height - 1 - pads[0], width - 1 - pads[1]];
  const bottom = node.shape[2] - (x.shape[2] + top - height + 1);
  const right = node.shape[3] - (x.shape[3] + left - width + 1);
  if ([top, left, bottom, right].some((n) => n < 0)) return undefined;
  return convolved(x, last, [top, left, bottom, right], to, fixed);
}

/** x [n, c, h, w] with filter [o, c, kh, kw], whose strides may be below 0. */
function convolved(x: Place, filter: Place, pads: readonly number[], to: Place, fixed: Fixed): Step[] {
  const [top, left, bottom, right] = pads;
  const [images, inChannels, height, width] = x.shape;
  const steps: Step[] = [];
  const within = fixed.packed(x);
  let padded = within;
  if (pads.some((n) => n > 0)) {
    padded = newPlace([images, inChannels, height + top + bottom, width + left + right]);
    steps.push(copyStep(expanded(fixed.constant(0), padded.shape), padded));
    steps.push(copyStep(within, sliced(padded, x.shape, [0, 0, top, left], [1, 1, 1, 1])));
  }
  const [image, channel, row] = padded.strides;
  const convolution = {
    images,
    inChannels,
    outChannels: to.shape[1],
    height: to.shape[2],
    width: to.shape[3],
    kernel: [filter.shape[2], filter.shape[3]] as const,
    stride: [1, 1] as const,
    x: { image, channel, row },
    filter: {
      out: filter.strides[0],
      in: filter.strides[1],
      row: filter.strides[2],
      column: filter.strides[3],
    },
  };
  steps.push({
    name: `convolution ${filter.shape.join('x')}`,
    reads: [padded.buffer, filter.buffer],
    writes: [to.buffer],
    emit({ assembler, subroutine }) {
      const key = `convolution ${JSON.stringify(convolution)}`;
      const label = subroutine(key, (into) => emitConvolution(into, convolution));
      assembler.address(RSI, addressOf(padded));
      assembler.address(RDX, addressOf(filter));
      assembler.address(RCX, addressOf(to));
      assembler.call(label);
    },
  });
  return steps;
}

/** Averages of windows, those at the edges over fewer, as a product with a matrix along the width and one along the height. */
function poolingSteps(node: Node, x: Place, to: Place): Step[] | undefined {
  const { kernel_shape, strides, pads } = node.attributes as Record<string, number[]>;
  const [images, channels, height, width] = x.shape;
  const weights = (from: number, out: number, axis: 0 | 1) => {
    const values = new Float32Array(from * out);
    for (let o = 0; o < out; o++) {
      const first = Math.max(0, o * strides[axis] - pads[axis]);
      const end = Math.min(from, o * strides[axis] - pads[axis] + kernel_shape[axis]);
      for (let i = first; i < end; i++) values[i * out + o] = 1 / (end - first);
    }
    return wholeBuffer(newBuffer(values.length, values), [from, out]);
  };
  const [outHeight, outWidth] = to.shape.slice(2);
  const flat = reshaped(x, [images * channels, height, width]);
  const result = reshaped(to, [images * channels, outHeight, outWidth]);
  if (!flat || !result) return undefined;
  const narrow = newPlace([images * channels, height, outWidth]);
  return [
    ...productSteps(flat, weights(width, outWidth, 1), narrow),
    ...productSteps(transposed(weights(height, outHeight, 0), [1, 0]), narrow, result),
  ];
}
