/** @file Whether a picture's file is whole, without decoding it: for browsers, which draw what there is of a part. */
import { InputError } from '../errors.ts';
import { isJpeg, segments } from './jpeg-segments.ts';
import { PictureError } from './picture.ts';
import { chunks, isPng } from './png-chunks.ts';

/**
 * Files that are neither PNG nor JPEG are left to whoever decodes them.
 * @param label names the file in messages
 * @throws InputError where a PNG or JPEG is cut off, or a PNG's checksum is wrong
 */
export function checkWhole(label: string, bytes: Uint8Array): void {
  const parts = isPng(bytes) ? chunks(bytes) : isJpeg(bytes) ? segments(bytes) : [];
  named(label, () => {
    for (const _ of parts);
  });
}

/** Runs a step on a picture, and names it in what is wrong. */
export function named<T>(label: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    throw new InputError(`${label} is not a whole picture: ${error.message}`);
  }
}
