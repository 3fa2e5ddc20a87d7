/**
 * @file The exact diffusion of a finite set of patterns: a mixture of Gaussians around them, whose energy is a modern
 * Hopfield network's (Ambrogioni, "In search of dispersed memories: Generative diffusion models are associative memory
 * networks", 2023).
 */
import { inverseTemperature, type Noise, type Process } from './process.ts';

/**
 * p(x) = sum_n w_n N(x; a y_n, v I) with a the scale and v the variance of the noise. In what follows x and out are [d].
 */
export interface PatternDiffusion {
  readonly d: number;
  readonly count: number;
  /**
   * E(x) = -v log sum_n w_n exp(-|x - a y_n|^2 / 2v): v times -log p(x), without the constant of the Gaussians. At little
   * noise it is half the squared distance from the nearest pattern. With a = 1, v = sigma^2 tau and equal weights this is
   * tau u of Ambrogioni, and equals the modern Hopfield energy at beta = 1 / v up to a constant.
   */
  energy(x: ArrayLike<number>, noise: Noise): number;
  /** -log p(x), in nats. */
  surprise(x: ArrayLike<number>, noise: Noise): number;
  /** out = E[y | x] = sum_n softmax(beta x.y_n - beta a |y_n|^2 / 2 + log w_n) y_n, beta = a / v. Returns the energy of x. */
  posteriorMean(x: ArrayLike<number>, noise: Noise, out: Float64Array): number;
  /** out = grad log p(x) = (a E[y | x] - x) / v. Returns the energy of x. */
  score(x: ArrayLike<number>, noise: Noise, out: Float64Array): number;
}

/**
 * Patterns are the rows of [count, d], any real values. Exponentials are taken relative to the largest, so any noise above
 * zero is safe.
 * @param logWeights [count], log w_n up to a constant; default all equal. Minus infinity leaves a pattern out.
 */
export function patternDiffusion(
  patterns: ArrayLike<number>,
  count: number,
  d: number,
  logWeights?: ArrayLike<number>,
): PatternDiffusion {
  const halfNorms = Float64Array.from({ length: count }, (_, n) => {
    let sum = 0;
    for (let k = n * d; k < (n + 1) * d; k++) sum += patterns[k] * patterns[k];
    return sum / 2;
  });
  const weights = normalise(logWeights ?? new Float64Array(count));
  const logits = new Float64Array(count);

  /** Fills `logits` with exp(logit - top); returns top and their sum. */
  const weigh = (x: ArrayLike<number>, noise: Noise): { top: number; sum: number } => {
    const beta = inverseTemperature(noise);
    let top = Number.NEGATIVE_INFINITY;
    for (let n = 0; n < count; n++) {
      if (weights[n] === Number.NEGATIVE_INFINITY) {
        logits[n] = weights[n];
        continue;
      }
      let overlap = -noise.scale * halfNorms[n];
      for (let i = 0, k = n * d; i < d; i++, k++) overlap += patterns[k] * x[i];
      logits[n] = beta * overlap + weights[n];
      if (logits[n] > top) top = logits[n];
    }
    let sum = 0;
    for (let n = 0; n < count; n++) {
      logits[n] = Math.exp(logits[n] - top);
      sum += logits[n];
    }
    return { top, sum };
  };
  const energyOf = (x: ArrayLike<number>, { variance }: Noise, top: number, sum: number) => {
    let norm2 = 0;
    for (let i = 0; i < d; i++) norm2 += x[i] * x[i];
    return norm2 / 2 - variance * (top + Math.log(sum));
  };
  const posteriorMean = (x: ArrayLike<number>, noise: Noise, out: Float64Array) => {
    const { top, sum } = weigh(x, noise);
    out.fill(0);
    for (let n = 0; n < count; n++) {
      const weight = logits[n] / sum;
      // One below 1e-20 cannot change a sum of float64, and most are.
      if (weight < 1e-20) continue;
      for (let i = 0, k = n * d; i < d; i++, k++) out[i] += weight * patterns[k];
    }
    return energyOf(x, noise, top, sum);
  };
  const energy = (x: ArrayLike<number>, noise: Noise) => {
    const { top, sum } = weigh(x, noise);
    return energyOf(x, noise, top, sum);
  };
  return {
    d,
    count,
    energy,
    surprise: (x, noise) =>
      energy(x, noise) / noise.variance + (d / 2) * Math.log(2 * Math.PI * noise.variance),
    posteriorMean,
    score(x, noise, out) {
      const own = posteriorMean(x, noise, out);
      for (let i = 0; i < d; i++) out[i] = (noise.scale * out[i] - x[i]) / noise.variance;
      return own;
    },
  };
}

/**
 * out = the drift of retrieval, time running backwards: g^2 score - f x for the reverse stochastic differential equation,
 * g^2 score / 2 - f x for the probability-flow equation, f and g^2 the process's drift and diffusion (Song et al. 2021, eq.
 * 6 and 13).
 */
export function reverseDrift(
  diffusion: PatternDiffusion,
  process: Process,
  time: number,
  x: ArrayLike<number>,
  equation: 'sde' | 'ode',
  out: Float64Array,
): void {
  diffusion.score(x, process.at(time), out);
  const share = equation === 'sde' ? 1 : 0.5;
  for (let i = 0; i < out.length; i++) {
    out[i] = share * process.diffusion(time) * out[i] - process.drift(time) * x[i];
  }
}

/** Log weights whose exponentials sum to 1. */
function normalise(logWeights: ArrayLike<number>): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < logWeights.length; n++) top = Math.max(top, logWeights[n]);
  let sum = 0;
  for (let n = 0; n < logWeights.length; n++) sum += Math.exp(logWeights[n] - top);
  return Float64Array.from(logWeights, (w) => w - top - Math.log(sum));
}
