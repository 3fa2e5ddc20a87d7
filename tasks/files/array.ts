/** @file An array of numbers in a file: its type, its order, and its items one by one. */
import { InputError } from '../../src/errors.ts';
import type { Bytes } from './bytes.ts';
import type { Numbers, Patterns } from './patterns.ts';

/** A type of numbers: its size in bytes, the bits that one value holds, and how one is read. */
export interface NumberType {
  size: number;
  bits: number;
  read(view: DataView, at: number, little: boolean): number;
}

/** By names of one letter and the size, as NumPy has them: b bool, u and i integers, f floats; B bfloat16, E and F float8. */
export const TYPES = {
  b1: { size: 1, bits: 1, read: (view, at) => Number(view.getUint8(at) !== 0) },
  u1: { size: 1, bits: 8, read: (view, at) => view.getUint8(at) },
  i1: { size: 1, bits: 8, read: (view, at) => view.getInt8(at) },
  u2: { size: 2, bits: 16, read: (view, at, little) => view.getUint16(at, little) },
  i2: { size: 2, bits: 16, read: (view, at, little) => view.getInt16(at, little) },
  u4: { size: 4, bits: 32, read: (view, at, little) => view.getUint32(at, little) },
  i4: { size: 4, bits: 32, read: (view, at, little) => view.getInt32(at, little) },
  u8: { size: 8, bits: 64, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  i8: { size: 8, bits: 64, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  f2: { size: 2, bits: 16, read: (view, at, little) => half(view.getUint16(at, little)) },
  f4: { size: 4, bits: 32, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { size: 8, bits: 64, read: (view, at, little) => view.getFloat64(at, little) },
  E1: { size: 1, bits: 8, read: (view, at) => small(view.getUint8(at), 3, 7) },
  F1: { size: 1, bits: 8, read: (view, at) => half(view.getUint8(at) << 8) },
  B2: { size: 2, bits: 16, read: (view, at, little) => upper(view.getUint16(at, little)) },
} satisfies Record<string, NumberType>;

export type TypeName = keyof typeof TYPES;

/** The value of a float16 (IEEE 754 binary16). */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14);
}

/** The value of a float8 of so many bits of fraction, without infinities (E4M3FN). */
function small(bits: number, fractionBits: number, bias: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits & 0x7f) >> fractionBits;
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  if ((bits & 0x7f) === 0x7f) return Number.NaN;
  return sign * (exponent ? (1 + fraction) * 2 ** (exponent - bias) : fraction * 2 ** (1 - bias));
}

const scratch = new DataView(new ArrayBuffer(4));
/** The value of a bfloat16: the upper half of a float32. */
function upper(bits: number): number {
  scratch.setUint32(0, bits * 65536);
  return scratch.getFloat32(0);
}

export interface ArrayHeader {
  label: string;
  type: TypeName;
  little: boolean;
  /** Column after column, as Fortran has it. */
  fortran: boolean;
  /** Of the whole array; its first axis counts patterns. */
  shape: number[];
  /** Where its values begin. */
  start: number;
}

/**
 * The items along the first axis.
 * @throws InputError where the array has no such axis, is empty, or the bytes are not as many as its shape says
 */
export function arrayPatterns(header: ArrayHeader, bytes: Bytes): Patterns {
  const { label, type, little, fortran, shape, start } = header;
  const { size: width, bits, read } = TYPES[type] as NumberType;
  const fail = (what: string): never => {
    throw new InputError(`${label}: ${what}`);
  };
  const written = `[${shape.join(', ')}]`;
  if (shape.length < 2)
    fail(`its shape is ${written}, expected a first axis that counts patterns and one or more of theirs`);
  const total = shape.reduce((a, b) => a * b, 1);
  if (total === 0) fail(`its shape is ${written}: it holds no patterns`);
  if (bytes.length - start < total * width)
    fail(`cut off: ${bytes.length - start} bytes of values, expected ${total * width} for shape ${written}`);
  const [count, ...one] = shape;
  const size = total / count;
  // Of column after column the patterns lie scattered: gathered once, which needs memory for all of them.
  const inOrder = fortran ? gathered(bytes.at(start, total * width), shape, width) : undefined;
  const make = (): Numbers =>
    bits === 8 && type === 'u1' ? new Uint8Array(size) : bits > 32 || type.endsWith('4') ? new Float64Array(size) : new Float32Array(size); // biome-ignore format: one choice
  return {
    label,
    count,
    shape: one,
    bits,
    bytes: type === 'u1',
    read(index) {
      const from = index * size * width;
      const raw = inOrder
        ? inOrder.subarray(from, from + size * width)
        : bytes.at(start + from, size * width);
      const values = make();
      if (type === 'u1') {
        (values as Uint8Array).set(raw);
        return values;
      }
      const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
      for (let i = 0; i < size; i++) values[i] = read(view, i * width, little);
      return values;
    },
  };
}

/** Values of `width` bytes, from column after column to row after row. */
function gathered(raw: Uint8Array, shape: number[], width: number): Uint8Array {
  const result = new Uint8Array(raw.length);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, width));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < raw.length; to += width) {
    for (let b = 0; b < width; b++) result[to + b] = raw[from + b];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}
