/** @file A memory model as something to train: episodes of a task, corrupted, stored, recalled. */
import * as tf from '@tensorflow/tfjs';
import * as args from '../src/arguments.ts';
import type { NamedTensors } from '../src/autodiff/index.ts';
import { InputError } from '../src/errors.ts';
import type { MemoryModel } from '../src/memory/model.ts';
import { stream as random } from '../src/random.ts';
import { sizeOf } from '../src/shapes.ts';
import { drawBatch } from '../tasks/batch.ts';
import { APPLICABLE } from '../tasks/corruption.ts';
import type { Corruption, StreamOptions, Task } from '../tasks/index.ts';
import { TASK } from '../tasks/task.ts';
import type { Config } from './config.ts';
import type { Learner, Trainable } from './learner.ts';
import { objective } from './objective.ts';
import { streamed, takesStreams } from './stream-objective.ts';
import { recallError, toRange } from './units.ts';

export interface ObjectiveSettings {
  model: MemoryModel;
  /** Whether recall is told which entries of the query are uncorrupted. */
  known: boolean;
  /** Weights of the iterates in the loss; default all one. */
  iterateWeights?: readonly number[];
  /** Of how many of the patterns queries are read; default, and at most, all. */
  queries?: number;
  /** Patterns are added one batch after another, those that are asked for after `before` others. */
  stream?: StreamOptions;
  /** Weight of the cross-entropy of what the memory takes for noise; default 0. */
  noise?: number;
}

/** Its batch: `patterns`, `queries`, with known entries `known`, with `noise` `uncorrupted`; its output: `recalled`. */
export function memoryTrainable({
  model,
  known,
  iterateWeights,
  queries: read,
  stream,
  noise = 0,
}: ObjectiveSettings): Trainable {
  const before = stream?.before ?? 0;
  /** What a stream leaves in the memory, and its last patterns, which are asked for. */
  const afterStream = (p: NamedTensors, patterns: tf.Tensor) => {
    if (!stream || !takesStreams(model)) return undefined;
    return { state: streamed(model, p, patterns, stream), asked: tf.slice(patterns, [0, before]) };
  };
  return {
    parameters: model.parameters,
    outputs: ['recalled'],
    inputs(episodes, patterns) {
      const batch = (count: number) => ({ shape: [episodes, count, ...model.patternShape] });
      const asked = batch(Math.min(read ?? patterns, patterns));
      return { patterns: batch(before + patterns), queries: asked, ...(known ? { known: asked } : {}), ...(noise ? { uncorrupted: asked } : {}) }; // biome-ignore format: a record
    },
    loss(p, { patterns, queries, known: mask, uncorrupted }) {
      const episode = { patterns, queries, known: mask, uncorrupted };
      const { loss, recalled } = objective(
        model,
        p,
        episode,
        iterateWeights,
        afterStream(p, patterns),
        noise,
      );
      return { loss, outputs: { recalled } };
    },
    stages(p, { patterns, queries, known: mask }) {
      const state = afterStream(p, patterns)?.state ?? model.store(p, patterns);
      const iterates = model.recall(p, state, queries, mask);
      // Weights that are lost in the very first step were lost to their slope, not to steps too large for it.
      const [start, first] = (stream ? undefined : model.storing?.(p, patterns)) ?? [];
      const slopes = Object.entries(first ?? {}).map(([name, s]) => [
        `the slope of the writing loss in ${name}, where writing starts (has the energy a derivative there?)`,
        tf.sub(s, start[name]),
      ]);
      return {
        ...Object.fromEntries(slopes),
        ...Object.fromEntries(Object.entries(state).map(([name, s]) => [`writing diverged: ${name}`, s])),
        ...Object.fromEntries(iterates.map((x, k) => [`reading diverged: iterate ${k + 1}`, x])),
      };
    },
  };
}

/** What stands for an entry of `known` of which recall is told nothing. */
const UNTOLD = -1;

export interface MemoryLearnerOptions {
  config: Pick<Config, 'known' | 'training' | 'seed'> & { task?: Pick<Config['task'], 'stream'> };
  task: Task;
  corruption: Corruption;
  model: MemoryModel;
}

const OPTIONS = args.fields({
  config: args.fields({
    training: args.fields({ episodes: args.whole(1) }),
    known: args.flag,
    seed: args.number,
  }),
  task: TASK,
  corruption: APPLICABLE,
  model: args.fields({
    parameters: args.object,
    patternShape: args.axes,
    store: args.callable,
    recall: args.callable,
  }),
});

/** @throws InputError where the task is a stream, but nothing can be added to the memory, or only some of its patterns are asked for */
export function memoryLearner(options: MemoryLearnerOptions): Learner {
  args.check('memoryLearner', { options: [options, OPTIONS] });
  const { config, task, corruption, model } = options;
  const { known, seed, training } = config;
  const { iterates, queries: read, untold, noise = 0 } = training;
  const stream = config.task?.stream;
  if (stream && !takesStreams(model))
    throw new InputError(`task.stream: ${model.name} stores all patterns at once, none can be added`);
  if (stream && read !== undefined)
    throw new InputError('training.queries: of a stream all of the last patterns are asked for');
  if (noise > 0 && !model.trust)
    throw new InputError(
      `training.noise: ${model.name} has no opinion of what is noise (coded-slots with network.noise has)`,
    );
  if (iterates === 'none' && !(noise > 0))
    throw new InputError(
      'training.iterates: with none there is nothing to train but training.noise, which is 0',
    );
  const before = stream?.before ?? 0;
  const loads = [training.patterns].flat();
  const most = before + Math.max(...loads);
  if (task.sizes && task.sizes.train < most)
    throw new InputError(
      `training.patterns: the train split of ${task.name} has ${task.sizes.train} patterns, fewer than the ${most} of an episode`,
    );
  const last = Array.from({ length: model.steps }, (_, k) => Number(k === model.steps - 1));
  // Its own stream, so that the load does not depend on where training was resumed.
  const load = (update: number) =>
    loads.length === 1 ? loads[0] : loads[random(seed, 'load', update).integer(loads.length)];
  return {
    trainable: memoryTrainable({
      model,
      known,
      iterateWeights: iterates === 'all' ? undefined : iterates === 'last' ? last : last.map(() => 0),
      queries: read,
      stream,
      noise,
    }),
    loads,
    load,
    draw(update, { k, of } = { k: 0, of: 1 }) {
      const patterns = load(update);
      const episodes = training.episodes / of;
      const skipped = k * episodes;
      const first = (update - 1) * training.episodes + skipped;
      const batch = drawBatch(task, corruption, 'train', seed, first, episodes, before + patterns);
      const one = sizeOf(model.patternShape);
      const size = Math.min(read ?? patterns, patterns) * one;
      const asked = (values: Float32Array) => partOf(values, episodes, before * one, size);
      const [targets, queries] = [asked(batch.patterns), asked(batch.queries)];
      const uncorrupted = noise > 0 ? asked(batch.known).slice() : undefined;
      if (untold > 0) {
        const size = batch.known.length / episodes;
        for (let e = 0; e < episodes; e++) {
          if (random(seed, 'untold', update, skipped + e).uniform() < untold)
            batch.known.fill(UNTOLD, e * size, (e + 1) * size);
        }
      }
      return {
        patterns,
        values: {
          patterns: toRange(batch.patterns, model.range),
          queries: toRange(queries, model.range),
          ...(known ? { known: asked(batch.known) } : {}),
          ...(uncorrupted ? { uncorrupted } : {}),
        },
        measure: ({ recalled }) => ({
          error: recallError(task, model.range, recalled as Float32Array, targets),
          queryError: recallError(task, [0, 1], queries, targets),
        }),
      };
    },
  };
}

/** `size` of the values of every episode, from `from` on. */
function partOf(values: Float32Array, episodes: number, from: number, size: number): Float32Array {
  const all = values.length / episodes;
  if (size === all) return values;
  const part = new Float32Array(episodes * size);
  for (let e = 0; e < episodes; e++) {
    const start = e * all + from;
    part.set(values.subarray(start, start + size), e * size);
  }
  return part;
}
