import { expect, test } from 'vitest';
import { decodeCifar } from '../../../tasks/data/cifar.ts';
import { batch } from './image-files.ts';

test('a batch gives its images, planes interleaved into pixels', () => {
  const file = batch('cifar', 12);
  const { shape, count, bytes } = decodeCifar('file', file);
  expect([...shape, count, bytes.length]).toEqual([32, 32, 3, 12, 12 * 3072]);
  const byte = (n: number, channel: number, y: number, x: number) =>
    file[n * 3073 + 1 + channel * 1024 + y * 32 + x];
  for (const [n, y, x, channel] of [
    [0, 0, 0, 0],
    [0, 0, 1, 2],
    [3, 31, 31, 1],
    [11, 17, 5, 2],
    [11, 31, 31, 2],
  ]) {
    expect(bytes[((n * 32 + y) * 32 + x) * 3 + channel]).toBe(byte(n, channel, y, x));
  }
});

test('other files are refused', () => {
  const file = batch('cifar', 2);
  expect(() => decodeCifar('file', file.slice(1))).toThrow(
    "file has 6145 bytes, expected a multiple of 3073 (CIFAR-10's binary format)",
  );
  expect(() => decodeCifar('file', new Uint8Array())).toThrow('file has 0 bytes');
  file[3073] = 10;
  expect(() => decodeCifar('file', file)).toThrow('file: image 1 has label 10, expected 0 to 9');
});
