/** @file Bytes of a file, all at hand or read where they are wanted; no file is opened here, so that browsers have it too. */

export interface Bytes {
  readonly length: number;
  /** `length` bytes from `from` on; not to be changed, and only good until the next call. */
  at(from: number, length: number): Uint8Array;
}

export function bytesOf(all: Uint8Array): Bytes {
  // No Buffer: a slice of that is no copy.
  const bytes = new Uint8Array(all.buffer, all.byteOffset, all.length);
  return { length: bytes.length, at: (from, length) => bytes.subarray(from, from + length) };
}

/** Part of other bytes. */
export const partOf = (bytes: Bytes, start: number, length: number): Bytes => ({
  length,
  at: (from, wanted) => bytes.at(start + from, Math.max(0, Math.min(wanted, length - from))),
});
