import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { openBytes } from '../../../tasks/files/disk.ts';
import { idxPatterns } from '../../../tasks/files/idx.ts';
import { npzPatterns } from '../../../tasks/files/npz.ts';
import { openPatterns } from '../../../tasks/files/open.ts';
import type { Patterns } from '../../../tasks/files/patterns.ts';
import { safetensorsPatterns } from '../../../tasks/files/safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebmm-open-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}
const rows = (patterns: Patterns) => Array.from({ length: patterns.count }, (_, i) => [...patterns.read(i)]);
const open = async (name: string, content: string | Uint8Array, array?: string) =>
  openPatterns(write(name, content), { array });

/** Made by make_arrays.py. */
const known: Record<string, { file: string; array?: string; shape: number[]; values: number[] }> = JSON.parse(
  readFileSync(new URL('arrays.json', import.meta.url), 'utf8'),
);

describe('files of arrays are read as NumPy and safetensors read them', () => {
  test.each(Object.entries(known))('%s', async (name, { file, array, shape, values }) => {
    const bytes = Buffer.from(file, 'base64');
    const path = write(name.replace(/[<> ]/g, '_'), bytes);
    const patterns = await openPatterns(path, { array });
    expect([patterns.count, ...patterns.shape]).toEqual(shape);
    expect(rows(patterns).flat()).toEqual(values);
    // An array may be named behind the path, and a file be packed, whatever it is called.
    if (array) expect(rows(await openPatterns(`${path}#${array}`, {})).flat()).toEqual(values);
    const packed = write(`${name.replace(/[<> ]/g, '_')}.gz`, gzipSync(bytes));
    expect(rows(await openPatterns(packed, { array })).flat()).toEqual(values);
    // As of a file larger than memory: read where it is wanted.
    const slices = openBytes(path, 0);
    if (name.endsWith('.npz')) expect(rows(npzPatterns(name, slices, array)).flat()).toEqual(values);
    if (name.endsWith('.safetensors'))
      expect(rows(safetensorsPatterns(name, slices, array)).flat()).toEqual(values);
  });
});

/** IDX: a type's code, sizes, values. */
function idx(code: number, shape: number[], values: Uint8Array): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, code, shape.length]);
  shape.forEach((n, i) => {
    head.writeUInt32BE(n, 4 + 4 * i);
  });
  return Buffer.concat([head, values]);
}
const big = (write: (buffer: Buffer, value: number, at: number) => void, size: number, values: number[]) => {
  const buffer = Buffer.alloc(size * values.length);
  values.forEach((value, i) => {
    write(buffer, value, size * i);
  });
  return buffer;
};

test.each([
  [8, Buffer.from([0, 200, 255, 7]), [0, 200, 255, 7]],
  [9, Buffer.from([0, 200, 255, 7]), [0, -56, -1, 7]],
  [11, big((b, v, at) => b.writeInt16BE(v, at), 2, [1, -2, 300, 4]), [1, -2, 300, 4]],
  [12, big((b, v, at) => b.writeInt32BE(v, at), 4, [1, -2, 3e5, 4]), [1, -2, 3e5, 4]],
  [13, big((b, v, at) => b.writeFloatBE(v, at), 4, [1, -2, 0.5, 4]), [1, -2, 0.5, 4]],
  [14, big((b, v, at) => b.writeDoubleBE(v, at), 8, [1, -2, 0.1, 4]), [1, -2, 0.1, 4]],
])("MNIST's format, type %s, under any name and packed", async (code, data, values) => {
  const file = idx(code, [2, 1, 2], data);
  for (const [name, content] of [
    ['train-images-idx3-ubyte', file],
    ['mine.bin', file],
    ['no-name-at-all', gzipSync(file)],
  ] as const) {
    const patterns = await open(name, content);
    expect(patterns.shape).toEqual([1, 2]);
    expect(rows(patterns).flat()).toEqual(values);
  }
  expect(rows(idxPatterns('x', openBytes(write('slices', file), 0))).flat()).toEqual(values);
});

/** CIFAR-100: two labels, then planes. */
const cifar100 = (count: number) => {
  const bytes = new Uint8Array(3074 * count);
  for (let i = 0; i < count; i++) bytes.set([19, 99], 3074 * i);
  bytes[2] = 7;
  bytes[2 + 1024] = 8;
  bytes[2 + 2048] = 9;
  return bytes;
};

test("CIFAR-100's two labels are passed over", async () => {
  const patterns = await open('train.bin', cifar100(3));
  expect([patterns.count, ...patterns.shape]).toEqual([3, 32, 32, 3]);
  expect([...patterns.read(0).slice(0, 4)]).toEqual([7, 8, 9, 0]);
});

test.each<[string, string, number[][]]>([
  ['plain.csv', '1,0.5,-2e3\n4,5,.5\n', [[1, 0.5, -2000], [4, 5, 0.5]]], // biome-ignore format: a row each
  ['mark.csv', '\ufeffa,b\r\n1,2\r\n3,4\r\n', [[1, 2], [3, 4]]], // biome-ignore format: a row each
  ['quoted.csv', '"first, it is","b"\n"1","2"\n', [[1, 2]]],
  ['numbers-as-names.csv', 'label,0,1\n7,2,3\n', [[2, 3]]],
  ['pandas.csv', ',x,y,label\n0,0.1,0.2,cat\n1,0.3,0.4,dog\n', [[0.1, 0.2], [0.3, 0.4]]], // biome-ignore format: a row each
  ['semicolons.txt', '1;2\n\n3;4', [[1, 2], [3, 4]]], // biome-ignore format: a row each
  ['tabs.tsv', '1\t2\n3\t4\n', [[1, 2], [3, 4]]], // biome-ignore format: a row each
  ['blanks.txt', '# a comment\n  1   2 \n 3 4\n', [[1, 2], [3, 4]]], // biome-ignore format: a row each
  ['bits.txt', '0101\n"1100"\n', [[0, 1, 0, 1], [1, 1, 0, 0]]], // biome-ignore format: a row each
  ['headed-bits.csv', 'pattern\n0101\n1100\n', [[0, 1, 0, 1], [1, 1, 0, 0]]], // biome-ignore format: a row each
  ['truth.csv', 'a,b\nTrue,False\n', [[1, 0]]],
  ['lists.json', '[[0, 1.5], [true, -2]]', [[0, 1.5], [1, -2]]], // biome-ignore format: a row each
  ['deep.json', '[[[0, 1], [2, 3]]]', [[0, 1, 2, 3]]],
  ['bits.json', '["0101", "1111"]', [[0, 1, 0, 1], [1, 1, 1, 1]]], // biome-ignore format: a row each
  ['named.json', '\ufeff{"x": [[1, 2]], "about": "none"}', [[1, 2]]],
])('%s', async (name, content, expected) => {
  expect(rows(await open(name, content))).toEqual(expected);
});

test('what is left out of a table is said', async () => {
  const { remark, nameOf } = await open('said.csv', 'label,a,b\n\n7,2,3\n');
  expect(remark).toMatch(/said.csv: column "label" is left out: not part of a pattern$/);
  expect(nameOf!(0)).toMatch(/said.csv: row 3$/);
});

const npz = () => Buffer.from(known['packed x.npz'].file, 'base64');
const tensors = () => Buffer.from(known['bool.safetensors'].file, 'base64');

test.each<[string, string, string | Uint8Array, string | undefined, RegExp]>([
  ['a text', 'a.csv', 'a,b\n1,2\n3,x\n', undefined, /a.csv: row 3, column 2 holds "x", expected a number$/],
  ['no field', 'b.csv', '1,2\n3,\n', undefined, /b.csv: row 2, column 2 is empty, expected a number$/],
  ['not a number', 'c.csv', '1,nan\n3,4\n', undefined, /c.csv: row 1, column 2 holds "nan", expected a number/],
  ['a short row', 'd.csv', 'a,b,c\n1,2,3\n1,2\n', undefined, /d.csv: row 3 has 2 values, expected 3 as in row 1$/],
  ['short bits', 'e.txt', '0101\n010\n', undefined, /e.txt: row 2 has 3 values, expected 4 as in row 1$/],
  ['a comma for a point', 'f.csv', '1,5;2,5\n', undefined, /row 1, column 1 holds "1,5", expected a number with a point, not a comma/],
  ['a header alone', 'g.csv', 'a,b\n', undefined, /g.csv: holds a header, but no patterns$/],
  ['nothing', 'h.csv', '\n', undefined, /h.csv: holds no patterns$/],
  ['UTF-16', 'i.csv', Buffer.from('\ufeff1,2', 'utf16le'), undefined, /i.csv: text in UTF-16; save it as UTF-8$/],
  ['JSON cut off', 'a.json', '[[1, 2]', undefined, /a.json: not JSON/],
  ['another length', 'b.json', '[[1, 2], [3]]', undefined, /b.json: pattern 2 has shape \[1\], expected \[2\]/],
  ['a text in a list', 'c.json', '[[1, 2], [3, "x"]]', undefined, /c.json: pattern 2: value 2 is "x", expected a number/],
  ['a list in a list', 'd.json', '[[[1], [2]], [[3], 4]]', undefined, /d.json: pattern 2 holds 4, expected a list/],
  ['no list', 'e.json', '{"a": 1}', undefined, /e.json: holds no arrays/],
  ['no such list', 'f.json', '{"a": [[1]], "b": [[2]]}', 'c', /f.json: has no array "c"; there are a \[1, 1\], b \[1, 1\]$/],
  ['no such array', 'a.npz', npz(), 'y', /a.npz: has no array "y"; there are x, bits, labels$/],
  ['no array named', 'b.npz', npz(), undefined, /b.npz: which array\? Name one as .*b.npz#NAME.*: x \[3, 2, 2\], bits \[3, 2, 2\], labels \[3\]$/],
  ['cut off', 'c.npz', npz().subarray(0, -100), 'x', /c.npz: not a whole archive/],
  ['another archive', 'd.zip', Buffer.from('PK\x03\x04'), undefined, /d.zip: not a whole archive/],
  ['no such tensor', 'a.safetensors', tensors(), 'y', /has no array "y"; there are .*uint8 \[2, 3\]/],
  ['no tensor named', 'b.safetensors', tensors(), undefined, /b.safetensors: which array\?/],
  ['cut off', 'c.safetensors', tensors().subarray(0, -1), 'bool', /c.safetensors: cut off: "\w+" ends at byte/],
  ['cut off in its header', 'd.safetensors', tensors().subarray(0, 50), 'bool', /not a .safetensors file, or cut off/],
  ['labels', 'labels-idx1-ubyte', idx(8, [3], Buffer.from([1, 2, 3])), undefined, /IDX of 3 single numbers, such as labels/],
  ['cut off', 'images-idx3-ubyte', idx(8, [3, 2, 2], Buffer.from([1, 2, 3])), undefined, /cut off: 3 bytes of values, expected 12/],
  ['cut off', 'a.npy.gz', gzipSync(Buffer.alloc(100)).subarray(0, 20), undefined, /a.npy.gz: not a whole gzip file/],
  ['an archive', 'a.tar.gz', gzipSync(Buffer.alloc(100)), undefined, /a.tar.gz: an archive: unpack it first; expected/],
  ['a pickle', 'a.pt', 'x', undefined, /a.pt: a pickle, which can run code: save the array with numpy.save/],
  ['an unknown format', 'a.xyz', 'x', undefined, /a.xyz: neither its name nor its first bytes say a format.*\.npy, \.npz, /],
])('%s (%s) is told in one line', async (_, name, content, array, message) => {
  await expect(open(name, content, array)).rejects.toThrow(message);
}); // biome-ignore format: a row each

test('a folder of arrays without splits is all of them', async () => {
  const at = join(folder, 'several');
  mkdirSync(at);
  writeFileSync(join(at, 'b.csv'), '3,4\n');
  writeFileSync(join(at, 'a.csv'), '1,2\n');
  writeFileSync(join(at, '.hidden.csv'), 'x');
  expect(rows(await openPatterns(at, {}))).toEqual([
    [1, 2],
    [3, 4],
  ]);
  writeFileSync(join(at, 'c.csv'), '3,4,5\n');
  await expect(openPatterns(at, {})).rejects.toThrow(
    /c.csv: patterns of shape \[3\], expected \[2\] as in .*a.csv/,
  );
});
