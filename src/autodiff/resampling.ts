/** @file Gradients of average pooling and of resizing, both linear, in terms of kernels that are proven themselves. */

import * as tf from '@tensorflow/tfjs';
import { refuseUnevenPadding } from './convolution.ts';
import { type Attributes, run, unary, untaped } from './gradient.ts';

/**
 * Average pooling is a depthwise convolution with ones, divided by how many entries of a window lie inside the image;
 * so its adjoint divides first. (tfjs's AvgPoolGrad divides by the window's area, which is wrong at a padded border.)
 */
export const avgPool = unary((dy, x, { filterSize, strides, pad, dimRoundingMode }) => {
  const shape = x.shape as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { filterHeight, filterWidth, padInfo } = info;
  refuseUnevenPadding('AvgPool', pad, [info.strideHeight, info.strideWidth], [filterHeight, filterWidth]);
  const rows = inside(info.outHeight, info.strideHeight, filterHeight, padInfo.top, info.inHeight);
  const columns = inside(info.outWidth, info.strideWidth, filterWidth, padInfo.left, info.inWidth);
  const shares = rows.map((r) => columns.map((c) => 1 / (r * c)));
  const whole = shares.flat().every((share) => share === 1 / (filterHeight * filterWidth));
  const share = whole
    ? tf.scalar(1 / (filterHeight * filterWidth))
    : tf.tensor4d(shares.flat(), [1, rows.length, columns.length, 1]);
  return run(
    'DepthwiseConv2dNativeBackpropInput',
    { dy: tf.mul(dy, share), filter: tf.ones([filterHeight, filterWidth, shape[3], 1]) },
    { strides, pad, dimRoundingMode, dilations: [1, 1], inputShape: x.shape },
  );
});

/** For each output position along one axis, how many of its window's entries lie inside the image. */
function inside(outputs: number, stride: number, window: number, before: number, size: number): number[] {
  return Array.from({ length: outputs }, (_, i) => {
    const first = i * stride - before;
    return Math.min(first + window, size) - Math.max(first, 0);
  });
}

/** Resizing [n, h, w, c] multiplies by one small constant matrix along h and one along w; so does its adjoint. */
function resize(weights: (source: number, size: number, attrs: Attributes) => [number, number][]) {
  return unary((dy, images, attrs) => {
    const [n, h, w, c] = images.shape;
    const [rows, columns] = attrs.size;
    const alongRows = adjoint(interpolation(h, rows, attrs, weights));
    const alongColumns = adjoint(interpolation(w, columns, attrs, weights));
    const byRow = tf.matMul(alongRows, tf.reshape(dy, [n, rows, columns * c]));
    const byColumn = tf.matMul(alongColumns, tf.reshape(byRow, [n * h, columns, c]));
    return tf.reshape(byColumn, images.shape);
  }, 'images');
}

/** How tfjs's kernels find the (fractional) source position, as rows of (index, weight) per output position. */
function interpolation(
  from: number,
  to: number,
  attrs: Attributes,
  weights: (source: number, size: number, attrs: Attributes) => [number, number][],
): number[][] {
  const { alignCorners, halfPixelCenters } = attrs;
  const aligned = alignCorners && to > 1;
  const ratio = (aligned ? from - 1 : from) / (aligned ? to - 1 : to);
  return Array.from({ length: to }, (_, i) => {
    const row = new Array<number>(from).fill(0);
    const source = ratio * (halfPixelCenters ? i + 0.5 : i);
    for (const [index, weight] of weights(source, from, attrs)) row[index] += weight;
    return row;
  });
}

const adjoint = (matrix: number[][]) =>
  untaped(() => tf.tensor2d(matrix[0].map((_, j) => matrix.map((row) => row[j]))));

export const resizeBilinear = resize((position, size, { halfPixelCenters }) => {
  const source = halfPixelCenters ? position - 0.5 : position;
  const floor = Math.max(0, Math.floor(source));
  const ceil = Math.max(0, Math.min(size - 1, Math.ceil(source)));
  return [
    [floor, 1 - (source - floor)],
    [ceil, source - floor],
  ];
});

export const resizeNearestNeighbor = resize((source, size, { alignCorners }) => [
  [Math.min(size - 1, alignCorners ? Math.round(source) : Math.floor(source)), 1],
]);
