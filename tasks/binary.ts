/** @file Random bit strings: independent fair coins. The task with a known capacity, and the paper's first. */
import { z } from 'zod';
import { whole } from '../src/arguments.ts';
import { checkNames } from '../src/option-names.ts';
import { stream } from '../src/random.ts';
import type { Task } from './task.ts';

export const binaryOptions = z.strictObject({
  dimension: z.int().min(1).max(65536).default(128).describe('bits of a pattern (paper: 128)'),
});

/** Patterns of `dimension` independent fair bits. Half of a query's bits are redrawn by default. */
export function binaryTask(options: { dimension?: number } = {}): Task {
  checkNames('binaryTask', options, { dimension: whole(1, 65536) });
  const { dimension = 128 } = options;
  return {
    name: 'binary',
    patternShape: [dimension],
    unit: 'bits',
    bitsPerValue: 1,
    corruption: `resample:${Math.floor(dimension / 2)}`,
    patterns(split, seed, index, patterns) {
      const random = stream(seed, 'binary', split, index, 'patterns');
      const values = new Float32Array(patterns * dimension);
      for (let i = 0; i < values.length; i++) values[i] = random.bit();
      return values;
    },
  };
}
