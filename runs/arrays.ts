/** @file Arrays of float32 in files that NumPy reads: .npy, .npz and .safetensors, written and read back by names and shapes. */
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from '../meta/safetensors.ts';
import { InputError } from '../src/errors.ts';
import { notFinite } from '../src/memory/diverged.ts';
import { bytesOf } from '../tasks/files/bytes.ts';
import { encodeNpy } from '../tasks/files/npy.ts';
import { npzArray } from '../tasks/files/npz.ts';

export type ArrayFormat = 'npy' | 'npz' | 'safetensors';

/** The format that a file's name asks for; undefined for any other name. */
export const arrayFormat = (file: string) =>
  /\.(npy|npz|safetensors)$/.exec(file)?.[1] as ArrayFormat | undefined;

/** @param arrays by name; a .npy file holds the first alone */
export function encodeArrays(format: ArrayFormat, arrays: Record<string, NamedArray>): Uint8Array {
  if (format === 'safetensors') return encodeSafetensors(arrays);
  const files = Object.entries(arrays).map(
    ([name, { values, shape }]) => [name, encodeNpy(values, shape)] as const,
  );
  return format === 'npy' ? files[0][1] : zipped(files.map(([name, bytes]) => [`${name}.npy`, bytes]));
}

/**
 * Arrays of these names and shapes, all finite; others in the file are left alone.
 * @throws InputError naming the file and the array that is missing or of another shape
 */
export async function readArrays(
  file: string,
  shapes: Record<string, readonly number[]>,
): Promise<Record<string, Float32Array>> {
  const format = arrayFormat(file);
  if (format !== 'npz' && format !== 'safetensors')
    throw new InputError(`${file}: expected a .npz or .safetensors file of arrays by name`);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `${file}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`}`,
    );
  });
  const found = format === 'npz' ? npzArrays(file, bytes) : safetensorArrays(file, bytes);
  const read = Object.entries(shapes).map(([name, shape]): [string, Float32Array] => {
    const array = found(name);
    if (!array || array.shape.join() !== shape.join()) {
      const what = array ? `has shape [${array.shape}]` : 'is missing';
      throw new InputError(`${file}: array "${name}" ${what}, expected [${shape}]`);
    }
    const { values } = array;
    const broken = notFinite(values);
    if (broken >= 0)
      throw new InputError(`${file}: array "${name}" holds ${values[broken]}, expected finite numbers`);
    return [name, values];
  });
  return Object.fromEntries(read);
}

interface Found {
  shape: readonly number[];
  values: Float32Array;
}

function safetensorArrays(file: string, bytes: Uint8Array): (name: string) => Found | undefined {
  const { tensors } = decodeSafetensors(bytes, file);
  return (name) => tensors[name];
}

function npzArrays(file: string, all: Uint8Array): (name: string) => Found | undefined {
  const bytes = bytesOf(all);
  return (name) => {
    const array = npzArray(file, bytes, name);
    return array && { shape: array.shape, values: Float32Array.from(array.values) };
  };
}

/** A ZIP archive of files as they are, which is what NumPy's savez writes. APPNOTE.TXT of PKWARE, 4.3. */
function zipped(files: [name: string, bytes: Uint8Array][]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [text, bytes] of files) {
    const name = new TextEncoder().encode(text);
    // Version 2.0, names in UTF-8, stored; 1 January 1980, so that the same arrays give the same file.
    const common = new Uint8Array(26);
    const view = new DataView(common.buffer);
    view.setUint16(0, 20, true);
    view.setUint16(2, 0x800, true);
    view.setUint16(8, 33, true);
    view.setUint32(10, crc32(bytes), true);
    view.setUint32(14, bytes.length, true);
    view.setUint32(18, bytes.length, true);
    view.setUint16(22, name.length, true);
    const central = new Uint8Array(46);
    central.set([0x50, 0x4b, 1, 2, 20, 0]);
    central.set(common, 6);
    new DataView(central.buffer).setUint32(42, at, true);
    const local = [Uint8Array.of(0x50, 0x4b, 3, 4), common, name, bytes];
    parts.push(...local);
    directory.push(central, name);
    at += local.reduce((sum, part) => sum + part.length, 0);
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new Uint8Array(22);
  end.set([0x50, 0x4b, 5, 6]);
  const view = new DataView(end.buffer);
  view.setUint16(8, files.length, true);
  view.setUint16(10, files.length, true);
  view.setUint32(12, length, true);
  view.setUint32(16, at, true);
  return Buffer.concat([...parts, ...directory, end]);
}
