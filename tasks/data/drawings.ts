/** @file Omniglot's drawings: from the official archives' 105 x 105 PNGs to 32 x 32 bits, ink = 1, paper = 0. */
import { decode } from 'fast-png';
import { InputError } from '../../src/errors.ts';
import { shrink } from './shrink.ts';
import { readZip } from './zip.ts';

/** To be raised whenever the same archives would decode to other bits: cached sets of other versions are ignored. */
export const DECODING_VERSION = 1;

/** Side of a drawing in the archives, and as decoded. */
const SIDE = 105;
export const SMALL = 32;

/**
 * A pixel is ink when at least this share of its area is. At one half the share of ink stays what it was (7.8 %), and
 * in small2 no connected stroke breaks and 1 % of the drawings have two strokes merged: smaller thresholds merge more,
 * larger ones begin to break lines. Pen lines are about 5 of the old pixels wide, a new pixel is 3.3.
 */
const INK = 0.5;

/** Drawings in the order of their paths, so that each alphabet is one run of them. */
export interface Drawings {
  alphabets: Alphabet[];
  /** [drawings, 32, 32], 0 or 1, row by row. */
  bits: Uint8Array;
}

export interface Alphabet {
  /** As in the archive, for instance 'Japanese_(katakana)'. */
  name: string;
  /** How many drawings of it there are. */
  drawings: number;
  /** Names of the archives that have it. */
  archives: string[];
}

/**
 * Decodes archives given as [name, bytes]. A drawing that is in several archives (Greek and Latin are in both small
 * ones) is taken once. Throws InputError on a damaged archive, an unexpected entry or a PNG of another format.
 */
export function decodeDrawings(archives: [name: string, bytes: Uint8Array][]): Drawings {
  const found = new Map<
    string,
    { drawings: Map<string, Uint8Array>; pixels: Set<string>; archives: Set<string> }
  >();
  for (const [archive, bytes] of archives) {
    for (const [entry, png] of readZip(archive, bytes, '.png')) {
      const [, name, character, file, ...deeper] = entry.split('/');
      if (file === undefined || deeper.length > 0) {
        throw new InputError(
          `${archive}: unexpected entry ${entry}; expected ROOT/ALPHABET/CHARACTER/DRAWING.png`,
        );
      }
      const alphabet = found.get(name) ?? { drawings: new Map(), pixels: new Set(), archives: new Set() };
      found.set(name, alphabet);
      alphabet.archives.add(archive);
      const path = `${character}/${file}`;
      if (alphabet.drawings.has(path)) continue;
      const packed = decodePng(`${archive}: ${entry}`, png);
      // archives need not number a character alike, so a drawing is known by its pixels as well as its path
      const pixels = Buffer.from(packed).toString('latin1');
      if (alphabet.pixels.has(pixels)) continue;
      alphabet.pixels.add(pixels);
      alphabet.drawings.set(path, packed);
    }
  }
  const alphabets: Alphabet[] = [];
  const bits: Uint8Array[] = [];
  for (const [name, alphabet] of sorted(found)) {
    alphabets.push({ name, drawings: alphabet.drawings.size, archives: [...alphabet.archives].sort() });
    for (const [, packed] of sorted(alphabet.drawings)) bits.push(smallBits(packed));
  }
  return { alphabets, bits: concatenated(bits) };
}

/** Entries in the order of their keys, the same on every machine. */
function sorted<T>(map: Map<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function concatenated(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.length * SMALL * SMALL);
  parts.forEach((part, i) => {
    whole.set(part, i * SMALL * SMALL);
  });
  return whole;
}

/** Rows of 14 bytes, most significant bit left, 1 = paper. Throws InputError unless it is a 105 x 105 1-bit PNG. */
function decodePng(label: string, png: Uint8Array): Uint8Array {
  let image: ReturnType<typeof decode>;
  try {
    image = decode(png, { checkCrc: true });
  } catch (error) {
    throw new InputError(`${label} is not a readable PNG (${(error as Error).message})`);
  }
  const { width, height, depth, channels, palette } = image;
  if (width !== SIDE || height !== SIDE || depth !== 1 || channels !== 1 || palette) {
    const found = `${width} x ${height} with ${channels} x ${depth} bits${palette ? ' and a palette' : ''}`;
    throw new InputError(`${label} is ${found}; expected ${SIDE} x ${SIDE} with 1 x 1 bits`);
  }
  return image.data as Uint8Array;
}

/** [32, 32] bits, ink = 1, of a packed 105 x 105 image in which ink is 0. */
function smallBits(packed: Uint8Array): Uint8Array {
  const stride = Math.ceil(SIDE / 8);
  const ink = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++)
      ink[y * SIDE + x] = 1 - ((packed[y * stride + (x >> 3)] >> (7 - (x & 7))) & 1);
  }
  return Uint8Array.from(shrink(ink, SIDE, SMALL), (share) => (share >= INK ? 1 : 0));
}
