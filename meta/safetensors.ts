/**
 * @file Reads and writes safetensors files (float32, and bytes where asked for): an 8-byte header length, a JSON header, the data.
 * Format: https://github.com/huggingface/safetensors#format
 */
import { z } from 'zod';
import * as args from '../src/arguments.ts';
import { InputError } from '../src/errors.ts';

export interface NamedArray {
  shape: number[];
  values: Float32Array;
}

export interface NamedBytes {
  shape: number[];
  values: Uint8Array;
}

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).optional() })
  .catchall(entrySchema);

const BYTES = args.kind('a Uint8Array', (v) => v instanceof Uint8Array);
const ARRAYS = args.record(
  args.fields({
    shape: args.axes,
    values: args.kind(
      'a Float32Array or Uint8Array',
      (v) => v instanceof Float32Array || v instanceof Uint8Array,
    ),
  }),
  'arrays by name: { shape, values }',
);

export function encodeSafetensors(
  tensors: Record<string, NamedArray | NamedBytes>,
  metadata: Record<string, string> = {},
): Uint8Array {
  args.check('encodeSafetensors', {
    tensors: [tensors, ARRAYS],
    metadata: [metadata, args.record(args.text)],
  });
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = {
      dtype: values instanceof Float32Array ? 'F32' : 'U8',
      shape,
      data_offsets: [offset, offset + values.byteLength],
    };
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
  return decode(bytes, file, ['F32']) as ReturnType<typeof decodeSafetensors>;
}

/** Likewise, of float32 tensors and tensors of bytes. */
export const decodeMixedSafetensors = (bytes: Uint8Array, file: string) => decode(bytes, file, ['F32', 'U8']);

function decode(
  bytes: Uint8Array,
  file: string,
  dtypes: readonly string[],
): { tensors: Record<string, NamedArray | NamedBytes>; metadata: Record<string, string> } {
  const fail = (what: string): never => {
    throw new InputError(`${file}: not a readable safetensors file (${what})`);
  };
  args.check('decodeSafetensors', { bytes: [bytes, BYTES] });
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
  // The format wants tensors side by side, so that no byte is read twice and none is hidden.
  const inOrder = Object.entries(entries).sort(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  );
  let covered = 0;
  for (const [name, { data_offsets }] of inOrder) {
    const [begin, end] = data_offsets;
    if (begin < covered) fail(`tensor "${name}" overlaps another`);
    if (begin > covered) fail(`there are bytes of no tensor before "${name}"`);
    covered = Math.max(begin, end);
  }
  const tensors: Record<string, NamedArray | NamedBytes> = {};
  for (const [name, entry] of Object.entries(entries)) {
    const [begin, end] = entry.data_offsets;
    const size = entry.shape.reduce((a, b) => a * b, 1);
    if (!dtypes.includes(entry.dtype))
      fail(`tensor "${name}" has dtype ${entry.dtype}, expected ${dtypes.join(' or ')}`);
    const width = entry.dtype === 'F32' ? 4 : 1;
    if (end - begin !== width * size) fail(`tensor "${name}" has a shape that its data does not fit`);
    if (end > data.length) fail(`tensor "${name}" is cut off`);
    const own = Uint8Array.from(data.subarray(begin, end));
    tensors[name] =
      width === 4
        ? { shape: entry.shape, values: new Float32Array(own.buffer) }
        : { shape: entry.shape, values: own };
  }
  if (covered < data.length) fail(`${data.length - covered} bytes of no tensor at its end`);
  return { tensors, metadata: __metadata__ ?? {} };
}
