/** @file Gradients of what moves entries about: reshaping, slicing, joining, repeating, gathering. All are linear. */

import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { type Gradient, linear, mask, unary, viewAs } from './gradient.ts';

export const identity = linear((dy) => tf.clone(dy));

/** Only a cast to float32 has a derivative: to int32 or bool it is flat. */
export const cast = linear((dy, { dtype }) => (dtype === 'float32' ? tf.clone(dy) : tf.zeros(dy.shape)));

/** Gradient of zerosLike and onesLike. */
export const constant = linear((dy) => tf.zeros(dy.shape));

export const reshape = unary((dy, x) => tf.reshape(dy, x.shape));
export const expandDims = unary((dy, input) => tf.reshape(dy, input.shape), 'input');

export const transpose = linear((dy, { perm }) =>
  tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm)),
);

export const reverse = linear((dy, { dims }) => tf.reverse(dy, tf.util.parseAxisParam(dims, dy.shape)));

export const slice = unary((dy, x, { begin, size }) => {
  const [first] = tf.slice_util.parseSliceParams(x, begin, size);
  return tf.pad(
    dy,
    dy.shape.map((n, i): [number, number] => [first[i], x.shape[i] - first[i] - n]),
  );
});

export const padV2 = unary((dy, x, { paddings }) =>
  tf.slice(
    dy,
    paddings.map(([before]: [number, number]) => before),
    x.shape,
  ),
);

/** Puts zeros between the entries of dy, axis by axis, and then lays the result where the slice was taken. */
export const stridedSlice = unary((dy, x, attrs) => {
  const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
  const { begin, end, strides } = tf.slice_util.sliceInfo(
    x.shape,
    attrs.begin,
    attrs.end,
    attrs.strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
  const counts = x.shape.map((_, i) => Math.max(0, Math.ceil((end[i] - begin[i]) / strides[i])));
  if (counts.includes(0)) return tf.zeros(x.shape);
  let dx = tf.reshape(dy, counts);
  for (const [i, step] of strides.entries()) {
    const stride = Math.abs(step);
    if (step < 0) dx = tf.reverse(dx, i);
    const last = begin[i] + (counts[i] - 1) * step;
    if (stride > 1) dx = spread(dx, i, stride);
    const before = Math.min(begin[i], last);
    const after = x.shape[i] - before - dx.shape[i];
    if (before > 0 || after > 0) {
      dx = tf.pad(
        dx,
        dx.shape.map((_, j): [number, number] => (j === i ? [before, after] : [0, 0])),
      );
    }
  }
  return dx;
});

/** [.., n, ..] to [.., (n - 1) * stride + 1, ..] with stride - 1 zeros between neighbours along `axis`. */
function spread(t: tf.Tensor, axis: number, stride: number): tf.Tensor {
  const n = t.shape[axis];
  const outer = t.shape.slice(0, axis);
  const inner = t.shape.slice(axis + 1);
  const columns = tf.reshape(t, [tf.util.sizeFromShape(outer), n, 1, tf.util.sizeFromShape(inner)]);
  const padded = tf.pad(columns, [
    [0, 0],
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
  const joined = tf.reshape(padded, [...outer, n * stride, ...inner]);
  return tf.slice(
    joined,
    joined.shape.map(() => 0),
    joined.shape.map((size, i) => (i === axis ? size - stride + 1 : size)),
  );
}

/** Sums over the copies: [r * n] is viewed as [r, n] along every repeated axis. */
export const tile = unary((dy, x, { reps }) => {
  const view: number[] = [];
  const copies: number[] = [];
  for (const [i, n] of x.shape.entries()) {
    if (reps[i] > 1) copies.push(view.length);
    if (reps[i] > 1 && n > 1) view.push(reps[i], n);
    else view.push(n * reps[i]);
  }
  if (copies.length === 0) return tf.clone(dy);
  return viewAs(tf.sum(viewAs(dy, view), copies, true), x.shape);
});

export const concat: Gradient = {
  saveAllInputs: true,
  gradFunc: (dy, saved, attrs) => {
    const axis = tf.util.parseAxisParam(attrs.axis as number, saved[0].shape)[0];
    const parts = tf.split(
      dy as tf.Tensor,
      saved.map((t) => t.shape[axis]),
      axis,
    );
    return Object.fromEntries(parts.map((part, i) => [i, () => part]));
  },
};

/** tfjs hands over a lone tensor in place of a list of one. */
const listOf = (dy: tf.Tensor | tf.Tensor[]) => (Array.isArray(dy) ? dy : [dy]);

export const splitV: Gradient = {
  gradFunc: (dy, _, { axis }) => ({ x: () => tf.concat(listOf(dy), axis as number) }),
};

export const pack: Gradient = {
  saveAllInputs: true,
  gradFunc: (dy, _, { axis }) => {
    const parts = tf.unstack(dy as tf.Tensor, axis as number);
    return Object.fromEntries(parts.map((part, i) => [i, () => part]));
  },
};

export const unpack: Gradient = {
  gradFunc: (dy, _, { axis }) => ({ value: () => tf.stack(listOf(dy), axis as number) }),
};

/** x [outer, n, inner] gathered along n. The adjoint adds each entry of dy to the one it was taken from. */
export const gather: Gradient = {
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, [x, indices], attrs) => {
    if (attrs.batchDims) {
      throw new InputError('operation "GatherV2" is not allowed in an energy with batchDims other than 0');
    }
    const axis = tf.util.parseAxisParam(attrs.axis as number, x.shape)[0];
    const outer = tf.util.sizeFromShape(x.shape.slice(0, axis));
    const inner = tf.util.sizeFromShape(x.shape.slice(axis + 1));
    return {
      x: () => {
        const ids = tf.reshape(indices, [indices.size]);
        const taken = tf.reshape(dy as tf.Tensor, [outer, indices.size, inner]);
        const first = outer === 1 ? tf.reshape(taken, [indices.size, inner]) : tf.transpose(taken, [1, 0, 2]);
        const summed = tf.unsortedSegmentSum(first, ids as tf.Tensor1D, x.shape[axis]);
        return tf.reshape(outer === 1 ? summed : tf.transpose(summed, [1, 0, 2]), x.shape);
      },
      indices: () => tf.zeros(indices.shape),
    };
  },
};

/** Entries with a negative segment are dropped by the sum, so they get nothing back. */
export const unsortedSegmentSum: Gradient = {
  inputsToSave: ['x', 'segmentIds'],
  gradFunc: (dy, [x, ids]) => ({
    x: () => {
      const kept = mask(() => tf.greaterEqual(ids, 0));
      const shape = [...ids.shape, ...x.shape.slice(ids.rank).map(() => 1)];
      return tf.mul(
        tf.gather(dy as tf.Tensor, tf.maximum(ids, tf.scalar(0, 'int32'))),
        tf.reshape(kept, shape),
      );
    },
    segmentIds: () => tf.zeros(ids.shape),
  }),
};

/** Blocks of places become channels again. */
export const depthToSpace = unary((dy, x, { blockSize }) => {
  const [batch, height, width, channels] = x.shape;
  const blocks = tf.reshape(dy, [batch, height, blockSize, width, blockSize, -1]);
  return tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch, height, width, channels]);
});
