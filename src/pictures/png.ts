/**
 * @file PNG (ISO/IEC 15948): whole files only, every checksum verified. Samples are taken as they are: colour management (gAMA,
 * iCCP, sRGB) changes nothing, and alpha is left out rather than blended, as Pillow's convert("RGB") does.
 */
import { inflateSync } from 'node:zlib';
import { orientationInXmp, orientationOf } from './exif.ts';
import { type Header, MOST_PIXELS, type Picture, PictureError } from './picture.ts';
import { chunks } from './png-chunks.ts';

/** Samples of a pixel by colour type: grey, colour, index into the palette, grey and alpha, colour and alpha. */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Record<number, number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

interface Layout {
  width: number;
  height: number;
  depth: number;
  colour: number;
  interlaced: boolean;
}

function layoutOf(data: Uint8Array): Layout {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, compression, filter, interlace] = data.subarray(8, 13);
  if (width === 0 || height === 0) throw new PictureError(`its size is ${width} x ${height}`);
  if (!DEPTHS[colour]?.includes(depth))
    throw new PictureError(`colour type ${colour} of ${depth} bits, which PNG does not have`);
  if (compression !== 0 || filter !== 0 || interlace > 1) throw new PictureError('its header is damaged');
  return { width, height, depth, colour, interlaced: interlace === 1 };
}

/** Frames of an animated PNG. */
const framesOf = (data: Uint8Array) =>
  data.length < 4 ? 1 : new DataView(data.buffer, data.byteOffset).getUint32(0);

const XMP = 'XML:com.adobe.xmp\0\0';
/** The orientation in an uncompressed text of XMP; undefined where it is another text. */
const xmpOf = (data: Uint8Array) =>
  XMP === String.fromCharCode(...data.subarray(0, XMP.length)) ? orientationInXmp(data) : undefined;

/** From the first bytes alone. @throws PictureError where they are no header of a PNG */
export function pngHeader(bytes: Uint8Array): Header {
  if (bytes.length < 33 || String.fromCharCode(...bytes.subarray(12, 16)) !== 'IHDR')
    throw new PictureError('it is cut off, or damaged, in its header');
  const { width, height, colour } = layoutOf(bytes.subarray(16, 29));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [exif, xmp, moves] = [1, 1, false];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (end <= bytes.length) {
      const data = bytes.subarray(at + 8, end);
      if (type === 'eXIf') exif = orientationOf(data);
      else if (type === 'acTL') moves = framesOf(data) > 1;
      else if (type === 'iTXt') xmp = xmpOf(data) ?? xmp;
    }
    if (type === 'IDAT') break;
    at = end + 4;
  }
  const turned = (exif === 1 ? xmp : exif) > 4;
  return {
    width: turned ? height : width,
    height: turned ? width : height,
    grey: colour === 0 || colour === 4,
    moves,
  };
}

/** @throws PictureError where the file is cut off, damaged or no PNG */
export function decodePng(bytes: Uint8Array): Picture {
  let layout: Layout | undefined;
  let palette: Uint8Array | undefined;
  let [exif, xmp, frames] = [1, 1, 1];
  const parts: Uint8Array[] = [];
  for (const [type, data] of chunks(bytes)) {
    if (!layout && type !== 'IHDR')
      throw new PictureError('it is damaged: it does not begin with its header');
    if (type === 'IHDR') {
      if (data.length !== 13) throw new PictureError('its header is damaged');
      layout = layoutOf(data);
    } else if (type === 'PLTE') palette = data;
    else if (type === 'IDAT') parts.push(data);
    else if (type === 'eXIf') exif = orientationOf(data);
    else if (type === 'iTXt') xmp = xmpOf(data) ?? xmp;
    else if (type === 'acTL') frames = framesOf(data);
    else if (/^[A-Z]/.test(type) && type !== 'IEND') throw new PictureError(`its ${type} chunk is not known`);
  }
  const { width, height, colour, depth } = layout!;
  if (width * height > MOST_PIXELS) throw new PictureError(`${width} x ${height} pixels, expected at most ${MOST_PIXELS} in all`); // biome-ignore format: one check
  if (colour === 3 && !palette) throw new PictureError('it is damaged: it has no palette');
  const raw = inflated(parts, layout!);
  const samples = SAMPLES[colour];
  const levels = new Uint8Array(width * height * samples);
  let at = 0;
  for (const pass of layout!.interlaced ? ADAM7 : [[0, 0, 1, 1]])
    at = unpackPass(raw, at, layout!, samples, pass, levels);
  const grey = colour === 0 || colour === 4;
  const channels = grey ? 1 : 3;
  const values = new Uint8Array(width * height * channels);
  const scale = colour === 3 || depth >= 8 ? 1 : 255 / (2 ** depth - 1);
  for (let i = 0, to = 0; i < width * height; i++) {
    if (colour === 3) {
      for (let c = 0; c < 3; c++) values[to++] = palette![3 * levels[i] + c] ?? 0;
    } else for (let c = 0; c < channels; c++) values[to++] = levels[i * samples + c] * scale;
  }
  return { width, height, channels, values, orientation: exif === 1 ? xmp : exif, frames };
}

/** First column and row, and the steps between columns and rows, of each pass of an interlaced picture. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

const sizeOfPass = ({ width, height }: Layout, [x, y, dx, dy]: number[]) =>
  [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)] as const;

/** All rows with their filters. */
function inflated(parts: Uint8Array[], layout: Layout): Uint8Array {
  const bits = SAMPLES[layout.colour] * layout.depth;
  let expected = 0;
  for (const pass of layout.interlaced ? ADAM7 : [[0, 0, 1, 1]]) {
    const [columns, rows] = sizeOfPass(layout, pass);
    if (columns > 0 && rows > 0) expected += rows * (1 + Math.ceil((columns * bits) / 8));
  }
  let raw: Uint8Array;
  try {
    raw = inflateSync(Buffer.concat(parts), { maxOutputLength: expected + 2 ** 16 });
  } catch (error) {
    throw new PictureError(`it is damaged: its pixels cannot be unpacked (${(error as Error).message})`);
  }
  if (raw.length < expected) throw new PictureError(`it is cut off: ${raw.length} bytes of pixels, expected ${expected}`); // biome-ignore format: one check
  return raw;
}

/** One pass: filters undone, samples put in their place; of 16 bits the upper eight. @returns where the next pass begins */
function unpackPass(
  raw: Uint8Array,
  from: number,
  layout: Layout,
  samples: number,
  pass: number[],
  into: Uint8Array,
): number {
  const { width, depth } = layout;
  const [x0, y0, dx, dy] = pass;
  const [columns, rows] = sizeOfPass(layout, pass);
  if (columns <= 0 || rows <= 0) return from;
  const length = Math.ceil((columns * samples * depth) / 8);
  const left = Math.max(1, (samples * depth) >> 3);
  let above: Uint8Array = new Uint8Array(length);
  let at = from;
  for (let row = 0; row < rows; row++) {
    const line = raw.subarray(at + 1, at + 1 + length);
    unfilter(raw[at], line, above, left);
    above = line;
    at += 1 + length;
    const start = (y0 + row * dy) * width + x0;
    for (let column = 0; column < columns; column++) {
      for (let s = 0; s < samples; s++) {
        const i = column * samples + s;
        into[(start + column * dx) * samples + s] =
          depth === 8
            ? line[i]
            : depth === 16
              ? line[2 * i]
              : (line[(i * depth) >> 3] >> (8 - depth - ((i * depth) & 7))) & (2 ** depth - 1);
      }
    }
  }
  return at;
}

/** Adds to every byte what its filter took from it: of the pixel to the left, above, or both. In place. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, left: number): void {
  if (filter === 0) return;
  if (filter > 4) throw new PictureError(`it is damaged: a row has filter ${filter}`);
  for (let i = 0; i < line.length; i++) {
    const a = i >= left ? line[i - left] : 0;
    const b = above[i];
    if (filter === 1) line[i] += a;
    else if (filter === 2) line[i] += b;
    else if (filter === 3) line[i] += (a + b) >> 1;
    else line[i] += paeth(a, b, i >= left ? above[i - left] : 0);
  }
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}
