import { expect, test } from 'vitest';
import { decodeIdx } from '../../../tasks/data/idx.ts';
import { idx, randomBytes } from './image-files.ts';

const pixels = randomBytes('idx', 5 * 4 * 3);

test('an IDX file gives its pixels back', () => {
  expect(decodeIdx('file', idx(pixels, [5, 4, 3]))).toMatchObject({ shape: [4, 3, 1], count: 5 });
  expect([...decodeIdx('file', idx(pixels, [5, 4, 3])).bytes]).toEqual([...pixels]);
});

test.each([
  ['labels', idx(pixels, [5, 4, 3], 2049), 'file is not an IDX file of images; expected magic number 2051'],
  ['a file cut short', idx(pixels, [6, 4, 3]), 'file has 76 bytes, expected 88 for 6 images of 4 x 3'],
  ['no gzip', pixels, 'file is not a whole gzip file (incorrect header check); get the file again'],
])('%s are refused', (_, file, message) => {
  expect(() => decodeIdx('file', file)).toThrow(message);
});
