/** @file The memories to compare with, on the same query and on the same episodes. */
import * as tf from '@tensorflow/tfjs';
import { patternErrors, toRange } from '../../../../meta/units.ts';
import { type RivalName, rivals } from '../../../../src/hopfield/index.ts';
import { stream } from '../../../../src/random.ts';
import { binaryTask } from '../../../../tasks/binary.ts';
import { type Corruption, drawBatch, parseCorruption, type Task } from '../../../../tasks/index.ts';
import type { Turn } from './channel.ts';
import type { OpenMemory } from './model.ts';
import type { Calls, LoadPoint, RivalRecall, Streams } from './protocol.ts';

type Question<F> = F extends (question: infer Q) => unknown ? Q : never;

const RANGE: [number, number] = [-1, 1];

/** Every memory stores the patterns afresh and recalls the query. */
export async function recallByRivals(q: Question<Calls['compare']>): Promise<RivalRecall[]> {
  const { memories, patterns, count, shape, query, known, floats } = q;
  const results: RivalRecall[] = [];
  for (const memory of memories) {
    const kept = tf.tensor(toRange(patterns, RANGE), [count, ...shape]);
    const asked = tf.tensor(toRange(query, RANGE), [1, ...shape]);
    const mask = known && tf.tensor(known, [1, ...shape]);
    try {
      const stored = await rivals[memory as RivalName]({ seed: 1, range: RANGE, floats }).store(kept);
      const recall = await stored.recall(asked, { known: mask });
      const values = (await recall.patterns.data()) as Float32Array;
      results.push({
        memory,
        floats: stored.floats,
        pattern: values.map((v) => (v + 1) / 2),
        steps: recall.steps,
      });
      recall.patterns.dispose();
    } finally {
      tf.dispose([kept, asked, ...(mask ? [mask] : [])]);
    }
  }
  return results;
}

/** Queries of an episode that are asked, at most. */
const ASKED = 16;
/** Seed of the episodes: that of `ebmm evaluate`. */
const SEED = 1;

/**
 * Mean errors at every load, episode after episode, so that all curves appear soon and then settle. Random bits are the
 * episodes of `ebmm evaluate`; drawings are drawn from those at hand.
 */
export async function* errorsAgainstLoad(
  { info, memory }: OpenMemory,
  { rivals: names, loads, known, episodes, from }: Question<Streams['errors']>,
  turn: Turn,
): AsyncGenerator<LoadPoint> {
  const task = from
    ? taskOfDrawings(from, info.patternShape)
    : binaryTask({ dimension: info.patternShape[0] });
  const corruption = parseCorruption(info.corruption, task);
  const sums = new Map<string, { error: number; episodes: number }>();
  const add = (name: string, floats: number, patterns: number, error: number): LoadPoint => {
    const key = `${name} ${patterns}`;
    const sum = sums.get(key) ?? { error: 0, episodes: 0 };
    sum.error += error;
    sum.episodes++;
    sums.set(key, sum);
    return { memory: name, floats, patterns, error: sum.error / sum.episodes, episodes: sum.episodes };
  };
  for (let e = 0; e < episodes; e++) {
    for (const patterns of loads) {
      const episode = draw(task, corruption, e, patterns);
      const state = await memory.write(toRange(episode.patterns, memory.range), 1, patterns);
      const { iterates } = await memory.read(
        state,
        toRange(episode.queries, memory.range),
        1,
        episode.asked,
        {
          known: known ? episode.known : undefined,
        },
      );
      yield add('ebmm', memory.floats, patterns, meanError(task, memory.range, iterates[0], episode.targets));
      for (const name of names) {
        if (turn.cancelled) return;
        const { recalled, floats } = await recallEpisode(
          name as RivalName,
          info.floats,
          task,
          episode,
          patterns,
          known,
        );
        yield add(name, floats, patterns, meanError(task, RANGE, recalled, episode.targets));
      }
      await turn.breathe();
      if (turn.cancelled) return;
    }
  }
}

interface Episode {
  patterns: Float32Array;
  /** Of the `asked` patterns, as are queries and known. */
  targets: Float32Array;
  queries: Float32Array;
  known: Float32Array;
  asked: number;
}

/**
 * Evenly spread over the stored ones, so that their mean has the expectation of that of all: a memory that keeps the first few whole
 * and nothing of the others would look perfect if the first were asked.
 */
export const askedOf = (patterns: number): number[] => {
  const asked = Math.min(ASKED, patterns);
  return Array.from({ length: asked }, (_, n) => Math.floor(((n + 0.5) * patterns) / asked));
};

function draw(task: Task, corruption: Corruption, index: number, patterns: number): Episode {
  const batch = drawBatch(task, corruption, 'test', SEED, index, 1, patterns);
  const d = batch.patterns.length / patterns;
  const asked = askedOf(patterns);
  const only = (all: Float32Array) => {
    const some = new Float32Array(asked.length * d);
    for (const [n, m] of asked.entries()) some.set(all.subarray(m * d, (m + 1) * d), n * d);
    return some;
  };
  return {
    patterns: batch.patterns,
    targets: only(batch.patterns),
    queries: only(batch.queries),
    known: only(batch.known),
    asked: asked.length,
  };
}

async function recallEpisode(
  name: RivalName,
  budget: number,
  { patternShape }: Task,
  { patterns, queries, known: mask, asked }: Episode,
  count: number,
  known: boolean,
) {
  const tensors = [
    tf.tensor(toRange(patterns, RANGE), [count, ...patternShape]),
    tf.tensor(toRange(queries, RANGE), [asked, ...patternShape]),
    tf.tensor(mask, [asked, ...patternShape]),
  ];
  try {
    const stored = await rivals[name]({ seed: SEED, range: RANGE, floats: budget }).store(tensors[0]);
    const recall = await stored.recall(tensors[1], { known: known ? tensors[2] : undefined });
    const recalled = (await recall.patterns.data()) as Float32Array;
    recall.patterns.dispose();
    return { recalled, floats: stored.floats };
  } finally {
    tf.dispose(tensors);
  }
}

function meanError(
  task: Task,
  range: readonly [number, number],
  recalled: Float32Array,
  targets: Float32Array,
) {
  const errors = patternErrors(task, range, recalled, targets);
  return errors.reduce((a, b) => a + b, 0) / errors.length;
}

/** Episodes of drawings [n, d] that are at hand, each drawn without replacement. */
function taskOfDrawings(drawings: Float32Array, patternShape: number[]): Task {
  const d = patternShape.reduce((a, b) => a * b, 1);
  return {
    name: 'drawings',
    patternShape,
    unit: 'bits',
    bitsPerValue: 1,
    corruption: 'block:16',
    patterns(split, seed, index, patterns) {
      const order = stream(seed, 'drawings', split, index).permutation(drawings.length / d);
      const values = new Float32Array(patterns * d);
      for (let n = 0; n < patterns; n++) {
        values.set(drawings.subarray(order[n] * d, (order[n] + 1) * d), n * d);
      }
      return values;
    },
  };
}
