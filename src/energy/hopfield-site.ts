/**
 * @file The Hopfield energy with a learned site function: E(x) = sum_i f(x_i, h_i), h = (W + W^T) x / 2.
 *
 * f is one small network shared by all units, so the energy keeps what random patterns have: every unit is like every
 * other. With f = -x h / 2 it is Hopfield's energy (Hopfield 1982) exactly. W is the memory.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { type EnergyNetwork, sizeOf } from './network.ts';
import { keptPart } from './packing.ts';

/** What the site function sees of a unit's value x and field h. Patterns are taken at -1 and +1; all are even under x -> -x. */
const features = {
  xh: (x: tf.Tensor, h: tf.Tensor) => tf.mul(x, h),
  h2: (_: tf.Tensor, h: tf.Tensor) => tf.square(h),
  x2: (x: tf.Tensor) => tf.square(x),
  x: (x: tf.Tensor) => x,
  h: (_: tf.Tensor, h: tf.Tensor) => h,
} as const;

export type SiteFeature = keyof typeof features;
export const siteFeatures = Object.keys(features) as SiteFeature[];

export interface HopfieldSiteOptions {
  patternShape: number[];
  /** Units in each of the site function's two hidden layers; 0 leaves f linear in its features. Default 16. */
  width?: number;
  /** Default xh, h2, x2: f is unchanged when a pattern and its fields change sign. */
  features?: SiteFeature[];
  /** Initial linear part of f, one number a feature. Default -0.5 x h + 0.2 x^2. */
  linear?: Partial<Record<SiteFeature, number>>;
  /** Standard deviation of the initial W. Default 0.02. */
  deviation?: number;
  /**
   * What joins a unit to itself: `written`, the diagonal of W like the rest of it, or one number for all units, which is learned from
   * this initial value on and no part of the memory. Writing makes that diagonal ten times as large as the rest and the same for all
   * patterns, so that few bits a number are better spent without it. Default `written`.
   */
  self?: 'written' | number;
}

export function hopfieldSite({
  patternShape,
  width = 16,
  features: seen = ['xh', 'h2', 'x2'],
  linear = { xh: -0.5, x2: 0.2 },
  deviation = 0.02,
  self = 'written',
}: HopfieldSiteOptions): EnergyNetwork {
  if (seen.length === 0)
    throw new InputError('network.features is empty, expected at least one of xh, h2, x2, x, h');
  const d = sizeOf(patternShape);
  const count = seen.length;
  const parameters: EnergyNetwork['parameters'] = {
    // Only the symmetric part of W acts.
    W: {
      shape: [d, d],
      init: { normal: deviation },
      writable: true,
      packing: self === 'written' ? 'symmetric' : 'hollow',
    },
    'site.linear': {
      shape: [1, count],
      init: { values: seen.map((name) => linear[name] ?? 0) },
      writable: false,
    },
  };
  if (self !== 'written') parameters['site.self'] = { shape: [1], init: { constant: self }, writable: false };
  if (width > 0) {
    Object.assign(parameters, {
      'site.w1': { shape: [width, count], init: { lecun: count }, writable: false },
      'site.b1': { shape: [width, 1], init: { constant: 0 }, writable: false },
      'site.w2': { shape: [width, width], init: { lecun: width }, writable: false },
      'site.b2': { shape: [width, 1], init: { constant: 0 }, writable: false },
      // Small at first: f starts near its linear part, a working memory.
      'site.w3': { shape: [1, width], init: { normal: 0.1 / Math.sqrt(width) }, writable: false },
    } satisfies EnergyNetwork['parameters']);
  }
  return {
    patternShape,
    parameters,
    energy(p, pattern) {
      const [episodes, patterns] = pattern.shape;
      const x = tf.reshape(pattern, [episodes, patterns, d]);
      const h = field(x, p.W, p['site.self']);
      // Features first: [features, all units], so that the site function's products and sums run along long rows.
      const sites = episodes * patterns * d;
      const rows = tf.concat(
        seen.map((name) => tf.reshape(features[name](x, h), [1, sites])),
        0,
      ) as tf.Tensor2D;
      let f: tf.Tensor = tf.matMul(p['site.linear'] as tf.Tensor2D, rows);
      if (width > 0) {
        const layer = (w: tf.Tensor, input: tf.Tensor, b: tf.Tensor) =>
          tf.tanh(tf.add(tf.matMul(w as tf.Tensor2D, input as tf.Tensor2D), b));
        const hidden = layer(p['site.w2'], layer(p['site.w1'], rows, p['site.b1']), p['site.b2']);
        f = tf.add(f, tf.matMul(p['site.w3'] as tf.Tensor2D, hidden as tf.Tensor2D));
      }
      return tf.sum(tf.reshape(f, [episodes, patterns, d]), 2);
    },
  };
}

/** h = x (W + W^T) / 2 for x [episodes, patterns, d] and W [d, d] or [episodes, d, d], `self` in place of the diagonal if given. */
function field(x: tf.Tensor, w: tf.Tensor, self?: tf.Tensor): tf.Tensor {
  const [episodes, patterns, d] = x.shape;
  const weights = keptPart(w, self ? 'hollow' : 'symmetric');
  const h =
    w.rank === 3
      ? tf.matMul(x, weights)
      : tf.reshape(tf.matMul(tf.reshape(x, [episodes * patterns, d]), weights as tf.Tensor2D), [
          episodes,
          patterns,
          d,
        ]);
  return self ? tf.add(h, tf.mul(x, self)) : h;
}
