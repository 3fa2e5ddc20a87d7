/**
 * @file An energy for random bits whose memory is a table of numbers with levels: E(x) = |x - h|^2 / 2, with
 * h = sum_k softmax_k(-sharpness |x - R(m_k)|^2 / 2) R(m_k), one step of attention over those rows m_k of the table that have been written. An architecture of this project.
 *
 * A number of a row stands for several bits at once: it is a learned sum of theirs, a_1 x_1 + a_2 x_2 + ..., and so takes one of
 * 2^bits levels, which a learned sum of soft steps reads: R_b = linear a_b m + sum_s mix_sb tanh(slope_s (m - threshold_s)). Weights and
 * steps are every number's own. They start plain: random weights, steps evenly spread that put out nothing yet, and R linear, so that
 * attention finds the row from the first update on. Writing descends |A x_n - m_n|^2 / 2: one step of rate one stores every row. Of a
 * stream the newest patterns have the first rows, and those beyond the last row are given up.
 *
 * So many bits in a number is a use of its precision that a count of floats does not see: compare memories by bits as well.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { stream } from '../random.ts';
import { inverseSoftplus } from '../softplus.ts';
import type { EnergyNetwork, ParameterSpec, Parameters } from './network.ts';
import { movedOn } from './slots.ts';

export interface LevelSlotsOptions {
  /** [d]. */
  patternShape: number[];
  /** Rows of the table; more patterns than rows are written over the first. Default 129. */
  slots?: number;
  /** Bits that a number stands for, a divisor of d; slots x d / bits is the memory. Default 2. */
  bits?: number;
  /** Soft steps of every number. Default 2^(bits + 1). */
  steps?: number;
  /** Initial sharpness of attention. Default 0.5. */
  sharpness?: number;
}

/** What keeps attention from rows never written: exp(-FAR) is nothing. */
const FAR = 1e4;
/** Squared length below which a row counts as never written. */
const WRITTEN = 1e-7;

export function levelSlots(options: LevelSlotsOptions): EnergyNetwork {
  const { patternShape, slots = 129, bits = 2, sharpness = 0.5 } = options;
  const { steps = 2 ** (bits + 1) } = options;
  const [d] = patternShape;
  if (patternShape.length !== 1 || d % bits)
    throw new InputError(
      `network "level-slots" needs patterns [d] with d a multiple of network.bits, ${bits}, not [${patternShape}]`,
    );
  const code = d / bits;
  const random = stream(0, 'level-slots');
  // Sums of `bits` such terms reach about this far.
  const reach = 2 * Math.sqrt(bits);
  const even = (s: number) => reach * ((2 * s + 1) / steps - 1);

  /** The weighted sum of each number's bits: x [e, n, d] to [e, n, code]. */
  const encode = (p: Parameters, x: tf.Tensor) => {
    const [e, n] = x.shape as [number, number];
    return tf.sum(tf.mul(tf.reshape(x, [e, n, code, bits]), p['code.w']), 3);
  };
  /** What rows m [e, k, code] stand for: [e, k, d]. */
  const decode = (p: Parameters, m: tf.Tensor) => {
    const [e, k] = m.shape as [number, number];
    const each = tf.reshape(tf.transpose(m, [2, 0, 1]), [code, e * k, 1]);
    const seen = tf.tanh(tf.mul(tf.sub(each, p.threshold), tf.softplus(p.slope)));
    const levels = tf.matMul(seen as tf.Tensor3D, p.mix as tf.Tensor3D); // [code, e k, bits]
    const linear = tf.mul(tf.mul(each, tf.reshape(p['code.w'], [code, 1, bits])), p.linear);
    return tf.reshape(tf.transpose(tf.add(levels, linear), [1, 0, 2]), [e, k, d]);
  };
  const table = (p: Parameters, episodes: number) =>
    p.M.rank === 2 ? tf.tile(tf.expandDims(p.M, 0), [episodes, 1, 1]) : p.M;

  return {
    patternShape,
    parameters: {
      M: { shape: [slots, code], init: { constant: 0 }, writable: true, empty: true },
      'code.w': shared([code, bits], { values: Array.from({ length: code * bits }, () => random.normal()) }),
      linear: shared([1], { constant: 1 / bits }),
      threshold: shared([code, 1, steps], {
        values: Array.from({ length: code * steps }, (_, i) => even(i % steps)),
      }),
      slope: shared([code, 1, steps], { constant: inverseSoftplus(steps / reach) }),
      mix: shared([code, steps, bits], { constant: 0 }),
      sharpness: shared([1], { constant: inverseSoftplus(sharpness) }),
    },
    energy(p, x) {
      const rows = table(p, x.shape[0]);
      const images = decode(p, rows) as tf.Tensor3D;
      const near = tf.sub(
        tf.matMul(x as tf.Tensor3D, images, false, true),
        tf.expandDims(tf.div(tf.sum(tf.square(images), 2), 2), 1),
      );
      const unused = tf.div(FAR * WRITTEN, tf.add(tf.sum(tf.square(rows), 2), WRITTEN));
      const attention = tf.softmax(tf.sub(tf.mul(near, tf.softplus(p.sharpness)), tf.expandDims(unused, 1)));
      const h = tf.matMul(attention as tf.Tensor3D, images);
      return tf.div(tf.sum(tf.square(tf.sub(x, h)), 2), 2);
    },
    makeRoom: ({ M }, _, count) => ({ M: movedOn(M, count) }),
    writingEnergy(p, x) {
      const [episodes, patterns] = x.shape as [number, number];
      const rows = table(p, episodes);
      const own =
        patterns <= slots
          ? tf.slice(rows, [0, 0, 0], [episodes, patterns, code])
          : tf.gather(
              rows,
              tf.tensor1d(
                Array.from({ length: patterns }, (_, n) => n % slots),
                'int32',
              ),
              1,
            );
      return tf.div(tf.sum(tf.square(tf.sub(encode(p, x), own)), 2), 2);
    },
  };
}

const shared = (shape: number[], init: ParameterSpec['init']): ParameterSpec => ({
  shape,
  init,
  writable: false,
});
