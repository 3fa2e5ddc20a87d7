import { expect, test } from 'vitest';
import { fromText, packBits, toText, unpackBits } from '../../../../../runs/explorer/page/lab/bits.ts';

test('bits are packed as NumPy packs them, the first the highest', () => {
  // numpy.packbits([1, 0, 0, 0, 0, 0, 0, 1, 1, 1])
  expect([...packBits([1, 0, 0, 0, 0, 0, 0, 1, 1, 1])]).toEqual([129, 192]);
  expect([...unpackBits(Uint8Array.of(129, 192), 10)]).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
  expect([...packBits([0.5, 0.51])]).toEqual([64]);
  expect([...unpackBits(Uint8Array.of(255), 12)]).toEqual([...Array(8).fill(1), 0, 0, 0, 0]);
});

test('text is base64url without padding, of any bytes', () => {
  const bytes = Uint8Array.from({ length: 9001 }, (_, i) => (i * 37) % 256);
  for (const n of [0, 1, 2, 3, 9001]) {
    const text = toText(bytes.subarray(0, n));
    expect(text).toBe(Buffer.from(bytes.subarray(0, n)).toString('base64url'));
    expect([...fromText(text)!]).toEqual([...bytes.subarray(0, n)]);
  }
  for (const text of ['a', 'a+b=', 'ä', '12345']) expect(fromText(text)).toBeUndefined();
});
