/** @file CIFAR-10's binary format: records of a label byte and three planes (red, green, blue) of 32 x 32 bytes. */
import { InputError } from '../../src/errors.ts';
import type { Images } from './images.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;
const CLASSES = 10;

/** Decodes a batch, of any number of records. `label` names it in messages. Throws InputError when it is no such file. */
export function decodeCifar(label: string, batch: Uint8Array): Images {
  const count = batch.length / RECORD;
  if (!Number.isInteger(count) || count === 0) {
    throw new InputError(
      `${label} has ${batch.length} bytes, expected a multiple of ${RECORD} (CIFAR-10's binary format)`,
    );
  }
  const bytes = new Uint8Array(count * 3 * PLANE);
  let to = 0;
  for (let record = 0; record < batch.length; record += RECORD) {
    if (batch[record] >= CLASSES) {
      throw new InputError(
        `${label}: image ${record / RECORD} has label ${batch[record]}, expected 0 to ${CLASSES - 1} (CIFAR-10's binary format)`,
      );
    }
    for (let red = record + 1; red < record + 1 + PLANE; red++) {
      bytes[to++] = batch[red];
      bytes[to++] = batch[red + PLANE];
      bytes[to++] = batch[red + 2 * PLANE];
    }
  }
  return { shape: [SIDE, SIDE, 3], count, bytes };
}
