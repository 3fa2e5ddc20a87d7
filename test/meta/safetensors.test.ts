import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../meta/safetensors.ts';

const tensors = {
  'p:W': { shape: [2, 3], values: new Float32Array([1, -2, 3.5, 0, Number.NaN, Infinity]) },
  scalar: { shape: [], values: new Float32Array([7]) },
};

test('what is written is read back, bit for bit', () => {
  const { tensors: read, metadata } = decodeSafetensors(encodeSafetensors(tensors, { format: 'x' }), 'file');
  expect(read).toEqual(tensors);
  expect(metadata).toEqual({ format: 'x' });
});

test('reads from a buffer that starts in the middle of another', () => {
  const bytes = encodeSafetensors(tensors);
  const shifted = Buffer.concat([Buffer.from('abc'), bytes]).subarray(3);
  expect(decodeSafetensors(shifted, 'file').tensors).toEqual(tensors);
});

test('the header is laid out as the format says', () => {
  const bytes = encodeSafetensors(tensors);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  expect(header['p:W']).toEqual({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] });
  expect((8 + length) % 8).toBe(0);
});

/** A file of a header alone. */
const headed = (json: string) => {
  const bytes = Buffer.alloc(8 + json.length);
  bytes.writeBigUInt64LE(BigInt(json.length));
  bytes.write(json, 8);
  return bytes;
};

describe('damage is refused with the name of the file', () => {
  const whole = encodeSafetensors(tensors);
  test.each([
    ['nothing', new Uint8Array()],
    ['half a length', whole.slice(0, 4)],
    ['half a header', whole.slice(0, 30)],
    ['half the data', whole.slice(0, whole.length - 8)],
    ['a header of another kind', headed('null')],
    ['a tensor without a place', headed('{"a":{"dtype":"F32","shape":[1]}}')],
    ['a place that is no list', headed('{"a":{"dtype":"F32","shape":[1],"data_offsets":3}}')],
    ['noise', Uint8Array.from({ length: 100 }, (_, i) => (i * 37) % 256)],
  ])('%s', (_, bytes) => {
    expect(() => decodeSafetensors(bytes, 'state.safetensors')).toThrow(/^state.safetensors: not a readable/);
  });
});
