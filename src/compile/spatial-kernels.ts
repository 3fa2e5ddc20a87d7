/**
 * @file Rows for convolution and pooling kernels. tfjs keeps channels last, ONNX first; the transposes between two
 * convolutions cancel in the builder wherever only entry-wise operations stand between them.
 */
import { backend_util } from '@tensorflow/tfjs';
import type { Builder } from './builder.ts';
import type { Node } from './graph.ts';
import type { KernelRow } from './kernels.ts';

type Conv2DInfo = ReturnType<typeof backend_util.computeConv2DInfo>;
type Shape4 = [number, number, number, number];

const toChannelsFirst = (b: Builder, x: Node) => b.transpose(x, [0, 3, 1, 2]);
const toChannelsLast = (b: Builder, x: Node) => b.transpose(x, [0, 2, 3, 1]);

// biome-ignore lint/suspicious/noExplicitAny: kernel attributes
function convInfo(xShape: readonly number[], filterShape: readonly number[], attrs: any, depthwise = false): Conv2DInfo {
  if (attrs.dataFormat && attrs.dataFormat !== 'NHWC') throw new Error('convolution with channels first');
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

const pads = ({ padInfo: p }: Conv2DInfo) => [p.top, p.left, p.bottom, p.right];

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
  const reach = (out: number, stride: number, kernel: number, dilation: number) =>
    (out - 1) * stride + (kernel - 1) * dilation + 1;
  const { padInfo: p } = info;
  // Rows at the far edge that no window reached get gradient zero: output_padding.
  const height = reach(info.outHeight, info.strideHeight, info.filterHeight, info.dilationHeight);
  const width = reach(info.outWidth, info.strideWidth, info.filterWidth, info.dilationWidth);
  const extraHeight = Math.max(0, info.inHeight + p.top - height);
  const extraWidth = Math.max(0, info.inWidth + p.left - width);
  const attributes = {
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [p.top, p.left, height + extraHeight - p.top - info.inHeight, width + extraWidth - p.left - info.inWidth],
    output_padding: [extraHeight, extraWidth],
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

/** The adjoint in the filter, as a convolution that sums over the batch: [c, o, kh, kw]. x [n, h, w, c], dy [n, oh, ow, o]. */
function filterGradient(b: Builder, x: Node, dy: Node, info: Conv2DInfo): Node {
  const images = b.transpose(x, [3, 0, 1, 2]);
  const windows = b.transpose(dy, [3, 0, 1, 2]);
  const { padInfo: p } = info;
  const extent = (size: number, before: number, after: number, out: number, stride: number) =>
    size + before + after - (out - 1) * stride;
  const height = extent(info.inHeight, p.top, p.bottom, info.outHeight, info.strideHeight);
  const width = extent(info.inWidth, p.left, p.right, info.outWidth, info.strideWidth);
  const attributes = {
    strides: [1, 1],
    dilations: [info.strideHeight, info.strideWidth],
    pads: pads(info),
    group: 1,
  };
  const shape = [images.shape[0], windows.shape[0], height, width];
  const full = b.graph.node('Conv', [images, windows], attributes, shape, x.dtype);
  return b.slice(full, [0, 0, 0, 0], [shape[0], shape[1], info.filterHeight, info.filterWidth]);
}

/** Every image and channel as an image of its own: [n, h, w, c] to [n c, h, w, 1]. */
function channelsApart(b: Builder, x: Node): Node {
  const [n, h, w, c] = x.shape;
  return b.reshape(b.transpose(x, [0, 3, 1, 2]), [n * c, h, w, 1]);
}

// biome-ignore lint/suspicious/noExplicitAny: kernel attributes
function poolInfo(x: Node, attrs: any): Conv2DInfo {
  return backend_util.computePool2DInfo(
    x.shape as Shape4,
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

export const spatialKernels: Record<string, KernelRow> = {
  Conv2D: (b, { x, filter }, attrs) => {
    const info = convInfo(x.shape, filter.shape, attrs);
    return toChannelsLast(b, convolve(b, toChannelsFirst(b, x), ordinaryFilter(b, filter), info, 1));
  },
  Conv2DBackpropInput: (b, { dy, filter }, attrs) => {
    const info = convInfo(attrs.inputShape, filter.shape, attrs);
    return toChannelsLast(b, convolveBack(b, toChannelsFirst(b, dy), ordinaryFilter(b, filter), info, 1));
  },
  Conv2DBackpropFilter: (b, { x, dy }, attrs) => {
    const info = convInfo(x.shape, attrs.filterShape, attrs);
    return b.transpose(filterGradient(b, x, dy, info), [2, 3, 0, 1]);
  },
  DepthwiseConv2dNative: (b, { x, filter }, attrs) => {
    const info = convInfo(x.shape, filter.shape, attrs, true);
    const out = convolve(b, toChannelsFirst(b, x), depthwiseFilter(b, filter), info, x.shape[3]);
    return toChannelsLast(b, out);
  },
  DepthwiseConv2dNativeBackpropInput: (b, { dy, filter }, attrs) => {
    const info = convInfo(attrs.inputShape, filter.shape, attrs, true);
    const group = attrs.inputShape[3];
    return toChannelsLast(b, convolveBack(b, toChannelsFirst(b, dy), depthwiseFilter(b, filter), info, group));
  },
  DepthwiseConv2dNativeBackpropFilter: (b, { x, dy }, attrs) => {
    const info = convInfo(x.shape, attrs.filterShape, attrs, true);
    const [height, width, channels, multiplier] = attrs.filterShape;
    // One channel at a time: a filter gradient of its image and its outputs.
    const perChannel = Array.from({ length: channels }, (_, c) => {
      const image = b.slice(x, [0, 0, 0, c], [...x.shape.slice(0, 3), 1]);
      const outputs = b.slice(dy, [0, 0, 0, c * multiplier], [...dy.shape.slice(0, 3), multiplier]);
      return filterGradient(b, image, outputs, info);
    });
    const all = b.concat(perChannel, 0);
    return b.reshape(b.transpose(all, [2, 3, 0, 1]), [height, width, channels, multiplier]);
  },
  AvgPool: (b, { x }, attrs) => {
    const info = poolInfo(x, attrs);
    const shape = [x.shape[0], x.shape[3], info.outHeight, info.outWidth];
    const attributes = {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      pads: pads(info),
    };
    return toChannelsLast(b, b.graph.node('AveragePool', [toChannelsFirst(b, x)], attributes, shape, x.dtype));
  },
  AvgPoolGrad: (b, { dy, input }, attrs) => {
    const info = poolInfo(input, attrs);
    const weight = 1 / (info.filterHeight * info.filterWidth);
    const window = b.constant(
      new Float32Array(info.filterHeight * info.filterWidth).fill(weight),
      [1, 1, info.filterHeight, info.filterWidth],
    );
    const planes = toChannelsFirst(b, channelsApart(b, dy));
    const back = convolveBack(b, planes, window, info, 1);
    const [n, h, w, c] = input.shape;
    return toChannelsLast(b, b.reshape(back, [n, c, h, w]));
  },
};
