/** @file The one protocol that compares all memories: store an episode, recall its corrupted queries, count the errors. */

import * as tf from '@tensorflow/tfjs';
import { patternErrors, toRange } from '../meta/units.ts';
import type { AssociativeMemory } from '../src/memory/associative.ts';
import { bitsOf, type Contents, memoryBits, rounded } from '../src/memory/contents.ts';
import { DivergedError, notFinite } from '../src/memory/diverged.ts';
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
  const [row] = await evaluateRounded(memory, protocol, [undefined], progress);
  return row;
}

/**
 * The same with the numbers that the memory holds rounded to so many bits each, 1 to 16 or 32: a row for each. Every episode is
 * stored once. `undefined`: as they are.
 */
export async function evaluateRounded(
  memory: AssociativeMemory,
  protocol: Protocol,
  bits: readonly (number | undefined)[],
  progress: (episodes: number) => void = () => {},
): Promise<EvaluationRow[]> {
  const { task, episodes, patterns } = protocol;
  const dimension = sizeOf(task.patternShape);
  const together =
    memory instanceof LearnedMemory
      ? Math.min(16, Math.max(1, Math.floor(BATCH_VALUES / (patterns * dimension))))
      : 1;
  const outcomes = bits.map(() => ({ means: [] as number[], size: { floats: 0 } as Size, diverged: 0 }));
  const seconds: number[] = [];
  let asked = 0;
  for (let first = 0; first < episodes; first += together) {
    const count = Math.min(together, episodes - first);
    const batch = draw(protocol, first, count);
    asked += protocol.known ? batch.known.reduce((n, k) => n + (k ? 0 : 1), 0) : batch.known.length;
    const stored =
      memory instanceof LearnedMemory
        ? await storeBatch(memory, batch, protocol)
        : await storeEpisode(memory, batch, protocol.known);
    seconds.push(stored.seconds / count);
    try {
      for (const [i, each] of bits.entries()) {
        const { recalled, size } = await stored.recall(each);
        outcomes[i].size = size;
        const answers = recalled ?? new Float32Array(batch.patterns.length).fill(Number.NaN);
        const errors = patternErrors(task, memory.range, answers, batch.patterns);
        outcomes[i].diverged += countDiverged(task, errors, answers, batch.patterns);
        for (let e = 0; e < count; e++) {
          const own = errors.subarray(e * patterns, (e + 1) * patterns);
          outcomes[i].means.push(own.reduce((a, b) => a + b, 0) / patterns);
        }
      }
    } finally {
      stored.dispose();
    }
    progress(first + count);
  }
  return outcomes.map(({ means, size, diverged }) => ({
    ...summarise(memory.name, size, means, protocol, asked / (episodes * patterns)),
    ...(diverged > 0 ? { diverged } : {}),
    store_seconds: quantile(seconds, 0.5),
  }));
}

/** Gives patterns whose storing or recalling diverged the error of all values wrong; returns how many. */
export function countDiverged(
  task: Task,
  errors: Float64Array,
  answers: Float32Array,
  patterns: Float32Array,
): number {
  const size = patterns.length / errors.length;
  let diverged = 0;
  for (let p = 0; p < errors.length; p++) {
    if (notFinite(answers.subarray(p * size, (p + 1) * size)) < 0) continue;
    diverged++;
    errors[p] = 0;
    for (const value of patterns.subarray(p * size, (p + 1) * size)) {
      errors[p] += task.unit === 'bits' ? 1 : Math.max(value, 1 - value) ** 2;
    }
  }
  return diverged;
}

function draw({ task, corruption, split, seed, patterns }: Protocol, first: number, episodes: number): Batch {
  return drawBatch(task, corruption, split, seed, first, episodes, patterns);
}

/** Size of a memory; bits where its numbers were rounded, by the memory itself or for the evaluation. */
interface Size {
  floats: number;
  bits?: number;
  memoryBits?: number;
}

/** Episodes that a memory has stored, to be recalled as they are or rounded. */
interface Stored {
  seconds: number;
  /** `recalled` is undefined where storing or recalling diverged, and holds NaN for patterns of which that is so. */
  recall(bits: number | undefined): Promise<{ recalled?: Float32Array; size: Size }>;
  dispose(): void;
}

/** The size of what is rounded to `bits`; `undefined` says nothing of bits, unless the memory rounds by itself. */
function sizeIn(contents: Contents, floats: number, bits: number | undefined): Size {
  if (bits === undefined) return { floats };
  const most = Math.max(...Object.values(contents.tensors).map((held) => bitsOf(held, bits)));
  return { floats, bits: most, memoryBits: memoryBits(contents, bits) };
}

async function storeBatch(
  memory: LearnedMemory,
  batch: Batch,
  { known, steps }: Pick<Protocol, 'known' | 'steps'>,
): Promise<Stored> {
  const [episodes, patterns] = batch.shape;
  const started = performance.now();
  const diverged = 'keep';
  const state = await memory.write(toRange(batch.patterns, memory.range), episodes, patterns, { diverged });
  const seconds = (performance.now() - started) / 1000;
  return {
    seconds,
    async recall(bits) {
      const [reader, held] = bits === undefined ? [memory, state] : memory.rounded(state, episodes, bits);
      const { iterates } = await reader.read(held, toRange(batch.queries, memory.range), episodes, patterns, {
        known: known ? batch.known : undefined,
        steps,
        diverged,
      });
      const recalled = iterates.at(-1)!;
      // What a memory of NaN answers may look like numbers.
      const values = recalled.length / episodes;
      for (let e = 0; e < episodes; e++) {
        const broken = Object.values(held).some((all) => {
          const own = all.length / episodes;
          return notFinite((all as Float32Array).subarray(e * own, (e + 1) * own)) >= 0;
        });
        if (broken) recalled.fill(Number.NaN, e * values, (e + 1) * values);
      }
      const size = sizeIn(memory.contentsOf(state), memory.floats, bits ?? memory.model.bits);
      return { recalled, size };
    },
    dispose() {},
  };
}

async function storeEpisode(memory: AssociativeMemory, batch: Batch, known: boolean): Promise<Stored> {
  const shape = batch.shape.slice(1);
  const patterns = tf.tensor(toRange(batch.patterns, memory.range), shape);
  const started = performance.now();
  const stored = await unlessDiverged(() => memory.store(patterns));
  const seconds = (performance.now() - started) / 1000;
  patterns.dispose();
  if (!stored) return { seconds, recall: async () => ({ size: { floats: 0 } }), dispose() {} };
  return {
    seconds,
    async recall(bits) {
      const contents = bits === undefined ? undefined : stored.contents();
      const held = contents ? await memory.restore(rounded(contents, bits!)) : stored;
      const queries = tf.tensor(toRange(batch.queries, memory.range), shape);
      const mask = known ? tf.tensor(batch.known, shape) : undefined;
      try {
        const answer = await unlessDiverged(() => held.recall(queries, { known: mask }));
        const recalled = (await answer?.patterns.data()) as Float32Array | undefined;
        answer?.patterns.dispose();
        const size = contents ? sizeIn(contents, stored.floats, bits) : { floats: stored.floats };
        return { recalled, size };
      } finally {
        tf.dispose([queries, ...(mask ? [mask] : [])]);
        if (held !== stored) held.dispose?.();
      }
    },
    dispose: () => stored.dispose?.(),
  };
}

/** What a step gives; undefined where it diverged. */
export async function unlessDiverged<T>(step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof DivergedError) return undefined;
    throw error;
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
  { floats, bits, memoryBits }: Size,
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
    compression: (patterns * dimension * task.bitsPerValue) / (memoryBits ?? 32 * floats),
  };
  if (bits !== undefined) Object.assign(row, { bits, memory_bits: memoryBits });
  if (task.bitsPerValue === 1) {
    const rate = asked > 0 ? Math.min(0.5, error / asked) : 0.5;
    row.bits_per_float = (patterns * dimension * (1 - binaryEntropy(rate))) / floats;
  }
  return row;
}
