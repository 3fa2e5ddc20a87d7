/** @file A task of greyscale or colour images held in memory, split into images for training, validation and test. */
import { InputError } from '../src/errors.ts';
import { type Random, stream } from '../src/random.ts';
import { sizeOf } from '../src/shapes.ts';
import type { Images } from './data/images.ts';
import type { Split, Task } from './task.ts';

/** Values are byte / 255; the images of an episode are drawn without replacement. */
export function imageTask(
  name: string,
  noun: string,
  splits: Record<Split, Images>,
  corruption: string,
): Task {
  const { shape } = splits.train;
  const size = sizeOf(shape);
  return {
    name,
    patternShape: [...shape],
    unit: 'squared error',
    bitsPerValue: 8,
    corruption,
    sizes: { train: splits.train.count, validation: splits.validation.count, test: splits.test.count },
    patterns(split, seed, index, patterns) {
      const { bytes, count } = splits[split];
      if (patterns > count) {
        throw new InputError(
          `the ${split} split of ${name} has ${count} ${noun}, fewer than the ${patterns} patterns of an episode`,
        );
      }
      const values = new Float32Array(patterns * size);
      const chosen = distinct(stream(seed, name, split, index, 'patterns'), count, patterns);
      for (const [p, image] of chosen.entries()) {
        for (let i = 0; i < size; i++) values[p * size + i] = bytes[image * size + i] / 255;
      }
      return values;
    },
  };
}

/** `wanted` different indices below `count`, in the order drawn: quick while few are wanted of many. */
export function distinct(random: Random, count: number, wanted: number): number[] {
  const chosen = new Set<number>();
  while (chosen.size < wanted) chosen.add(random.integer(count));
  return [...chosen];
}
