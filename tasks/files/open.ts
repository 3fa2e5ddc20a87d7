/** @file The patterns of a file, by what its name says it is. */
import { basename } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { openBytes } from './bytes.ts';
import { decodeCifarFile } from './cifar.ts';
import { npyPatterns } from './npy.ts';
import type { ParsedFiles } from './options.ts';
import type { Patterns } from './patterns.ts';

export type Wanted = Pick<ParsedFiles, 'array' | 'size' | 'colour'>;

interface Format {
  name: RegExp;
  help: string;
  open(file: string, wanted: Wanted): Patterns | Promise<Patterns>;
}

const FORMATS: Format[] = [
  { name: /\.npy$/i, help: '.npy', open: (file) => npyPatterns(file, openBytes(file)) },
  {
    name: /\.bin$/i,
    help: '.bin (CIFAR-10 or CIFAR-100)',
    open: (file) => decodeCifarFile(file, openBytes(file)),
  },
];

/** Whether a file's name says that it holds patterns. */
export const isPatternFile = (file: string) => FORMATS.some(({ name }) => name.test(basename(file)));

/** @throws InputError where the file is none of these, or not whole */
export async function openPatterns(file: string, wanted: Wanted): Promise<Patterns> {
  const format = FORMATS.find(({ name }) => name.test(basename(file)));
  if (!format) {
    throw new InputError(
      `${file}: its name says no format that is known; expected ${FORMATS.map(({ help }) => help).join(', ')}`,
    );
  }
  return format.open(file, wanted);
}
