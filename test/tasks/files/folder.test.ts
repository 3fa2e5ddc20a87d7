import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { stream } from '../../../src/random.ts';
import { folderImages } from '../../../tasks/files/folder.ts';
import { folderOf, randomBytes } from '../data/image-files.ts';

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

test('the choice depends on the stream alone, and the size on nothing', async () => {
  const path = folder();
  const [first, again] = [
    await folderImages(path, 2, stream(5), 4),
    await folderImages(path, 2, stream(5), 4),
  ];
  expect(again).toEqual(first);
  // Whatever is drawn: sizes are those of the folder.
  for (const seed of [0, 1, 2, 3, 4])
    await expect(folderImages(path, 1, stream(seed))).rejects.toThrow(
      /pictures of several sizes \(width x height\): .*n01_0.png is 4 x 4, .*n02_0.png is 8 x 8; give --side to bring all to one$/,
    );
});

test('hidden files and other formats are passed over and counted', async () => {
  const path = folderOf({
    'a.png': picture('a', 4, 3),
    '._a.png': randomBytes('hidden', 100),
    '__MACOSX/b.png': randomBytes('hidden', 100),
    'c.gif': randomBytes('gif', 100),
  });
  const lines: string[] = [];
  const { count } = await folderImages(path, 1, stream(0), undefined, (line) => lines.push(line));
  expect(count).toBe(1);
  expect(lines).toEqual([`${path}: 2 hidden files and 1 picture that is neither PNG nor JPEG passed over`]);
});

test('folders that are links are followed, in no circle', async () => {
  const [elsewhere, path] = [
    folderOf({ 'b.png': picture('b', 4, 3) }),
    folderOf({ 'a.png': picture('a', 4, 3) }),
  ];
  symlinkSync(elsewhere, join(path, 'class'));
  symlinkSync(path, join(path, 'circle'));
  symlinkSync(join(path, 'nothing'), join(path, 'nowhere.png'));
  expect((await folderImages(path, 2, stream(0))).count).toBe(2);
  await expect(folderImages(path, 3, stream(0))).rejects.toThrow('has 2 pictures');
});

test('a picture that is cut off is refused, not taken half black', async () => {
  const whole = picture('a', 16, 3);
  const path = folderOf({ 'a.png': whole.slice(0, whole.length / 2) });
  await expect(folderImages(path, 1, stream(0))).rejects.toThrow(
    /a\.png is not a whole picture: it is cut off within its IDAT chunk$/,
  );
});

test('too few pictures, no folder and no picture are told', async () => {
  await expect(folderImages(folder(), 4, stream(0))).rejects.toThrow(
    'has 3 pictures (PNG or JPEG), fewer than the 4 wanted',
  );
  await expect(folderImages('/nonexistent', 1, stream(0))).rejects.toThrow(
    '/nonexistent: cannot be read (ENOENT); expected a folder of pictures',
  );
  const bad = folderOf({ 'a.png': randomBytes('no picture', 50) });
  await expect(folderImages(bad, 1, stream(0))).rejects.toThrow(/a\.png is not a picture/);
});
