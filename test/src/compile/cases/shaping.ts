/** @file Cases for kernels that move, select, join and make entries. */
import * as tf from '@tensorflow/tfjs';
import { type Case, kernel, list, real, truth, whole, wholes } from '../agreement.ts';

export const shaping: Record<string, Case[]> = {
  Reshape: [
    { f: (x) => tf.reshape(x, [3, 4]), on: [real([2, 6])] },
    { f: (x) => tf.reshape(x, [2, -1]), on: [real([3, 4])] },
    { f: (x) => tf.reshape(x, []), on: [real([1, 1])] },
    { f: (x) => tf.reshape(x, [1, 1, 1]), on: [real([])] },
    { f: (x) => tf.reshape(tf.reshape(x, [6, 2]), [2, 6]), on: [real([2, 6])] },
    { f: (x) => tf.reshape(x, [3, 0]), on: [real([0, 2])] },
    { f: (x) => tf.squeeze(x), on: [real([1, 3, 1, 2])] },
    { f: (x) => tf.reshape(x, [4]), on: [truth([2, 2])] },
  ],
  ExpandDims: [0, 1, 2, -1, -2, -3].map((axis) => ({ f: (x) => tf.expandDims(x, axis), on: [real([2, 3])] })),
  Transpose: [
    { f: (x) => tf.transpose(x), on: [real([2, 3])] },
    { f: (x) => tf.transpose(x), on: [real([2, 3, 4])] },
    ...[
      [0, 2, 1],
      [1, 2, 0],
      [2, 0, 1],
      [1, 0, 2],
      [2, 1, 0],
    ].map((perm) => ({
      f: (x: tf.Tensor) => tf.transpose(x, perm),
      on: [real([2, 3, 4])],
    })),
    { f: (x) => tf.transpose(x, [2, 0, 1]), on: [real([2, 3, 1])] },
    { f: (x) => tf.transpose(x, [0, 2, 1, 3]), on: [real([2, 3, 1, 4])] },
    { f: (x) => tf.transpose(tf.transpose(x, [1, 2, 0]), [1, 0, 2]), on: [real([2, 3, 4])] },
    { f: (x) => tf.transpose(x, [1, 0]), on: [whole([2, 3])] },
    { f: (x) => tf.transpose(x, [1, 0]), on: [real([0, 3])] },
  ],
  DepthToSpace: [
    { f: (x) => tf.depthToSpace(x as tf.Tensor4D, 2), on: [real([2, 2, 3, 8])] },
    { f: (x) => tf.depthToSpace(x as tf.Tensor4D, 3), on: [real([1, 1, 2, 9])] },
  ],
  Tile: [
    { f: (x) => tf.tile(x, [2, 1]), on: [real([3, 2])] },
    { f: (x) => tf.tile(x, [1, 3]), on: [real([3, 2])] },
    { f: (x) => tf.tile(x, [2, 3]), on: [real([3, 2])] },
    { f: (x) => tf.tile(x, [2, 3]), on: [real([1, 2])] },
    { f: (x) => tf.tile(x, [1, 1]), on: [real([3, 2])] },
    { f: (x) => tf.tile(x, [3]), on: [whole([2])] },
    { f: (x) => tf.broadcastTo(x, [4, 3, 2]), on: [real([3, 1])] },
    { f: (x) => tf.broadcastTo(x, [4, 3]), on: [real([])] },
  ],
  Slice: [
    { f: (x) => tf.slice(x, [1, 0], [2, 3]), on: [real([4, 3])] },
    { f: (x) => tf.slice(x, [1, 1], [-1, 2]), on: [real([4, 3])] },
    { f: (x) => tf.slice(x, [1]), on: [real([4, 3])] },
    { f: (x) => tf.slice(x, [2], [1]), on: [real([4, 3])] },
    { f: (x) => tf.slice(x, 1, 2), on: [real([4, 3])] },
    { f: (x) => x.slice(1), on: [real([4, 3])] },
    { f: (x) => tf.slice(x, [0, 0], [4, 3]), on: [real([4, 3])] },
    { f: (x) => tf.slice(x, [2, 0], [0, 3]), on: [real([4, 3])] },
    { f: (x) => tf.slice(x, [4, 0], [0, 3]), on: [real([4, 3])] },
    { f: (x) => tf.slice(tf.slice(x, [1, 1], [3, 2]), [1, 0], [1, 2]), on: [real([4, 3])] },
    { f: (x) => tf.slice(x, [1], [2]), on: [truth([4])] },
    // Out of a concatenation: within a part, a whole part, across parts, across another axis.
    ...(
      [
        [0, 2],
        [2, 3],
        [3, 1],
        [1, 3],
        [0, 5],
      ] as const
    ).map(([start, size]) => ({
      f: (a: tf.Tensor, b: tf.Tensor) => tf.slice(tf.concat([a, b], 1), [1, start], [2, size]),
      on: [real([3, 2]), real([3, 3])],
    })),
  ],
  StridedSlice: [
    { f: (x) => tf.stridedSlice(x, [0, 0], [4, 5], [2, 2]), on: [real([4, 5])] },
    { f: (x) => tf.stridedSlice(x, [1], [6], [2]), on: [real([7])] },
    { f: (x) => tf.stridedSlice(x, [-1], [-8], [-1]), on: [real([7])] },
    { f: (x) => tf.stridedSlice(x, [5], [0], [-2]), on: [real([7])] },
    { f: (x) => tf.stridedSlice(x, [6], [-8], [-3]), on: [real([7])] },
    { f: (x) => tf.stridedSlice(x, [0, 4], [3, 0], [1, -1]), on: [real([4, 5])] },
    { f: (x) => tf.stridedSlice(x, [1, 1], [3, 2], [1, 1], 0, 0, 0, 0, 2), on: [real([4, 5])] },
    { f: (x) => tf.stridedSlice(x, [0, 1], [1, 4], [1, 2], 0, 0, 0, 1), on: [real([5])] },
    { f: (x) => tf.stridedSlice(x, [9, 1], [9, 3], [1, 1], 1, 1), on: [real([4, 5])] },
    { f: (x) => tf.stridedSlice(x, [3], [3], [1]), on: [real([7])] },
    { f: (x) => tf.stridedSlice(x, [6], [2], [-2]), on: [whole([7])] },
  ],
  Reverse: [
    { f: (x) => tf.reverse(x), on: [real([2, 3])] },
    { f: (x) => tf.reverse(x, 0), on: [real([2, 3])] },
    { f: (x) => tf.reverse(x, -1), on: [real([2, 3, 4])] },
    { f: (x) => tf.reverse(x, [0, 2]), on: [real([2, 3, 4])] },
    { f: (x) => tf.reverse(x, [0, 1]), on: [real([1, 3])] },
    { f: (x) => tf.reverse(x, 0), on: [whole([3])] },
  ],
  Concat: [
    { f: (a, b) => tf.concat([a, b], 0), on: [real([2, 3]), real([1, 3])] },
    { f: (a, b) => tf.concat([a, b], -1), on: [real([2, 3]), real([2, 2])] },
    { f: (a, b) => tf.concat([a, b, a], 1), on: [real([2, 3, 2]), real([2, 1, 2])] },
    { f: (a, b) => tf.concat([a, b], 0), on: [real([2, 3]), real([0, 3])] },
    { f: (a, b) => tf.concat([a, b], 0), on: [real([0, 3]), real([0, 3])] },
    { f: (a, b) => tf.concat([a, b], 0), on: [whole([2]), whole([3])] },
    { f: (a) => tf.concat([a, tf.zeros([1, 3])], 0), on: [real([2, 3])] },
    { f: () => tf.concat([tf.ones([1, 3]), tf.ones([2, 3]), tf.zeros([1, 3])], 0), on: [] },
  ],
  Pack: [
    ...[0, 1, 2, -1].map(
      (axis): Case => ({ f: (a, b) => tf.stack([a, b], axis), on: [real([2, 3]), real([2, 3])] }),
    ),
    { f: (a, b) => tf.stack([a, b]), on: [real([]), real([])] },
    { f: (a) => tf.stack([a]), on: [real([2])] },
  ],
  Unpack: [
    ...[0, 1, -1].map((axis): Case => ({ f: (x) => tf.unstack(x, axis), on: [real([2, 3, 2])] })),
    { f: (x) => tf.unstack(x), on: [real([3])] },
    { f: (a, b) => tf.unstack(tf.stack([a, b], 1), 1), on: [real([2, 3]), real([2, 3])] },
  ],
  SplitV: [
    { f: (x) => tf.split(x, 2, 0), on: [real([4, 3])] },
    { f: (x) => tf.split(x, [1, 2], 1), on: [real([4, 3])] },
    { f: (x) => tf.split(x, [2, -1], -1), on: [real([2, 5])] },
    { f: (a, b) => tf.split(tf.concat([a, b], 1), [2, 3], 1), on: [real([2, 2]), real([2, 3])] },
    { f: (a, b) => tf.split(tf.concat([a, b], 1), [1, 3, 1], 1), on: [real([2, 2]), real([2, 3])] },
  ],
  PadV2: [
    {
      f: (x) =>
        tf.pad(x, [
          [1, 2],
          [0, 1],
        ]),
      on: [real([2, 3])],
    },
    { f: (x) => tf.pad(x, [[1, 0]], 7.5), on: [real([3])] },
    {
      f: (x) =>
        tf.pad(x, [
          [0, 0],
          [0, 0],
        ]),
      on: [real([2, 3])],
    },
    { f: (x) => tf.pad(x, [[1, 1]], 3), on: [whole([2])] },
    { f: (x) => tf.pad(x, [[1, 1]], 1), on: [truth([2])] },
    { f: (x) => [tf.pad(x, [[1, 0]], Infinity), tf.pad(x, [[1, 0]], -Infinity)], on: [real([2])] },
    {
      f: (x) =>
        tf.pad(x, [
          [1, 1],
          [0, 0],
          [2, 0],
          [0, 1],
        ]),
      on: [real([1, 2, 2, 1])],
    },
  ],
  GatherV2: [
    { f: (x, i) => tf.gather(x, i), on: [real([4, 3]), wholes(2, 0, 2, 3)] },
    { f: (x, i) => tf.gather(x, i, 1), on: [real([4, 3]), wholes(2, 0)] },
    { f: (x, i) => tf.gather(x, i, -1), on: [real([2, 4, 3]), wholes(2, 0)] },
    { f: (x, i) => tf.gather(x, i), on: [real([4, 3]), { ...wholes(2), shape: [] }] },
    { f: (x, i) => tf.gather(x, i, 1), on: [real([4, 3]), { ...wholes(2, 0, 1, 1), shape: [2, 2] }] },
    { f: (x, i) => tf.gather(x, i), on: [whole([4]), wholes(3, 3)] },
  ],
  UnsortedSegmentSum: [
    { f: (x, i) => tf.unsortedSegmentSum(x, i, 3), on: [real([4]), wholes(2, 0, 2, 1)] },
    { f: (x, i) => tf.unsortedSegmentSum(x, i, 3), on: [real([4, 2]), wholes(2, 0, 2, 0)] },
    { f: (x, i) => tf.unsortedSegmentSum(x, i, 2), on: [real([3, 2, 2]), wholes(1, 1, 0)] },
    // Rows without a segment are dropped.
    { f: (x, i) => tf.unsortedSegmentSum(x, i, 2), on: [real([4, 2]), wholes(-1, 0, 5, 1)] },
    { f: (x, i) => tf.unsortedSegmentSum(x, i, 2), on: [whole([3, 2]), wholes(1, 1, 0)] },
  ],
  OneHot: [
    { f: (i) => tf.oneHot(i, 4), on: [wholes(0, 3, 1)] },
    { f: (i) => tf.oneHot(i, 3), on: [{ ...wholes(0, 2, 1, 1), shape: [2, 2] }] },
    { f: (i) => tf.oneHot(i, 3, 5, -2), on: [wholes(0, 2)] },
    { f: (i) => tf.oneHot(i, 3, 0.5, 0.25, 'float32'), on: [wholes(0, 2)] },
    { f: (i) => tf.oneHot(i, 3), on: [wholes(-1, 3, 7, 1)] },
  ],
  Fill: [
    { f: () => tf.fill([2, 3], 2.5), on: [] },
    { f: () => tf.fill([], 3, 'int32'), on: [] },
    { f: (x) => tf.mul(tf.fill([2, 3], 2), x), on: [real([3])] },
  ],
  Range: [
    { f: () => tf.range(0, 5), on: [] },
    { f: () => tf.range(1, 2, 0.25), on: [] },
    { f: () => tf.range(5, 0, -2), on: [] },
    { f: () => tf.range(5, 0), on: [] },
    { f: () => tf.range(2, 2), on: [] },
    { f: () => kernel('Range', { start: 5, stop: 0, step: 1, dtype: 'float32' })(), on: [] },
    { f: () => tf.range(0, 4, 1, 'int32'), on: [] },
    { f: (x) => tf.mul(tf.range(0, 3), x), on: [real([2, 3])] },
  ],
  LinSpace: [
    { f: () => tf.linspace(0, 1, 5), on: [] },
    { f: () => tf.linspace(2, -1, 4), on: [] },
    { f: () => tf.linspace(3, 9, 1), on: [] },
  ],
  Cumsum: [0, 1].flatMap((axis) =>
    [false, true].flatMap((exclusive) =>
      [false, true].map(
        (reverse): Case => ({
          f: (x) => tf.cumsum(x, axis, exclusive, reverse),
          on: [axis === 1 ? whole([3, 4]) : real([3, 4])],
        }),
      ),
    ),
  ),
  ArgMax: [
    { f: (x) => tf.argMax(x), on: [real([3, 4])] },
    { f: (x) => tf.argMax(x, -1), on: [real([3, 4])] },
    { f: (x) => tf.argMax(x), on: [list(1, 3, 3, 2)] },
    { f: (x) => tf.argMax(x, 1), on: [whole([3, 4])] },
  ],
  ArgMin: [
    { f: (x) => tf.argMin(x), on: [real([3, 4])] },
    { f: (x) => tf.argMin(x, -1), on: [real([3, 4])] },
    { f: (x) => tf.argMin(x), on: [list(3, 1, 1, 2)] },
  ],
};
