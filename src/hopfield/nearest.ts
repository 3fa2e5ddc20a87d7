/**
 * @file The plainest memory: patterns in slots, and the nearest of them as the answer, by the entries that are known where recall is told
 * which they are, else by all. It is one update of a modern Hopfield network with Euclidean similarity and beta infinite.
 */
import { tensor } from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import type { AssociativeMemory } from '../memory/associative.ts';
import { keptPatterns } from '../memory/contents.ts';
import { recallOptions } from '../memory/inputs.ts';
import { checkNames, type Names } from '../option-names.ts';
import { centre, checkSteps, type Range, readQueries, uncentre } from './boundary.ts';
import { keptMemory } from './kept.ts';

export interface NearestOptions {
  /** Values its patterns lie in, default [-1, 1]. */
  range?: Range;
  /** Budget: holds only the first floor(floats / d) patterns. Default: all. */
  floats?: number;
}

const OPTIONS: Names<NearestOptions> = { range: args.range, floats: args.whole(1) };

/**
 * Keeps its patterns, N d floats; known entries of the answer are the query's own.
 *
 * @throws InputError for an invalid option; `store` for patterns that are not [patterns, ...patternShape] or a budget below one
 * pattern; `recall` for queries or known entries of another shape
 */
export function nearestMemory(options: NearestOptions = {}): AssociativeMemory {
  const name = 'nearest';
  checkNames(name, options, OPTIONS);
  const { range = [-1, 1], floats: budget = Number.POSITIVE_INFINITY } = options;
  return keptMemory({ name, range, budget }, (kept, shape, d) => ({
    floats: kept.length,
    contents: () => keptPatterns(kept, shape),
    async recall(queries, asked) {
      const { known, steps = 1 } = recallOptions(asked);
      // One comparison is all there is: more change nothing, and without any the query is the answer.
      if (checkSteps(name, steps) === 0) return { patterns: queries.clone(), steps: 0 };
      const { values, mask, count } = await readQueries(queries, known, { shape, range, noisy: true });
      const states = centre(values, range);
      for (let q = 0; q < count; q++) {
        const query = states.slice(q * d, (q + 1) * d);
        const at = nearestOf(kept, query, mask, q * d) * d;
        states.set(kept.subarray(at, at + d), q * d);
      }
      return { patterns: tensor(uncentre(states, range, values, mask), queries.shape, 'float32'), steps: 1 };
    },
  }));
}

/**
 * Index of the pattern [d] in patterns [n, d] that has the least squared distance to a query [d], over its known entries where there are
 * any said (of many queries those from `from` on); the first of equals.
 */
export function nearestOf(
  patterns: Float32Array,
  query: Float32Array,
  known?: ArrayLike<number>,
  from = 0,
): number {
  const d = query.length;
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let n = 0; n * d < patterns.length; n++) {
    let sum = 0;
    for (let i = 0, k = n * d; i < d && sum < least; i++, k++) {
      if (known && !known[from + i]) continue;
      const difference = query[i] - patterns[k];
      sum += difference * difference;
    }
    if (sum < least) [best, least] = [n, sum];
  }
  return best;
}
