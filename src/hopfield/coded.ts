/**
 * @file The strongest simple rival: a modern Hopfield network whose patterns are coded before they are kept, so that as many
 * as possible fit the budget. Codes are fixed, not learned: fewer bits a value, fewer coefficients of the cosine transform.
 */
import { tensor } from '@tensorflow/tfjs';
import { cosines } from '../cosines.ts';
import { InputError } from '../errors.ts';
import type { AssociativeMemory } from '../memory/associative.ts';
import { checkPositive, checkRange, type Range, readBatch } from './boundary.ts';
import { modernHopfield } from './modern.ts';

/**
 * packed: every value in the most bits, up to 8, at which all patterns fit (one, where the values are bits).
 * truncated: as many coefficients of every pattern as fit, as float32: of an image the lowest frequencies, of a vector its
 * first values.
 * truncated-packed: likewise, in 8 bits a coefficient.
 */
export type Coding = 'packed' | 'truncated' | 'truncated-packed';

export interface CodedHopfieldOptions {
  coding: Coding;
  /** Budget. Default: that of the raw patterns. */
  floats?: number;
  /** Values its patterns lie in, default [-1, 1]. */
  range?: Range;
}

/** What is kept of patterns [count, d]: their values as they can be had back, and the floats that takes. */
interface Kept {
  values: Float32Array;
  count: number;
  floats: number;
}

const BITS = 32;
/** Bits of a packed value or coefficient, at most. */
const FINE = 8;

/**
 * @throws InputError for an invalid option; `store` for patterns that are not [patterns, ...patternShape] or a budget that
 * holds nothing of them
 */
export function codedHopfield({
  coding,
  floats,
  range: given = [-1, 1],
}: CodedHopfieldOptions): AssociativeMemory {
  const name = `modern-${coding}`;
  if (floats !== undefined) checkPositive(name, 'floats', floats);
  const range = checkRange(name, given);
  const modern = modernHopfield({ range, similarity: 'euclidean', finish: 'nearest' });
  return {
    name,
    range,
    async store(patterns) {
      const { values, count, d, shape } = await readBatch('patterns', patterns);
      const budget = floats ?? count * d;
      const kept =
        coding === 'packed'
          ? pack(values, count, d, range, budget)
          : truncate(values, count, shape, range, budget, coding === 'truncated' ? BITS : FINE);
      if (kept.count === 0) throw new InputError(`${name}: ${budget} floats cannot hold one pattern of ${d}`);
      const held = tensor(kept.values, [kept.count, ...shape]);
      const stored = await modern.store(held);
      held.dispose();
      return { ...stored, floats: kept.floats };
    },
  };
}

/** Rounds to the nearest of 2^bits values spread evenly over the range. */
function quantise(value: number, bits: number, [low, high]: Range): number {
  const steps = 2 ** bits - 1;
  return low + (Math.round(((value - low) / (high - low)) * steps) / steps) * (high - low);
}

function pack(values: Float32Array, count: number, d: number, range: Range, budget: number): Kept {
  const size = (bits: number) => Math.ceil((d * bits) / BITS);
  const binary = values.every((v) => v === range[0] || v === range[1]);
  let bits = binary ? 1 : FINE;
  while (bits > 1 && count * size(bits) > budget) bits--;
  const held = Math.min(count, Math.floor(budget / size(bits)));
  return {
    values: values.slice(0, held * d).map((v) => quantise(v, bits, range)),
    count: held,
    floats: held * size(bits),
  };
}

/** Keeps the first coefficients of every pattern, about the middle of the range. */
function truncate(
  values: Float32Array,
  count: number,
  shape: number[],
  range: Range,
  budget: number,
  bits: number,
): Kept {
  const [height, width, channels] = shape.length === 3 ? shape : [1, shape.reduce((a, b) => a * b, 1), 1];
  const places = height * width;
  const each = Math.floor((budget * BITS) / bits / count / channels);
  const coefficients = Math.min(places, each);
  // A budget of less than one coefficient a pattern holds the mean of some.
  const held = coefficients > 0 ? count : Math.floor((budget * BITS) / bits / channels);
  const number = Math.max(1, coefficients);
  const basis = shape.length === 3 ? Float64Array.from(cosines(height, width, number)) : undefined;
  const middle = (range[0] + range[1]) / 2;
  // No coefficient of an orthonormal basis is larger than the pattern is long.
  const bound = ((range[1] - range[0]) / 2) * (basis ? Math.sqrt(places) : 1);
  const out = new Float32Array(held * places * channels).fill(middle);
  for (let n = 0; n < held; n++) {
    for (let c = 0; c < channels; c++) {
      const at = (i: number) => (n * places + i) * channels + c;
      for (let k = 0; k < number; k++) {
        let coefficient = 0;
        if (basis) {
          for (let i = 0; i < places; i++) coefficient += basis[k * places + i] * (values[at(i)] - middle);
        } else coefficient = values[at(k)] - middle;
        if (bits < BITS) coefficient = quantise(coefficient, bits, [-bound, bound]);
        if (!basis) out[at(k)] = middle + coefficient;
        else for (let i = 0; i < places; i++) out[at(i)] += coefficient * basis[k * places + i];
      }
    }
  }
  return { values: out, count: held, floats: Math.ceil((held * number * channels * bits) / BITS) };
}
