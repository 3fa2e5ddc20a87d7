/** @file MNIST: handwritten digits as 28 x 28 grey values (LeCun, Cortes, Burges 1998). */
import { z } from 'zod';
import { dataFile, dataFileIfPresent } from './data/files.ts';
import { decodeIdx } from './data/idx.ts';
import { type Images, slice } from './data/images.ts';
import { DATA_SETS, dataSet, fileOf } from './data/sets.ts';
import type { DataSource } from './data/source.ts';
import { imageTask } from './images.ts';
import type { Split, Task } from './task.ts';

const TRAIN = 'train-images-idx3-ubyte.gz';
const TEST = 't10k-images-idx3-ubyte.gz';

/** Of the 10,000 test digits, the last 1,000 are for the test and the 1,000 before them for validation, at any time. */
const HELD_OUT = 1 / 10;

export const mnistOptions = z.strictObject({});

/** The digits of the official files that are there. Throws InputError when they cannot be had or are not the official ones. */
export async function loadMnist(_options: object, source: DataSource, sets = DATA_SETS): Promise<Task> {
  return imageTask('mnist', 'digits', await mnistSplits(source, sets), 'half');
}

/**
 * Splits that no choice of files mixes: what is tested on with all files was not trained on with some. Validation and
 * test come from the test file. Training has the training file, or, where a user's folder lacks it, what remains of
 * the test file.
 */
export async function mnistSplits(source: DataSource, sets = DATA_SETS): Promise<Record<Split, Images>> {
  const set = dataSet('mnist', sets);
  const digits = decodeIdx(TEST, await dataFile(set, fileOf(set, TEST), source));
  const held = Math.floor(digits.count * HELD_OUT);
  const [first, second] = [digits.count - 2 * held, digits.count - held];
  const rest = await dataFileIfPresent(set, fileOf(set, TRAIN), source);
  if (!rest) {
    source.report?.(`${TRAIN} is not in ${source.directory}: training on ${first} digits of ${TEST}`);
  }
  return {
    train: rest ? decodeIdx(TRAIN, rest) : slice(digits, 0, first),
    validation: slice(digits, first, second),
    test: slice(digits, second),
  };
}
