/** @file Bits packed eight to a byte, the first the highest; and bytes as text for an address. */

/** 1 for every value above 0.5. */
export function packBits(values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  for (let i = 0; i < values.length; i++) if (values[i] > 0.5) bytes[i >> 3] |= 128 >> (i & 7);
  return bytes;
}

/** @returns `count` values, 0 or 1; missing bytes count as zeros */
export function unpackBits(bytes: Uint8Array, count = bytes.length * 8): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => ((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1);
}

/** Base64 in the alphabet for addresses, without padding (RFC 4648, section 5). */
export function toText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @returns undefined for what is no such text */
export function fromText(text: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}
