/** @file Images in memory, as a data set gives them: one byte a value; or, of files of one's own, numbers. */
import { InputError } from '../../src/errors.ts';

export interface Images {
  /** [height, width, channels]. */
  shape: [height: number, width: number, channels: number];
  count: number;
  /** [count, height, width, channels], 0 to 255. */
  bytes: Uint8Array;
}

/** The same, but values in [0, 1]; a vector of d values is an image of d rows. */
export interface Numbers {
  shape: [height: number, width: number, channels: number];
  count: number;
  values: Float32Array;
}

/** Images `from` up to `to` (not included), without copying. */
export function slice({ shape, bytes, count }: Images, from: number, to = count): Images {
  const size = shape[0] * shape[1] * shape[2];
  const [first, last] = [Math.min(from, count), Math.min(to, count)];
  return { shape, count: last - first, bytes: bytes.subarray(first * size, last * size) };
}

/** All images of several sets of one shape, in order. Throws InputError when shapes differ. */
export function concatenate(sets: Images[]): Images {
  const [{ shape }] = sets;
  const other = sets.find((set) => String(set.shape) !== String(shape));
  if (other) throw new InputError(`images of [${shape}] and of [${other.shape}] cannot be one set`);
  if (sets.length === 1) return sets[0];
  const bytes = new Uint8Array(sets.reduce((sum, set) => sum + set.bytes.length, 0));
  let at = 0;
  for (const set of sets) {
    bytes.set(set.bytes, at);
    at += set.bytes.length;
  }
  return { shape, count: sets.reduce((sum, set) => sum + set.count, 0), bytes };
}
