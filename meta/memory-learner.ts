/** @file A memory model as something to train: episodes of a task, corrupted, stored, recalled. */
import type { MemoryModel } from '../src/memory/model.ts';
import { stream } from '../src/random.ts';
import { sizeOf } from '../src/shapes.ts';
import { drawBatch } from '../tasks/batch.ts';
import type { Corruption, Task } from '../tasks/index.ts';
import type { Config } from './config.ts';
import type { Learner, Trainable } from './learner.ts';
import { objective } from './objective.ts';
import { recallError, toRange } from './units.ts';

export interface ObjectiveSettings {
  model: MemoryModel;
  /** Whether recall is told which entries of the query are uncorrupted. */
  known: boolean;
  /** Weights of the iterates in the loss; default all one. */
  iterateWeights?: readonly number[];
  /** Of how many of the patterns queries are read; default, and at most, all. */
  queries?: number;
}

/** Its batch: `patterns`, `queries` and, with known entries, `known`; its output: `recalled`. */
export function memoryTrainable({
  model,
  known,
  iterateWeights,
  queries: read,
}: ObjectiveSettings): Trainable {
  return {
    parameters: model.parameters,
    outputs: ['recalled'],
    inputs(episodes, patterns) {
      const batch = (count: number) => ({ shape: [episodes, count, ...model.patternShape] });
      const asked = batch(Math.min(read ?? patterns, patterns));
      return { patterns: batch(patterns), queries: asked, ...(known ? { known: asked } : {}) };
    },
    loss(p, { patterns, queries, known: mask }) {
      const { loss, recalled } = objective(model, p, { patterns, queries, known: mask }, iterateWeights);
      return { loss, outputs: { recalled } };
    },
    stages(p, { patterns, queries, known: mask }) {
      const state = model.store(p, patterns);
      const iterates = model.recall(p, state, queries, mask);
      return {
        ...Object.fromEntries(Object.entries(state).map(([name, s]) => [`writing diverged: ${name}`, s])),
        ...Object.fromEntries(iterates.map((x, k) => [`reading diverged: iterate ${k + 1}`, x])),
      };
    },
  };
}

export interface MemoryLearnerOptions {
  config: Pick<Config, 'known' | 'training' | 'seed'>;
  task: Task;
  corruption: Corruption;
  model: MemoryModel;
}

export function memoryLearner({ config, task, corruption, model }: MemoryLearnerOptions): Learner {
  const { known, seed, training } = config;
  const { episodes, iterates, queries: read } = training;
  const loads = [training.patterns].flat();
  const last = Array.from({ length: model.steps }, (_, k) => Number(k === model.steps - 1));
  return {
    trainable: memoryTrainable({
      model,
      known,
      iterateWeights: iterates === 'last' ? last : undefined,
      queries: read,
    }),
    loads,
    draw(update) {
      // Its own stream, so that the load does not depend on where training was resumed.
      const patterns =
        loads.length === 1 ? loads[0] : loads[stream(seed, 'load', update).integer(loads.length)];
      const batch = drawBatch(task, corruption, 'train', seed, (update - 1) * episodes, episodes, patterns);
      const size = Math.min(read ?? patterns, patterns) * sizeOf(model.patternShape);
      const asked = (values: Float32Array) => firstOf(values, episodes, size);
      const [targets, queries] = [asked(batch.patterns), asked(batch.queries)];
      return {
        patterns,
        values: {
          patterns: toRange(batch.patterns, model.range),
          queries: toRange(queries, model.range),
          ...(known ? { known: asked(batch.known) } : {}),
        },
        measure: ({ recalled }) => ({
          error: recallError(task, model.range, recalled as Float32Array, targets),
          queryError: recallError(task, [0, 1], queries, targets),
        }),
      };
    },
  };
}

/** The first `size` of the values of every episode. */
function firstOf(values: Float32Array, episodes: number, size: number): Float32Array {
  const all = values.length / episodes;
  if (size === all) return values;
  const first = new Float32Array(episodes * size);
  for (let e = 0; e < episodes; e++) first.set(values.subarray(e * all, e * all + size), e * size);
  return first;
}
