/** @file CIFAR-10: photographs of 32 x 32 pixels in colour (Krizhevsky 2009). */
import { z } from 'zod';
import { decodeCifar } from './data/cifar.ts';
import { unpackedFiles } from './data/files.ts';
import { concatenate, type Images, slice } from './data/images.ts';
import { DATA_SETS, dataSet } from './data/sets.ts';
import type { DataSource } from './data/source.ts';
import { imageTask } from './images.ts';
import type { Split, Task } from './task.ts';

const TEST = 'test_batch.bin';
const TRAIN = [
  'data_batch_1.bin',
  'data_batch_2.bin',
  'data_batch_3.bin',
  'data_batch_4.bin',
  'data_batch_5.bin',
];

/** Share of the first training batch that is for validation, at its end: 1,000 of 10,000. */
const VALIDATION = 1 / 10;

export const cifar10Options = z.strictObject({});

/**
 * The photographs of the official archive, or of the batches that a user's folder has of it. Throws InputError when
 * they cannot be had or are not in CIFAR-10's format. By default a 16 x 16 block of a query is uniform noise.
 */
export async function loadCifar10(_options: object, source: DataSource, sets = DATA_SETS): Promise<Task> {
  return imageTask('cifar10', 'photographs', await cifar10Splits(source, sets), 'uniform-block:16');
}

/**
 * The test batch is for the test, the last tenth of the first training batch for validation, and the rest of the
 * training batches, of which a user's folder needs only the first, for training: whatever batches there are, no
 * photograph changes its split.
 */
export async function cifar10Splits(source: DataSource, sets = DATA_SETS): Promise<Record<Split, Images>> {
  const set = dataSet('cifar10', sets);
  const files = await unpackedFiles(set, set.files[0], source, [TRAIN[0], TEST]);
  const batch = (name: string) => decodeCifar(name, files.get(name)!);
  const first = batch(TRAIN[0]);
  const others = TRAIN.slice(1).filter((name) => files.has(name));
  if (others.length < TRAIN.length - 1) {
    const missing = TRAIN.filter((name) => !files.has(name));
    source.report?.(`cifar10: training without ${missing.join(', ')}, which ${source.directory} lacks`);
  }
  const cut = first.count - Math.floor(first.count * VALIDATION);
  return {
    train: concatenate([slice(first, 0, cut), ...others.map(batch)]),
    validation: slice(first, cut),
    test: batch(TEST),
  };
}
