import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, expect, test } from 'vitest';
import { stream } from '../../../src/random.ts';
import { openBytes } from '../../../tasks/files/disk.ts';
import { taskOfPath } from '../../../tasks/files/locate.ts';
import { npyPatterns } from '../../../tasks/files/npy.ts';
import { loadTask, readTask, type TaskConfig } from '../../../tasks/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebmm-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const nowhere = { cache: '' };

/** A .npy file, as NumPy's format description has it. */
function npy(name: string, descr: string, shape: number[], data: Uint8Array, fortran = false, version = 1) {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')},), }\n`;
  const start = version === 1 ? 10 : 12;
  const head = Buffer.alloc(start);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  const file = join(folder, name);
  writeFileSync(file, Buffer.concat([head, Buffer.from(text, 'latin1'), data]));
  return file;
}

const raw = (values: Int16Array | Uint16Array | Float32Array | Float64Array | BigInt64Array) =>
  new Uint8Array(values.buffer);
const swapped = (values: Uint8Array, size: number) => {
  const result = values.slice();
  for (let i = 0; i < result.length; i += size) result.subarray(i, i + size).reverse();
  return result;
};
const read = (file: string, kept?: number) => {
  const patterns = npyPatterns(file, openBytes(file, kept));
  return Array.from({ length: patterns.count }, (_, i) => [...patterns.read(i)]);
};

const wanted = [
  [1, 2, 3],
  [-4, 5, 6],
];
const flat = wanted.flat();
const columns = [1, -4, 2, 5, 3, 6];

test.each([
  ['<i2', raw(Int16Array.from(flat)), false, 1],
  ['>i2', swapped(raw(Int16Array.from(flat)), 2), false, 2],
  ['<i8', raw(BigInt64Array.from(flat.map(BigInt))), false, 3],
  ['<f4', raw(Float32Array.from(flat)), false, 1],
  ['<f8', raw(Float64Array.from(columns)), true, 1],
  ['>f8', swapped(raw(Float64Array.from(columns)), 8), true, 3],
  ['<f2', raw(Uint16Array.from([0x3c00, 0x4000, 0x4200, 0xc400, 0x4500, 0x4600])), false, 1],
] as const)(
  '%s, bytes %#, Fortran %s, version %s holds the same numbers',
  (descr, data, fortran, version) => {
    const file = npy(`a${descr.slice(1)}${fortran}${version}.npy`, descr, [2, 3], data, fortran, version);
    expect(read(file)).toEqual(wanted);
    // As of a file larger than memory: read where it is wanted.
    expect(read(file, 0)).toEqual(wanted);
  },
);

test.each([
  [() => npy('short.npy', '<f8', [2, 3], new Uint8Array(40)), /short.npy: cut off: 40 bytes.*expected 48/],
  [
    () => npy('one.npy', '<f8', [6], new Uint8Array(48)),
    /one.npy: its shape is \[6\], expected a first axis/,
  ],
  [() => npy('none.npy', '<f8', [0, 6], new Uint8Array(0)), /none.npy: .*holds no patterns/],
  [() => npy('complex.npy', '<c8', [1, 2], new Uint8Array(16)), /complex.npy: its type is <c8, expected/],
  [() => npy('v9.npy', '<f8', [1, 1], new Uint8Array(8), false, 9), /v9.npy: .npy version 9/],
  [
    () => npy('nan.npy', '<f4', [2, 2], raw(Float32Array.of(1, 2, 3, Number.NaN))),
    /nan.npy: pattern 2: value 2 is NaN/,
  ],
  [() => join(folder, 'missing.npy'), /missing.npy: no such file/],
  [
    () => {
      writeFileSync(join(folder, 'text.npy'), 'hello hello hello');
      return join(folder, 'text.npy');
    },
    /text.npy: not a .npy file/,
  ],
])('a wrong file is told in one line (%#)', async (make, message) => {
  await expect(loadTask({ name: 'files', train: [make()] }, nowhere)).rejects.toThrow(message);
});

function drawings(name: string, count: number, seed: number) {
  const random = stream(seed, 'drawings');
  const data = Uint8Array.from({ length: count * 64 }, () => random.bit());
  return npy(name, '|u1', [count, 8, 8], data);
}

test('shape, range and kind are read off the data; a missing test split is drawn by the seed, apart from training', async () => {
  const file = drawings('all.npy', 100, 0);
  const lines: string[] = [];
  const { task, config } = await readTask(
    { name: 'files', train: [file] },
    { cache: '', report: (line) => lines.push(line) },
  );
  expect(task).toMatchObject({
    patternShape: [8, 8, 1],
    unit: 'bits',
    bitsPerValue: 1,
    corruption: 'block:4',
  });
  expect(config).toMatchObject({ shape: [8, 8, 1], range: [0, 1], values: 'bits', train: [file] });
  expect(lines).toEqual([
    'task: test and validation: 10 of 100 patterns each, drawn by seed 0, 80 left to train',
  ]);
  const all = (split: 'train' | 'test' | 'validation', n: number) => {
    const values = task.patterns(split, 0, 0, n);
    return Array.from({ length: n }, (_, i) => values.subarray(i * 64, i * 64 + 64).join(''));
  };
  expect(new Set([...all('train', 80), ...all('validation', 10), ...all('test', 10)]).size).toBe(100);
  expect(() => task.patterns('test', 0, 0, 11)).toThrow(/test split has 10 patterns, fewer than the 11/);
});

test('numbers are mapped to [0, 1] from their range', async () => {
  const file = npy('numbers.npy', '<f4', [2, 2], raw(Float32Array.of(-3, 0, 5, 1)));
  const task = await loadTask({ name: 'files', train: [file], test: [file], validation: [file] }, nowhere);
  expect(task).toMatchObject({ unit: 'squared error', bitsPerValue: 32 });
  expect([...task.patterns('train', 0, 0, 2)].sort()).toEqual([0, 0.375, 0.5, 1]);
});

test('patterns that two splits share are reported, or refused', async () => {
  const file = drawings('some.npy', 3, 1);
  const lines: string[] = [];
  const task: TaskConfig = {
    name: 'files',
    train: [file],
    validation: [drawings('v.npy', 2, 2)],
    test: [file],
  };
  await loadTask(task, { cache: '', report: (line) => lines.push(line) });
  expect(lines[0]).toMatch(
    /3 patterns are in test and train: .*some.npy: pattern 1 is .*some.npy: pattern 1/,
  );
  await expect(loadTask({ ...task, duplicates: 'refuse' }, nowhere)).rejects.toThrow(/3 patterns are in/);
});

test('patterns of other shapes and out of range are refused', async () => {
  const a = drawings('a.npy', 3, 1);
  const b = npy('b.npy', '|u1', [1, 4], new Uint8Array(4));
  await expect(loadTask({ name: 'files', train: [a, b] }, nowhere)).rejects.toThrow(
    /b.npy: patterns of shape \[4\], expected \[8, 8\] as in .*a.npy/,
  );
  await expect(loadTask({ name: 'files', train: [a], range: [2, 3] }, nowhere)).rejects.toThrow(
    /a.npy: pattern 1: value 1 is \d, expected numbers from 2 to 3/,
  );
});

test.each([true, 'episode', 'mixed'] as const)('augment %s changes training alone', async (augment) => {
  const [train, test_] = [drawings('t.npy', 20, 3), drawings('e.npy', 20, 4)];
  const config = { name: 'files', train: [train], test: [test_], validation: [test_] } as const;
  const options = {
    ...config,
    train: [...config.train],
    test: [...config.test],
    validation: [...config.validation],
  };
  const plain = await loadTask(options, nowhere);
  const changed = await loadTask({ ...options, augment }, nowhere);
  expect(changed.patterns('test', 0, 0, 9)).toEqual(plain.patterns('test', 0, 0, 9));
  const [before, after] = [plain.patterns('train', 0, 0, 9), changed.patterns('train', 0, 0, 9)];
  expect(after).not.toEqual(before);
  expect(new Set(after)).toEqual(new Set([0, 1]));
});

test('a folder is split by the names of its files: evaluation is the test', () => {
  const at = join(folder, 'set');
  mkdirSync(at);
  for (const name of ['background-train.npy', 'background-validation.npy', 'evaluation.npy', '._train.npy'])
    writeFileSync(join(at, name), '');
  expect(taskOfPath(at, nowhere)).toEqual({
    name: 'files',
    train: [join(at, 'background-train.npy')],
    validation: [join(at, 'background-validation.npy')],
    test: [join(at, 'evaluation.npy')],
  });
});

/** A folder of grey pictures of bits, in folders by class. */
function pictureFolder(name: string, sizes: [number, number][]) {
  const random = stream(0, name);
  for (const [n, [width, height]] of sizes.entries()) {
    const at = join(folder, name, `class${n % 2}`);
    mkdirSync(at, { recursive: true });
    const data = Uint8Array.from({ length: width * height }, () => 255 * random.bit());
    writeFileSync(join(at, `${n}.png`), encode({ width, height, channels: 1, depth: 8, data }));
  }
  return join(folder, name);
}

test('a folder of pictures is a task; mixed sizes need one that all are brought to', async () => {
  const drawn = pictureFolder('drawn', Array(20).fill([6, 4]));
  writeFileSync(join(drawn, '._0.png'), 'hidden');
  const lines: string[] = [];
  const { task, config } = await readTask(taskOfPath(drawn, nowhere), {
    cache: '',
    report: (line) => lines.push(line),
  });
  expect(task).toMatchObject({ patternShape: [4, 6, 1], unit: 'bits', sizes: { train: 16, test: 2 } });
  expect(config).toMatchObject({ range: [0, 255], values: 'bits' });
  expect(lines[0]).toBe(`task: ${drawn}: 1 hidden file passed over`);
  const mixed = pictureFolder('mixed', [
    [6, 4],
    [4, 4],
    [6, 4],
  ]);
  const of = { name: 'files' as const, test: [mixed] };
  await expect(loadTask(of, nowhere)).rejects.toThrow(
    /several sizes \(width x height\): class0.0.png is 6 x 4, class1.1.png is 4 x 4; give task.size/,
  );
  const colour = await loadTask({ ...of, size: [5, 3], colour: 'rgb' }, nowhere);
  expect(colour.patternShape).toEqual([5, 3, 3]);
});

test('a folder of splits may hold lists beside them', () => {
  const at = join(folder, 'split');
  for (const split of ['train', 'val', 'test']) mkdirSync(join(at, split), { recursive: true });
  writeFileSync(join(at, 'train.npy'), '');
  expect(taskOfPath(at, nowhere)).toEqual({
    name: 'files',
    train: [join(at, 'train')],
    validation: [join(at, 'val')],
    test: [join(at, 'test')],
  });
});

test('equal patterns are found whatever their type and range', async () => {
  const random = stream(0, 'types');
  const bits = Uint8Array.from({ length: 5 * 64 }, () => random.bit());
  const bytes = npy('bytes.npy', '|u1', [5, 64], bits.map((b) => 255 * b)); // biome-ignore format: one call
  const floats = npy('floats.npy', '<f4', [2, 64], raw(Float32Array.from(bits.subarray(64, 192)))); // biome-ignore format: one call
  const signs = npy('signs.npy', '<i2', [1, 64], raw(Int16Array.from(bits.subarray(0, 64), (b) => 2 * b - 1))); // biome-ignore format: one call
  const lines: string[] = [];
  const { task, config } = await readTask(
    { name: 'files', train: [bytes], test: [floats], validation: [signs] },
    { cache: '', report: (line) => lines.push(line) },
  );
  expect(task.unit).toBe('bits');
  // Each file has its own range, so the task has none.
  expect(config).not.toHaveProperty('range');
  expect(lines).toEqual([
    `task: 1 pattern is in validation and train: ${signs}: pattern 1 is ${bytes}: pattern 1`,
    `task: 2 patterns are in test and train: ${floats}: pattern 1 is ${bytes}: pattern 2`,
  ]);
  expect([...task.patterns('validation', 0, 0, 1)]).toEqual([...bits.subarray(0, 64)]);
});

test('bytes beside floats: each is read in its own range', async () => {
  const grey = npy('grey.npy', '|u1', [2, 3], Uint8Array.of(0, 51, 255, 102, 0, 0));
  const unit = npy('unit.npy', '<f4', [1, 3], raw(Float32Array.of(0, 0.2, 1)));
  const lines: string[] = [];
  const task = await loadTask(
    { name: 'files', train: [grey], validation: [grey], test: [unit] },
    { cache: '', report: (line) => lines.push(line) },
  );
  expect(task.patterns('test', 0, 0, 1)).toEqual(Float32Array.of(0, 0.2, 1));
  expect([...task.patterns('train', 0, 0, 2)].sort()).toEqual([...Float32Array.of(0, 0, 0, 0.2, 0.4, 1)]);
  expect(lines[1]).toBe(`task: 1 pattern is in test and train: ${unit}: pattern 1 is ${grey}: pattern 1`);
});

test('different patterns have different hashes', async () => {
  // Of bits in 20 places all are different, and none is found twice.
  const all = Uint8Array.from({ length: 2 ** 12 * 20 }, (_, i) => (Math.floor(i / 20) >> (i % 20)) & 1);
  const [a, b] = [all.subarray(0, 2 ** 11 * 20), all.subarray(2 ** 11 * 20)];
  const lines: string[] = [];
  const files = [npy('low.npy', '|u1', [2 ** 11, 20], a), npy('high.npy', '|u1', [2 ** 11, 20], b)];
  await loadTask(
    { name: 'files', train: [files[0]], test: [files[1]], validation: [files[1]] },
    { cache: '', report: (line) => lines.push(line) },
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^task: 2048 patterns are in test and validation/);
});

test('the arrays of a file are splits where their names say so; a file may be named with an array', () => {
  const file = join(folder, 'set.json');
  writeFileSync(file, '{"x_train": [[0, 1], [1, 0]], "y_train": [0, 1], "x_test": [[1, 1]]}');
  expect(taskOfPath(file, nowhere)).toEqual({
    name: 'files',
    train: [`${file}#x_train`],
    test: [`${file}#x_test`],
  });
  expect(taskOfPath(`${file}#x_test`, nowhere)).toEqual({ name: 'files', train: [`${file}#x_test`] });
});

test('a file that has moved is found by the end of its path in the data folder, and that is said', async () => {
  const at = join(folder, 'moved', 'data');
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'x.csv'), '0,1\n1,0\n');
  const lines: string[] = [];
  const task = await loadTask(
    { name: 'files', test: ['/long/gone/data/x.csv'] },
    { cache: '', directory: join(folder, 'moved'), report: (line) => lines.push(line) },
  );
  expect(task.sizes!.test).toBe(2);
  expect(lines[0]).toBe(`task: /long/gone/data/x.csv is not there; ${join(at, 'x.csv')} is taken`);
});

test('what training changes is at hand as it was given', async () => {
  const file = drawings('plain.npy', 40, 5);
  const task = await loadTask({ name: 'files', train: [file], augment: 'mixed' }, nowhere);
  const plain = await loadTask({ name: 'files', train: [file] }, nowhere);
  expect(task.unaugmented!.patterns('train', 0, 0, 9)).toEqual(plain.patterns('train', 0, 0, 9));
});

test.each([
  [
    'train-images-idx3-ubyte.gz',
    't10k-images-idx3-ubyte.gz',
    ['train-labels-idx1-ubyte.gz', 't10k-labels-idx1-ubyte.gz'],
  ],
  [
    'emnist-letters-train-images-idx3-ubyte',
    'emnist-letters-test-images-idx3-ubyte',
    ['emnist-letters-mapping.txt', 'emnist-letters-train-labels-idx1-ubyte'],
  ],
  ['kmnist-train-imgs.npz', 'kmnist-test-imgs.npz', ['kmnist-train-labels.npz']],
  ['train.bin', 'test.bin', ['fine_label_names.txt', 'coarse_label_names.txt']],
  ['data_batch_1.bin', 'test_batch.bin', ['batches.meta.txt', 'readme.html']],
])('the folder of a set as it is published: %s', (train, test_, others) => {
  const at = join(folder, `published-${train}`);
  mkdirSync(at);
  for (const name of [train, test_, ...others]) writeFileSync(join(at, name), '');
  expect(taskOfPath(at, nowhere)).toEqual({
    name: 'files',
    train: [join(at, train)],
    test: [join(at, test_)],
  });
});
