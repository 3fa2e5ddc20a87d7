/** @file The patterns of a file, by its first bytes or by its name; or those of a folder. */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { isPicture, PICTURE_NAME } from '../../src/pictures/index.ts';
import type { Bytes } from './bytes.ts';
import { decodeCifarFile } from './cifar.ts';
import { gunzipped, isGzip, openBytes } from './disk.ts';
import { idxPatterns, isIdx } from './idx.ts';
import { jsonNames, jsonPatterns } from './json.ts';
import type { Named } from './named.ts';
import { npyPatterns } from './npy.ts';
import { npzNames, npzPatterns } from './npz.ts';
import type { ParsedFiles } from './options.ts';
import { pathAndArray } from './paths.ts';
import { joined, type Patterns, sameShape } from './patterns.ts';
import { onePicture, type PictureOptions, pictureFolder, picturePatterns } from './pictures.ts';
import { isSafetensors, safetensorsPatterns, tensorNames } from './safetensors.ts';
import { textPatterns } from './text.ts';

export type Wanted = Pick<ParsedFiles, 'array'> & PictureOptions;

interface Format {
  help: string;
  name: RegExp;
  /** Whether it is of this format, whatever its name: by its first bytes. */
  is?(head: Uint8Array, bytes: Bytes): boolean;
  open(file: string, bytes: Bytes, wanted: Wanted): Patterns;
  /** The arrays in a file, where it can have several. */
  names?(file: string, bytes: Bytes): Named[];
}

const starts = (head: Uint8Array, text: string) =>
  head.length >= text.length && [...text].every((c, i) => head[i] === c.charCodeAt(0));

const FORMATS: Format[] = [
  { help: '.npy', name: /\.npy$/i, is: (head) => starts(head, '\x93NUMPY'), open: npyPatterns },
  {
    help: '.npz',
    name: /\.npz$/i,
    is: (head) => starts(head, 'PK\x03\x04'),
    open: (file, bytes, { array }) => npzPatterns(file, bytes, array),
    names: npzNames,
  },
  {
    help: '.safetensors',
    name: /\.safetensors$/i,
    is: isSafetensors,
    open: (file, bytes, { array }) => safetensorsPatterns(file, bytes, array),
    names: tensorNames,
  },
  {
    help: '.png and .jpg',
    name: PICTURE_NAME,
    is: isPicture,
    open: (file, _, wanted) => onePicture(file, wanted),
  },
  {
    help: "MNIST's .idx or -ubyte",
    name: /(\.idx\d?|idx\d-ubyte|-ubyte)$/i,
    is: (_, bytes) => isIdx(bytes),
    open: idxPatterns,
  },
  { help: "CIFAR's .bin", name: /\.bin$/i, open: decodeCifarFile },
  {
    help: '.json',
    name: /\.json$/i,
    is: (head) => /^(\u00ef\u00bb\u00bf)?\s*[[{]/.test(latin(head)),
    open: (file, bytes, { array }) => jsonPatterns(file, bytes, array),
    names: jsonNames,
  },
  { help: '.csv, .tsv, .txt', name: /\.(csv|tsv|txt|dat)$/i, open: textPatterns },
];

/** Of files whose name says nothing: numbers, written out. */
const isNumbers = (head: Uint8Array) =>
  /^(\u00ef\u00bb\u00bf)?[\s#"]*[-+.]?\d[\d\s.,;+\-eE"]*$/.test(latin(head));
const latin = (bytes: Uint8Array) => String.fromCharCode(...bytes);

/** Formats that people have, and what to do about them. */
const ELSEWHERE: [RegExp, string][] = [
  [/\.(tar|tgz|zip|7z|rar|tar\.[a-z0-9]+)$/i, 'an archive: unpack it first'],
  [/\.(pt|pth|pkl|pickle|joblib)$/i, 'a pickle, which can run code: save the array with numpy.save'],
  [/\.(h5|hdf5|mat|parquet|arrow|feather|tfrecords?)$/i, 'not read here: save the array with numpy.save'],
  [/\.(gif|webp|bmp|tiff?|avif|heic)$/i, 'not read here: save the picture as PNG'],
];

/** A file's name without the ending of gzip. */
const bareName = (file: string) => basename(file).replace(/\.gz$/i, '');

/** Whether a file's name says that it holds patterns. */
export const isPatternFile = (file: string) => FORMATS.some(({ name }) => name.test(bareName(file)));

/**
 * The patterns at a path, which may name an array: `file.npz#x_train`.
 * @throws InputError where the file is of none of these formats, or not whole, or a folder holds no patterns
 */
export async function openPatterns(at: string, asked: Wanted): Promise<Patterns> {
  const [path, array = asked.array] = pathAndArray(at);
  const wanted = { ...asked, array };
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return folderPatterns(path, wanted);
  const [format, bytes] = formatOf(path);
  return format.open(path, bytes, wanted);
}

/**
 * The arrays in a file that can hold several; undefined for other formats.
 * @throws InputError likewise
 */
export function arraysIn(path: string): Named[] | undefined {
  const [format, bytes] = formatOf(path);
  return format.names?.(path, bytes);
}

function formatOf(path: string): [Format, Bytes] {
  const elsewhere = ELSEWHERE.find(([name]) => name.test(path))?.[1];
  let bytes = openBytes(path);
  if (isGzip(bytes.at(0, 2)) && !elsewhere) bytes = gunzipped(path, bytes);
  const head = bytes.at(0, 64).slice();
  const format =
    FORMATS.find(({ is }) => is?.(head, bytes)) ?? FORMATS.find(({ name }) => name.test(bareName(path)));
  if (format) return [format, bytes];
  if (isNumbers(head)) return [FORMATS.at(-1)!, bytes];
  throw new InputError(
    `${path}: ${elsewhere ?? 'neither its name nor its first bytes say a format that is known'}; expected ${FORMATS.map(({ help }) => help).join(', ')} (or .gz of these)`,
  );
}

/** The files of patterns of a folder, from it on: its pictures and those in its folders; where there are none, its arrays. */
export function patternFilesOf(folder: string): string[] {
  const { names } = pictureFolder(folder);
  return names.length > 0 ? names : arrayFilesOf(folder);
}

const arrayFilesOf = (folder: string) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && isPatternFile(entry.name))
    .map(({ name }) => name)
    .sort((a, b) => (a < b ? -1 : 1));

/** Pictures in the folder and those in it; or, where there are none, its files of arrays. */
async function folderPatterns(folder: string, wanted: Wanted): Promise<Patterns> {
  const pictures = pictureFolder(folder);
  if (pictures.names.length > 0) return picturePatterns(pictures, wanted);
  const files = arrayFilesOf(folder).map((name) => join(folder, name));
  // Says what was passed over.
  if (files.length === 0) return picturePatterns(pictures, wanted);
  const parts: Patterns[] = [];
  for (const file of files) parts.push(await openPatterns(file, wanted));
  for (const part of parts) sameShape(part, parts[0]);
  return joined(parts);
}
