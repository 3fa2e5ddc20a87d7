/**
 * @file Uniform quantisation: numbers as whole codes of b bits and one scale. The levels lie at scale * (k + 1/2) or at scale * k, for
 * k = -2^(b-1) ... 2^(b-1) - 1, whichever grid and scale leave the least squared error.
 */

/** Numbers in b bits each. number[i] = scale * (codes[i] - 2^(bits-1) + offset). */
export interface Quantised {
  bits: number;
  /** Positive, a float32. */
  scale: number;
  /** 1/2: levels on both sides of zero; 0: zero is a level. */
  offset: 0 | 0.5;
  /** 0 ... 2^bits - 1. */
  codes: Uint16Array;
}

/** Of more numbers than this, the scale is chosen by a part, evenly spread. */
const SAMPLE = 16384;
/** Where the largest code's level is tried first, as a part of the largest magnitude. */
const PARTS = [1, 0.85, 0.7, 0.55, 0.42, 0.32, 0.24, 0.16, 0.1];
/** Rounds of fitting the scale to the codes and the codes to the scale (Lloyd), which never raises the error. */
const ROUNDS = 8;

export function quantise(numbers: Float32Array, bits: number): Quantised {
  const { scale, offset } = bestGrid(numbers, bits);
  const half = 2 ** (bits - 1);
  const codes = Uint16Array.from(numbers, (x) => place(x / scale, half, offset) + half);
  return { bits, scale, offset, codes };
}

export function dequantise({ bits, scale, offset, codes }: Quantised): Float32Array {
  const half = 2 ** (bits - 1);
  return Float32Array.from(codes, (code) => scale * (code - half + offset));
}

/** Numbers after a round trip. */
export const quantised = (numbers: Float32Array, bits: number): Float32Array =>
  dequantise(quantise(numbers, bits));

/** The nearest k. Halves go up, as in floor(x + 1/2). */
const place = (x: number, half: number, offset: number) =>
  Math.min(half - 1, Math.max(-half, Math.floor(x - offset + 0.5)));

/** The scale and offset of least squared error among those tried. Numbers that lie on such a grid already find it. */
function bestGrid(numbers: Float32Array, bits: number): { scale: number; offset: 0 | 0.5 } {
  const stride = Math.ceil(numbers.length / SAMPLE);
  const sample = stride === 1 ? numbers : numbers.filter((_, i) => i % stride === 0);
  const top = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  let best = { scale: 1, offset: 0 as 0 | 0.5, error: Number.POSITIVE_INFINITY };
  if (!(top > 0)) return best;
  const half = 2 ** (bits - 1);
  for (const offset of [0.5, 0] as const) {
    const largest = Math.max(half - 1 + offset, 0.5);
    for (const start of firstScales(top, half, offset, largest)) {
      const found = lloyd(sample, Math.fround(start), half, offset);
      if (found.error < best.error) best = { ...found, offset };
    }
  }
  return best;
}

function firstScales(top: number, half: number, offset: number, largest: number): number[] {
  const scales = PARTS.map((part) => (part * top) / largest);
  // Where few levels are in use, the largest number may lie on any of them.
  // Whole levels reach one further below zero than above.
  if (offset === 0) scales.push(top / half);
  for (let k = half - 1; k >= Math.max(0, half - 8); k--) if (k + offset > 0) scales.push(top / (k + offset));
  return scales;
}

/** Fits scale and codes in turn, from a first scale. */
function lloyd(numbers: Float32Array, start: number, half: number, offset: number) {
  let scale = start;
  let error = Number.POSITIVE_INFINITY;
  let next = start;
  for (let round = 0; round < ROUNDS; round++) {
    let [sum, along, squares] = [0, 0, 0];
    for (const x of numbers) {
      const level = place(x / next, half, offset) + offset;
      const difference = x - next * level;
      sum += difference * difference;
      along += x * level;
      squares += level * level;
    }
    if (!(sum < error)) break;
    [scale, error] = [next, sum];
    const fitted = Math.fround(along / squares);
    if (error === 0 || !(fitted > 0) || fitted === next) break;
    next = fitted;
  }
  return { scale, error };
}

/** Codes of `bits` bits one after another, the lowest bit first, from the lowest bit of the first byte on. */
export function packBits(codes: Uint16Array, bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((codes.length * bits) / 8));
  let at = 0;
  for (const code of codes)
    for (let b = 0; b < bits; b++, at++) bytes[at >> 3] |= ((code >> b) & 1) << (at & 7);
  return bytes;
}

/** The `count` codes that `packBits` packed. */
export function unpackBits(bytes: Uint8Array, bits: number, count: number): Uint16Array {
  let at = 0;
  return Uint16Array.from({ length: count }, () => {
    let code = 0;
    for (let b = 0; b < bits; b++, at++) code |= ((bytes[at >> 3] >> (at & 7)) & 1) << b;
    return code;
  });
}
