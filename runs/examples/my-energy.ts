import * as tf from '@tensorflow/tfjs';

/** One tanh layer; its weights and biases are the memory. */
export default function network({ patternShape }: { patternShape: number[] }) {
  const d = patternShape.reduce((a, b) => a * b, 1);
  const width = 64;
  return {
    patternShape,
    parameters: {
      w: { shape: [d, width], init: { lecun: d }, writable: true },
      b: { shape: [width], init: { constant: 0 }, writable: true },
      out: { shape: [width, 1], init: { lecun: width }, writable: false },
    },
    /** x: [episodes, patterns, ...patternShape]; returns an energy for each, [episodes, patterns]. */
    energy(p: Record<string, tf.Tensor>, x: tf.Tensor) {
      const [episodes, patterns] = x.shape as [number, number];
      const flat = tf.reshape(x, [episodes, patterns, d]);
      // Writable parameters come with a leading [episodes] axis: every episode has weights of its own.
      const hidden = tf.tanh(tf.add(tf.matMul(flat, p.w), tf.expandDims(p.b, 1)));
      const energies = tf.matMul(tf.reshape(hidden, [episodes * patterns, width]), p.out as tf.Tensor2D);
      return tf.reshape(energies, [episodes, patterns]);
    },
  };
}
