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

test('tensors that overlap, leave gaps or leave bytes at the end are refused', () => {
  const file = (offsets: [number, number][], bytes: number) => {
    const entries = offsets.map((data_offsets, i) => [`t${i}`, { dtype: 'F32', shape: [(data_offsets[1] - data_offsets[0]) / 4], data_offsets }]); // biome-ignore format: one line
    const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, header, Buffer.alloc(bytes)]);
  };
  const read = (offsets: [number, number][], bytes: number) => () =>
    decodeSafetensors(file(offsets, bytes), 'f');
  expect(Object.keys(read([[8, 16], [0, 8]], 16)().tensors)).toEqual(['t0', 't1']); // biome-ignore format: one line
  expect(read([[0, 8], [4, 12]], 12)).toThrow('f: not a readable safetensors file (tensor "t1" overlaps another)'); // biome-ignore format: one line
  expect(read([[0, 8], [0, 8]], 8)).toThrow('overlaps'); // biome-ignore format: one line
  expect(read([[0, 8], [12, 16]], 16)).toThrow('bytes of no tensor before "t1"'); // biome-ignore format: one line
  expect(read([[0, 8]], 12)).toThrow('4 bytes of no tensor at its end');
  expect(read([[0, 8]], 4)).toThrow('cut off');
});
