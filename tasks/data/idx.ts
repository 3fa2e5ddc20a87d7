/** @file The IDX format of MNIST's images, gzipped: a header of four big-endian 32-bit numbers, then one byte a pixel. */
import { InputError } from '../../src/errors.ts';
import { gunzip } from './archive.ts';
import type { Images } from './images.ts';

/** Unsigned bytes (8) of three axes (3). */
const MAGIC = 0x00000803;
const HEADER = 16;
/** Bytes unpacked; MNIST has 47 million. */
const LARGEST = 100_000_000;

/** Decodes an `idx3-ubyte.gz` file. `label` names it in messages. Throws InputError when it is not whole or no images. */
export function decodeIdx(label: string, file: Uint8Array): Images {
  const content = gunzip(label, file, LARGEST, 'gzip file');
  if (content.length < HEADER || content.readUInt32BE(0) !== MAGIC) {
    throw new InputError(`${label} is not an IDX file of images; expected magic number 2051`);
  }
  const [count, height, width] = [4, 8, 12].map((offset) => content.readUInt32BE(offset));
  const expected = HEADER + count * height * width;
  if (content.length !== expected) {
    throw new InputError(
      `${label} has ${content.length} bytes, expected ${expected} for ${count} images of ${height} x ${width}`,
    );
  }
  return { shape: [height, width, 1], count, bytes: content.subarray(HEADER) };
}
