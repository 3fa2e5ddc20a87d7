/** @file Pictures from files: PNG and JPEG, read as Pillow's `exif_transpose(image).convert("RGB")` reads them, or refused. */
import { InputError } from '../errors.ts';
import { upright } from './exif.ts';
import { decodeJpeg, jpegHeader } from './jpeg.ts';
import { isJpeg } from './jpeg-segments.ts';
import type { Header, Picture } from './picture.ts';
import { decodePng, pngHeader } from './png.ts';
import { isPng } from './png-chunks.ts';
import { resized } from './resize.ts';
import { named } from './whole.ts';

export { type Header, type Picture, resized };

/** Whether the first bytes are those of a picture that can be decoded. */
export const isPicture = (bytes: Uint8Array) => isPng(bytes) || isJpeg(bytes);

/** Names of such files. */
export const PICTURE_NAME = /\.(png|jpe?g|jfif)$/i;

/** Bytes that hold the size of nearly every picture; where they do not, all of them are wanted. */
export const HEADER_BYTES = 2 ** 17;

/**
 * The size and kind of a picture, from its beginning.
 * @param label names the file in messages
 * @throws InputError where it is no picture
 */
export const pictureHeader = (label: string, bytes: Uint8Array): Header =>
  decoded(label, bytes, pngHeader, jpegHeader);

/**
 * A picture the right way up. A palette's colours become colour; alpha is dropped; of 16 bits the upper eight are kept (Pillow cuts
 * 16-bit grey off at 255 instead); colour profiles and gamma change nothing; of pictures that move the first is taken.
 * @throws InputError where it is no picture, cut off or damaged
 */
export const decodePicture = (label: string, bytes: Uint8Array): Picture =>
  upright(decoded(label, bytes, decodePng, decodeJpeg));

/** In one channel: ITU-R 601-2 luma, as Pillow's convert("L"). In three: the same value in each. */
export function inChannels(picture: Picture, channels: 1 | 3): Picture {
  if (picture.channels === channels) return picture;
  const { values, width, height } = picture;
  const result = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    if (channels === 3) result.fill(values[i], 3 * i, 3 * i + 3);
    else result[i] = (values[3 * i] * 19595 + values[3 * i + 1] * 38470 + values[3 * i + 2] * 7471 + 0x8000) >> 16; // biome-ignore format: one formula
  }
  return { ...picture, channels, values: result };
}

function decoded<T>(
  label: string,
  bytes: Uint8Array,
  png: (bytes: Uint8Array) => T,
  jpeg: (bytes: Uint8Array) => T,
): T {
  if (isPng(bytes)) return named(label, () => png(bytes));
  if (isJpeg(bytes)) return named(label, () => jpeg(bytes));
  throw new InputError(`${label} is not a picture: expected PNG or JPEG, whatever its name says`);
}
