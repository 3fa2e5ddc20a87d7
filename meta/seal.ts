/**
 * @file A checksum inside the file that it covers: SHA-256 of all bytes, taken with zeros where its 64 digits stand, kept as
 * `sha256` in a safetensors header. Guards against accidents, not against forgery.
 */
import { createHash } from 'node:crypto';
import { InputError } from '../src/errors.ts';

const BLANK = '0'.repeat(64);

/** Metadata that keeps the place of the checksum, for `seal` to fill in. */
export const SEAL = { sha256: BLANK } as const;

const MARK = '"sha256":"';

/** Fills in the checksum of a safetensors file that was made with the metadata `SEAL`. */
export function seal(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  file.write(createHash('sha256').update(file).digest('hex'), placeOf(file, BLANK), 'latin1');
  return bytes;
}

/** @throws InputError naming `path` when the checksum is missing or wrong */
export function checkSeal(bytes: Uint8Array, { sha256 }: Record<string, string>, path: string): void {
  const blanked = Buffer.from(bytes);
  const at = /^[0-9a-f]{64}$/.test(sha256) ? placeOf(blanked, sha256) : -1;
  if (at >= 0) blanked.write(BLANK, at, 'latin1');
  if (at < 0 || createHash('sha256').update(blanked).digest('hex') !== sha256) {
    throw new InputError(`${path}: damaged, its checksum does not fit`);
  }
}

/** Where the digits stand, in the header that opens the file; -1 when nowhere. */
function placeOf(file: Buffer, digits: string): number {
  const at = file.indexOf(`${MARK}${digits}"`);
  return at < 0 ? at : at + MARK.length;
}
