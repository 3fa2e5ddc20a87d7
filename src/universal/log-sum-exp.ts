/**
 * @file The log-sum-exp energy of a distance: E(x) = -(1/beta) log sum_mu exp(beta sim_mu(x)), whose minima lie near the
 * memories. It needs no |x|^2 / 2: a distance grows by itself. Where the similarity is -|x - xi|^2, E is minus the log
 * density of a Gaussian mixture of variance 1 / (2 beta), up to scale, and a gradient step of 1/2 is the network's update.
 */
import { InputError } from '../errors.ts';
import { separations } from './separations.ts';
import { type Comparison, type Numbers, similarities } from './similarities.ts';

export interface LogSumExpEnergy {
  energy(x: Numbers): number;
  /** [d] */
  gradient(x: Numbers): Float64Array;
  /** Gradient steps x <- x - rate gradient; returns where they end, [d]. */
  descend(x: Numbers, rate: number, steps: number): Float64Array;
}

/** @throws InputError for the two dot products, whose energy has no minimum, and for a similarity without gradient */
export function logSumExpEnergy(comparison: Comparison, beta: number): LogSumExpEnergy {
  const { name, d } = comparison;
  if (!similarities[name].gradient || name === 'dot' || name === 'normalised-dot') {
    throw new InputError(
      `similarity "${name}" has no log-sum-exp energy; expected a differentiable distance`,
    );
  }
  const { lagrangian, weights } = separations.softmax;
  const gradient = (x: Numbers) => {
    const pull = new Float64Array(d);
    comparison.pull(x, weights(comparison.scores(x), beta), pull);
    return pull.map((value) => -value);
  };
  return {
    energy: (x) => -lagrangian(comparison.scores(x), beta),
    gradient,
    descend(x, rate, steps) {
      let at = Float64Array.from(x);
      for (let step = 0; step < steps; step++) {
        const slope = gradient(at);
        at = at.map((value, i) => value - rate * slope[i]);
      }
      return at;
    },
  };
}
