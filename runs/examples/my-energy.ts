import { type EnergyNetwork, tf, z } from 'ebmm';

/** `--set network.width=8` */
export const options = z.object({ width: z.int().min(1).max(1000).default(16) });

interface Given {
  patternShape: number[];
  options: z.output<typeof options>;
}

/** E(x) = sum_i f(x_i, h_i), where h = (W + W') x / 2: W is the memory; f, one layer of tanh, is learned and the same for all i. */
export default function network({ patternShape, options: { width } }: Given): EnergyNetwork {
  const d = patternShape.reduce((a, b) => a * b, 1);
  return {
    patternShape,
    parameters: {
      W: { shape: [d, d], init: { normal: 0.02 }, writable: true, packing: 'symmetric' },
      linear: { shape: [2], init: { values: [0.2, -0.5] }, writable: false },
      a: { shape: [width], init: { normal: 0.5 }, writable: false },
      b: { shape: [width], init: { normal: 0.5 }, writable: false },
      c: { shape: [width], init: { constant: 0 }, writable: false },
      out: { shape: [width], init: { normal: 0.1 }, writable: false },
    },
    /** x: [episodes, patterns, ...patternShape]; returns an energy for each, [episodes, patterns]. */
    energy({ W, linear, a, b, c, out }, x) {
      const [episodes, patterns] = x.shape;
      const flat = tf.reshape(x, [episodes, patterns, d]);
      // Writable parameters come with a leading [episodes] axis: every episode has weights of its own.
      const h = tf.mul(0.5, tf.add(tf.matMul(flat, W), tf.matMul(flat, W, false, true)));
      const quadratic = tf.mul(tf.slice(linear, 0, 1), tf.square(flat));
      const bilinear = tf.mul(tf.slice(linear, 1, 1), tf.mul(flat, h));
      const [xi, hi] = [tf.expandDims(flat, 3), tf.expandDims(h, 3)];
      const hidden = tf.tanh(tf.add(tf.add(tf.mul(a, xi), tf.mul(b, hi)), c));
      const site = tf.sum(tf.mul(hidden, out), 3);
      return tf.sum(tf.add(tf.add(quadratic, bilinear), site), 2);
    },
  };
}
