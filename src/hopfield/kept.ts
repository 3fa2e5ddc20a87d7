/** @file Memories that keep the first patterns that fit, as they are: how they store them, and are restored from what they hold. */
import type { AssociativeMemory, StoredMemory } from '../memory/associative.ts';
import { patternsIn } from '../memory/contents.ts';
import { centre, type Range, readBatch, slots } from './boundary.ts';

export interface KeptMemory {
  name: string;
  range: Range;
  /** Budget in floats, of which a pattern of d entries takes d. */
  budget: number;
}

/**
 * @param stored makes the memory of patterns [n d], in [-1, 1], each of that shape
 * @throws InputError, in `store`, for patterns that are not [patterns, ...patternShape] or a budget below one pattern
 */
export const keptMemory = (
  { name, range, budget }: KeptMemory,
  stored: (kept: Float32Array, shape: number[], d: number) => StoredMemory,
): AssociativeMemory => ({
  name,
  range,
  async store(patterns) {
    const { values, count, d, shape } = await readBatch('patterns', patterns, { range });
    return stored(centre(values.subarray(0, slots(name, count, d, budget) * d), range), shape, d);
  },
  async restore(contents) {
    const { values, shape, d } = patternsIn(name, contents);
    return stored(values, shape, d);
  },
});
