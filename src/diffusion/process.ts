/**
 * @file Forward processes that turn a pattern y into noise: x_t = a_t y + sqrt(v_t) e, e standard normal (Song et al., "Score-
 * based generative modeling through stochastic differential equations", 2021).
 */
import { InputError } from '../errors.ts';

/** The noise at one time: x = scale * y + sqrt(variance) * e. */
export interface Noise {
  readonly scale: number;
  readonly variance: number;
}

/** dx = drift(t) x dt + sqrt(diffusion(t)) dW, from x = y at t = 0. */
export interface Process {
  readonly name: string;
  /** The noise after time t >= 0. */
  at(time: number): Noise;
  /** The time at which variance / scale^2 is `relative` >= 0. */
  timeOf(relative: number): number;
  drift(time: number): number;
  diffusion(time: number): number;
}

/** Variance exploding (Ambrogioni 2023, who counts the time tau that is left): scale 1, variance sigma^2 t. */
export function varianceExploding({ sigma = 1 } = {}): Process {
  return {
    name: 'variance exploding',
    at: (time) => ({ scale: 1, variance: sigma * sigma * time }),
    timeOf: (relative) => relative / (sigma * sigma),
    drift: () => 0,
    diffusion: () => sigma * sigma,
  };
}

/**
 * Variance preserving at a constant rate: scale exp(-rate t / 2) = sqrt(alpha_bar), variance 1 - alpha_bar. A rate that
 * changes only changes the clock.
 */
export function variancePreserving({ rate = 1 } = {}): Process {
  return {
    name: 'variance preserving',
    at: (time) => ({ scale: Math.exp((-rate * time) / 2), variance: -Math.expm1(-rate * time) }),
    timeOf: (relative) => Math.log1p(relative) / rate,
    drift: () => -rate / 2,
    diffusion: () => rate,
  };
}

export const processes = {
  exploding: () => varianceExploding(),
  preserving: () => variancePreserving(),
} as const;

export type ProcessName = keyof typeof processes;

/** Inverse temperature of the modern Hopfield network that this noise makes: scale / variance. */
export const inverseTemperature = ({ scale, variance }: Noise) => scale / variance;

/** Variance of the noise beside a pattern of scale 1: what two processes must share to be one another, rescaled. */
export const relativeVariance = ({ scale, variance }: Noise) => variance / (scale * scale);

/** No noise: where retrieval ends. */
export const clean: Noise = { scale: 1, variance: 0 };

/**
 * Levels of noise from `start` to `end`, both relative variances, in equal ratios; `steps` >= 1 of them, the first at
 * `start`.
 * @throws InputError unless start >= end > 0
 */
export function ladder(process: Process, start: number, end: number, steps: number): Noise[] {
  if (!(end > 0 && start >= end && Number.isFinite(start))) {
    throw new InputError(`noise from variance ${start} to ${end}, expected it to fall and stay above 0`);
  }
  const ratio = steps > 1 ? (end / start) ** (1 / (steps - 1)) : 1;
  return Array.from({ length: steps }, (_, k) => process.at(process.timeOf(start * ratio ** k)));
}
