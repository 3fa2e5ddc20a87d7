/** @file CIFAR's binary formats: records of one label byte (CIFAR-10) or two (CIFAR-100) and three planes of 32 x 32 bytes. */
import { InputError } from '../../src/errors.ts';
import type { Bytes } from './bytes.ts';
import type { Patterns } from './patterns.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
/** Labels of a record and their greatest values. */
const KINDS = [[9], [19, 99]];

/** The pictures, [32, 32, 3]. @throws InputError where it is no such file */
export function decodeCifarFile(label: string, bytes: Bytes): Patterns {
  const lengths = KINDS.map((labels) => labels.length + 3 * PLANE);
  const fits = (kind: number) => {
    const record = lengths[kind];
    if (bytes.length === 0 || bytes.length % record !== 0) return false;
    const count = bytes.length / record;
    // Some records tell: labels of pixels would soon be too great.
    for (let i = 0; i < Math.min(count, 1000); i++) {
      const labels = bytes.at(i * record, KINDS[kind].length);
      if (labels.some((value, n) => value > KINDS[kind][n])) return false;
    }
    return true;
  };
  const kind = KINDS.findIndex((_, k) => fits(k));
  if (kind < 0) {
    throw new InputError(
      `${label}: not CIFAR's binary format: its ${bytes.length} bytes are no whole records of ${lengths.join(' or ')} bytes that begin with their labels`,
    );
  }
  const record = lengths[kind];
  return {
    label,
    count: bytes.length / record,
    shape: [SIDE, SIDE, 3],
    bits: 8,
    bytes: true,
    read(index) {
      const planes = bytes.at(index * record + KINDS[kind].length, 3 * PLANE);
      const pixels = new Uint8Array(3 * PLANE);
      for (let i = 0; i < PLANE; i++)
        for (let channel = 0; channel < 3; channel++) pixels[3 * i + channel] = planes[channel * PLANE + i];
      return pixels;
    },
  };
}
