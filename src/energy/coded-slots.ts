/**
 * @file An energy for images whose memory is a table of codes: E(x) = sum_i (1 - r_i) (x_i - g_i)^2 / 2, where r_i in (0, 1) says how
 * far the energy trusts pixel i of x, and g is its guess at the image behind x. An architecture of this project.
 *
 * Every pattern has a row of the table. A row m is a short code, R(m) = D m + mean the rough image that it stands for. Of x and the rows
 *
 *   t = trust(x)                                        small convolutions see where x is noise, or has nothing to say
 *   d_k = sum_i t_i (one + square x_i^2) (x_i - R(m_k)_i)^2
 *   m = sum_k softmax_k(-sharpness d_k) m_k             attention over the rows in use
 *   (g - R(m), r) = decoder(t x, R(m))                  convolutions see code and surroundings, at full and at half size
 *
 * Where square = 1 and one = 0, a pixel of value 0 (neither ink nor paper) says nothing, so that reading from 0 needs no mask.
 * Writing descends |A (x_n - mean) - m_n|^2 / 2: one step of rate one stores every code as it is. D starts as principal components of
 * training patterns, A as its transpose (before any training as cosines); the decoder starts as g = R(m), r constant, so that a pattern
 * whose code is complete has E = 0. Where recall is always told which pixels are right (`noise` false), t = 1, r = 0 and their
 * convolutions are left out.
 *
 * The table is cut anew for every load: of K slots of C numbers, up to K patterns get C numbers each, up to 2 K get C / 2 and so on
 * (`halvings`), and few may get more (up to `longest`). Components stand in the order of their variance, so a shorter code is a rougher
 * image. The table's last number then says how it is cut. Rows never written attract nothing. Of a stream the newest patterns have the
 * first rows, and those beyond the last row are given up.
 */
import * as tf from '@tensorflow/tfjs';
import { colourCosines } from '../cosines.ts';
import { InputError } from '../errors.ts';
import { decoded, decoderParameters, enlarged, filter, layer, shared, silu } from './decoder.ts';
import { dense } from './layers.ts';
import type { EnergyNetwork, Parameters } from './network.ts';
import { sizeOf } from './network.ts';
import { movedOn } from './slots.ts';

export interface CodedSlotsOptions {
  /** [height, width, channels]; height and width are multiples of 4, or of 2 without `noise`. */
  patternShape: number[];
  /** Patterns that get `code` numbers each. Default 64. */
  slots?: number;
  /** Numbers of a code; slots x code is the memory. Default 72. */
  code?: number;
  /** How often the table may be cut in halves, for up to slots 2^halvings patterns. Default 2. */
  halvings?: number;
  /** Greatest length of a code where fewer patterns than slots are stored. Default: `code`. */
  longest?: number;
  /** Channels of the convolutions, twice as many at half size. Default 12. */
  width?: number;
  /** Initial sharpness of attention, at pixels in [-1, 1]. Default 0.7. */
  sharpness?: number;
  /** Whether a pixel of value 0 says nothing at first, as in drawings of ink (+1) and paper (-1). Default true. */
  blank?: boolean;
  /** Whether the energy learns to see where x is noise, for recall that is not told. Default true. */
  noise?: boolean;
  /** Whether A stays the transpose of D, for half as many shared parameters. Default false. */
  tied?: boolean;
}

/** One way to cut the table: `rows` codes of `length` numbers, and the number that marks it. */
interface Cut {
  rows: number;
  length: number;
  mark: number;
}

/** Between the marks of two cuts: of the size of a code's numbers, so that it survives when all are rounded. */
const MARK = 0.5;
/** What keeps attention from rows never written and from other cuts: exp(-FAR) is nothing. */
const FAR = 1e4;
/** Squared length below which a row counts as never written. */
const WRITTEN = 1e-7;

export function codedSlots(options: CodedSlotsOptions): EnergyNetwork {
  const { patternShape, slots = 64, code = 72, halvings = 2, width = 12, sharpness = 0.7 } = options;
  const { longest = code, blank = true, noise = true, tied = false } = options;
  const [height, wide, channels] = patternShape;
  const name = 'network "coded-slots"';
  const multiple = noise ? 4 : 2;
  if (patternShape.length !== 3 || height % multiple || wide % multiple)
    throw new InputError(
      `${name} needs patterns [height, width, channels] with sides that are multiples of ${multiple}, not [${patternShape}]`,
    );
  const d = sizeOf(patternShape);
  if (longest < code || longest > d)
    throw new InputError(`network.longest is ${longest}, expected from the ${code} of network.code to ${d}`);
  const cuts = cutsOf(slots, code, halvings, longest);
  // Codes are about of length one where pixels vary over half their range.
  const scale = Math.sqrt(d) / 2;
  const start = (components: ArrayLike<number>) => ({
    'decode.w': Float32Array.from({ length: longest * d }, (_, i) => components[i] * scale),
    ...(tied
      ? {}
      : {
          'code.w': Float32Array.from(
            { length: d * longest },
            (_, i) => components[(i % longest) * d + Math.floor(i / longest)] * scale,
          ),
        }),
  });
  const cosines = start(colourCosines(height, wide, channels, longest));
  const centred = (p: Parameters, x: tf.Tensor) =>
    tf.sub(tf.reshape(x, [x.shape[0], x.shape[1]!, d]), p.mean);
  const encode = (p: Parameters, x: tf.Tensor) =>
    dense(tf.div(centred(p, x), scale * scale), tied ? tf.transpose(p['decode.w']) : p['code.w']);
  const table = (p: Parameters, episodes: number) =>
    p.M.rank === 2 ? tf.tile(tf.expandDims(p.M, 0), [episodes, 1, 1]) : p.M;

  // Each pixel of a square of four has a channel of its own.
  const corners = Array.from({ length: 4 }, (_, corner) =>
    Array.from({ length: height * wide }, (_, i) => {
      const [y, x] = [Math.floor(i / wide), i % wide];
      return Number(2 * (y % 2) + (x % 2) === corner);
    }),
  );
  /** Logits [e, n, h, w, 1]: where x is to be believed. */
  const trust = (p: Parameters, x: tf.Tensor) => {
    const seen = silu(layer(p, 'trust1', tf.concat([x, tf.square(x)], 4), 2));
    const near = silu(layer(p, 'trust2', seen));
    // At a quarter of the size, to see as far as a block of noise reaches.
    const far = enlarged(silu(layer(p, 'trust4', silu(layer(p, 'trust3', near, 2)))));
    const four = enlarged(layer(p, 'trust6', silu(layer(p, 'trust5', tf.concat([near, far], 4)))));
    const own = tf.transpose(tf.tensor(corners, [4, height * wide]));
    return tf.sum(tf.mul(four, tf.reshape(own, [1, 1, height, wide, 4])), 4, true);
  };

  /** The attended code [e, n, longest] of x [e, n, d], whose pixels have the given weights. */
  const attend = (p: Parameters, x: tf.Tensor, weights: tf.Tensor) => {
    const [episodes, patterns] = x.shape as [number, number];
    const { numbers, mark } = parts(table(p, episodes));
    const rowsOf = cuts.map(({ rows, length }) => tf.reshape(numbers, [episodes, rows, length]));
    const logits = cuts.map((cut, i) => {
      const image = tf.add(dense(rowsOf[i], tf.slice(p['decode.w'], [0, 0], [cut.length, d])), p.mean);
      // sum_i w (x - R)^2 without what is the same for all rows.
      const far = tf.sub(
        tf.matMul(weights, tf.square(image), false, true),
        tf.mul(tf.matMul(tf.mul(weights, x), image, false, true), 2),
      );
      const norm = tf.sum(tf.square(rowsOf[i]), 2);
      const unused = tf.add(
        tf.div(FAR * WRITTEN, tf.add(norm, WRITTEN)),
        tf.mul(tf.square(tf.sub(mark, cut.mark)), FAR / MARK ** 2),
      );
      return tf.sub(tf.mul(far, tf.neg(tf.softplus(p.sharpness))), tf.expandDims(unused, 1));
    });
    const attention = tf.softmax(logits.length === 1 ? logits[0] : tf.concat(logits, 2));
    let first = 0;
    return cuts
      .map(({ rows, length }, i) => {
        const own = tf.slice(attention, [0, 0, first], [episodes, patterns, rows]);
        first += rows;
        const attended = tf.matMul(own, rowsOf[i]) as tf.Tensor3D;
        return length === longest
          ? attended
          : tf.pad3d(attended, [
              [0, 0],
              [0, 0],
              [0, longest - length],
            ]);
      })
      .reduce((sum: tf.Tensor, part) => tf.add(sum, part));
  };

  /** The table without its last number, and that number [e, 1]; with one cut alone all of it. */
  const parts = (M: tf.Tensor) => {
    const episodes = M.shape[0];
    if (cuts.length === 1)
      return { numbers: tf.reshape(M, [episodes, slots * code]), mark: tf.zeros([episodes, 1]) };
    const flat = tf.reshape(M, [episodes, slots * code]) as tf.Tensor2D;
    const numbers = tf.pad2d(tf.slice(flat, [0, 0], [episodes, slots * code - 1]), [
      [0, 0],
      [0, 1],
    ]);
    return { numbers, mark: tf.slice(flat, [0, slots * code - 1], [episodes, 1]) };
  };

  /** The cut that so many patterns are written to. */
  const cutFor = (patterns: number) => cuts.find(({ rows }) => rows >= patterns) ?? cuts[cuts.length - 1];

  return {
    patternShape,
    parameters: {
      M: { shape: [slots, code], init: { constant: 0 }, writable: true, empty: true },
      mean: shared([d], { constant: blank ? -0.85 : 0 }),
      ...Object.fromEntries(
        Object.entries(cosines).map(([key, values]) => [
          key,
          shared(key === 'decode.w' ? [longest, d] : [d, longest], { values: values as unknown as number[] }),
        ]),
      ),
      square: shared([1], { constant: blank ? 1 : 0 }),
      one: shared([1], { constant: blank ? 0 : 1 }),
      sharpness: shared([1], { constant: Math.log(Math.expm1(sharpness)) }),
      ...(noise
        ? {
            ...filter('trust1', 2 * channels, width, 5),
            ...filter('trust2', width, width),
            ...filter('trust3', width, 2 * width),
            ...filter('trust4', 2 * width, 2 * width),
            ...filter('trust5', 3 * width, width),
            ...filter('trust6', width, 4, 3, 0, START),
          }
        : {}),
      ...decoderParameters(channels, width, channels + Number(noise)),
    },
    principal: { count: longest, start: ({ mean, components }) => ({ mean, ...start(components) }) },
    energy(p, x) {
      const [episodes, patterns] = x.shape as [number, number];
      const image = (t: tf.Tensor, c = channels) => tf.reshape(t, [episodes, patterns, height, wide, c]);
      const flat = (t: tf.Tensor) => tf.reshape(t, [episodes, patterns, d]);
      const logits = noise ? [trust(p, x)] : [];
      const believed = logits.map((t) => tf.sigmoid(t));
      const speaks = tf.add(tf.mul(tf.square(x), p.square), p.one);
      const weights = believed.reduce((product: tf.Tensor, t) => tf.mul(t, product), speaks);
      const rough = image(tf.add(dense(attend(p, flat(x), flat(weights)), p['decode.w']), p.mean));
      const heard = believed.reduce((product: tf.Tensor, t) => tf.mul(t, product), x);
      const out = decoded(p, rough, heard);
      const part = (from: number, count: number) =>
        tf.slice(out, [0, 0, 0, 0, from], [episodes, patterns, height, wide, count]);
      const guess = tf.add(rough, part(0, channels));
      const doubts = logits.map((t) => tf.sigmoid(tf.sub(tf.neg(part(channels, 1)), tf.sub(t, START))));
      const squares = doubts.reduce((product, t) => tf.mul(product, t), tf.square(tf.sub(x, guess)));
      return tf.div(tf.sum(flat(squares), 2), 2);
    },
    makeRoom(p, _, count) {
      const { numbers, mark } = parts(p.M);
      const { rows, length } = cutFor(count);
      const moved = movedOn(tf.reshape(numbers, [p.M.shape[0], rows, length]), count);
      const flat = tf.reshape(moved, [p.M.shape[0], slots * code]);
      // What is not the mark of how the table is cut.
      const kept =
        cuts.length === 1
          ? flat
          : tf.concat([tf.slice(flat, [0, 0], [p.M.shape[0], slots * code - 1]), mark], 1);
      return { M: tf.reshape(kept, p.M.shape) };
    },
    ...(noise ? { trust } : {}),
    writingEnergy(p, x) {
      const [episodes, patterns] = x.shape as [number, number];
      const cut = cutFor(patterns);
      const { numbers, mark } = parts(table(p, episodes));
      const rows = tf.reshape(numbers, [episodes, cut.rows, cut.length]);
      const codes = tf.slice(encode(p, x), [0, 0, 0], [episodes, patterns, cut.length]);
      const own =
        patterns === cut.rows
          ? rows
          : patterns < cut.rows
            ? tf.slice(rows, [0, 0, 0], [episodes, patterns, cut.length])
            : tf.gather(
                rows,
                tf.tensor1d(
                  Array.from({ length: patterns }, (_, n) => n % cut.rows),
                  'int32',
                ),
                1,
              );
      // A share for every pattern of the error of the mark.
      const marked = tf.div(tf.square(tf.sub(mark, cut.mark)), patterns);
      return tf.div(tf.add(tf.sum(tf.square(tf.sub(codes, own)), 2), marked), 2);
    },
  };
}

/** Logits of trust at the start of training, at which half of a pixel's squared error counts. */
const START = 2;

/** From the most rows to the fewest patterns that they are for, so that the first that fits is the one to take. */
function cutsOf(slots: number, code: number, halvings: number, longest: number): Cut[] {
  const cuts: Cut[] = [];
  for (let i = -Math.floor(Math.log2(longest / code)); i <= halvings; i++) {
    const [rows, length] = [slots * 2 ** i, code / 2 ** i];
    if (Number.isInteger(rows) && Number.isInteger(length)) cuts.push({ rows, length, mark: MARK * i });
  }
  return cuts;
}
