/**
 * @file Steps that call the kernels of convolutions and of pooling.
 *
 * Images lie beside each other as the last axis in memory, [c, h, w, n]: all kinds of convolutions are read and written so
 * (image-convolutions.ts). Only for few images, which would leave most of a vector empty, there are pixels in the vectors.
 */
import type { Node } from '../../graph/graph.ts';
import { FEW_IMAGES, newPlaceInOrder } from '../../layout/orders.ts';
import { newBuffer, newPlace, type Place, reshaped, sliced, transposed, wholeBuffer } from '../../layout/places.ts'; // biome-ignore format: one import
import type { KernelAssembler } from '../assembler/kernel-assembler.ts';
import { emitConvolution } from '../convolutions/convolutions.ts';
import {
  emitImageConvolution,
  type ImageConvolution,
  isImageConvolutionSupported,
} from '../convolutions/image-convolutions.ts';
import {
  emitImageFilterGradient,
  isImageFilterGradientSupported,
} from '../convolutions/image-filter-gradients.ts';
import { adjointWindows, type WindowOptions, windows } from '../convolutions/windows.ts';
import { padSteps } from './copy-steps.ts';
import { kernelStep } from './kernel-steps.ts';
import { productSteps } from './product-steps.ts';
import type { Step } from './step.ts';

/** What the planner keeps for all steps. */
export interface Fixed {
  constant(value: number): Place;
  /** The value in row-major order. */
  packed(place: Place): Place;
  /** The value with its first axis contiguous. */
  firstLast(place: Place): Place;
  /** What was decided of this kind of kernel before, or is now. */
  decided(kind: string, decide: () => boolean): boolean;
}

export interface Lowered {
  steps: Step[];
  /** Where they leave the result. */
  place: Place;
}

/** Undefined for kinds that no kernel is written for. */
export function spatialSteps(node: Node, inputs: readonly Place[], fixed: Fixed): Lowered | undefined {
  if (node.op === 'AveragePool') return pooled(node, inputs[0], fixed);
  if (node.op === 'ConvFilterGradient') return filterGradient(node, inputs, fixed);
  const { strides, dilations, pads, group } = node.attributes as Record<string, number[]> & { group: number };
  const simple = group === 1 && [...strides, ...dilations].every((n) => n === 1);
  if (simple && node.shape[0] < FEW_IMAGES) {
    const lowered = overPixels(node, inputs, pads, fixed);
    if (lowered) return lowered;
  }
  return overImages(node, inputs, fixed);
}

const stridesOf = ({ strides: [, channel, row, column] }: Place) => ({ channel, row, column });

/** Conv or ConvTranspose with vectors of images. */
function overImages(node: Node, [x, filter]: readonly Place[], fixed: Fixed): Lowered | undefined {
  const { strides, dilations, pads, group } = node.attributes as Record<string, number[]> & { group: number };
  const adjoint = node.op === 'ConvTranspose';
  const small = adjoint ? x.shape : node.shape;
  const large = adjoint ? node.shape : x.shape;
  const along = (axis: 0 | 1): Along => ({
    adjoint,
    input: large[2 + axis],
    output: small[2 + axis],
    kernel: filter.shape[2 + axis],
    stride: strides[axis],
    dilation: dilations[axis],
    pad: pads[axis],
  });
  const [first, second, row, column] = filter.strides;
  const perGroup = filter.shape[0] / group;
  return ofImages(x, filter, node.shape, fixed, {
    inChannels: x.shape[1] / group,
    outChannels: node.shape[1] / group,
    groups: group,
    rows: along(0),
    columns: along(1),
    filter: { group: perGroup * first, out: adjoint ? second : first, in: adjoint ? first : second, row, column }, // biome-ignore format: one line
  });
}

/** What `Windows` are made of. */
type Along = WindowOptions & { adjoint: boolean };

const windowsOf = (along: Along) => (along.adjoint ? adjointWindows : windows)(along);

/** The options of a kernel with windows instead of what they are made of. */
const withWindows = <T extends Record<'rows' | 'columns', Along>>(kind: T) => ({
  ...kind,
  rows: windowsOf(kind.rows),
  columns: windowsOf(kind.columns),
});

function ofImages(
  x: Place,
  filter: Place,
  shape: readonly number[],
  fixed: Fixed,
  options: Omit<ImageConvolution, 'images' | 'x' | 'result' | 'rows' | 'columns'> &
    Record<'rows' | 'columns', Along>,
): Lowered | undefined {
  const place = newPlaceInOrder(shape, [1, 2, 3, 0]);
  const images = shape[0];
  const from = images === 1 ? x : fixed.firstLast(x);
  const kind = { ...options, images, x: stridesOf(from), result: stridesOf(place) };
  const key = `image convolution ${JSON.stringify(kind)}`;
  if (!fixed.decided(key, () => isImageConvolutionSupported(withWindows(kind)))) return undefined;
  const name = `convolution ${[...shape, options.inChannels, ...filter.shape.slice(2)].join('x')}`;
  const step = kernelStep(name, [from, filter], place, {
    key,
    emit: (into) => emitImageConvolution(into, withWindows(kind)),
  });
  return { steps: [step], place };
}

function filterGradient(node: Node, inputs: readonly Place[], fixed: Fixed): Lowered | undefined {
  const { strides, pads } = node.attributes as Record<string, number[]>;
  const [height, width, inChannels, outChannels] = node.shape;
  const images = inputs[0].shape[0];
  const [x, dy] = inputs.map((place) => (images === 1 ? place : fixed.firstLast(place)));
  const along = (axis: 0 | 1): Along => ({
    adjoint: false,
    input: x.shape[2 + axis],
    output: dy.shape[2 + axis],
    kernel: node.shape[axis],
    stride: strides[axis],
    dilation: 1,
    pad: pads[axis],
  });
  const place = newPlace(node.shape);
  const [row, column, inside, outside] = place.strides;
  const kind = {
    images,
    inChannels,
    outChannels,
    kernel: [height, width] as const,
    rows: along(0),
    columns: along(1),
    x: stridesOf(x),
    dy: stridesOf(dy),
    gradient: { out: outside, in: inside, row, column },
  };
  const key = `image filter gradient ${JSON.stringify(kind)}`;
  if (!fixed.decided(key, () => isImageFilterGradientSupported(withWindows(kind)))) return undefined;
  const name = `filter-gradient ${[...node.shape, ...dy.shape.slice(2), images].join('x')}`;
  const step = kernelStep(name, [x, dy], place, {
    key,
    emit: (into) => emitImageFilterGradient(into, withWindows(kind)),
  });
  return { steps: [step], place };
}

/** Conv or ConvTranspose of stride 1 with vectors of pixels. */
function overPixels(
  node: Node,
  [x, filter]: readonly Place[],
  pads: readonly number[],
  fixed: Fixed,
): Lowered | undefined {
  if (node.op === 'Conv') return convolved(x, filter, pads, node.shape, fixed);
  // The adjoint is the convolution with the filter turned round, and its channels exchanged.
  const turned = transposed(filter, [1, 0, 2, 3]);
  const [height, width] = filter.shape.slice(2);
  const last = sliced(turned, turned.shape, [0, 0, height - 1, width - 1], [1, 1, -1, -1]);
  const [top, left] = [height - 1 - pads[0], width - 1 - pads[1]];
  const bottom = node.shape[2] - (x.shape[2] + top - height + 1);
  const right = node.shape[3] - (x.shape[3] + left - width + 1);
  if ([top, left, bottom, right].some((n) => n < 0)) return undefined;
  return convolved(x, last, [top, left, bottom, right], node.shape, fixed);
}

/** x [n, c, h, w] with filter [o, c, kh, kw], whose strides may be below 0. */
function convolved(
  x: Place,
  filter: Place,
  pads: readonly number[],
  shape: readonly number[],
  fixed: Fixed,
): Lowered {
  const [top, left, bottom, right] = pads;
  const [images, inChannels, height, width] = x.shape;
  const to = newPlace(shape);
  const steps: Step[] = [];
  const within = fixed.packed(x);
  let padded = within;
  if (pads.some((n) => n > 0)) {
    padded = newPlace([images, inChannels, height + top + bottom, width + left + right]);
    steps.push(...padSteps(within, padded, [0, 0, top, left], fixed.constant(0)));
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
  const name = `convolution ${filter.shape.join('x')}`;
  const key = `convolution ${JSON.stringify(convolution)}`;
  const emit = (into: KernelAssembler) => emitConvolution(into, convolution);
  steps.push(kernelStep(name, [padded, filter], to, { key, emit }));
  return { steps, place: to };
}

function pooled(node: Node, x: Place, fixed: Fixed): Lowered | undefined {
  const { kernel_shape, strides, pads } = node.attributes as Record<string, number[]>;
  if (pads.some((n) => n > 0) || node.shape[0] < FEW_IMAGES) return pooledByProducts(node, x, fixed);
  const along = (axis: 0 | 1): Along => ({
    adjoint: false,
    input: x.shape[2 + axis],
    output: node.shape[2 + axis],
    kernel: kernel_shape[axis],
    stride: strides[axis],
    dilation: 1,
    pad: 0,
  });
  const weight = fixed.constant(1 / (kernel_shape[0] * kernel_shape[1]));
  return ofImages(x, { ...weight, shape: [1, 1, ...kernel_shape] }, node.shape, fixed, {
    inChannels: 1,
    outChannels: 1,
    groups: x.shape[1],
    rows: along(0),
    columns: along(1),
    filter: { group: 0, out: 0, in: 0, row: 0, column: 0 },
  });
}

/** Averages of windows, those at the edges over fewer, as a product with a matrix along the width and one along the height. */
function pooledByProducts(node: Node, given: Place, fixed: Fixed): Lowered {
  const { kernel_shape, strides, pads } = node.attributes as Record<string, number[]>;
  const x = fixed.packed(given);
  const to = newPlace(node.shape);
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
  const flat = reshaped(x, [images * channels, height, width])!;
  const result = reshaped(to, [images * channels, outHeight, outWidth])!;
  const narrow = newPlace([images * channels, height, outWidth]);
  const steps = [
    ...productSteps(flat, weights(width, outWidth, 1), narrow),
    ...productSteps(transposed(weights(height, outHeight, 0), [1, 0]), narrow, result),
  ];
  return { steps, place: to };
}
