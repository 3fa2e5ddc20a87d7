/** @file The IDX format of MNIST and sets like it: a magic number that has type and axes, big-endian sizes, then the values. */
import { InputError } from '../../src/errors.ts';
import { arrayPatterns, TYPES, type TypeName } from './array.ts';
import type { Bytes } from './bytes.ts';
import type { Patterns } from './patterns.ts';

/** By the third byte of the magic number (http://yann.lecun.com/exdb/mnist). */
const CODES: Record<number, TypeName> = { 8: 'u1', 9: 'i1', 11: 'i2', 12: 'i4', 13: 'f4', 14: 'f8' };

interface Idx {
  type: TypeName;
  shape: number[];
  start: number;
}

function headerOf(bytes: Bytes): Idx | undefined {
  const [zero, none, code, axes] = bytes.at(0, 4);
  const type = CODES[code];
  const start = 4 + 4 * axes;
  if (zero !== 0 || none !== 0 || !type || !(axes >= 1 && axes <= 5) || bytes.length < start)
    return undefined;
  const head = bytes.at(4, 4 * axes);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return { type, shape: Array.from({ length: axes }, (_, i) => view.getUint32(4 * i)), start };
}

const sizeOf = ({ type, shape, start }: Idx) => start + shape.reduce((a, b) => a * b, TYPES[type].size);

/** Whether a file is IDX whatever its name: its header says how long it is. */
export function isIdx(bytes: Bytes): boolean {
  const header = headerOf(bytes);
  return header !== undefined && sizeOf(header) === bytes.length;
}

/** @throws InputError where it is no whole IDX file of images */
export function idxPatterns(label: string, bytes: Bytes): Patterns {
  const header = headerOf(bytes);
  if (!header)
    throw new InputError(
      `${label}: not IDX, MNIST's format: expected 0, 0, a type and a number of axes first`,
    );
  const { shape } = header;
  if (shape.length === 1)
    throw new InputError(`${label}: IDX of ${shape[0]} single numbers, such as labels; expected images`);
  const expected = sizeOf(header);
  if (bytes.length > expected)
    throw new InputError(
      `${label}: ${bytes.length} bytes, expected ${expected} for shape [${shape.join(', ')}]`,
    );
  return arrayPatterns({ label, little: false, fortran: false, ...header }, bytes);
}
