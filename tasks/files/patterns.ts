/** @file Patterns of one file: how many, of what shape, and each of them when it is wanted. */

import { InputError } from '../../src/errors.ts';

/** Raw values, in the file's own range. */
export type Numbers = Uint8Array | Float32Array | Float64Array;

export interface Patterns {
  /** The file, and the array in it: for messages. */
  readonly label: string;
  readonly count: number;
  /** Of one pattern, without the axis that counts them. */
  readonly shape: readonly number[];
  /** Bits of one value as the file has it: 1 of booleans, 8 of bytes, 32 of float32. */
  readonly bits: number;
  /** Whether values are unsigned bytes, whose range is 0 to 255 where they are no bits. */
  readonly bytes: boolean;
  /** The values of pattern `index`, [...shape]; not to be changed. */
  read(index: number): Numbers;
  /** Whether they are pictures, which can be brought to another size. */
  readonly picture?: boolean;
  /** What to call pattern `index` in messages; default: its row. */
  nameOf?(index: number): string;
  /** A line that the user should read: what was passed over. */
  readonly remark?: string;
}

/** @throws InputError naming both where two files hold patterns of different shapes */
export function sameShape(part: Patterns, of: Patterns): void {
  if (part.shape.join() === of.shape.join()) return;
  throw new InputError(
    `${part.label}: patterns of shape [${part.shape.join(', ')}], expected [${of.shape.join(', ')}] as in ${of.label}`,
  );
}

/** The patterns of several files of one shape, one after another. */
export function joined(parts: Patterns[]): Patterns {
  if (parts.length === 1) return parts[0];
  const starts: number[] = [];
  let count = 0;
  for (const part of parts) {
    starts.push(count);
    count += part.count;
  }
  const partOf = (index: number) => {
    let low = 0;
    for (let high = starts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= index) low = middle;
      else high = middle;
    }
    return [parts[low], index - starts[low]] as const;
  };
  return {
    label: `${parts[0].label} and ${parts.length - 1} more`,
    count,
    shape: parts[0].shape,
    bits: Math.max(...parts.map(({ bits }) => bits)),
    bytes: parts.every(({ bytes }) => bytes),
    remark: parts.flatMap(({ remark = [] }) => remark).join('; ') || undefined,
    read(index) {
      const [part, i] = partOf(index);
      return part.read(i);
    },
    nameOf(index) {
      const [part, i] = partOf(index);
      return nameOf(part, i);
    },
  };
}

/** Those of the patterns that are listed. */
export const selected = (patterns: Patterns, indices: ArrayLike<number>): Patterns => ({
  ...patterns,
  count: indices.length,
  read: (index) => patterns.read(indices[index]),
  nameOf: (index) => nameOf(patterns, indices[index]),
});

export const nameOf = (patterns: Patterns, index: number): string =>
  patterns.nameOf?.(index) ?? `${patterns.label}: pattern ${index + 1}`;
