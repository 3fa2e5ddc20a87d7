/** @file One look at every pattern: what values there are, what they mean, and a hash by which equal patterns are found. */
import { InputError } from '../../src/errors.ts';
import type { ParsedFiles } from './options.ts';
import { type Numbers, nameOf, type Patterns } from './patterns.ts';

export type Range = [low: number, high: number];

/** What the values of one file are. */
interface Values {
  patterns: Patterns;
  low: number;
  high: number;
  /** The values there are, ascending, where they are at most two. */
  few?: number[];
  /** Of every pattern, as float32 numbers. */
  hashes: Float64Array;
}

export interface Survey {
  values: 'bits' | 'numbers';
  /** The range of all files; undefined where they have several. */
  range?: Range;
  /** Whether it is one that data usually have. */
  usual: boolean;
  /** Every file's patterns in [0, 1]. */
  parts: Patterns[];
  /** For each file, hashes of its patterns in [0, 1]: equal ones of any type have equal hashes. */
  hashes: Float64Array[];
}

/** The ranges that numbers usually have: taken where they hold the data. */
const USUAL: Range[] = [
  [0, 1],
  [-1, 1],
  [0, 255],
];
export const isUsual = (range: readonly number[]) => USUAL.some((usual) => usual.join() === range.join());

/**
 * @param progress is told now and then how many patterns have been read
 * @throws InputError for a value that is not finite or not in the range given, naming the file and pattern; for values
 * that are said to be bits and are not
 */
export function survey(
  files: Patterns[],
  options: Pick<ParsedFiles, 'range' | 'values'>,
  progress: (done: number, total: number) => void = () => {},
): Survey {
  const total = files.reduce((sum, { count }) => sum + count, 0);
  let done = 0;
  const found = files.map((patterns) => {
    const values = valuesOf(patterns, options.range, (n) => progress(done + n, total));
    done += patterns.count;
    return values;
  });
  const { ranges, bits } = meaningOf(found, options);
  const parts = files.map((patterns, i) => converted(patterns, ranges[i], bits));
  const [first] = ranges;
  const same = ranges.every((range) => range.join() === first.join());
  // Of one range, patterns are equal where their raw numbers are.
  const hashes = same ? found.map((values) => values.hashes) : parts.map(hashesOf);
  return {
    values: bits ? 'bits' : 'numbers',
    ...(same ? { range: first } : {}),
    usual: ranges.every(isUsual),
    parts,
    hashes,
  };
}

function valuesOf(patterns: Patterns, check: Range | undefined, progress: (done: number) => void): Values {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const few: number[] = [];
  const [least, most] = check ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  const hashes = new Float64Array(patterns.count);
  let hash: ReturnType<typeof hasher> | undefined;
  for (let index = 0; index < patterns.count; index++) {
    if (index % 1024 === 0) progress(index);
    const values = patterns.read(index);
    let last = Number.NaN;
    for (let i = 0; i < values.length; i++) {
      const v = values[i];
      if (v === last) continue;
      // NaN is in no range.
      if (!(v >= least && v <= most)) {
        throw new InputError(
          `${nameOf(patterns, index)}: value ${i + 1} is ${v}, expected ${check ? `numbers from ${least} to ${most}` : 'finite numbers'}`,
        );
      }
      if (v < low) low = v;
      if (v > high) high = v;
      if (few.length < 3 && !few.includes(v)) few.push(v);
      last = v;
    }
    hash ??= hasher(values.length);
    hashes[index] = hash(values);
  }
  return { patterns, low, high, hashes, ...(few.length < 3 ? { few: few.sort((a, b) => a - b) } : {}) };
}

/** The range of every file that becomes [0, 1], and whether all values are one of its ends. */
function meaningOf(
  found: Values[],
  { range, values }: Pick<ParsedFiles, 'range' | 'values'>,
): { ranges: Range[]; bits: boolean } {
  const low = found.reduce((least, part) => Math.min(least, part.low), Number.POSITIVE_INFINITY);
  const high = found.reduce((most, part) => Math.max(most, part.high), Number.NEGATIVE_INFINITY);
  if (range && range[0] >= range[1])
    throw new InputError(`task.range is [${range.join(', ')}], expected the lower number first`);
  if (!range && low === high)
    throw new InputError(`task: all values are ${low}; give task.range, or other patterns`);
  const pairs = values === 'numbers' ? undefined : rangesOfBits(found, range);
  if (pairs) return { ranges: pairs, bits: true };
  if (values === 'bits') {
    const wrong =
      found.find(({ few }) => !few || (range && !few.every((v) => range.includes(v)))) ?? found[0];
    const are = wrong.few ? `are ${wrong.few.join(' and ')}` : `go from ${wrong.low} to ${wrong.high}`;
    throw new InputError(
      `task.values is bits, but the values of ${wrong.patterns.label} ${are}, expected ${range ? range.join(' and ') : 'two of them'}`,
    );
  }
  if (range) return { ranges: found.map(() => range), bits: false };
  // What bytes mean is known, whatever numbers of other types beside them do.
  const [numbers, bytes] = [found.filter(({ patterns }) => !patterns.bytes), found.filter(({ patterns }) => patterns.bytes)]; // biome-ignore format: one split
  const darkest = bytes.every((part) => part.high <= 1);
  const rangeOf = (part: Values): Range => {
    if (part.patterns.bytes) return part.high <= 1 && !darkest ? [0, 1] : [0, 255];
    const from = numbers.reduce((least, one) => Math.min(least, one.low), Number.POSITIVE_INFINITY);
    const to = numbers.reduce((most, one) => Math.max(most, one.high), Number.NEGATIVE_INFINITY);
    return USUAL.find((usual) => from >= usual[0] && to <= usual[1]) ?? [from, to];
  };
  return { ranges: found.map(rangeOf), bits: false };
}

/** Where every file holds two values: 0 and 1, -1 and 1, or 0 and 255, each file for itself; or other two, the same in all. */
function rangesOfBits(found: Values[], range: Range | undefined): Range[] | undefined {
  if (range) {
    const fit = found.every(({ few }) => few?.every((v) => range.includes(v)));
    return fit ? found.map(() => range) : undefined;
  }
  if (found.some(({ few }) => !few)) return undefined;
  const pairs = found.filter(({ few }) => few!.length === 2).map(({ few }) => few as Range);
  const known = pairs.every(isUsual) && pairs.length > 0;
  // A file of one value alone says nothing: it is read as the others.
  const joint = [...new Set(found.flatMap(({ few }) => few!))].sort((a, b) => a - b);
  if (joint.length === 2) {
    const usual = isUsual(joint) ? (joint as Range) : undefined;
    return found.map(() => usual ?? (joint as Range));
  }
  if (!known) return undefined;
  const ranges = found.map(({ few }) =>
    few!.length === 2 ? (few as Range) : pairs.find((pair) => pair.includes(few![0])),
  );
  return ranges.every((one) => one !== undefined) ? (ranges as Range[]) : undefined;
}

/** The patterns with values in [0, 1]. */
function converted(patterns: Patterns, [low, high]: Range, bits: boolean): Patterns {
  return {
    ...patterns,
    bits: bits ? 1 : patterns.bits,
    bytes: false,
    read(index) {
      const raw = patterns.read(index);
      const result = new Float32Array(raw.length);
      if (bits) for (let i = 0; i < raw.length; i++) result[i] = Number(raw[i] === high);
      else for (let i = 0; i < raw.length; i++) result[i] = (raw[i] - low) / (high - low);
      return result;
    },
  };
}

function hashesOf(patterns: Patterns): Float64Array {
  let hash: ReturnType<typeof hasher> | undefined;
  return Float64Array.from({ length: patterns.count }, (_, i) => {
    const values = patterns.read(i);
    hash ??= hasher(values.length);
    return hash(values);
  });
}

/** A hash of 53 bits of numbers as float32, whatever their type: two lanes of MurmurHash3's mixing (Appleby 2011). */
function hasher(size: number): (values: Numbers) => number {
  const floats = new Float32Array(size);
  const words = new Int32Array(floats.buffer);
  return (values) => {
    floats.set(values);
    let [a, b] = [size, ~size];
    for (let i = 0; i < size; i++) {
      // -0 is 0.
      const word = words[i] === -(2 ** 31) ? 0 : words[i];
      let k = Math.imul(word, 0xcc9e2d51);
      k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
      a ^= k;
      a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
      b ^= Math.imul(k ^ (k >>> 15), 0x85ebca6b);
      b = (Math.imul((b << 11) | (b >>> 21), 9) + 0x38495ab5) | 0;
    }
    return (finished(a) >>> 11) * 2 ** 32 + (finished(b) >>> 0);
  };
}

function finished(h: number): number {
  let k = h ^ (h >>> 16);
  k = Math.imul(k, 0x85ebca6b);
  k ^= k >>> 13;
  k = Math.imul(k, 0xc2b2ae35);
  return k ^ (k >>> 16);
}
