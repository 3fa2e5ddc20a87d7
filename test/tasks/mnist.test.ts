import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { patternShapeOf } from '../../tasks/index.ts';
import { loadMnist, mnistSplits } from '../../tasks/mnist.ts';
import { temporaryFolder } from './data/archives.ts';
import { folderOf, idx, randomBytes, tableWith } from './data/image-files.ts';

const [TRAIN, TEST] = ['train-images-idx3-ubyte.gz', 't10k-images-idx3-ubyte.gz'];
const pixels = { train: randomBytes('train', 30 * 784), test: randomBytes('test', 20 * 784) };
const FILES = { [TRAIN]: idx(pixels.train, [30, 28, 28]), [TEST]: idx(pixels.test, [20, 28, 28]) };
const sets = tableWith(FILES);
const cache = '/nonexistent';
const images = (from: number, to: number) => [...pixels.test.subarray(from * 784, to * 784)];

test('with both files training has the training file; validation and test are of the test file', async () => {
  const directory = folderOf({ [`mnist/${TRAIN}`]: FILES[TRAIN], [`mnist/${TEST}`]: FILES[TEST] });
  const { train, validation, test } = await mnistSplits({ directory, cache }, sets);
  expect([...train.bytes]).toEqual([...pixels.train]);
  expect([...validation.bytes]).toEqual(images(16, 18));
  expect([...test.bytes]).toEqual(images(18, 20));
});

test('with the test file alone training has its rest, which is said, and the others stay', async () => {
  const lines: string[] = [];
  const directory = folderOf({ [TEST]: FILES[TEST] });
  const source = { directory, cache, report: (line: string) => lines.push(line) };
  const { train, validation, test } = await mnistSplits(source, sets);
  expect([...train.bytes]).toEqual(images(0, 16));
  expect([...validation.bytes]).toEqual(images(16, 18));
  expect([...test.bytes]).toEqual(images(18, 20));
  expect(lines).toEqual([`${TRAIN} is not in ${directory}: training on 16 digits of ${TEST}`]);
});

test('without a folder both files are downloaded and kept', async () => {
  const asked: string[] = [];
  const source = {
    cache: temporaryFolder(),
    fetch: async (url: unknown) => {
      asked.push(String(url));
      return new Response(Buffer.from(FILES[String(url).split('/').at(-1)!]));
    },
  };
  const task = await loadMnist({}, source, sets);
  expect(patternShapeOf({ name: 'mnist' })).toEqual(task.patternShape);
  expect(task).toMatchObject({ patternShape: [28, 28, 1], unit: 'squared error', bitsPerValue: 8 });
  expect(task.patterns('train', 0, 0, 30)).toHaveLength(30 * 784);
  await loadMnist({}, source, sets);
  expect(asked).toHaveLength(2);
});

test('an altered file is refused', async () => {
  const directory = folderOf({ [TEST]: FILES[TEST] });
  await expect(mnistSplits({ directory, cache })).rejects.toThrow(
    /t10k-images-idx3-ubyte\.gz has MD5 \w+, expected 9fb629c4/,
  );
});

const real = [process.env.EBMM_DATA_DIR, resolve('../shared/data')].find(
  (folder) => folder && existsSync(resolve(folder, 'mnist', TEST)),
);

test.runIf(real)('the official digits: white strokes on black, none empty', async () => {
  const { test } = await mnistSplits({ directory: real, cache });
  expect(test).toMatchObject({ shape: [28, 28, 1], count: 1000 });
  const mean = test.bytes.reduce((a, b) => a + b, 0) / test.bytes.length / 255;
  expect(mean).toBeGreaterThan(0.11);
  expect(mean).toBeLessThan(0.16);
  for (let n = 0; n < 1000; n++) {
    expect(test.bytes.subarray(n * 784, (n + 1) * 784).some((byte) => byte > 200)).toBe(true);
  }
});
