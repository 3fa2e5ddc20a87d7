/** @file Cases for operations that move entries about. */

import * as tf from '@tensorflow/tfjs';
import type { Case } from '../derivatives.ts';

const matrix = [2, 3];
const cube = [2, 3, 2];

export const shaping = {
  Reshape: {
    'to fewer axes': { f: (x) => tf.reshape(x, [6]), shapes: [matrix] },
    'to the same shape': { f: (x) => tf.reshape(x, matrix), shapes: [matrix] },
    squeezed: { f: (x) => tf.squeeze(x), shapes: [[2, 1, 2]] },
  },
  ExpandDims: {
    first: { f: (x) => tf.expandDims(x, 0), shapes: [matrix] },
    last: { f: (x) => tf.expandDims(x, -1), shapes: [matrix] },
  },
  Transpose: {
    'of a matrix': { f: (x) => tf.transpose(x), shapes: [matrix] },
    'cyclic in three axes': { f: (x) => tf.transpose(x, [1, 2, 0]), shapes: [cube] },
    'of four axes': { f: (x) => tf.transpose(x, [0, 3, 1, 2]), shapes: [[2, 1, 2, 2]] },
  },
  Reverse: {
    'of one axis': { f: (x) => tf.reverse(x, 1), shapes: [matrix] },
    'of two axes': { f: (x) => tf.reverse(x, [0, -1]), shapes: [cube] },
  },
  Slice: {
    inside: { f: (x) => tf.slice(x, [1, 1], [1, 2]), shapes: [[3, 4]] },
    'to the end': { f: (x) => tf.slice(x, [0, 1, 0], [-1, 2, 1]), shapes: [cube] },
    'leading axes only': { f: (x) => tf.slice(x, 1, 1), shapes: [matrix] },
  },
  StridedSlice: {
    'every other entry': { f: (x) => tf.stridedSlice(x, [0], [6], [2]), shapes: [[6]] },
    'with a remainder': { f: (x) => tf.stridedSlice(x, [1, 0], [2, 5], [1, 3]), shapes: [[2, 5]] },
    backwards: { f: (x) => tf.stridedSlice(x, [4], [0], [-2]), shapes: [[6]] },
    'backwards through the start': { f: (x) => tf.stridedSlice(x, [5], [0], [-2], 0, 1), shapes: [[6]] },
    'with negative ends': { f: (x) => tf.stridedSlice(x, [-5, 0], [-1, 2], [3, 1]), shapes: [[6, 2]] },
    'of stride 1': { f: (x) => tf.stridedSlice(x, [0, 1], [2, 3], [1, 1]), shapes: [matrix] },
    'dropping an axis': {
      f: (x) => tf.stridedSlice(x, [1, 0], [2, 3], [1, 1], 0, 0, 0, 0, 1),
      shapes: [matrix],
    },
    'with a new axis': { f: (x) => tf.stridedSlice(x, [0, 0], [2, 0], [2, 1], 0, 0, 0, 2), shapes: [[4]] },
    'with an ellipsis': {
      f: (x) => tf.stridedSlice(x, [0, 0], [0, 3], [1, 2], 0, 0, 1),
      shapes: [[2, 2, 3]],
    },
  },
  PadV2: {
    'with zeros': {
      f: (x) =>
        tf.pad(x, [
          [1, 0],
          [2, 1],
        ]),
      shapes: [matrix],
    },
    'with a constant': { f: (x) => tf.pad(x, [[1, 2]], 0.7), shapes: [[3]] },
  },
  DepthToSpace: {
    'in blocks of 2': { f: (x) => tf.depthToSpace(x as tf.Tensor4D, 2), shapes: [[1, 2, 1, 8]] },
  },
  Tile: {
    'of a row': { f: (x) => tf.tile(x, [3]), shapes: [[3]] },
    'of both axes': { f: (x) => tf.tile(x, [2, 2]), shapes: [matrix] },
    'of one axis of size 1': { f: (x) => tf.tile(x, [1, 3, 1]), shapes: [[2, 1, 2]] },
    'of five axes': { f: (x) => tf.tile(x, [1, 2, 1, 1, 2]), shapes: [[2, 1, 1, 2, 1]] },
    'as broadcastTo': { f: (x) => tf.broadcastTo(x, [2, 2, 3]), shapes: [[1, 3]] },
  },
  Concat: {
    'of rows': { f: (a, b) => tf.concat([a, b], 0), shapes: [[1, 3], matrix] },
    'of columns, one tensor twice': { f: (a, b) => tf.concat([a, b, a], -1), shapes: [matrix, [2, 1]] },
    'with a constant': { f: (a) => tf.concat([a, tf.ones([2])]), shapes: [[3]] },
  },
  SplitV: {
    'into equal parts': { f: (x) => difference(tf.split(x, 3, 1)), shapes: [matrix] },
    'into unequal parts, one unused': { f: (x) => tf.square(tf.split(x, [1, 2, 1], 0)[1]), shapes: [[4, 2]] },
    'into one part': { f: (x) => tf.split(x, 1, 0)[0], shapes: [matrix] },
  },
  Pack: {
    first: { f: (a, b) => tf.stack([a, b, a]), shapes: [[3], [3]] },
    last: { f: (a, b) => tf.stack([a, b], 1), shapes: [matrix, matrix] },
  },
  Unpack: {
    first: { f: (x) => difference(tf.unstack(x)), shapes: [matrix] },
    'last, one unused': { f: (x) => tf.square(tf.unstack(x, 1)[2]), shapes: [matrix] },
    'into one': { f: (x) => tf.unstack(x)[0], shapes: [[1, 3]] },
  },
  GatherV2: {
    'rows, one twice and one never': { f: (x) => tf.gather(x, [2, 0, 2]), shapes: [[4, 2]] },
    columns: { f: (x) => tf.gather(x, [1, 1], 1), shapes: [matrix] },
    'by a matrix of indices along a middle axis': {
      f: (x) =>
        tf.gather(
          x,
          tf.tensor2d(
            [
              [0, 2],
              [1, 0],
            ],
            [2, 2],
            'int32',
          ),
          1,
        ),
      shapes: [cube],
    },
  },
  UnsortedSegmentSum: {
    'of rows': { f: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2], 'int32'), 4), shapes: [[3, 2]] },
    'with a dropped entry': {
      f: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, -1, 0, 1], 'int32'), 2),
      shapes: [[4]],
    },
  },
} satisfies Record<string, Record<string, Case>>;

/** First minus the product of the rest: every part matters, each in its own way. */
function difference([first, ...rest]: tf.Tensor[]): tf.Tensor {
  return tf.sub(
    first,
    rest.reduce((product, part) => tf.mul(product, part)),
  );
}
