/** @file Which way up a picture is, as its metadata say (EXIF 2.3, tag 0x0112; XMP's tiff:Orientation). */
import type { Picture } from './picture.ts';

const ORIENTATION = 0x0112;
const SHORT = 3;

/** The orientation in a block of EXIF, 1 to 8; 1 where it says none. */
export function orientationOf(exif: Uint8Array): number {
  const marked = String.fromCharCode(...exif.subarray(0, 6)) === 'Exif\0\0';
  const tiff = marked ? exif.subarray(6) : exif;
  if (tiff.length < 8) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = view.getUint16(0) === 0x4949;
  if (!little && view.getUint16(0) !== 0x4d4d) return 1;
  const first = view.getUint32(4, little);
  if (first + 2 > tiff.length) return 1;
  const count = view.getUint16(first, little);
  for (let i = 0; i < count; i++) {
    const at = first + 2 + 12 * i;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION || view.getUint16(at + 2, little) !== SHORT) continue;
    return valid(view.getUint16(at + 8, little));
  }
  return 1;
}

/** Likewise in a packet of XMP. */
export function orientationInXmp(xmp: Uint8Array): number {
  const found = /tiff:Orientation(?:="|>)([0-9])/.exec(new TextDecoder('latin1').decode(xmp));
  return valid(Number(found?.[1] ?? 1));
}

const valid = (n: number) => (n >= 1 && n <= 8 ? n : 1);

/** The picture turned and mirrored so that it is the right way up. */
export function upright(picture: Picture): Picture {
  const { orientation, width, height, channels, values } = picture;
  if (orientation === 1) return picture;
  const turned = orientation > 4;
  const [columns, rows] = turned ? [height, width] : [width, height];
  // 2, 3, 6, 7: seen from the right; 3, 4, 7, 8: from below. Of those from 5 on rows are columns.
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const result = new Uint8Array(values.length);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [u, v] = turned ? [y, x] : [x, y];
      const from = ((mirrorY ? height - 1 - v : v) * width + (mirrorX ? width - 1 - u : u)) * channels;
      for (let c = 0; c < channels; c++) result[to++] = values[from + c];
    }
  }
  return { ...picture, width: columns, height: rows, values: result, orientation: 1 };
}
