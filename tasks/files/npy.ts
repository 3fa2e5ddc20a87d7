/** @file NumPy's .npy format, versions 1 to 3: a header that is a Python dictionary, then the values. */
import { InputError } from '../../src/errors.ts';
import { type ArrayHeader, arrayPatterns, TYPES, type TypeName } from './array.ts';
import type { Bytes } from './bytes.ts';
import { shownName } from './named.ts';
import type { Patterns } from './patterns.ts';

const MAGIC = '\x93NUMPY';

/** Bytes of a header, at most: as NumPy itself has it. */
const MOST_HEADER = 10_000;

/** @throws InputError where it is no whole .npy file of numbers */
export const npyPatterns = (label: string, bytes: Bytes): Patterns =>
  arrayPatterns(npyHeader(label, bytes), bytes);

/** What the file says of its array. */
export function npyHeader(label: string, bytes: Bytes): ArrayHeader {
  const fail = (what: string): never => {
    throw new InputError(`${label}: ${what}`);
  };
  const text = (from: number, length: number) => String.fromCharCode(...bytes.at(from, length));
  if (bytes.length < 10 || text(0, 6) !== MAGIC) fail('not a .npy file');
  const version = bytes.at(6, 1)[0];
  if (version < 1 || version > 3) fail(`.npy version ${version}, expected 1 to 3`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) fail('cut off in its header');
  // Little-endian, in 2 bytes or 4.
  const length = bytes.at(8, start - 8).reduceRight((sum, byte) => 256 * sum + byte, 0);
  if (start + length > bytes.length) fail('cut off in its header');
  if (length > MOST_HEADER) fail(`its header has ${length} bytes, expected at most ${MOST_HEADER}`);
  const header = text(start, length);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const shapeText = /'shape'\s*:\s*\(([^)]*)\)/.exec(header)?.[1];
  if (descr === undefined && /'descr'\s*:\s*\[/.test(header))
    fail('its values are records with fields, expected numbers');
  if (descr === undefined || order === undefined || shapeText === undefined)
    return fail('its header does not say type, order and shape');
  const type = descr.slice(1);
  if (!Object.hasOwn(TYPES, type) || type === 'B2' || !'<>|='.includes(descr[0]))
    fail(`its type is ${shownName(descr)}, expected bool, integers or floats of 16, 32 or 64 bits`);
  const shape = shapeText
    .split(',')
    .map((n) => n.trim().replace(/L$/, ''))
    .filter((n) => n !== '')
    .map(Number);
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) fail(`its shape is (${shownName(shapeText)})`);
  return {
    label,
    type: type as TypeName,
    little: descr[0] !== '>',
    fortran: order === 'True',
    shape,
    start: start + length,
  };
}

const bytesOfText = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A .npy file of float32 numbers, in C order. */
export function encodeNpy(values: Float32Array, shape: readonly number[]): Uint8Array {
  const written = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${written}), }`;
  // Values begin at a multiple of 64.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const file = new Uint8Array(10 + length + 4 * values.length);
  file.set(bytesOfText(`${MAGIC}\x01\0`));
  const view = new DataView(file.buffer);
  view.setUint16(8, length, true);
  file.set(bytesOfText(`${text.padEnd(length - 1)}\n`), 10);
  for (let i = 0; i < values.length; i++) view.setFloat32(10 + length + 4 * i, values[i], true);
  return file;
}
