/** @file Reads .npy files (NumPy's format, versions 1 to 3) of numbers: little-endian, row after row. */
import { InputError } from '../../../../src/errors.ts';

export interface NpyArray {
  shape: number[];
  values: Float32Array;
}

type Reader = { size: number; read: (view: DataView, at: number) => number };

/** By NumPy's type codes. */
const TYPES: Record<string, Reader> = {
  b1: { size: 1, read: (view, at) => Number(view.getUint8(at) !== 0) },
  u1: { size: 1, read: (view, at) => view.getUint8(at) },
  i1: { size: 1, read: (view, at) => view.getInt8(at) },
  u2: { size: 2, read: (view, at) => view.getUint16(at, true) },
  i2: { size: 2, read: (view, at) => view.getInt16(at, true) },
  u4: { size: 4, read: (view, at) => view.getUint32(at, true) },
  i4: { size: 4, read: (view, at) => view.getInt32(at, true) },
  i8: { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  u8: { size: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  f4: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { size: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** @throws InputError naming `file` where it is no whole .npy file of such numbers */
export function decodeNpy(bytes: Uint8Array, file: string): NpyArray {
  const fail = (what: string): never => {
    throw new InputError(`${file}: ${what}`);
  };
  const text = (from: number, to: number) => new TextDecoder('latin1').decode(bytes.subarray(from, to));
  if (bytes.length < 12 || text(0, 6) !== '\x93NUMPY') fail('not a .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes[6] === 1 ? 10 : 12;
  const length = bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = text(start, start + length);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1] ?? fail('its header names no type');
  const shapeText = /'shape'\s*:\s*\(([^)]*)\)/.exec(header)?.[1] ?? fail('its header names no shape');
  if (/'fortran_order'\s*:\s*True/.test(header))
    fail('its order is column after column, expected row after row');
  const [order, code] = [descr[0], descr.slice(1)];
  const type = TYPES[code];
  if (!type || (order === '>' && type.size > 1)) {
    fail(`its type is ${descr}, expected little-endian ${Object.keys(TYPES).join(', ')}`);
  }
  const shape = shapeText
    .split(',')
    .map((n) => n.trim())
    .filter((n) => n !== '')
    .map(Number);
  const count = shape.reduce((a, b) => a * b, 1);
  if (
    !shape.every((n) => Number.isInteger(n) && n >= 0) ||
    bytes.length < start + length + count * type.size
  ) {
    fail('cut off: its data is shorter than its shape');
  }
  const at = start + length;
  const values = Float32Array.from({ length: count }, (_, i) => type.read(view, at + i * type.size));
  if (!values.every(Number.isFinite)) fail('holds a value that is not finite');
  return { shape, values };
}
