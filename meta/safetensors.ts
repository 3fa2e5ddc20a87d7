/**
 * @file Reads and writes safetensors files (float32 only): an 8-byte header length, a JSON header, the data.
 * Format: https://github.com/huggingface/safetensors#format
 */
import { z } from 'zod';
import { InputError } from '../src/errors.ts';

export interface NamedArray {
  shape: number[];
  values: Float32Array;
}

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).optional() })
  .catchall(entrySchema);

export function encodeSafetensors(
  tensors: Record<string, NamedArray>,
  metadata: Record<string, string> = {},
): Uint8Array {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = JSON.stringify(header);
  // The data starts at a multiple of eight bytes.
  const text = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8, ' '));
  const bytes = new Uint8Array(8 + text.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const { values } of Object.values(tensors)) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/** @throws InputError naming `file` when the bytes are not a whole safetensors file of float32 tensors. */
export function decodeSafetensors(
  bytes: Uint8Array,
  file: string,
): { tensors: Record<string, NamedArray>; metadata: Record<string, string> } {
  const fail = (what: string): never => {
    throw new InputError(`${file}: not a readable safetensors file (${what})`);
  };
  if (bytes.length < 8) fail(`${bytes.length} bytes long`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (!(length > 0 && 8 + length <= bytes.length)) fail('its header is cut off');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  } catch {
    return fail('its header is not JSON');
  }
  const header = headerSchema.safeParse(json);
  if (!header.success) return fail('its header lacks dtype, shape or data_offsets of a tensor');
  const { __metadata__, ...entries } = header.data;
  const data = bytes.subarray(8 + length);
  const tensors: Record<string, NamedArray> = {};
  for (const [name, entry] of Object.entries(entries)) {
    const [begin, end] = entry.data_offsets;
    const size = entry.shape.reduce((a, b) => a * b, 1);
    if (entry.dtype !== 'F32') fail(`tensor "${name}" has dtype ${entry.dtype}, expected F32`);
    if (end - begin !== 4 * size) fail(`tensor "${name}" has a shape that its data does not fit`);
    if (end > data.length) fail(`tensor "${name}" is cut off`);
    tensors[name] = {
      shape: entry.shape,
      values: new Float32Array(Uint8Array.from(data.subarray(begin, end)).buffer),
    };
  }
  return { tensors, metadata: __metadata__ ?? {} };
}
