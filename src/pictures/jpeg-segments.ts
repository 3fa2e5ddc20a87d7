/** @file The segments of a JPEG (ITU-T T.81, B.1), up to its end mark. */
import { PictureError } from './picture.ts';

export const isJpeg = (bytes: Uint8Array) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/** Markers without a segment behind them: TEM, restarts, start. */
const bare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
/** Frame headers: C0 to CF without tables of Huffman codes, arithmetic codes and what is reserved. */
export const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const [END, SCAN] = [0xd9, 0xda];

export interface Segment {
  marker: number;
  /** Of the marker, and behind the segment with all that belongs to it. */
  from: number;
  to: number;
  data: Uint8Array;
}

/** The segments up to the end mark. @throws PictureError where the file ends before it */
export function* segments(bytes: Uint8Array): Generator<Segment> {
  const cut = () => new PictureError('it is cut off: the file ends before its end mark');
  let at = 2;
  for (;;) {
    if (at + 2 > bytes.length) throw cut();
    if (bytes[at] !== 0xff) {
      // What stands between segments is passed over, as libjpeg does.
      at++;
      continue;
    }
    const marker = bytes[at + 1];
    if (marker === 0xff || marker === 0) {
      at++;
      continue;
    }
    if (marker === END) return;
    if (bare(marker)) {
      at += 2;
      continue;
    }
    if (at + 4 > bytes.length) throw cut();
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    if (length < 2) throw new PictureError(`it is damaged at byte ${at}`);
    const data = bytes.subarray(at + 4, at + 2 + length);
    let to = at + 2 + length;
    if (marker === SCAN) {
      // Coded pixels go on to the next marker that is no restart; FF 00 stands for FF.
      while (to + 1 < bytes.length && !(bytes[to] === 0xff && bytes[to + 1] !== 0 && !bare(bytes[to + 1]) && bytes[to + 1] !== 0xff)) to++; // biome-ignore format: one condition
    }
    if (to > bytes.length) throw cut();
    yield { marker, from: at, to, data };
    at = to;
  }
}
