/**
 * @file The strongest simple rival: a modern Hopfield network whose patterns are coded before they are kept, so that as many
 * as possible fit the budget. Codes are fixed, not learned: fewer bits a value, fewer coefficients of the cosine transform.
 */
import type { Tensor } from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import { cosines } from '../cosines.ts';
import { InputError } from '../errors.ts';
import type { AssociativeMemory, StoredMemory } from '../memory/associative.ts';
import {
  type Contents,
  checkContents,
  contentsOf,
  type Held,
  heldIn,
  keptPatterns,
} from '../memory/contents.ts';
import { checkNames, type Names } from '../option-names.ts';
import { sizeOf } from '../shapes.ts';
import { type Batch, centre, type Range, readBatch } from './boundary.ts';
import { modernHopfield } from './modern.ts';

/**
 * packed: every value in the most bits, up to 8, at which all patterns fit (one, where the values are bits).
 * truncated: as many coefficients of every pattern as fit, as float32: of an image the lowest frequencies, of a vector its
 * first values.
 * truncated-packed: likewise, in 8 bits a coefficient.
 */
export const codings = ['packed', 'truncated', 'truncated-packed'] as const;
export type Coding = (typeof codings)[number];

export interface CodedHopfieldOptions {
  coding: Coding;
  /** Budget. Default: that of the raw patterns. */
  floats?: number;
  /** Values its patterns lie in, default [-1, 1]. */
  range?: Range;
}

const OPTIONS: Names<CodedHopfieldOptions> = {
  coding: args.required(args.oneOf(codings)),
  floats: args.whole(1),
  range: args.range,
};

const BITS = 32;
/** Bits of a packed value or coefficient, at most. */
const FINE = 8;

/**
 * @throws InputError for an invalid option; `store` for patterns that are not [patterns, ...patternShape] or a budget that
 * holds nothing of them
 */
export function codedHopfield(options: CodedHopfieldOptions): AssociativeMemory {
  checkNames('coded', options, OPTIONS);
  const { coding, floats, range = [-1, 1] } = options;
  const name = `modern-${coding}`;
  const modern = modernHopfield({ range, similarity: 'euclidean', finish: 'nearest' });
  const stored = async (contents: Contents): Promise<StoredMemory> => {
    const [held] = Object.values(contents.tensors);
    const shape = [...contents.patternShape];
    const values = coding === 'packed' ? held.values : patternsOf(held, shape);
    // As they are: what few coefficients stand for may lie outside the range.
    const inside = await modern.restore(keptPatterns(values, shape));
    const bits = held.values.length * (held.bits ?? BITS);
    // The values of one packed pattern begin in a float32 of their own.
    const size =
      coding === 'packed' ? held.shape[0] * packedFloats(sizeOf(shape), held.bits!) : Math.ceil(bits / BITS);
    return { ...inside, floats: size, contents: () => contents };
  };
  /** First in, first out, in as many bits a value as the first had. */
  const add = async (before: StoredMemory, patterns: Tensor) => {
    const { patternShape, tensors } = contentsOf(name, before);
    const {
      shape,
      values,
      bits = FINE,
    } = heldIn(name, { patternShape, tensors }, 'patterns', [null, ...patternShape]);
    const more = await readBatch('patterns', patterns, { shape: patternShape, range });
    const packed = centre(more.values, range).map((v) => spread(v, bits));
    const all = new Float32Array(values.length + packed.length);
    all.set(values);
    all.set(packed, values.length);
    const most = floats === undefined ? Infinity : Math.floor(floats / packedFloats(more.d, bits));
    const held = Math.min(shape[0] + more.count, most);
    const kept = { shape: [held, ...patternShape], values: all.slice(all.length - held * more.d), bits };
    return stored({ patternShape, tensors: { patterns: kept } });
  };
  return {
    name,
    range,
    async store(patterns) {
      const batch = await readBatch('patterns', patterns, { range });
      const budget = floats ?? batch.count * batch.d;
      const centred = { ...batch, values: centre(batch.values, range) };
      const held =
        coding === 'packed'
          ? pack(centred, budget)
          : truncate(centred, budget, coding === 'truncated' ? BITS : FINE);
      if (held.shape[0] === 0)
        throw new InputError(`${name}: ${budget} floats cannot hold one pattern of ${batch.d}`);
      return stored({ patternShape: batch.shape, tensors: { [tensorName(coding)]: held } });
    },
    ...(coding === 'packed' ? { add } : {}),
    restore: async (contents) => {
      const { patternShape } = checkContents(name, contents);
      const [, , channels = 1] = patternShape;
      const wanted = coding === 'packed' ? [null, ...patternShape] : [null, channels, null];
      const key = tensorName(coding);
      return stored({ patternShape, tensors: { [key]: heldIn(name, contents, key, wanted) } });
    },
  };
}

const tensorName = (coding: Coding) => (coding === 'packed' ? 'patterns' : 'coefficients');

/** Rounds to the nearest of 2^bits values spread evenly from -bound to bound. */
function spread(value: number, bits: number, bound = 1): number {
  const steps = 2 ** bits - 1;
  return bound * ((2 * Math.round(((value / bound + 1) / 2) * steps)) / steps - 1);
}

const packedFloats = (d: number, bits: number) => Math.ceil((d * bits) / BITS);

/** Values [count, ...patternShape] in [-1, 1], each in as many bits as let all patterns fit. */
function pack({ values, count, d, shape }: Batch, budget: number): Held {
  let bits = values.every((v) => Math.abs(v) === 1) ? 1 : FINE;
  while (bits > 1 && count * packedFloats(d, bits) > budget) bits--;
  const held = Math.min(count, Math.floor(budget / packedFloats(d, bits)));
  const rounded = values.slice(0, held * d).map((v) => spread(v, bits));
  return { shape: [held, ...shape], values: rounded, bits };
}

/** The first coefficients of every channel of every pattern: [held, channels, coefficients]. */
function truncate({ values, count, shape }: Batch, budget: number, bits: number): Held {
  const [height, width, channels] = shape.length === 3 ? shape : [1, sizeOf(shape), 1];
  const places = height * width;
  const coefficients = Math.min(places, Math.floor((budget * BITS) / bits / count / channels));
  // A budget of less than one coefficient a pattern holds the mean of some.
  const held = coefficients > 0 ? count : Math.floor((budget * BITS) / bits / channels);
  const number = Math.max(1, coefficients);
  const basis = basisOf(shape, number);
  // No coefficient of an orthonormal basis is larger than the pattern is long.
  const bound = basis ? Math.sqrt(places) : 1;
  const out = new Float32Array(held * channels * number);
  for (let n = 0; n < held; n++) {
    for (let c = 0; c < channels; c++) {
      for (let k = 0; k < number; k++) {
        let coefficient = 0;
        if (basis) {
          for (let i = 0; i < places; i++)
            coefficient += basis[k * places + i] * values[(n * places + i) * channels + c];
        } else coefficient = values[n * places + k];
        out[(n * channels + c) * number + k] = bits < BITS ? spread(coefficient, bits, bound) : coefficient;
      }
    }
  }
  return { shape: [held, channels, number], values: out, bits: bits < BITS ? bits : undefined };
}

/** The patterns [held, ...shape] that coefficients stand for. */
function patternsOf({ shape: [held, channels, number], values }: Held, shape: number[]): Float32Array {
  const places = sizeOf(shape) / channels;
  const basis = basisOf(shape, number);
  const out = new Float32Array(held * places * channels);
  for (let n = 0; n < held; n++) {
    for (let c = 0; c < channels; c++) {
      for (let k = 0; k < number; k++) {
        const coefficient = values[(n * channels + c) * number + k];
        const at = (i: number) => (n * places + i) * channels + c;
        if (!basis) out[at(k)] = coefficient;
        else for (let i = 0; i < places; i++) out[at(i)] += coefficient * basis[k * places + i];
      }
    }
  }
  return out;
}

/** Of images: the first cosine waves, [number, places]. A vector is its own coefficients. */
function basisOf(shape: number[], number: number): Float64Array | undefined {
  if (shape.length !== 3) return undefined;
  return Float64Array.from(cosines(shape[0], shape[1], number));
}
