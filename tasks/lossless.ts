/**
 * @file How many bits the patterns of a task take without any loss: as given, as PNG, and by a static arithmetic coder whose model was
 * fitted to training patterns. Reference lines for memories: what recalls better than these in as many bits is worth having.
 */
import { encode } from 'fast-png';
import { sizeOf } from '../src/shapes.ts';
import type { Task } from './task.ts';

export interface Reference {
  name: 'raw' | 'PNG' | 'arithmetic coder';
  /** Mean bits of one pattern. */
  bits: number;
}

/** Training images that the arithmetic coder's model is fitted to. */
const FITTED = 512;

/**
 * The references of patterns of a split, of vectors only the raw size: fair bits have no shorter code.
 * @param patterns [count, ...task.patternShape], in [0, 1]
 */
export function references(task: Task, patterns: Float32Array, seed: number): Reference[] {
  const size = sizeOf(task.patternShape);
  const raw: Reference = { name: 'raw', bits: size * task.bitsPerValue };
  if (task.patternShape.length !== 3) return [raw];
  const images = split(patterns, size);
  const coder = imageCoder(task, trainingImages(task, seed));
  const mean = (bits: (image: Float32Array) => number) =>
    images.reduce((sum, image) => sum + bits(image), 0) / images.length;
  return [
    raw,
    { name: 'PNG', bits: mean((image) => pngBits(image, task)) },
    { name: 'arithmetic coder', bits: mean(coder) },
  ];
}

const split = (values: Float32Array, size: number) =>
  Array.from({ length: values.length / size }, (_, i) => values.subarray(i * size, (i + 1) * size));

/** As many distinct training images as there are, up to `FITTED`. */
function trainingImages(task: Task, seed: number): Float32Array[] {
  for (let count = FITTED; count > 1; count = Math.floor(count / 2)) {
    try {
      return split(task.patterns('train', seed, 0, count), sizeOf(task.patternShape));
    } catch {
      // The split has fewer.
    }
  }
  return [];
}

const levelsOf = ({ bitsPerValue }: Task) => 2 ** bitsPerValue - 1;

/** Bits of the whole file: signature and headers too, as a file system would keep it. Binary images have one bit a pixel. */
function pngBits(image: Float32Array, task: Task): number {
  const [height, width, channels] = task.patternShape;
  const levels = levelsOf(task);
  const values = Uint8Array.from(image, (v) => Math.round(v * levels));
  const depth = task.bitsPerValue === 1 ? 1 : 8;
  const data = depth === 1 ? packedRows(values, width * channels) : values;
  return (
    8 * encode({ width, height, data, channels: channels as 1 | 3, depth }, { zlib: { level: 9 } }).length
  );
}

function packedRows(bits: Uint8Array, width: number): Uint8Array {
  const row = Math.ceil(width / 8);
  const out = new Uint8Array((bits.length / width) * row);
  for (const [i, bit] of bits.entries())
    out[Math.floor(i / width) * row + ((i % width) >> 3)] |= bit << (7 - ((i % width) % 8));
  return out;
}

/**
 * The ideal code length of an image in bits: -log2 of its probability under frequencies counted in training images, which an arithmetic
 * coder reaches to two bits. Binary images: a pixel given the ten before it of JBIG's template (ITU-T T.82). Others: the residual of the
 * median predictor of LOCO-I (Weinberger et al. 2000), given how rough its surroundings are and the channel.
 */
export function imageCoder(task: Task, training: Float32Array[]): (image: Float32Array) => number {
  const levels = levelsOf(task);
  const symbols = levels + 1;
  const each = task.bitsPerValue === 1 ? binarySymbols : residualSymbols;
  const counts = new Map<number, Float64Array>();
  const countsOf = (context: number) => {
    const known = counts.get(context);
    if (known) return known;
    // Half a count for every symbol before anything is seen (Krichevsky and Trofimov 1981), spread thinner over many.
    const fresh = new Float64Array(symbols).fill(symbols === 2 ? 0.5 : 0.02);
    counts.set(context, fresh);
    return fresh;
  };
  for (const image of training) {
    each(image, task.patternShape, levels, (context, symbol) => {
      countsOf(context)[symbol]++;
    });
  }
  const totals = new Map([...counts].map(([context, own]) => [context, own.reduce((a, b) => a + b, 0)]));
  return (image) => {
    let bits = 0;
    each(image, task.patternShape, levels, (context, symbol) => {
      const own = countsOf(context);
      const total = totals.get(context) ?? own.reduce((a, b) => a + b, 0);
      bits -= Math.log2(own[symbol] / total);
    });
    return bits;
  };
}

type EachSymbol = (
  image: Float32Array,
  shape: number[],
  levels: number,
  see: (context: number, symbol: number) => void,
) => void;

/** The ten pixels before one: two rows above it and its own. */
const TEMPLATE = [[-2, -1], [-2, 0], [-2, 1], [-1, -2], [-1, -1], [-1, 0], [-1, 1], [-1, 2], [0, -2], [0, -1]]; // biome-ignore format: a list

const binarySymbols: EachSymbol = (image, [height, width], _, see) => {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let context = 0;
      for (const [dy, dx] of TEMPLATE) {
        const inside = y + dy >= 0 && x + dx >= 0 && x + dx < width;
        context = 2 * context + (inside && image[(y + dy) * width + x + dx] > 0.5 ? 1 : 0);
      }
      see(context, image[y * width + x] > 0.5 ? 1 : 0);
    }
  }
};

/** Differences of neighbours up to which a context reaches, in levels of 255. */
const ROUGHNESS = [3, 8, 16, 32, 64, 128];

const residualSymbols: EachSymbol = (image, [height, width, channels], levels, see) => {
  const at = (y: number, x: number, c: number) =>
    y < 0 || x < 0 ? 0 : Math.round(image[(y * width + Math.min(x, width - 1)) * channels + c] * levels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const [west, north, corner, beyond] = [at(y, x - 1, c), at(y - 1, x, c), at(y - 1, x - 1, c), at(y - 1, x + 1, c)]; // biome-ignore format: neighbours
        const low = Math.min(west, north);
        const high = Math.max(west, north);
        let guess = corner >= high ? low : corner <= low ? high : west + north - corner;
        // Channels move together: what the first missed, the others miss too.
        if (c > 0) {
          const before = (dy: number, dx: number) => at(y + dy, x + dx, c - 1);
          const moved = before(0, 0) - (before(0, -1) + before(-1, 0)) / 2;
          guess = Math.round((west + north) / 2 + moved);
        }
        guess = Math.min(levels, Math.max(0, guess));
        const rough = Math.abs(west - corner) + Math.abs(north - corner) + Math.abs(beyond - north);
        const context = c * 16 + ROUGHNESS.filter((limit) => rough > limit).length;
        see(context, (at(y, x, c) - guess + levels + 1) % (levels + 1));
      }
    }
  }
};
