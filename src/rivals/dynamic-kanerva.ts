/**
 * @file A Dynamic Kanerva Machine (Wu, Wayne, Gregor and Lillicrap 2018) as an associative memory: a Gaussian over the whole table of K
 * rows, of which every pattern is a linear combination.
 *
 * A pattern x has a code z = A (x - mean) of C numbers. The model is z = M' w + noise, with Gaussian rows of M: mean R [K, C], and
 * covariance U [K, K] in units of the noise. R begins as a learned prior, U as I / rho.
 *
 *   address of a code     w = argmin |z - R' w|^2 + lambda |w|^2           ridge regression
 *   writing codes Z       R <- R + G (Z - W R),  U <- U - G W U,  G = U W' (W U W' + I)^-1 = (U^-1 + W' W)^-1 W'
 *
 * which, for given addresses, is what Kalman's update, the paper's, gives of one pattern after another, for all at once. `rounds` finds
 * the addresses anew on the table that the round before has written: coordinate ascent on both.
 * Reading alternates between address and image, the paper's attractor dynamics:
 *
 *   w = argmin sum_i t_i (x_i - (D R' w + mean)_i)^2 + ridge |w|^2,   x <- decode(D R' w + mean, what is known of the query)
 *
 * With D the transpose of A, orthonormal, and t = 1 this is the address of x's code. Where recall is told what is right, t = 1 there and 0
 * elsewhere in the first step; later steps also believe their own guess, with a learned weight. A and D start as principal components of
 * training patterns; images are decoded by the convolutions of coded slots. Solutions are products (src/rivals/inverse.ts).
 *
 * Recall needs R alone: K C floats. U is kept, K (K + 1) / 2 floats more, where patterns are to be added later (`posterior`).
 */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import { decoded, decoderParameters, shared } from '../energy/decoder.ts';
import { dense } from '../energy/layers.ts';
import { packedSize } from '../energy/network.ts';
import { InputError } from '../errors.ts';
import type { MemoryModel } from '../memory/model.ts';
import { sizeOf } from '../shapes.ts';
import { inverseSoftplus } from '../softplus.ts';
import { guess, perceptron, perceptronParameters, type Range } from './codec.ts';
import { inverse, ridged } from './inverse.ts';
import { signed } from './recurrent.ts';

export interface DynamicKanervaOptions {
  /** [height, width, channels] with even sides, or any other shape, which is decoded by a perceptron. */
  patternShape: number[];
  range?: Range;
  /** Rows K of the table. Default 32. */
  slots?: number;
  /** Numbers C of a code, at most, and by default at most, the values of a pattern; slots x code is the memory. Default 144. */
  code?: number;
  /** Times that writing finds the addresses, each on the table that the one before has written. Default 2; the paper's 1. */
  rounds?: number;
  /** Whether the covariance of the table is kept too, so that patterns can be added to it. Default false. */
  posterior?: boolean;
  /** Channels of the convolutions, twice as many at half size. Default 16. */
  width?: number;
  /** Units of the perceptron that decodes what is no image. Default 128. */
  hidden?: number;
  /** Read steps. Default 2. */
  steps?: number;
}

/** Least value of the four below, which bounds the condition numbers of what is inverted. */
const LEAST = 1e-3;
/** Initial ridges of addresses and of recall, as parts of a mean eigenvalue, rho, and the weight of a guess. */
const START = { address: 0.01, noise: 0.01, recall: 0.03, believed: 0.1 };

/** State: `memory` R [K, C]; with `posterior` also `covariance` U [K, K], symmetric. */
export function dynamicKanerva(options: DynamicKanervaOptions): MemoryModel {
  const { patternShape, range = [-1, 1], slots = 32, rounds = 2, posterior = false } = options;
  const { width = 16, hidden = 128, steps = 2 } = options;
  const d = sizeOf(patternShape);
  const { code = Math.min(144, d) } = options;
  const name = 'network "dynamic-kanerva"';
  if (code > d)
    throw new InputError(`network.code is ${code}, expected at most the ${d} values of a pattern`);
  const [height, wide, channels] = patternShape;
  const image = patternShape.length === 3;
  if (image && (height % 2 || wide % 2))
    throw new InputError(`${name} needs images whose sides are even, not [${patternShape}]`);
  const [low, high] = range;
  const [middle, half] = [(low + high) / 2, (high - low) / 2];

  // Codes are of about unit length where values vary over half their range; parameters are of order one, whatever d is.
  const scale = Math.sqrt(d) / 2;
  const positive = (value: number, count = 1) =>
    shared([count], { constant: inverseSoftplus(value - LEAST) });
  /** Entry k of a parameter that is kept before softplus; steps beyond the last repeat it. */
  const at = (values: tf.Tensor, k: number) =>
    tf.add(tf.softplus(tf.slice(values, [Math.min(k, values.shape[0] - 1)], [1])), LEAST);

  /** R of so many episodes. */
  const prior = (p: NamedTensors, episodes: number) =>
    tf.tile(tf.expandDims(tf.div(p.prior, Math.sqrt(code)), 0), [episodes, 1, 1]);
  const covariance = (p: NamedTensors, episodes: number) =>
    tf.tile(tf.expandDims(tf.div(tf.eye(slots), at(p.noise, 0)), 0), [episodes, 1, 1]);

  /** R and U of episodes, with patterns [episodes, n, ...patternShape] written to them. */
  function written(p: NamedTensors, R: tf.Tensor, U: tf.Tensor, patterns: tf.Tensor): [tf.Tensor, tf.Tensor] {
    const z = dense(tf.div(tf.sub(signed(patterns, range), p.mean), scale * scale), p['code.w']);
    const few = patterns.shape[1]! < slots;
    const precision = few ? undefined : inverse(U);
    let [mean, left] = [R, U];
    for (let round = 0; round < rounds; round++) {
      const gram = ridged(tf.matMul(mean, mean, false, true), at(p.address, 0));
      const w = tf.matMul(tf.matMul(z, mean, false, true), inverse(gram));
      const surprise = tf.sub(z, tf.matMul(w, R));
      // The smaller of the two matrices that can be inverted: one row for each pattern, or for each slot.
      if (precision) {
        left = inverse(tf.add(precision, tf.matMul(w, w, true, false)));
        mean = tf.add(R, tf.matMul(left, tf.matMul(w, surprise, true, false)));
      } else {
        const reach = tf.matMul(w, U);
        const spread = tf.add(tf.matMul(reach, w, false, true), tf.eye(patterns.shape[1]!));
        const gain = tf.matMul(reach, inverse(spread), true, false);
        left = tf.sub(U, tf.matMul(gain, reach));
        mean = tf.add(R, tf.matMul(gain, surprise));
      }
    }
    return [mean, left];
  }
  const state = (R: tf.Tensor, U: tf.Tensor): NamedTensors =>
    posterior ? { memory: R, covariance: U } : { memory: R };
  const empty = (p: NamedTensors, episodes: number) => state(prior(p, episodes), covariance(p, episodes));

  return {
    name: 'dynamic-kanerva',
    patternShape,
    range,
    steps,
    state: { memory: [slots, code], ...(posterior ? { covariance: [slots, slots] } : {}) },
    ...(posterior ? { packing: { memory: 'full', covariance: 'symmetric' } as const } : {}),
    floats: slots * code + (posterior ? packedSize([slots, slots], 'symmetric') : 0),
    parameters: {
      prior: shared([slots, code], { normal: 1 }),
      mean: shared([d], { constant: 0 }),
      'code.w': shared([d, code], { normal: scale / Math.sqrt(d) }),
      'decode.w': shared([code, d], { normal: scale / Math.sqrt(d) }),
      address: positive(START.address),
      noise: positive(START.noise),
      recall: positive(START.recall, steps),
      ...(steps > 1 ? { believed: positive(START.believed, steps - 1) } : {}),
      gain: shared([1], { constant: 2 }),
      ...(image
        ? decoderParameters(channels, width)
        : {
            ...perceptronParameters('decode', 2 * d, hidden, d),
            'decode.a': shared([2 * d, d], { constant: 0 }),
          }),
    },
    principal: {
      count: code,
      start: ({ mean, components }) => ({
        mean: mean.map((v) => (v - middle) / half),
        'decode.w': components.slice(0, code * d).map((v) => v * scale),
        'code.w': Float32Array.from(
          { length: d * code },
          (_, i) => components[(i % code) * d + Math.floor(i / code)] * scale,
        ),
      }),
    },
    store(p, patterns) {
      const episodes = patterns.shape[0];
      return state(...written(p, prior(p, episodes), covariance(p, episodes), patterns));
    },
    ...(posterior
      ? {
          empty,
          add: (p: NamedTensors, { memory, covariance: U }: NamedTensors, patterns: tf.Tensor) =>
            state(...written(p, memory, U, patterns)),
        }
      : {}),
    recall(p, { memory }, queries, known, count = steps) {
      const [episodes, n] = queries.shape as [number, number];
      const asked = signed(queries, range);
      // 1 where the query is believed at first: what is told to be right, or everything where nothing is told (-1).
      const told = known && tf.reshape(tf.square(known), asked.shape);
      const kept = known && tf.relu(known);
      const heard = told ? tf.mul(asked, told) : asked;
      const images = tf.matMul(memory, tf.tile(tf.expandDims(p['decode.w'], 0), [episodes, 1, 1]));
      const grams = gramsOf(images, told);
      const iterates: tf.Tensor[] = [];
      let x = asked;
      for (let k = 0; k < count; k++) {
        // What is not told is believed with weight u, as the step before has guessed it.
        const u = told && k > 0 ? at(p.believed, k - 1) : undefined;
        const trust = u ? tf.add(told!, tf.mul(tf.sub(1, told!), u)) : told;
        const gram = u ? tf.add(tf.mul(grams.told, tf.sub(1, u)), tf.mul(grams.all, u)) : grams.told;
        const seen = tf.sub(x, p.mean);
        const right = tf.matMul(trust ? tf.mul(trust, seen) : seen, images, false, true);
        const solved = inverse(ridged(gram, at(p.recall, k)));
        // One matrix for each query, or one for all of an episode.
        const w =
          solved.shape[1] === n && n > 1
            ? tf.reshape(tf.matMul(tf.expandDims(right, 2), solved), right.shape)
            : tf.matMul(right, tf.reshape(solved, [episodes, slots, slots]));
        const rough = tf.add(tf.matMul(w, images), p.mean);
        const change = image
          ? decoded(p, tf.reshape(rough, queries.shape), tf.reshape(heard, queries.shape))
          : perceptron(p, 'decode', tf.concat([rough, heard], 2));
        const logits = tf.mul(tf.add(rough, tf.reshape(change, rough.shape)), p.gain);
        const guessed = guess(logits, range, queries, kept);
        iterates.push(guessed);
        x = signed(guessed, range);
      }
      return iterates;
    },
  };
}

/**
 * B T B' of images B [e, K, d] for every query's weights T [e, n, d], as [e, n, K, K], and for weights of 1, as [e, 1, K, K]; where there
 * are no weights both are the latter.
 */
function gramsOf(images: tf.Tensor, weights: tf.Tensor | undefined) {
  const [e, k, d] = images.shape as [number, number, number];
  const all = tf.expandDims(tf.matMul(images, images, false, true), 1);
  if (!weights) return { told: all, all };
  const n = weights.shape[1]!;
  // Few queries: images weighted for each. Many: products of all pairs of rows, shared by them. min(n, K) K d numbers in either case.
  if (n < k) {
    const weighted = tf.mul(tf.expandDims(images, 1), tf.expandDims(weights, 2));
    const flat = tf.reshape(weighted, [e, n * k, d]);
    return { told: tf.reshape(tf.matMul(flat, images, false, true), [e, n, k, k]), all };
  }
  const products = tf.mul(tf.expandDims(images, 2), tf.expandDims(images, 1));
  const told = tf.matMul(weights, tf.reshape(products, [e, k * k, d]), false, true);
  return { told: tf.reshape(told, [e, n, k, k]), all };
}
