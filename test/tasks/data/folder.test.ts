import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { stream } from '../../../src/random.ts';
import { folderImages } from '../../../tasks/data/folder.ts';
import { folderOf, randomBytes } from './image-files.ts';

const picture = (name: string, side: number, channels: 1 | 3) =>
  encode({ width: side, height: side, channels, depth: 8, data: randomBytes(name, side * side * channels) });

/** Tiny-ImageNet's layout: train/ID/images/ID_N.JPEG. */
const folder = () =>
  folderOf({
    'train/n01/images/n01_0.png': picture('a', 4, 3),
    'train/n01/images/n01_1.PNG': picture('b', 4, 1),
    'train/n02/images/n02_0.png': picture('c', 8, 3),
    'train/n02/n02_boxes.txt': randomBytes('text', 10),
  });

test('pictures of all folders, in colour and of one size', async () => {
  const { shape, count, bytes } = await folderImages(folder(), 3, stream(0), 4);
  expect([shape, count, bytes.length]).toEqual([[4, 4, 3], 3, 144]);
  const images = [0, 1, 2].map((n) => [...bytes.subarray(n * 48, (n + 1) * 48)]);
  expect(images).toContainEqual([...randomBytes('a', 48)]);
  // Greyscale in colour, not blank.
  expect(images).toContainEqual([...randomBytes('b', 16)].flatMap((grey) => [grey, grey, grey]));
});

test('the choice depends on the stream alone; the size is that of the first', async () => {
  const path = folder();
  const [first, again] = [await folderImages(path, 2, stream(5)), await folderImages(path, 2, stream(5))];
  expect(again).toEqual(first);
  expect([4, 8]).toContain(first.shape[0]);
});

test('too few pictures, no folder and no picture are told', async () => {
  await expect(folderImages(folder(), 4, stream(0))).rejects.toThrow(
    'has 3 pictures, fewer than the 4 wanted',
  );
  await expect(folderImages('/nonexistent', 1, stream(0))).rejects.toThrow(
    '/nonexistent: cannot be read (ENOENT); expected a folder of pictures',
  );
  const bad = folderOf({ 'a.png': randomBytes('no picture', 50) });
  await expect(folderImages(bad, 1, stream(0))).rejects.toThrow(/a\.png is not a picture/);
});
