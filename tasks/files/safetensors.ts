/** @file Tensors of a .safetensors file: eight bytes of length, a JSON header of names, types, shapes and places, then the values. */
import { InputError } from '../../src/errors.ts';
import { parseJson } from '../../src/json.ts';
import { arrayPatterns, TYPES, type TypeName } from './array.ts';
import type { Bytes } from './bytes.ts';
import { chosen, shownName } from './named.ts';
import type { Patterns } from './patterns.ts';

/** By the format's names of types (https://github.com/huggingface/safetensors). */
const CODES: Record<string, TypeName> = {
  BOOL: 'b1',
  U8: 'u1',
  I8: 'i1',
  U16: 'u2',
  I16: 'i2',
  U32: 'u4',
  I32: 'i4',
  U64: 'u8',
  I64: 'i8',
  F16: 'f2',
  BF16: 'B2',
  F32: 'f4',
  F64: 'f8',
  F8_E4M3: 'E1',
  F8_E5M2: 'F1',
};

/** Bytes of a header, as the reference reader has it. */
const LONGEST = 100_000_000;

interface Tensor {
  name: string;
  dtype: string;
  shape: number[];
  from: number;
  to: number;
}

/** Whether a file begins as one of these. */
export function isSafetensors(head: Uint8Array, bytes: Bytes): boolean {
  if (head.length < 10 || head[8] !== 0x7b) return false;
  const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  return length > 1 && length <= LONGEST && length + 8 <= bytes.length;
}

/** @throws InputError where it is no such file, or has no such tensor of numbers */
export function safetensorsPatterns(label: string, bytes: Bytes, asked: string | undefined): Patterns {
  const { tensors, start } = headerOf(label, bytes);
  const { name, dtype, shape, from, to } = chosen(label, tensors, asked);
  const at = `${label}#${shownName(name)}`;
  const type = CODES[dtype];
  if (!type) throw new InputError(`${at}: its type is ${dtype}, expected ${Object.keys(CODES).join(', ')}`);
  const header = { label: at, type, little: true, fortran: false, shape, start: start + from };
  const expected = shape.reduce((a, b) => a * b, TYPES[type].size);
  if (to - from !== expected)
    throw new InputError(`${at}: ${to - from} bytes, expected ${expected} for shape [${shape.join(', ')}]`);
  return arrayPatterns(header, bytes);
}

/** Names of the tensors. @throws InputError likewise */
export const tensorNames = (label: string, bytes: Bytes) => headerOf(label, bytes).tensors;

function headerOf(label: string, bytes: Bytes): { tensors: Tensor[]; start: number } {
  const fail = (what: string): never => {
    throw new InputError(`${label}: ${what}`);
  };
  const head = bytes.at(0, 10).slice();
  if (!isSafetensors(head, bytes)) fail('not a .safetensors file, or cut off in its header');
  const length = Number(new DataView(head.buffer).getBigUint64(0, true));
  const start = 8 + length;
  const header = parseJson(new TextDecoder().decode(bytes.at(8, length)), label) as Record<string, unknown>;
  const tensors: Tensor[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    const whole = (list: unknown): list is number[] =>
      Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
    if (typeof dtype !== 'string' || !whole(shape) || !whole(offsets) || offsets.length !== 2)
      return fail(`its header says nothing that can be understood of "${shownName(name)}"`);
    if (offsets[0] > offsets[1] || start + offsets[1] > bytes.length)
      fail(`cut off: "${shownName(name)}" ends at byte ${start + offsets[1]} of ${bytes.length}`);
    tensors.push({ name, dtype, shape, from: offsets[0], to: offsets[1] });
  }
  return { tensors, start };
}
