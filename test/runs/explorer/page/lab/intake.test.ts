import { expect, test } from 'vitest';
import { inkOf, patternsOf } from '../../../../../runs/explorer/page/lab/intake.ts';
import { npyBytes } from './npy-bytes.ts';

const bits = Float32Array.from({ length: 2 * 12 }, (_, i) => Number(i % 3 === 0));
const take = (bytes: Uint8Array) => patternsOf(bytes, 3, 4, 'a.npy');

test.each([[2, 12], [2, 3, 4], [2, 3, 4, 1], [2, 12, 1]])('patterns of shape [%i, %s ...] are taken', (...shape) => {
  expect(take(npyBytes(shape.filter((n) => n !== undefined), bits))).toEqual(bits);
}); // biome-ignore format: a table

test.each([[[12]], [[3, 4]], [[3, 4, 1]], [[1, 12]]])('one alone, of shape %j, too', (shape) => {
  expect(take(npyBytes(shape, bits.slice(0, 12)))).toEqual(bits.slice(0, 12));
});

test('ranges are told apart by their values', () => {
  expect(take(npyBytes([2, 12], bits.map((b) => 2 * b - 1)))).toEqual(bits);
  expect(take(npyBytes([2, 12], Uint8Array.from(bits, (b) => 255 * b)))).toEqual(bits);
  expect(take(npyBytes([2, 12], Uint8Array.from(bits)))).toEqual(bits);
}); // biome-ignore format: one a line

test('column after column is put in order', () => {
  const turned = Float32Array.from(bits, (_, at) => bits[(at % 2) * 12 + Math.floor(at / 2)]);
  expect(take(npyBytes([2, 12], turned, { fortran: true }))).toEqual(bits);
});

test.each([
  ['of another size', npyBytes([2, 10], bits.slice(0, 20)), /has shape \[2, 10\], expected \[n, 12\] or \[n, 3, 4\]/],
  ['turned', npyBytes([2, 4, 3], bits), /has shape \[2, 4, 3\]/],
  ['with an axis too many', npyBytes([1, 2, 3, 4], bits), /has shape \[1, 2, 3, 4\]/],
  ['with none', npyBytes([0, 12], new Float32Array(0)), /no patterns/],
  ['too many', npyBytes([513, 12], new Uint8Array(513 * 12)), /513 patterns, expected at most 512/],
  ['of another range', npyBytes([1, 12], bits.slice(0, 12).map((b) => 300 * b)), /from 0 to 300, expected/],
  ['not finite', npyBytes([1, 12], new Float32Array(12).fill(Number.NaN)), /not finite/],
  ['cut off', npyBytes([2, 12], bits).subarray(0, 200), /cut off/],
  ['cut off in its header', npyBytes([2, 12], bits).subarray(0, 60), /cut off in its header/],
  ['no .npy file', Uint8Array.from('nothing', (c) => c.charCodeAt(0)), /not a \.npy file/],
  ['empty', new Uint8Array(0), /not a \.npy file/],
  ['of text', npyBytes([1, 12], bits.slice(0, 12), { descr: '<U1' }), /its type is <U1/],
])('what is %s is refused, with its name', (_, bytes, message) => {
  expect(() => take(bytes)).toThrow(message);
  expect(() => take(bytes)).toThrow(/^a\.npy: /);
}); // biome-ignore format: a table

test('ink is the rarer side of the level that parts a picture best, dark or bright', () => {
  const dark = Float32Array.of(0.9, 0.95, 0.2, 0.9, 0.15, 0.92);
  const ink = Float32Array.of(0, 0, 1, 0, 1, 0);
  expect(inkOf(dark)).toEqual(ink);
  expect(inkOf(dark.map((v) => 1 - v))).toEqual(ink);
  // Faint pencil is ink, too.
  expect(inkOf(dark.map((v) => 0.9 + v / 20))).toEqual(ink);
});

test('a picture of one grey has no ink', () => {
  for (const grey of [0, 0.3, 1]) expect(inkOf(new Float32Array(9).fill(grey))).toEqual(new Float32Array(9));
});
