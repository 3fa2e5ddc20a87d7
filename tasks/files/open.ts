/** @file The patterns of a file, by its first bytes or by its name; or those of a folder. */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { isPicture, PICTURE_NAME } from '../../src/pictures/index.ts';
import { type Bytes, openBytes } from './bytes.ts';
import { decodeCifarFile } from './cifar.ts';
import { npyPatterns } from './npy.ts';
import type { ParsedFiles } from './options.ts';
import { joined, type Patterns, sameShape } from './patterns.ts';
import { onePicture, pictureFolder, picturePatterns } from './pictures.ts';

export type Wanted = Pick<ParsedFiles, 'array' | 'size' | 'colour'>;

interface Format {
  help: string;
  name: RegExp;
  /** Whether it is of this format, whatever its name: by its first bytes. */
  is?(head: Uint8Array, bytes: Bytes): boolean;
  open(file: string, bytes: Bytes, wanted: Wanted): Patterns;
}

const starts = (head: Uint8Array, text: string) =>
  head.length >= text.length && [...text].every((c, i) => head[i] === c.charCodeAt(0));

const FORMATS: Format[] = [
  { help: '.npy', name: /\.npy$/i, is: (head) => starts(head, '\x93NUMPY'), open: npyPatterns },
  {
    help: '.png and .jpg',
    name: PICTURE_NAME,
    is: isPicture,
    open: (file, _, wanted) => onePicture(file, wanted),
  },
  { help: '.bin (CIFAR-10 or CIFAR-100)', name: /\.bin$/i, open: decodeCifarFile },
];

/** Whether a file's name says that it holds patterns. */
export const isPatternFile = (file: string) => FORMATS.some(({ name }) => name.test(basename(file)));

/** @throws InputError where the file is none of these, or not whole, or a folder holds no patterns */
export async function openPatterns(path: string, wanted: Wanted): Promise<Patterns> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return folderPatterns(path, wanted);
  const bytes = openBytes(path);
  const head = bytes.at(0, 64).slice();
  const format =
    FORMATS.find(({ is }) => is?.(head, bytes)) ?? FORMATS.find(({ name }) => name.test(basename(path)));
  if (format) return format.open(path, bytes, wanted);
  throw new InputError(
    `${path}: its name says no format that is known; expected ${FORMATS.map(({ help }) => help).join(', ')}`,
  );
}

/** Pictures in the folder and those in it; or, where there are none, its files of arrays. */
async function folderPatterns(folder: string, wanted: Wanted): Promise<Patterns> {
  const pictures = pictureFolder(folder);
  if (pictures.names.length > 0) return picturePatterns(pictures, wanted);
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && isPatternFile(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort((a, b) => (a < b ? -1 : 1));
  // Says what was passed over.
  if (files.length === 0) return picturePatterns(pictures, wanted);
  const parts: Patterns[] = [];
  for (const file of files) parts.push(await openPatterns(file, wanted));
  for (const part of parts) sameShape(part, parts[0]);
  return joined(parts);
}
