/** @file Corruptions: how a stored pattern becomes a query. One table from name to a small function, one parser. */
import * as args from '../src/arguments.ts';
import { InputError } from '../src/errors.ts';
import type { Random } from '../src/random.ts';
import type { Task } from './task.ts';

/** A corruption made for one task by `parseCorruption`. */
export interface Corruption {
  /** The spec it was parsed from, for instance 'resample:64'. */
  readonly spec: string;
  /**
   * Corrupts one pattern in place. `query` holds the pattern's values, in [0, 1] before and after; `known` holds ones,
   * and becomes 0 at every entry chosen for corruption, whether or not its value changed.
   */
  apply(query: Float32Array, known: Float32Array, random: Random): void;
}

/** One for a task, which `apply` carries out. */
export const APPLICABLE = args.fields(
  { spec: args.text, apply: args.callable },
  'what parseCorruption gives: { spec, apply }',
);
export const CORRUPTION: args.Kind = {
  wanted: 'name:size, or what parseCorruption gives',
  fault: (value, at) => (typeof value === 'string' ? undefined : APPLICABLE.fault(value, at)),
};

/** What a corruption may depend on. */
type Values = Pick<Task, 'patternShape' | 'bitsPerValue'>;

/** What the number in `name:size` means; it decides which numbers are allowed. */
type Size = 'entries' | 'side' | 'fraction' | 'deviation' | 'none';

interface Kind {
  size: Size;
  help: string;
  /** Makes the in-place corruption for a size that has been validated. */
  make(size: number, values: Values): Corruption['apply'];
}

export type CorruptionName =
  | 'resample'
  | 'flip'
  | 'block'
  | 'uniform-block'
  | 'salt-pepper'
  | 'gaussian'
  | 'drop'
  | 'mask'
  | 'half'
  | 'pixels'
  | 'border';

const KINDS: Record<CorruptionName, Kind> = {
  resample: {
    size: 'entries',
    help: 'exactly N random entries, each redrawn uniformly (bits where the patterns are binary)',
    make: (n, values) => somewhere(n, values, values.bitsPerValue === 1 ? bit : uniform),
  },
  flip: {
    size: 'entries',
    help: 'exactly N random entries x become 1 - x',
    make: (n, values) => somewhere(n, values, (_, x) => 1 - x),
  },
  block: {
    size: 'side',
    help: 'a random N x N block of an image becomes random bits',
    make: (n, values) => block(n, values, bit),
  },
  'uniform-block': {
    size: 'side',
    help: 'a random N x N block of an image becomes uniform noise in [0, 1)',
    make: (n, values) => block(n, values, uniform),
  },
  'salt-pepper': {
    size: 'fraction',
    help: 'a fraction of the entries, at random, becomes 0 or 1',
    make: (fraction, values) => somewhere(Math.round(fraction * entries(values)), values, bit),
  },
  gaussian: {
    size: 'deviation',
    help: 'normal noise of this standard deviation on every entry, clipped to [0, 1]; no entry is known',
    make: (deviation) => (query, known, random) => {
      for (let i = 0; i < query.length; i++) {
        query[i] = Math.min(1, Math.max(0, query[i] + deviation * random.normal()));
      }
      known.fill(0);
    },
  },
  drop: {
    size: 'fraction',
    // 0.5 and not 0: in a binary pattern 0 is a value, 0.5 says nothing either way
    help: 'a fraction of the entries, at random, becomes 0.5 (no evidence either way)',
    make: (fraction, values) => somewhere(Math.round(fraction * entries(values)), values, () => 0.5),
  },
  mask: {
    size: 'fraction',
    // zero as in Universal Hopfield Networks, whose experiments mask the lower part of images
    help: 'the lower fraction of an image, or the end of a vector, becomes 0',
    make: (fraction, values) => mask(fraction, values),
  },
  half: {
    size: 'none',
    help: 'the same as mask:0.5',
    make: (_, values) => mask(0.5, values),
  },
  pixels: {
    size: 'fraction',
    help: 'a fraction of the pixels of an image (entries of a vector), at random, becomes 0 in all channels',
    make: (fraction, values) => pixels(fraction, values),
  },
  border: {
    size: 'fraction',
    // the share of the side, not of the area, as in Universal Hopfield Networks
    help: 'the border of an image becomes 0, together this fraction of its height and of its width',
    make: (fraction, values) => border(fraction, values),
  },
};

/** Names of all corruptions, in the order of the help text. */
export const corruptionNames = Object.keys(KINDS) as CorruptionName[];

/** One line per corruption, for the command line's help: its spec and what it does. */
export function corruptionHelp(): string {
  const rows = corruptionNames.map((name) => [usage(name), KINDS[name].help]);
  const width = Math.max(...rows.map(([spec]) => spec.length));
  return rows.map(([spec, help]) => `${spec.padEnd(width)}  ${help}`).join('\n');
}

/**
 * Parses a spec `name:size` (or `name`) for the patterns of a task. Throws InputError, listing what exists, when the
 * name is unknown, the size is out of range for these patterns, or an image is needed.
 */
export function parseCorruption(spec: string, values: Values): Corruption {
  if (typeof spec !== 'string')
    throw new InputError(`invalid corruption ${args.described(spec)}; expected one of ${specs()}`);
  args.check('parseCorruption', {
    task: [values, args.fields({ patternShape: args.shape }, 'a task, or its patternShape and bitsPerValue')],
  });
  const [name, text, ...rest] = spec.split(':');
  const known = Object.hasOwn(KINDS, name) && rest.length === 0;
  if (!known) throw new InputError(`invalid corruption "${spec}"; expected one of ${specs()}`);
  const kind = KINDS[name as CorruptionName];
  const [low, high] = range(kind.size, values, spec);
  if (kind.size === 'none') {
    if (text !== undefined) throw new InputError(`invalid corruption "${spec}"; ${name} takes no size`);
    return { spec, apply: kind.make(0, values) };
  }
  const whole = kind.size === 'entries' || kind.size === 'side';
  const size = (whole ? /^\d+$/ : /^(\d+\.?\d*|\.\d+)$/).test(text ?? '') ? Number(text) : Number.NaN;
  if (!(size >= low && size <= high)) {
    const bounds = high === Number.MAX_VALUE ? `at least ${low}` : `from ${low} to ${high}`;
    const wanted = `${name}:N with ${whole ? 'a whole number' : 'a number'} N ${bounds}`;
    throw new InputError(
      `invalid corruption "${spec}"; expected ${wanted} (patterns are ${describe(values)}); there are ${specs()}`,
    );
  }
  return { spec, apply: kind.make(size, values) };
}

function usage(name: CorruptionName): string {
  const size = { entries: ':N', side: ':N', fraction: ':FRACTION', deviation: ':DEVIATION', none: '' };
  return name + size[KINDS[name].size];
}

function specs(): string {
  return corruptionNames.map(usage).join(', ');
}

function describe({ patternShape }: Values): string {
  return patternShape.join(' x ');
}

function entries({ patternShape }: Values): number {
  return patternShape.reduce((product, n) => product * n, 1);
}

/** Smallest and largest size allowed. Throws InputError when the size needs an image and the patterns are none. */
function range(size: Size, values: Values, spec: string): [number, number] {
  switch (size) {
    case 'entries':
      return [0, entries(values)];
    case 'fraction':
      return [0, 1];
    case 'deviation':
      return [0, Number.MAX_VALUE];
    case 'none':
      return [0, 0];
    case 'side': {
      const [height, width, channels] = values.patternShape;
      if (channels === undefined) {
        throw new InputError(
          `corruption "${spec}" needs images, but patterns are ${describe(values)}; there are ${specs()}`,
        );
      }
      return [1, Math.min(height, width)];
    }
  }
}

/** A new value for an entry that was x. */
type Redraw = (random: Random, x: number) => number;
const bit: Redraw = (random) => random.bit();
const uniform: Redraw = (random) => random.uniform();

/** Corrupts exactly `count` entries chosen without replacement. */
function somewhere(count: number, values: Values, redraw: Redraw): Corruption['apply'] {
  const n = entries(values);
  const identity = Uint32Array.from({ length: n }, (_, i) => i);
  const order = new Uint32Array(n);
  return (query, known, random) => {
    // the first `count` steps of a Fisher-Yates shuffle
    order.set(identity);
    for (let i = 0; i < count; i++) {
      const j = i + random.integer(n - i);
      const chosen = order[j];
      order[j] = order[i];
      query[chosen] = redraw(random, query[chosen]);
      known[chosen] = 0;
    }
  };
}

/** Corrupts a square of all channels, its corner uniform over the places where it fits. */
function block(side: number, { patternShape }: Values, redraw: Redraw): Corruption['apply'] {
  const [height, width, channels] = patternShape;
  return (query, known, random) => {
    const top = random.integer(height - side + 1);
    const left = random.integer(width - side + 1);
    for (let y = top; y < top + side; y++) {
      const start = (y * width + left) * channels;
      for (let i = start; i < start + side * channels; i++) query[i] = redraw(random, query[i]);
      known.fill(0, start, start + side * channels);
    }
  };
}

/** Zeroes exactly round(fraction * pixels) pixels, chosen without replacement. */
function pixels(fraction: number, values: Values): Corruption['apply'] {
  const channels = values.patternShape[2] ?? 1;
  const [all, count] = [entries(values) / channels, Math.round((fraction * entries(values)) / channels)];
  return (query, known, random) => {
    for (const pixel of random.permutation(all).subarray(0, count)) {
      query.fill(0, pixel * channels, (pixel + 1) * channels);
      known.fill(0, pixel * channels, (pixel + 1) * channels);
    }
  };
}

/** Zeroes the outer floor(fraction * side / 2) rows at the top and bottom, and columns left and right. */
function border(fraction: number, { patternShape }: Values): Corruption['apply'] {
  const [height, width = 1, channels = 1] = patternShape;
  const margin = (side: number) => Math.floor((fraction * side) / 2);
  const [rows, columns] = [margin(height), margin(width)];
  return (query, known) => {
    for (let y = 0; y < height; y++) {
      const start = y * width * channels;
      const inside = y >= rows && y < height - rows;
      const spans = inside
        ? [
            [start, start + columns * channels],
            [start + (width - columns) * channels, start + width * channels],
          ]
        : [[start, start + width * channels]];
      for (const [from, to] of spans) {
        query.fill(0, from, to);
        known.fill(0, from, to);
      }
    }
  };
}

/** Zeroes the last `fraction` of the first axis: the lower rows of an image, the end of a vector. */
function mask(fraction: number, values: Values): Corruption['apply'] {
  const [rows] = values.patternShape;
  const start = (rows - Math.round(fraction * rows)) * (entries(values) / rows);
  return (query, known) => {
    query.fill(0, start);
    known.fill(0, start);
  };
}
