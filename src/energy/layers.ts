/**
 * @file Layers that work with shared and with per-episode weights. A weight with one more axis than its plain shape
 * has been written: its first axis is the episode. Activations are [episodes, patterns, ...].
 */
import * as tf from '@tensorflow/tfjs';

export const activations = {
  tanh: tf.tanh,
  softplus: tf.softplus,
  silu: (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x)),
  gelu: (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
} as const satisfies Record<string, (x: tf.Tensor) => tf.Tensor>;

export type Activation = keyof typeof activations;

/** x [episodes, patterns, in] times w [in, out] or [episodes, in, out], plus b [out] or [episodes, out]. */
export function dense(x: tf.Tensor, w: tf.Tensor, b?: tf.Tensor): tf.Tensor {
  const [episodes, patterns, inputs] = x.shape;
  const outputs = w.shape.at(-1)!;
  const product =
    w.rank === 2
      ? tf.reshape(tf.matMul(tf.reshape(x, [episodes * patterns, inputs]), w as tf.Tensor2D), [
          episodes,
          patterns,
          outputs,
        ])
      : tf.matMul(x as tf.Tensor3D, w as tf.Tensor3D);
  return b ? tf.add(product, b.rank === 1 ? b : tf.expandDims(b, 1)) : product;
}

/**
 * "Same" convolution of x [episodes, patterns, height, width, channels] with w [k, k, channels, out] or
 * [episodes, k, k, channels, out], plus b [out] or [episodes, out].
 */
export function convolution(x: tf.Tensor, w: tf.Tensor, b?: tf.Tensor, stride = 1): tf.Tensor {
  const [episodes, patterns, height, width, channels] = x.shape;
  const images = tf.reshape(x, [episodes * patterns, height, width, channels]) as tf.Tensor4D;
  const kernel = w.shape.at(-3)!;
  const outputs = w.shape.at(-1)!;
  const rows = Math.ceil(height / stride);
  const columns = Math.ceil(width / stride);
  let product: tf.Tensor;
  if (w.rank === 4 || episodes === 1) {
    const filter: tf.Tensor4D = tf.reshape(w, [kernel, kernel, channels, outputs]);
    product = tf.conv2d(images, filter, stride, 'same');
  } else {
    // Every episode has filters of its own: patches times a batch of matrices.
    const cut = tf.reshape(patches(images, kernel, stride), [
      episodes,
      patterns * rows * columns,
      kernel * kernel * channels,
    ]);
    product = tf.matMul(cut, tf.reshape(w, [episodes, kernel * kernel * channels, outputs]));
  }
  const shaped = tf.reshape(product, [episodes, patterns, rows, columns, outputs]);
  return b ? tf.add(shaped, b.rank === 1 ? b : tf.reshape(b, [episodes, 1, 1, 1, outputs])) : shaped;
}

/** The windows of a "same" convolution: [n, h, w, c] to [n, rows, columns, k k c]. */
export function patches(images: tf.Tensor4D, kernel: number, stride: number): tf.Tensor4D {
  if (kernel === 1 && stride === 1) return images;
  const [n, height, width, channels] = images.shape;
  const pad = (size: number) => {
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
    return [Math.floor(total / 2), total - Math.floor(total / 2)] as [number, number];
  };
  const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  // Strides by reshaping: pad to a multiple of the stride, then every window's corner is one phase of the grid.
  const [top, left] = [pad(height)[0], pad(width)[0]];
  const reach = Math.ceil((kernel - 1) / stride);
  const [fullHeight, fullWidth] = [(rows + reach) * stride, (columns + reach) * stride];
  const padded = tf.pad4d(images, [
    [0, 0],
    [top, Math.max(0, fullHeight - top - height)],
    [left, Math.max(0, fullWidth - left - width)],
    [0, 0],
  ]);
  const [tall, wide] = [padded.shape[1] / stride, padded.shape[2] / stride];
  const phases = tf.reshape(padded, [n, tall, stride, wide, stride * channels]);
  const cut: tf.Tensor4D[] = [];
  for (let i = 0; i < kernel; i++) {
    for (let j = 0; j < kernel; j++) {
      const begin = [0, Math.floor(i / stride), i % stride, Math.floor(j / stride), (j % stride) * channels];
      const part = tf.slice(phases, begin, [n, rows, 1, columns, channels]);
      cut.push(tf.reshape(part, [n, rows, columns, channels]));
    }
  }
  return tf.concat(cut, 3);
}

/** Normalises the last axis, then scales and shifts it (Ba, Kiros and Hinton 2016). scale, shift: [features]. */
export function layerNorm(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), scale), shift);
}

/** A gated update: u * candidate + (1 - u) * state, with u = sigmoid(logits). */
export function gate(state: tf.Tensor, candidate: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.add(state, tf.mul(tf.sigmoid(logits), tf.sub(candidate, state)));
}
