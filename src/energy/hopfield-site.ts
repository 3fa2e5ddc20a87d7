/**
 * @file The Hopfield energy with a learned site function: E(x) = sum_i f(x_i, h_i), h = (W + W^T) x / 2.
 *
 * f is one small network shared by all units, so the energy keeps what random patterns have: every unit is like every
 * other. With f = -x h / 2 it is Hopfield's energy (Hopfield 1982) exactly. W is the memory.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import {
  type EnergyNetwork,
  type Initialiser,
  type ParameterSpec,
  type Parameters,
  sizeOf,
} from './network.ts';
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
  /**
   * What writing descends: the energy, or the sum of a site function of its own, which begins as half the squared error of the field:
   * then a step of writing is one of the delta rule. What is best written is not always what is best read. Default `energy`.
   */
  writing?: 'energy' | 'own';
}

export function hopfieldSite({
  patternShape,
  width = 16,
  features: seen = ['xh', 'h2', 'x2'],
  linear = { xh: -0.5, x2: 0.2 },
  deviation = 0.02,
  self = 'written',
  writing = 'energy',
}: HopfieldSiteOptions): EnergyNetwork {
  if (seen.length === 0)
    throw new InputError('network.features is empty, expected at least one of xh, h2, x2, x, h');
  const d = sizeOf(patternShape);
  const parameters: EnergyNetwork['parameters'] = {
    // Only the symmetric part of W acts.
    W: {
      shape: [d, d],
      init: { normal: deviation },
      writable: true,
      packing: self === 'written' ? 'symmetric' : 'hollow',
    },
    ...siteParameters('site', seen, linear, width),
    ...(writing === 'own' ? siteParameters('writing', seen, DELTA, width) : {}),
  };
  if (self !== 'written') parameters['site.self'] = { shape: [1], init: { constant: self }, writable: false };
  /** The sum over units of the site function of that name. */
  const energyBy = (name: string) => (p: Parameters, pattern: tf.Tensor) => {
    const [episodes, patterns] = pattern.shape;
    const x = tf.reshape(pattern, [episodes, patterns!, d]);
    const h = field(x, p.W, p['site.self']);
    // Features first: [features, all units], so that the site function's products and sums run along long rows.
    const sites = episodes * patterns! * d;
    const rows = tf.concat(
      seen.map((feature) => tf.reshape(features[feature](x, h), [1, sites])),
      0,
    ) as tf.Tensor2D;
    return tf.sum(tf.reshape(siteFunction(p, name, rows), [episodes, patterns!, d]), 2);
  };
  return {
    patternShape,
    parameters,
    energy: energyBy('site'),
    ...(writing === 'own' ? { writingEnergy: energyBy('writing') } : {}),
  };
}

/** (x - h)^2 / 2, half the squared error of the field: its gradient in W is the delta rule. */
const DELTA: Partial<Record<SiteFeature, number>> = { xh: -1, h2: 0.5, x2: 0.5 };

/** Parameters of a site function, under `name`: linear in its features, and two hidden layers. */
function siteParameters(
  name: string,
  seen: readonly SiteFeature[],
  linear: Partial<Record<SiteFeature, number>>,
  width: number,
): EnergyNetwork['parameters'] {
  const count = seen.length;
  const shared = (shape: number[], init: Initialiser): ParameterSpec => ({ shape, init, writable: false });
  return {
    [`${name}.linear`]: shared([1, count], { values: seen.map((feature) => linear[feature] ?? 0) }),
    ...(width === 0
      ? {}
      : {
          [`${name}.w1`]: shared([width, count], { lecun: count }),
          [`${name}.b1`]: shared([width, 1], { constant: 0 }),
          [`${name}.w2`]: shared([width, width], { lecun: width }),
          [`${name}.b2`]: shared([width, 1], { constant: 0 }),
          // Small at first: f starts near its linear part, a working memory.
          [`${name}.w3`]: shared([1, width], { normal: 0.1 / Math.sqrt(width) }),
        }),
  };
}

/** f of features [features, units]: [1, units]. */
function siteFunction(p: Parameters, name: string, rows: tf.Tensor2D): tf.Tensor {
  const by = (part: string) => p[`${name}.${part}`] as tf.Tensor2D;
  const f = tf.matMul(by('linear'), rows);
  if (!p[`${name}.w1`]) return f;
  const layer = (w: tf.Tensor2D, input: tf.Tensor2D, b: tf.Tensor) =>
    tf.tanh(tf.add(tf.matMul(w, input), b)) as tf.Tensor2D;
  const hidden = layer(by('w2'), layer(by('w1'), rows, by('b1')), by('b2'));
  return tf.add(f, tf.matMul(by('w3'), hidden));
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
