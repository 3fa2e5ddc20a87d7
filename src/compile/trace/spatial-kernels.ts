/**
 * @file Rows for convolution and pooling kernels. tfjs keeps channels last, ONNX first; the transposes between two
 * convolutions cancel in the builder wherever only entry-wise operations stand between them.
 */
import { backend_util } from '@tensorflow/tfjs';
import { InputError } from '../../errors.ts';
import type { Builder } from '../graph/builder.ts';
import type { Node } from '../graph/graph.ts';
import type { Attributes, KernelRow } from './kernel-row.ts';

type Conv2DInfo = ReturnType<typeof backend_util.computeConv2DInfo>;
type Shape4 = [number, number, number, number];

const toChannelsFirst = (b: Builder, x: Node) => b.transpose(x, [0, 3, 1, 2]);
const toChannelsLast = (b: Builder, x: Node) => b.transpose(x, [0, 2, 3, 1]);

function convInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: Attributes,
  depthwise = false,
): Conv2DInfo {
  if (attrs.dataFormat && attrs.dataFormat !== 'NHWC') {
    throw new InputError(
      `convolution in data format ${attrs.dataFormat} is not supported by the compiled engine, only NHWC`,
    );
  }
  return backend_util.computeConv2DInfo(
    xShape as Shape4,
    filterShape as Shape4,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  );
}

/** How far `count` windows of `length` reach. */
const reach = (count: number, stride: number, length: number) => (count - 1) * stride + length;

/** Padding at the four edges: at the far ones as much as the last window needs, however tfjs rounded their number. */
function pads(info: Conv2DInfo): [top: number, left: number, bottom: number, right: number] {
  const { top, left } = info.padInfo;
  const bottom = reach(info.outHeight, info.strideHeight, info.effectiveFilterHeight) - info.inHeight - top;
  const right = reach(info.outWidth, info.strideWidth, info.effectiveFilterWidth) - info.inWidth - left;
  return [top, left, Math.max(0, bottom), Math.max(0, right)];
}

/** x [n, c, h, w] with filter [o, c / group, kh, kw]. */
function convolve(b: Builder, x: Node, filter: Node, info: Conv2DInfo, group: number): Node {
  const shape = [x.shape[0], filter.shape[0], info.outHeight, info.outWidth];
  const attributes = {
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: pads(info),
    group,
  };
  return b.graph.node('Conv', [x, filter], attributes, shape, x.dtype);
}

/** The adjoint of `convolve` in x: dy [n, o, oh, ow] to [n, c, h, w]. */
function convolveBack(b: Builder, dy: Node, filter: Node, info: Conv2DInfo, group: number): Node {
  const [top, left, bottom, right] = pads(info);
  const height = reach(info.outHeight, info.strideHeight, info.effectiveFilterHeight);
  const width = reach(info.outWidth, info.strideWidth, info.effectiveFilterWidth);
  const attributes = {
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
    // Rows at the far edge that no window reached get gradient zero.
    output_padding: [info.inHeight + top + bottom - height, info.inWidth + left + right - width],
    group,
  };
  const shape = [dy.shape[0], filter.shape[1] * group, info.inHeight, info.inWidth];
  return b.graph.node('ConvTranspose', [dy, filter], attributes, shape, dy.dtype);
}

/** Filters [kh, kw, c, o] as ONNX has them, [o, c, kh, kw]. */
const ordinaryFilter = (b: Builder, filter: Node) => b.transpose(filter, [3, 2, 0, 1]);

/** Depthwise filters [kh, kw, c, m] as [c m, 1, kh, kw]. */
function depthwiseFilter(b: Builder, filter: Node): Node {
  const [height, width, channels, multiplier] = filter.shape;
  return b.reshape(b.transpose(filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

/** The adjoint in the filter, [kh, kw, c, o], for x [n, h, w, c] and dy [n, oh, ow, o]. */
function filterGradient(b: Builder, x: Node, dy: Node, info: Conv2DInfo): Node {
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const attributes = { strides: [strideHeight, strideWidth], pads: pads(info) };
  const shape = [filterHeight, filterWidth, x.shape[3], dy.shape[3]];
  const inputs = [toChannelsFirst(b, x), toChannelsFirst(b, dy)];
  return b.graph.node('ConvFilterGradient', inputs, attributes, shape, x.dtype);
}

/** Every image and channel as an image of its own: [n, h, w, c] to [n c, h, w, 1]. */
function channelsApart(b: Builder, x: Node): Node {
  const [n, h, w, c] = x.shape;
  return b.reshape(b.transpose(x, [0, 3, 1, 2]), [n * c, h, w, 1]);
}

function poolInfo(x: Node, attrs: Attributes): Conv2DInfo {
  return backend_util.computePool2DInfo(
    x.shape as Shape4,
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

/** Where a new row lies between the old ones: old rows and their weights. `source` is fractional. */
type Interpolation = (
  source: number,
  last: number,
  alignCorners: boolean,
  halfPixelCenters: boolean,
) => [number, number][];

const linear: Interpolation = (source, last, _, halfPixelCenters) => {
  const centre = halfPixelCenters ? source - 0.5 : source;
  const below = Math.max(0, Math.floor(centre));
  return [
    [below, 1 - (centre - below)],
    [Math.max(0, Math.min(last, Math.ceil(centre))), centre - below],
  ];
};

const nearest: Interpolation = (source, last, alignCorners) => [
  [Math.min(last, alignCorners ? Math.round(source) : Math.floor(source)), 1],
];

/** Resizing is a product with one small constant matrix along the height and one along the width. */
const resizing =
  (weights: Interpolation): KernelRow =>
  (b, { images }, { size, alignCorners, halfPixelCenters }) => {
    const [n, h, w, c] = images.shape;
    const matrix = (from: number, to: number) => {
      const aligned = alignCorners && to > 1;
      const ratio = (aligned ? from - 1 : from) / (aligned ? to - 1 : to);
      const entries = new Float32Array(to * from);
      for (let i = 0; i < to; i++) {
        const source = ratio * (halfPixelCenters ? i + 0.5 : i);
        for (const [j, weight] of weights(source, from - 1, alignCorners, halfPixelCenters)) {
          entries[i * from + j] += weight;
        }
      }
      return b.constant(entries, [to, from]);
    };
    const x = b.cast(images, 'float32');
    const tall = b.matMul(matrix(h, size[0]), b.reshape(x, [n, h, w * c]));
    const wide = b.matMul(matrix(w, size[1]), b.reshape(tall, [n * size[0], w, c]));
    return b.reshape(wide, [n, size[0], size[1], c]);
  };

/** Whether a convolution only mixes the channels of each pixel: then it is a matrix product. */
const isPointwise = (info: Conv2DInfo) =>
  info.filterHeight === 1 &&
  info.filterWidth === 1 &&
  info.strideHeight === 1 &&
  info.strideWidth === 1 &&
  pads(info).every((n) => n === 0);

/** Channels first with the pixels in a row: [n, h, w, c] to [n, c, h w]. */
function pixelRows(b: Builder, x: Node): Node {
  const [n, h, w, c] = x.shape;
  return b.reshape(toChannelsFirst(b, x), [n, c, h * w]);
}

/** matrix [o, c] applied to the channels of every pixel of x [n, h, w, c]. */
function mixChannels(b: Builder, matrix: Node, x: Node): Node {
  const [n, h, w] = x.shape;
  const mixed = b.matMul(matrix, pixelRows(b, x));
  return toChannelsLast(b, b.reshape(mixed, [n, matrix.shape[0], h, w]));
}

/** A filter [1, 1, c, o] as a matrix [c, o]. */
const filterMatrix = (b: Builder, filter: Node) => b.reshape(filter, filter.shape.slice(2));

export const spatialKernels: Record<string, KernelRow> = {
  Conv2D: (b, { x, filter }, attrs) => {
    const info = convInfo(x.shape, filter.shape, attrs);
    if (isPointwise(info)) return mixChannels(b, b.transpose(filterMatrix(b, filter), [1, 0]), x);
    return toChannelsLast(b, convolve(b, toChannelsFirst(b, x), ordinaryFilter(b, filter), info, 1));
  },
  Conv2DBackpropInput: (b, { dy, filter }, attrs) => {
    const info = convInfo(attrs.inputShape, filter.shape, attrs);
    if (isPointwise(info)) return mixChannels(b, filterMatrix(b, filter), dy);
    return toChannelsLast(b, convolveBack(b, toChannelsFirst(b, dy), ordinaryFilter(b, filter), info, 1));
  },
  Conv2DBackpropFilter: (b, { x, dy }, attrs) => {
    const info = convInfo(x.shape, attrs.filterShape, attrs);
    return filterGradient(b, x, dy, info);
  },
  DepthwiseConv2dNative: (b, { x, filter }, attrs) => {
    const info = convInfo(x.shape, filter.shape, attrs, true);
    const out = convolve(b, toChannelsFirst(b, x), depthwiseFilter(b, filter), info, x.shape[3]);
    return toChannelsLast(b, out);
  },
  DepthwiseConv2dNativeBackpropInput: (b, { dy, filter }, attrs) => {
    const info = convInfo(attrs.inputShape, filter.shape, attrs, true);
    const group = attrs.inputShape[3];
    return toChannelsLast(
      b,
      convolveBack(b, toChannelsFirst(b, dy), depthwiseFilter(b, filter), info, group),
    );
  },
  DepthwiseConv2dNativeBackpropFilter: (b, { x, dy }, attrs) => {
    const info = convInfo(x.shape, attrs.filterShape, attrs, true);
    const [, , channels, multiplier] = attrs.filterShape;
    // One channel at a time: a filter gradient of its image and its outputs.
    const perChannel = Array.from({ length: channels }, (_, c) => {
      const image = b.slice(x, [0, 0, 0, c], [...x.shape.slice(0, 3), 1]);
      const outputs = b.slice(dy, [0, 0, 0, c * multiplier], [...dy.shape.slice(0, 3), multiplier]);
      return filterGradient(b, image, outputs, info);
    });
    return b.concat(perChannel, 2);
  },
  AvgPool: (b, { x }, attrs) => {
    const info = poolInfo(x, attrs);
    const [top, left, bottom, right] = pads(info);
    if (Math.max(top, bottom) >= info.filterHeight || Math.max(left, right) >= info.filterWidth) {
      throw new InputError(
        'average pooling with whole windows of padding is not supported by the compiled engine',
      );
    }
    const shape = [x.shape[0], x.shape[3], info.outHeight, info.outWidth];
    const attributes = {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      pads: [top, left, bottom, right],
    };
    return toChannelsLast(
      b,
      b.graph.node('AveragePool', [toChannelsFirst(b, x)], attributes, shape, x.dtype),
    );
  },
  AvgPoolGrad: (b, { dy, input }, attrs) => {
    const info = poolInfo(input, attrs);
    const weight = 1 / (info.filterHeight * info.filterWidth);
    const window = b.constant(new Float32Array(info.filterHeight * info.filterWidth).fill(weight), [
      1,
      1,
      info.filterHeight,
      info.filterWidth,
    ]);
    const planes = toChannelsFirst(b, channelsApart(b, dy));
    const back = convolveBack(b, planes, window, info, 1);
    const [n, h, w, c] = input.shape;
    return toChannelsLast(b, b.reshape(back, [n, c, h, w]));
  },
  ResizeBilinear: resizing(linear),
  ResizeNearestNeighbor: (b, inputs, attrs) =>
    b.cast(resizing(nearest)(b, inputs, attrs) as Node, inputs.images.dtype),
};
