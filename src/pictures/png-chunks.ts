/** @file The chunks of a PNG (ISO/IEC 15948, 5), with their checksums verified. */
import { PictureError } from './picture.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
export const isPng = (bytes: Uint8Array) => SIGNATURE.every((value, i) => bytes[i] === value);

/** The chunks in order. @throws PictureError where the file ends before IEND, or a checksum is wrong */
export function* chunks(bytes: Uint8Array): Generator<[type: string, data: Uint8Array]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE.length; ; ) {
    if (at + 12 > bytes.length) throw new PictureError('it is cut off: the file ends before its end mark');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw new PictureError(`it is damaged at byte ${at}`);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) throw new PictureError(`it is cut off within its ${type} chunk`);
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
      throw new PictureError(`it is damaged: the checksum of its ${type} chunk is wrong`);
    yield [type, bytes.subarray(at + 8, end)];
    if (type === 'IEND') return;
    at = end + 4;
  }
}

/** CRC-32 of every byte (ISO/IEC 15948, D). */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** Here, not of node:zlib: browsers have none. */
function crc32(bytes: Uint8Array): number {
  let c = -1;
  for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}
