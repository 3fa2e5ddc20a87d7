/**
 * @file Retrieval with a denoiser, exact or learned: the reverse stochastic differential equation, the probability-flow
 * equation, and repeated denoising, over falling levels of noise (beta grows) or at one level (beta fixed).
 */
import { type Random, stream } from '../random.ts';
import { clean, type Noise, relativeVariance } from './process.ts';

/** E[y | x] for states x [n, d] at one level of noise, and, where the denoiser has one, the energy of each state [n]. */
export type Denoiser = (x: Float64Array, noise: Noise) => Denoised | Promise<Denoised>;

export interface Denoised {
  /** [n, d]. */
  means: ArrayLike<number>;
  energies?: number[];
}

/**
 * `sde`: reverse stochastic equation, fresh noise at every step (ancestral sampling); `ode`: probability flow, which is half
 * its drift and no noise; `denoise`: the state becomes the denoiser's answer, a modern Hopfield update when exact.
 */
export const methods = ['sde', 'ode', 'denoise'] as const;
export type Method = (typeof methods)[number];

export interface RetrievalOptions {
  method: Method;
  /** Levels of noise, the first being that of the query. All equal: beta is fixed. One step for each. */
  levels: readonly Noise[];
  /**
   * [n, d], nonzero where an entry of the query is known: completion by replacement. After every step such entries become
   * the query's own (which have no noise), at that level of noise (Song et al. 2021, appendix I.2): noisy for `sde`, as they are for the others.
   */
  known?: ArrayLike<number>;
  /** Names the noise, default 0. Every query has a stream of its own. */
  seed?: number | string;
  /** Step size at fixed beta, in units of the variance, default 0.2. */
  rate?: number;
  /** Called with the states [n, d] before each step and at the end. */
  watch?: (step: number, states: Float64Array, noise: Noise) => void;
}

export interface Retrieval {
  /** [n, d]. */
  states: Float64Array;
  /** energies[k][q]: of query q after k steps at the noise of the next, the last at that of the last step. */
  energies?: number[][];
}

/** Default of `RetrievalOptions.rate`. */
const defaultRate = 0.2;

/**
 * How known entries enter recall. `replacement`: they are put back after every step, and the query's other entries are the
 * state that recall begins from, evidence like any. `erasure`: likewise, but what is not known says nothing: those entries
 * begin at 0, the middle of the range, which is as far from one pattern of bits as from another.
 */
export const completions = ['replacement', 'erasure'] as const;
export type Completion = (typeof completions)[number];

/** Queries [n, d] whose entries that are not known are 0. */
export const erased = (queries: Float32Array, known: ArrayLike<number>): Float32Array =>
  queries.map((value, i) => (known[i] ? value : 0));

/** Retrieves from queries [n, d], which are not changed: states at the first level of noise. The last step ends without noise. */
export async function retrieve(
  denoiser: Denoiser,
  queries: ArrayLike<number>,
  d: number,
  options: RetrievalOptions,
): Promise<Retrieval> {
  const { method, levels, known, seed = 0, rate = defaultRate, watch } = options;
  const n = queries.length / d;
  const randoms = Array.from({ length: n }, (_, q) => stream(seed, 'diffusion', q));
  const x = Float64Array.from(queries);
  if (known) replace(x, queries, known, d, levels[0], method, randoms);
  const energies: number[][] = [];
  for (const [k, noise] of levels.entries()) {
    const next = levels[k + 1] ?? clean;
    watch?.(k, x, noise);
    const { means, energies: own } = await denoiser(x, noise);
    if (own) energies.push(own);
    const step = stepOf(method, noise, next, rate);
    for (let q = 0; q < n; q++) {
      for (let i = q * d; i < (q + 1) * d; i++) {
        const fresh = step.deviation > 0 ? step.deviation * randoms[q].normal() : 0;
        x[i] = step.mean * means[i] + step.state * x[i] + fresh;
      }
    }
    if (known) replace(x, queries, known, d, next, method, randoms);
  }
  watch?.(levels.length, x, clean);
  if (energies.length === 0) return { states: x };
  // The level of the last step measures where it led.
  const last = levels[levels.length - 1];
  const end = await denoiser(
    x.map((value) => value * last.scale),
    last,
  );
  return { states: x, energies: [...energies, end.energies!] };
}

/** The next state is mean * E[y | x] + state * x + deviation * noise. */
interface Step {
  mean: number;
  state: number;
  deviation: number;
}

/**
 * One step from level to level. With w = v / a^2, ancestral sampling keeps w'/w of the state's deviation from the mean and
 * adds noise of variance w' (w - w') / w (Ho et al. 2020, eq. 6), the probability flow keeps sqrt(w'/w) of it (Song, Meng
 * and Ermon 2021, eq. 12): both are exact where all the probability lies on one pattern. At equal levels they are Langevin
 * dynamics and gradient descent of size `rate` on the energy of that level.
 */
export function stepOf(method: Method, from: Noise, to: Noise, rate = defaultRate): Step {
  if (method === 'denoise') return { mean: to.scale, state: 0, deviation: 0 };
  const [w, next] = [relativeVariance(from), relativeVariance(to)];
  if (next === w) {
    const deviation = method === 'sde' ? Math.sqrt(2 * rate * from.variance) : 0;
    return { mean: rate * from.scale, state: 1 - rate, deviation };
  }
  const added = method === 'sde' ? (next * (w - next)) / w : 0;
  const kept = Math.sqrt((next - added) / w);
  return {
    mean: to.scale * (1 - kept),
    state: (to.scale / from.scale) * kept,
    deviation: to.scale * Math.sqrt(added),
  };
}

function replace(
  x: Float64Array,
  queries: ArrayLike<number>,
  known: ArrayLike<number>,
  d: number,
  noise: Noise,
  method: Method,
  randoms: Random[],
): void {
  const deviation = method === 'sde' ? Math.sqrt(noise.variance) : 0;
  for (let i = 0; i < x.length; i++) {
    if (!known[i]) continue;
    const fresh = deviation > 0 ? deviation * randoms[Math.floor(i / d)].normal() : 0;
    x[i] = noise.scale * queries[i] + fresh;
  }
}
