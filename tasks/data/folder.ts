/** @file Images of any folder, of the layout of Tiny-ImageNet or another: all of one size, in colour. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canvas, createCanvas } from '../../src/canvas.ts';
import { InputError } from '../../src/errors.ts';
import type { Random } from '../../src/random.ts';
import type { Images } from './images.ts';

/** Bytes of all pictures. */
const LARGEST = 2 ** 28;

async function bytesOf(path: string): Promise<Buffer> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path}: cannot be read (${error.code}), expected a picture`);
  });
}

const PICTURES = /\.(jpe?g|png|webp|gif|bmp)$/i;

/**
 * `count` pictures drawn at random from a folder and all folders in it, [side, side, 3]; greyscale ones become grey in
 * colour. `side` is by default the height of the first. Pictures of other sizes are scaled to fit, without regard to their
 * proportions. Throws InputError when there are fewer, or one cannot be decoded.
 */
export async function folderImages(
  folder: string,
  count: number,
  random: Random,
  side?: number,
): Promise<Images> {
  const { loadImage } = canvas();
  const names = await readdir(folder, { recursive: true }).catch((error) => {
    throw new InputError(`${folder}: cannot be read (${error.code}); expected a folder of pictures`);
  });
  // In one order on every machine.
  const pictures = names.filter((name) => PICTURES.test(name)).sort();
  if (pictures.length < count) {
    throw new InputError(`${folder} has ${pictures.length} pictures, fewer than the ${count} wanted`);
  }
  const chosen = [...random.permutation(pictures.length).subarray(0, count)].map((i) => pictures[i]);
  let bytes = new Uint8Array();
  let size = side ?? 0;
  for (const [n, name] of chosen.entries()) {
    const image = await loadImage(await bytesOf(join(folder, name))).catch((error) => {
      throw new InputError(`${join(folder, name)} is not a picture (${(error as Error).message})`);
    });
    if (n === 0) {
      size ||= image.height;
      if (count * size * size * 3 > LARGEST)
        throw new InputError(`${folder}: ${count} pictures of ${size} x ${size} are too large: give --side`);
      bytes = new Uint8Array(count * size * size * 3);
    }
    const context = createCanvas(size, size).getContext('2d');
    context.drawImage(image, 0, 0, size, size);
    const { data } = context.getImageData(0, 0, size, size);
    for (let from = 0, to = n * size * size * 3; from < data.length; from += 4) {
      for (let channel = 0; channel < 3; channel++) bytes[to++] = data[from + channel];
    }
  }
  return { shape: [size, size, 3], count, bytes };
}
