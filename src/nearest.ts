/** @file What a misspelt word was probably meant to be. */
import { closest, distance } from 'fastest-levenshtein';

/** The closest of the words, if it is close enough to be a slip. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const candidate = closest(word, words as string[]);
  return distance(word, candidate) <= Math.max(2, Math.floor(word.length / 3)) ? candidate : undefined;
}
