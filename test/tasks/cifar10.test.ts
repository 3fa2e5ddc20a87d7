import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { cifar10Splits, loadCifar10 } from '../../tasks/cifar10.ts';
import { decodeCifar } from '../../tasks/data/cifar.ts';
import { patternShapeOf } from '../../tasks/index.ts';
import { temporaryFolder } from './data/archives.ts';
import { batch, folderOf, tableWith, tarGz } from './data/image-files.ts';

const ARCHIVE = 'cifar-10-binary.tar.gz';
const FOLDER = 'cifar-10-batches-bin';
const names = [...[1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`), 'test_batch.bin'];
const BATCHES = Object.fromEntries(names.map((name) => [name, batch(name, 10)]));
const archive = tarGz(FOLDER, BATCHES);
const sets = tableWith({ [ARCHIVE]: archive });
const cache = '/nonexistent';
const bytes = (name: string) => [...decodeCifar(name, BATCHES[name]).bytes];

test('of the official archive, four batches and most of the first are for training', async () => {
  const directory = folderOf({ [ARCHIVE]: archive });
  const { train, validation, test } = await cifar10Splits({ directory, cache }, sets);
  expect([train.count, validation.count, test.count]).toEqual([49, 1, 10]);
  const first = bytes(names[0]);
  expect([...train.bytes]).toEqual([
    ...first.slice(0, 9 * 3072),
    ...names.slice(1, 5).flatMap((name) => bytes(name)),
  ]);
  expect([...validation.bytes]).toEqual(first.slice(9 * 3072));
  expect([...test.bytes]).toEqual(bytes('test_batch.bin'));
});

test('of a folder with some batches training has those, which is said, and no photograph changes its split', async () => {
  const lines: string[] = [];
  const directory = folderOf({
    [`${FOLDER}/data_batch_1.bin`]: BATCHES['data_batch_1.bin'],
    [`${FOLDER}/test_batch.bin`]: BATCHES['test_batch.bin'],
  });
  const source = { directory, cache, report: (line: string) => lines.push(line) };
  const { train, validation, test } = await cifar10Splits(source, sets);
  const first = bytes(names[0]);
  expect([...train.bytes]).toEqual(first.slice(0, 9 * 3072));
  expect([...validation.bytes]).toEqual(first.slice(9 * 3072));
  expect([...test.bytes]).toEqual(bytes('test_batch.bin'));
  expect(lines).toEqual([
    `cifar10: training without ${names.slice(1, 5).join(', ')}, which ${directory} lacks`,
  ]);
});

test('the task has colour images, and a 16 x 16 block of noise by default', async () => {
  const task = await loadCifar10(
    {},
    { directory: folderOf({ [`cifar10/${ARCHIVE}`]: archive }), cache },
    sets,
  );
  expect(patternShapeOf({ name: 'cifar10' })).toEqual(task.patternShape);
  expect(task).toMatchObject({
    patternShape: [32, 32, 3],
    unit: 'squared error',
    bitsPerValue: 8,
    corruption: 'uniform-block:16',
  });
  expect(task.patterns('test', 0, 0, 4)).toHaveLength(4 * 3072);
});

test('without a folder the archive is downloaded once', async () => {
  let asked = 0;
  const source = {
    cache: temporaryFolder(),
    fetch: async () => {
      asked++;
      return new Response(Buffer.from(archive));
    },
  };
  await loadCifar10({}, source, sets);
  await loadCifar10({}, source, sets);
  expect(asked).toBe(1);
});

test.each<[string, Record<string, Uint8Array>, string]>([
  ['nothing', {}, `${ARCHIVE} is not in the data directory`],
  ['one batch', { [`${FOLDER}/data_batch_1.bin`]: batch('x', 2) }, 'test_batch.bin is not in'],
  ['another archive', { [ARCHIVE]: tarGz(FOLDER, {}) }, `${ARCHIVE} has MD5`],
])('a folder with %s is refused', async (_, files, message) => {
  await expect(cifar10Splits({ directory: folderOf(files), cache }, sets)).rejects.toThrow(message);
});

test('an archive without a batch is refused', async () => {
  const short = tarGz(FOLDER, { 'data_batch_1.bin': BATCHES['data_batch_1.bin'] });
  const directory = folderOf({ [ARCHIVE]: short });
  await expect(cifar10Splits({ directory, cache }, tableWith({ [ARCHIVE]: short }))).rejects.toThrow(
    `${ARCHIVE} has no entry ${FOLDER}/data_batch_2.bin; get the file again`,
  );
});

const real = [process.env.EBMM_DATA_DIR, resolve('../shared/data')].find(
  (folder) => folder && existsSync(resolve(folder, FOLDER, 'test_batch.bin')),
);

test.runIf(real)('real photographs: neighbours are alike, and channels are not mixed up', async () => {
  const { test } = await cifar10Splits({ directory: real, cache });
  let [next, far] = [0, 0];
  const at = (n: number, y: number, x: number, c: number) => test.bytes[((n * 32 + y) * 32 + x) * 3 + c];
  for (let n = 0; n < 200; n++) {
    for (let y = 0; y < 32; y++) {
      next += Math.abs(at(n, y, 10, 0) - at(n, y, 11, 0));
      far += Math.abs(at(n, y, 10, 0) - at((n + 1) % 200, y, 11, 0));
    }
  }
  expect(next).toBeLessThan(far / 3);
  // The mean of CIFAR-10: 0.491 red, 0.482 green, 0.447 blue.
  const means = [0, 1, 2].map((c) => {
    let sum = 0;
    for (let i = c; i < test.bytes.length; i += 3) sum += test.bytes[i];
    return sum / (test.bytes.length / 3) / 255;
  });
  [0.491, 0.482, 0.447].forEach((mean, c) => {
    expect(Math.abs(means[c] - mean)).toBeLessThan(0.02);
  });
});
