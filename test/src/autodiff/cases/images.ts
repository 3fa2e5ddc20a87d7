/** @file Cases for operations on images [n, h, w, c]: convolution, pooling, resizing. */

import * as tf from '@tensorflow/tfjs';
import type { Case } from '../derivatives.ts';

type Pad = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
type Image = tf.Tensor4D;

/** Names of strides and padding, an image's height and width, and a filter's: together they meet every border. */
const geometries: [string, number, Pad, [number, number], [number, number]][] = [
  ['valid', 1, 'valid', [3, 2], [2, 1]],
  ['same', 1, 'same', [2, 3], [2, 3]],
  ['same, of an even filter', 1, 'same', [3, 2], [2, 2]],
  ['stride 2, same', 2, 'same', [4, 3], [3, 2]],
  ['stride 2, valid, with a remainder', 2, 'valid', [4, 3], [2, 2]],
  ['padded by 1', 1, 1, [2, 3], [2, 2]],
  [
    'padded unequally',
    1,
    [
      [0, 0],
      [0, 1],
      [2, 1],
      [0, 0],
    ],
    [2, 2],
    [2, 3],
  ],
  ['padded by 1, stride 2, with a remainder', 2, 1, [3, 4], [2, 2]],
];

const each = (make: (stride: number, pad: Pad, size: [number, number], filter: [number, number]) => Case) =>
  Object.fromEntries(geometries.map(([name, ...geometry]) => [name, make(...geometry)]));

const info = (x: number[], w: number[], stride: number, pad: Pad, depthwise = false) =>
  tf.backend_util.computeConv2DInfo(x as never, w as never, stride, 1, pad, undefined, depthwise);

const run = (kernel: string, inputs: Record<string, tf.Tensor>, attrs: object) =>
  tf.engine().runKernel(kernel, inputs, attrs as never) as tf.Tensor;

const resizing = (
  resize: (x: Image, size: [number, number], align?: boolean, half?: boolean) => tf.Tensor,
) => ({
  larger: { f: (x: tf.Tensor) => resize(x as Image, [4, 3]), shapes: [[1, 2, 2, 2]] },
  smaller: { f: (x: tf.Tensor) => resize(x as Image, [2, 2]), shapes: [[1, 3, 4, 1]] },
  'a batch, corners aligned': {
    f: (x: tf.Tensor) => resize(x as Image, [3, 5], true),
    shapes: [[2, 2, 3, 1]],
  },
  'half pixel centers': {
    f: (x: tf.Tensor) => resize(x as Image, [5, 3], false, true),
    shapes: [[1, 3, 2, 1]],
  },
});

export const images = {
  Conv2D: {
    ...each((stride, pad, size, filter) => ({
      f: (x, w) => tf.conv2d(x as Image, w as Image, stride, pad),
      shapes: [
        [1, ...size, 2],
        [...filter, 2, 2],
      ],
    })),
    'of a batch, unequal strides': {
      f: (x, w) => tf.conv2d(x as Image, w as Image, [2, 1], 'same'),
      shapes: [
        [2, 3, 2, 1],
        [2, 2, 1, 2],
      ],
    },
    'of one axis': {
      f: (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 1, 'same'),
      shapes: [
        [1, 4, 2],
        [3, 2, 1],
      ],
    },
  },
  Conv2DBackpropInput: each((stride, pad, size, filter) => {
    const [x, w] = [
      [1, ...size, 1],
      [...filter, 1, 2],
    ];
    return {
      f: (y, v) =>
        tf.conv2dTranspose(y as Image, v as Image, x as [number, number, number, number], stride, pad),
      shapes: [info(x, w, stride, pad).outShape, w],
    };
  }),
  Conv2DBackpropFilter: each((stride, pad, size, filter) => {
    const [x, w] = [
      [1, ...size, 2],
      [...filter, 2, 1],
    ];
    return {
      f: (image, dy) =>
        run(
          'Conv2DBackpropFilter',
          { x: image, dy },
          { strides: stride, pad, dataFormat: 'NHWC', filterShape: w },
        ),
      shapes: [x, info(x, w, stride, pad).outShape],
    };
  }),
  DepthwiseConv2dNative: each((stride, pad, size, filter) => ({
    f: (x, w) => tf.depthwiseConv2d(x as Image, w as Image, stride, pad),
    shapes: [
      [1, ...size, 2],
      [...filter, 2, 2],
    ],
  })),
  DepthwiseConv2dNativeBackpropInput: each((stride, pad, size, filter) => {
    const [x, w] = [
      [1, ...size, 2],
      [...filter, 2, 1],
    ];
    const attrs = { strides: stride, pad, dilations: 1, inputShape: x };
    return {
      f: (dy, v) => run('DepthwiseConv2dNativeBackpropInput', { dy, filter: v }, attrs),
      shapes: [info(x, w, stride, pad, true).outShape, w],
    };
  }),
  DepthwiseConv2dNativeBackpropFilter: each((stride, pad, size, filter) => {
    const [x, w] = [
      [1, ...size, 1],
      [...filter, 1, 2],
    ];
    const attrs = { strides: stride, pad, dilations: 1, filterShape: w };
    return {
      f: (image, dy) => run('DepthwiseConv2dNativeBackpropFilter', { x: image, dy }, attrs),
      shapes: [x, info(x, w, stride, pad, true).outShape],
    };
  }),
  AvgPool: {
    ...each((stride, pad, size, filter) => ({
      f: (x) => tf.avgPool(x as Image, filter, stride, pad),
      shapes: [[1, ...size, 2]],
    })),
    'of a batch, window as stride': {
      f: (x) => tf.avgPool(x as Image, 2, 2, 'valid'),
      shapes: [[2, 4, 2, 1]],
    },
  },
  ResizeBilinear: resizing(tf.image.resizeBilinear),
  ResizeNearestNeighbor: resizing(tf.image.resizeNearestNeighbor),
} satisfies Record<string, Record<string, Case>>;
