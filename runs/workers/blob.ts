/**
 * @file What travels between processes: a header of JSON and lists of float32, with length and checksum, of which the reader believes
 * nothing until it has looked. Little-endian, as every processor that ebmm runs on:
 *
 *     "EBMB"  u32 bytes of the header  u32 CRC-32 of all that follows  header, spaces up to a multiple of 4  float32 ...
 */
import { crc32 } from 'node:zlib';
import type { z } from 'zod';

const MAGIC = 0x424d4245;
const HEAD = 12;
/** Bytes by which headers of the same kind may differ. */
const SPARE = 64;
/** Bytes that a header may have. */
export const LONGEST_HEADER = 4096;

/** Something that came from elsewhere and is not what it should be. */
export class BadBlob extends Error {}

/** @param room written into, if it is large enough: what an earlier call returned and nobody needs any more */
export function encodeBlob(header: object, lists: readonly ArrayLike<number>[], room?: Buffer): Buffer {
  const json = JSON.stringify(header);
  const size = Buffer.byteLength(json);
  const text = size + ((4 - (size % 4)) % 4);
  if (text > LONGEST_HEADER) throw new Error(`a header of ${text} bytes`);
  const numbers = lists.reduce((sum, { length }) => sum + length, 0);
  const whole = HEAD + text + 4 * numbers;
  const large = room && room.byteOffset === 0 && room.buffer.byteLength >= whole ? room.buffer : undefined;
  const bytes = Buffer.from(large ?? new ArrayBuffer(whole + SPARE), 0, whole);
  bytes.fill(' ', HEAD, HEAD + text);
  bytes.write(json, HEAD, 'utf8');
  const values = new Float32Array(bytes.buffer, HEAD + text, numbers);
  let at = 0;
  for (const list of lists) {
    values.set(list, at);
    at += list.length;
  }
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(text, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(HEAD)), 8);
  return bytes;
}

/** Most bytes that a blob of so many numbers has: more are not fetched. */
export const longestBlob = (lengths: readonly number[]): number =>
  HEAD + LONGEST_HEADER + 4 * lengths.reduce((a, b) => a + b, 0);

/**
 * @param lengths of the lists, known to the reader
 * @param own as long as all lists together, which the lists are then parts of
 * @throws BadBlob unless header and lengths are as expected and the checksum fits
 */
export function decodeBlob<Header>(
  bytes: Uint8Array | null | undefined,
  header: z.ZodType<Header>,
  lengths: readonly number[],
  own: Float32Array = new Float32Array(lengths.reduce((a, b) => a + b, 0)),
): { header: Header; lists: Float32Array[] } {
  const fail = (what: string): never => {
    throw new BadBlob(what);
  };
  if (!bytes || bytes.length === 0) return fail('nothing there');
  if (bytes.length < HEAD) return fail(`${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) return fail('not a blob of ebmm');
  const text = view.getUint32(4, true);
  const numbers = lengths.reduce((a, b) => a + b, 0);
  if (text > LONGEST_HEADER || text % 4 !== 0) return fail(`a header of ${text} bytes`);
  const expected = HEAD + text + 4 * numbers;
  if (bytes.length !== expected) return fail(`${bytes.length} bytes, expected ${expected}`);
  if (crc32(bytes.subarray(HEAD)) !== view.getUint32(8, true)) return fail('its checksum does not fit');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(HEAD, HEAD + text)));
  } catch {
    return fail('its header is not JSON');
  }
  const read = header.safeParse(json);
  if (!read.success) return fail(`its header has a wrong "${read.error.issues[0].path.join('.')}"`);
  // Copied to a place where float32 may stand.
  new Uint8Array(own.buffer, own.byteOffset, own.byteLength).set(bytes.subarray(HEAD + text));
  const lists: Float32Array[] = [];
  let at = 0;
  for (const length of lengths) {
    lists.push(own.subarray(at, at + length));
    at += length;
  }
  return { header: read.data, lists };
}

/** Whether all numbers are finite. */
export function allFinite(lists: Iterable<ArrayLike<number>>): boolean {
  for (const list of lists) {
    // A sum of differences with itself: 0, unless one of them is not a number or infinite.
    let odd = 0;
    for (let i = 0; i < list.length; i++) odd += list[i] - list[i];
    if (odd !== 0) return false;
  }
  return true;
}
