/** @file Images drawn from a folder of pictures, of the layout of Tiny-ImageNet or another: all of one size, in colour. */
import { InputError } from '../../src/errors.ts';
import type { Random } from '../../src/random.ts';
import type { Images } from '../data/images.ts';
import { passedOver, pictureFolder, picturePatterns } from './pictures.ts';

/** Bytes of all pictures. */
const LARGEST = 2 ** 28;

/**
 * `count` pictures drawn at random from a folder and all folders in it, [side, side, 3]; greyscale ones become grey in
 * colour. With `side`, pictures are scaled to fit, without regard to their proportions; without it they must all be of one
 * size, those that are not drawn too, so that it does not depend on the draw.
 * @param report gets a line about files that are passed over
 * @throws InputError where there are fewer, their sizes differ, or one is cut off or damaged
 */
export async function folderImages(
  folder: string,
  count: number,
  random: Random,
  side?: number,
  report?: (line: string) => void,
): Promise<Images> {
  const found = pictureFolder(folder);
  const note = passedOver(found);
  if (found.names.length < count) {
    throw new InputError(
      `${folder} has ${found.names.length} pictures (PNG or JPEG), fewer than the ${count} wanted${note ? `; ${note}` : ''}`,
    );
  }
  if (note) report?.(note);
  const pictures = picturePatterns(found, { size: side, colour: 'rgb', sizeOption: '--side' });
  const [height, width] = pictures.shape;
  const size = height * width * 3;
  if (count * size > LARGEST)
    throw new InputError(`${folder}: ${count} pictures of ${width} x ${height} are too large: give --side`);
  const bytes = new Uint8Array(count * size);
  for (const [n, index] of random.permutation(found.names.length).subarray(0, count).entries())
    bytes.set(pictures.read(index), n * size);
  return { shape: [height, width, 3], count, bytes };
}
