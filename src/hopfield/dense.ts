/**
 * @file Dense associative memory: E(x) = -sum_mu F(x^mu . x) with F a power (Krotov and Hopfield, "Dense associative
 * memory for pattern recognition", NeurIPS 2016) or the exponential (Demircigil et al. 2017).
 */
import * as args from '../arguments.ts';
import { InputError } from '../errors.ts';
import type { AssociativeMemory, StoredMemory } from '../memory/associative.ts';
import { keptPatterns } from '../memory/contents.ts';
import { checkNames, type Names } from '../option-names.ts';
import { bitMemory } from './bit-memory.ts';
import { type Range, toBits } from './boundary.ts';
import { type BitNetwork, type Update, updates } from './dynamics.ts';
import { keptMemory } from './kept.ts';
import { transpose } from './rules.ts';

/** F(z): `polynomial` z^n, `rectified` max(z, 0)^n, `exponential` exp(z). */
export const interactions = ['polynomial', 'rectified', 'exponential'] as const;
export type Interaction = (typeof interactions)[number];

export interface DenseHopfieldOptions {
  /** Default `polynomial`. */
  interaction?: Interaction;
  /** n of the two powers, an integer of at least 2; default 3, the first beyond the classical network. */
  degree?: number;
  /** Default `asynchronous`, as in the paper: only then does the energy never rise. */
  update?: Update;
  /** Values its patterns lie in, default [-1, 1]; entries are thresholded in the middle. */
  range?: Range;
  /** Seed of the order of asynchronous updates, default 0. */
  seed?: number;
  /** Budget: holds only the first floor(floats / d) patterns. Default: holds all. */
  floats?: number;
}

const OPTIONS: Names<DenseHopfieldOptions> = {
  interaction: args.oneOf(interactions),
  degree: args.whole(2),
  update: args.oneOf(updates),
  range: args.range,
  seed: args.number,
  floats: args.whole(1),
};

/**
 * Dense associative memory. It keeps its patterns, so `floats` is N d.
 *
 * The energy is that of `polynomialNetwork` (no unit) or `exponentialNetwork` (nats).
 *
 * @throws InputError for an invalid option; `store` for patterns that are not [patterns, ...patternShape] or a budget
 * below one pattern; `recall` for queries or known entries of another shape.
 */
export function denseHopfield(options: DenseHopfieldOptions = {}): AssociativeMemory {
  checkNames('dense', options, OPTIONS);
  const { interaction = 'polynomial', degree = 3, update = 'asynchronous', seed = 0 } = options;
  const { range = [-1, 1], floats: budget = Number.POSITIVE_INFINITY } = options;
  const name = interaction === 'exponential' ? 'dense-exponential' : 'dense';
  const stored = (kept: Float32Array, shape: number[], d: number): StoredMemory => {
    const bits = toBits(kept, [-1, 1]);
    const count = bits.length / d;
    const network =
      interaction === 'exponential'
        ? exponentialNetwork(bits, count, d)
        : polynomialNetwork(bits, count, d, degree, interaction === 'rectified');
    return {
      ...bitMemory(network, { name, shape, floats: count * d, range, update, seed }),
      contents: () => keptPatterns(Float32Array.from(bits), shape),
    };
  };
  return keptMemory({ name, range, budget }, stored);
}

/** Differences this small, relative to the sum of what they are made of, are rounding: a tie. */
const tie = 1e-12;

/**
 * E(x) = -(d/n) sum_mu F(x^mu . x / d), F(z) = z^n, or 0 for z < 0 if rectified: the paper's energy over n d^(n-1), which
 * changes no decision, keeps high degrees in range, and makes n = 2 the classical network with Hebb's rule, diagonal
 * included.
 *
 * A unit wants to flip when that lowers the energy, as in the paper: its coupling to itself plays no part.
 *
 * @param patterns - [count, d], entries -1/+1
 */
export function polynomialNetwork(
  patterns: Int8Array,
  count: number,
  d: number,
  degree: number,
  rectified = false,
): BitNetwork {
  // Overlaps are integers from -d to d: F comes from a table, F(z) at z + d.
  const table = Float64Array.from({ length: 2 * d + 1 }, (_, k) => {
    const z = (k - d) / d;
    return rectified && z < 0 ? 0 : z ** degree;
  });
  return overlapNetwork(patterns, count, d, {
    wantsFlip(overlaps, units, start, x) {
      let fall = 0;
      let size = 0;
      for (let mu = 0; mu < count; mu++) {
        const z = overlaps[mu] + d;
        const term = table[z - 2 * units[start + mu] * x] - table[z];
        fall += term;
        size += Math.abs(term);
      }
      return fall > tie * size;
    },
    energy(overlaps) {
      let sum = 0;
      for (let mu = 0; mu < count; mu++) sum += table[overlaps[mu] + d];
      return (-d / degree) * sum;
    },
  });
}

/**
 * E(x) = -log sum_mu exp(x^mu . x): the logarithm of the original energy -sum_mu exp(x^mu . x), which overflows from
 * d = 710 on. It falls exactly when the original falls, so every decision is the same.
 *
 * Every exponential is taken relative to the largest overlap, so nothing overflows and the largest terms never vanish.
 *
 * @param patterns - [count, d], entries -1/+1
 */
export function exponentialNetwork(patterns: Int8Array, count: number, d: number): BitNetwork {
  const table = Float64Array.from({ length: 2 * d + 1 }, (_, k) => Math.exp(-k));
  // A flip moves an overlap by 2 down where the unit agrees with the pattern, by 2 up where it does not.
  const down = Math.exp(-2) - 1;
  const up = Math.exp(2) - 1;
  return overlapNetwork(patterns, count, d, {
    wantsFlip(overlaps, units, start, x) {
      const top = largest(overlaps);
      let fall = 0;
      let size = 0;
      for (let mu = 0; mu < count; mu++) {
        const weight = table[top - overlaps[mu]];
        const term = weight * (units[start + mu] === x ? down : up);
        fall += term;
        size += Math.abs(term);
      }
      return fall > tie * size;
    },
    energy(overlaps) {
      const top = largest(overlaps);
      let sum = 0;
      for (let mu = 0; mu < count; mu++) sum += table[top - overlaps[mu]];
      return -top - Math.log(sum);
    },
  });
}

interface OverlapRule {
  /** Whether flipping a unit of value x lowers the energy; entry mu of that unit is units[start + mu]. */
  wantsFlip(overlaps: Int32Array, units: Int8Array, start: number, x: number): boolean;
  energy(overlaps: Int32Array): number;
}

/** A network whose energy depends on the overlaps z_mu = x^mu . x alone. Asking or flipping a unit costs O(count). */
function overlapNetwork(patterns: Int8Array, count: number, d: number, rule: OverlapRule): BitNetwork {
  if (patterns.length !== count * d) {
    throw new InputError(`${patterns.length} entries are not ${count} patterns of ${d}`);
  }
  const units = transpose(patterns, count, d);
  const overlaps = new Int32Array(count);
  let state: Int8Array = new Int8Array(d);
  return {
    d,
    load(start) {
      state = start;
      for (let mu = 0; mu < count; mu++) {
        let z = 0;
        for (let i = 0, k = mu * d; i < d; i++, k++) z += state[i] * patterns[k];
        overlaps[mu] = z;
      }
    },
    wantsFlip: (i) => rule.wantsFlip(overlaps, units, i * count, state[i]),
    flip(i) {
      state[i] = -state[i];
      const change = 2 * state[i];
      for (let mu = 0, k = i * count; mu < count; mu++, k++) overlaps[mu] += change * units[k];
    },
    energy: () => rule.energy(overlaps),
  };
}

function largest(values: Int32Array): number {
  let top = values[0];
  for (let k = 1; k < values.length; k++) if (values[k] > top) top = values[k];
  return top;
}
