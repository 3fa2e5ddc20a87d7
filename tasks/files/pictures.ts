/** @file The pictures of a folder and of all folders in it, as patterns: of one size, grey where all of them are. */
import {
  closeSync,
  type Dirent,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, join, sep } from 'node:path';
import { InputError } from '../../src/errors.ts';
import {
  decodePicture,
  HEADER_BYTES,
  type Header,
  inChannels,
  PICTURE_NAME,
  pictureHeader,
  resized,
} from '../../src/pictures/index.ts';
import type { ParsedFiles } from './options.ts';
import type { Patterns } from './patterns.ts';

/** Decoded pictures up to so many bytes are kept: training comes back to them. */
const KEPT = 256 * 2 ** 20;

export type PictureOptions = Pick<ParsedFiles, 'size' | 'colour'> & {
  /** The option that gives a size, for messages; default task.size. */
  sizeOption?: string;
};

/** What a folder holds, in one order on every machine. */
export interface PictureFolder {
  folder: string;
  /** Paths from the folder on. */
  names: string[];
  /** Hidden pictures, such as the "._" files that other systems leave behind. */
  hidden: number;
  /** Files of pictures in formats that are not read here. */
  others: number;
}

const OTHER_PICTURES = /\.(gif|webp|bmp|tiff?|avif|heic|jp2|jxl|ppm|pgm|svg)$/i;

/** @throws InputError where the folder cannot be read */
export function pictureFolder(folder: string): PictureFolder {
  const all = [...filesIn(folder)];
  const isHidden = (name: string) =>
    name.split(sep).some((part) => part.startsWith('.') || part === '__MACOSX');
  const pictures = all.filter((name) => PICTURE_NAME.test(name));
  const names = pictures.filter((name) => !isHidden(name)).sort((a, b) => (a < b ? -1 : 1));
  const others = all.filter((name) => OTHER_PICTURES.test(name) && !isHidden(name)).length;
  return { folder, names, hidden: pictures.length - names.length, others };
}

/** Paths of all files in a folder and those in it, from it on; links are followed, but in no circle. */
function* filesIn(folder: string, from = '', above: readonly string[] = []): Generator<string> {
  let entries: Dirent[];
  let real: string;
  try {
    real = realpathSync(folder);
    entries = above.includes(real) ? [] : readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError(`${folder}: cannot be read (${code}); expected a folder of pictures`);
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const status = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
    if (status?.isDirectory()) yield* filesIn(path, join(from, entry.name), [...above, real]);
    else if (status) yield join(from, entry.name);
  }
}

/** Whether a path is that of a folder with pictures in it. */
export const isPictureFolder = (path: string): boolean =>
  Boolean(statSync(path, { throwIfNoEntry: false })?.isDirectory()) && pictureFolder(path).names.length > 0;

/** A line about what was passed over; undefined where nothing was. */
export function passedOver({ folder, hidden, others }: PictureFolder): string | undefined {
  const parts = [
    hidden > 0 && `${hidden} hidden ${hidden === 1 ? 'file' : 'files'}`,
    others > 0 && `${others} ${others === 1 ? 'picture' : 'pictures'} that ${others === 1 ? 'is' : 'are'} neither PNG nor JPEG`, // biome-ignore format: one line
  ].filter(Boolean);
  return parts.length > 0 ? `${folder}: ${parts.join(' and ')} passed over` : undefined;
}

/**
 * The pictures as patterns [height, width, channels] of bytes, decoded when they are wanted.
 * @throws InputError where they are of several sizes and none is given, or a file is no picture
 */
export function picturePatterns(found: PictureFolder, options: PictureOptions = {}): Patterns {
  const { folder, names } = found;
  const { size, sizeOption = 'task.size' } = options;
  if (names.length === 0) {
    const note = passedOver(found);
    throw new InputError(`${folder}: holds no pictures (PNG or JPEG)${note ? `; ${note}` : ''}`);
  }
  const pathOf = (index: number) => join(folder, names[index]);
  const headers = names.map((_, i) => headerOf(pathOf(i)));
  const [first] = headers;
  const other = headers.findIndex(({ width, height }) => width !== first.width || height !== first.height);
  if (!size && other >= 0) {
    const said = (i: number) => `${names[i]} is ${headers[i].width} x ${headers[i].height}`;
    throw new InputError(
      `${folder}: pictures of several sizes (width x height): ${said(0)}, ${said(other)}; give ${sizeOption} to bring all to one`,
    );
  }
  const [height, width] = size ? [size].flat().concat(size).slice(0, 2) : [first.height, first.width];
  const grey = options.colour ? options.colour === 'grey' : headers.every((header) => header.grey);
  const channels = grey ? 1 : 3;
  const length = height * width * channels;
  const decode = (index: number): Uint8Array => {
    const path = pathOf(index);
    const picture = inChannels(decodePicture(path, bytesOf(path)), channels);
    if (!size && (picture.width !== width || picture.height !== height))
      throw new InputError(`${path}: is ${picture.width} x ${picture.height}, expected ${width} x ${height}`);
    return resized(picture, width, height).values;
  };
  const kept: (Uint8Array | undefined)[] | undefined = length * names.length <= KEPT ? [] : undefined;
  return {
    label: folder,
    count: names.length,
    shape: [height, width, channels],
    bits: 8,
    bytes: true,
    picture: true,
    read(index) {
      if (!kept) return decode(index);
      kept[index] ??= decode(index);
      return kept[index];
    },
    nameOf: pathOf,
    remark: [passedOver(found) ?? [], moving(folder, headers)].flat().join('; ') || undefined,
  };
}

function moving(folder: string, headers: Header[]): string[] {
  const count = headers.filter(({ moves }) => moves).length;
  if (count === 0) return [];
  return [`${folder}: ${count} ${count === 1 ? 'picture moves' : 'pictures move'}: the first frame is taken`];
}

/** One picture as the only pattern. */
export function onePicture(file: string, options: PictureOptions): Patterns {
  const folder = join(file, '..');
  return {
    ...picturePatterns({ folder, names: [basename(file)], hidden: 0, others: 0 }, options),
    label: file,
  };
}

/** @throws InputError naming a picture that cannot be read */
function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}), expected a picture`,
    );
  }
}

function headerOf(path: string): Header {
  let start: Uint8Array;
  try {
    const descriptor = openSync(path, 'r');
    try {
      const buffer = new Uint8Array(HEADER_BYTES);
      start = buffer.subarray(0, readSync(descriptor, buffer, 0, HEADER_BYTES, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}), expected a picture`,
    );
  }
  try {
    return pictureHeader(path, start);
  } catch (error) {
    // Long metadata may stand before the size.
    if (start.length < HEADER_BYTES) throw error;
    return pictureHeader(path, bytesOf(path));
  }
}
