/** @file A .npy file, version 1, as NumPy writes it. */
export function npyBytes(
  shape: readonly number[],
  data: Float32Array | Uint8Array,
  { fortran = false, descr = data instanceof Uint8Array ? '|u1' : '<f4' } = {},
): Uint8Array {
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }`;
  const text = `${header.padEnd(128 - 11)}\n`;
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(text.length, 8);
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(Buffer.concat([head, Buffer.from(text, 'latin1'), body]));
}
