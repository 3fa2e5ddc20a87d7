/** @file The one protocol that compares all memories: store an episode, recall its corrupted queries, count the errors. */

import * as tf from '@tensorflow/tfjs';
import { patternErrors, toRange } from '../meta/units.ts';
import type { AssociativeMemory } from '../src/memory/associative.ts';
import { LearnedMemory } from '../src/memory/learned-memory.ts';
import { sizeOf } from '../src/shapes.ts';
import { type Batch, type Corruption, drawBatch, type Split, type Task } from '../tasks/index.ts';
import type { EvaluationRow } from './records.ts';

export interface Protocol {
  task: Task;
  corruption: Corruption;
  split: Split;
  /** Whether recall is told which entries of a query are uncorrupted. */
  known: boolean;
  /** Steps of recall of trained memories; default: as trained. */
  steps?: number;
  seed: number;
  episodes: number;
  /** Patterns stored at once. */
  patterns: number;
}

/** Values in one batch of episodes for memories that take several at once. */
const BATCH_VALUES = 65536;

/**
 * Evaluates a memory at one load. Every memory sees the same episodes.
 * @param progress called with the number of episodes done
 */
export async function evaluate(
  memory: AssociativeMemory,
  protocol: Protocol,
  progress: (episodes: number) => void = () => {},
): Promise<EvaluationRow> {
  const { task, episodes, patterns } = protocol;
  const dimension = sizeOf(task.patternShape);
  const together =
    memory instanceof LearnedMemory
      ? Math.min(16, Math.max(1, Math.floor(BATCH_VALUES / (patterns * dimension))))
      : 1;
  const means: number[] = [];
  const seconds: number[] = [];
  let floats = 0;
  let asked = 0;
  for (let first = 0; first < episodes; first += together) {
    const count = Math.min(together, episodes - first);
    const batch = draw(protocol, first, count);
    const outcome =
      memory instanceof LearnedMemory
        ? await recallBatch(memory, batch, protocol)
        : await recallEpisode(memory, batch, protocol.known);
    floats = outcome.floats;
    asked += protocol.known ? batch.known.reduce((n, k) => n + (k ? 0 : 1), 0) : batch.known.length;
    seconds.push(outcome.seconds / count);
    const errors = patternErrors(task, memory.range, outcome.recalled, batch.patterns);
    for (let e = 0; e < count; e++) {
      const own = errors.subarray(e * patterns, (e + 1) * patterns);
      means.push(own.reduce((a, b) => a + b, 0) / patterns);
    }
    progress(first + count);
  }
  return {
    ...summarise(memory.name, floats, means, protocol, asked / (episodes * patterns)),
    store_seconds: quantile(seconds, 0.5),
  };
}

function draw({ task, corruption, split, seed, patterns }: Protocol, first: number, episodes: number): Batch {
  return drawBatch(task, corruption, split, seed, first, episodes, patterns);
}

async function recallBatch(
  memory: LearnedMemory,
  batch: Batch,
  { known, steps }: Pick<Protocol, 'known' | 'steps'>,
) {
  const [episodes, patterns] = batch.shape;
  const started = performance.now();
  const weights = await memory.write(toRange(batch.patterns, memory.range), episodes, patterns);
  const seconds = (performance.now() - started) / 1000;
  const { iterates } = await memory.read(weights, toRange(batch.queries, memory.range), episodes, patterns, {
    known: known ? batch.known : undefined,
    steps,
  });
  return { recalled: iterates.at(-1)!, floats: memory.floats, seconds };
}

async function recallEpisode(memory: AssociativeMemory, batch: Batch, known: boolean) {
  const shape = batch.shape.slice(1);
  const tensors = {
    patterns: tf.tensor(toRange(batch.patterns, memory.range), shape),
    queries: tf.tensor(toRange(batch.queries, memory.range), shape),
    ...(known ? { known: tf.tensor(batch.known, shape) } : {}),
  };
  try {
    const started = performance.now();
    const stored = await memory.store(tensors.patterns);
    const seconds = (performance.now() - started) / 1000;
    const { patterns } = await stored.recall(tensors.queries, {
      known: 'known' in tensors ? tensors.known : undefined,
    });
    const recalled = (await patterns.data()) as Float32Array;
    patterns.dispose();
    stored.dispose?.();
    return { recalled, floats: stored.floats, seconds };
  } finally {
    tf.dispose(tensors);
  }
}

/** Information in one bit that is wrong with probability p, in bits. */
export function binaryEntropy(p: number): number {
  return p <= 0 || p >= 1 ? 0 : -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
}

/** The q-th quantile by linear interpolation. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

function summarise(
  name: string,
  floats: number,
  means: number[],
  { task, patterns, episodes }: Protocol,
  /** Entries of a pattern that recall is not given. */
  asked: number,
): EvaluationRow {
  const dimension = sizeOf(task.patternShape);
  const error = means.reduce((a, b) => a + b, 0) / means.length;
  const row: EvaluationRow = {
    memory: name,
    patterns,
    floats,
    error,
    error_p5: quantile(means, 0.05),
    error_p95: quantile(means, 0.95),
    unit: task.unit,
    episodes,
    compression: (patterns * dimension * task.bitsPerValue) / (32 * floats),
  };
  if (task.bitsPerValue === 1) {
    const rate = asked > 0 ? Math.min(0.5, error / asked) : 0.5;
    row.bits_per_float = (patterns * dimension * (1 - binaryEntropy(rate))) / floats;
  }
  return row;
}
