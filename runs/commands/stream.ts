/**
 * @file `ebmm stream RUN`: patterns are added one batch after another, more than a memory holds; then all are asked for. Error against
 * age, and of the last patterns against how many came before, beside other memories under the same streams.
 */
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Command } from 'commander';
import { patternErrors, toRange } from '../../meta/units.ts';
import type { Engine } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { writeFileAtomically } from '../../src/files.ts';
import type { AssociativeMemory, StoredMemory } from '../../src/memory/associative.ts';
import { LearnedMemory } from '../../src/memory/learned-memory.ts';
import { sizeOf } from '../../src/shapes.ts';
import { type Batch, type Corruption, drawBatch, type Task } from '../../tasks/index.ts';
import { type DataOptions, sourceOf } from '../data-options.ts';
import { makeRival } from '../evaluate.ts';
import { numbersHelp } from '../glossary.ts';
import type { IO } from '../io.ts';
import { LearnedStream, partOf } from '../learned-stream.ts';
import {
  bestOption,
  dataOption,
  engineOf,
  engineOptions,
  jsonOption,
  positive,
  positives,
  resizeOption,
  seedOption,
  taskOption,
  words,
} from '../options.ts';
import { measuredOn } from '../other-task.ts';
import { ageChart } from '../plots/age-chart.ts';
import { startProgress } from '../progress.ts';
import type { StreamEvaluation, StreamRow } from '../records.ts';
import { isPretrained, loadRun, memoryOf, paths } from '../run-folder.ts';
import { short, textTable } from '../table.ts';

export interface StreamCommand extends DataOptions {
  run: string;
  /** The checkpoint of the run's best validation, not its last. */
  best?: boolean;
  engine: Engine;
  /** A file or folder of other patterns of the same size; default: the task that the memory was trained on. */
  task?: string;
  /** With `task`: pictures of other sizes are brought to that of the memory. */
  resize?: boolean;
  /** Patterns of a stream; default task.stream.length, else 256. */
  length?: number;
  /** Patterns added at once; default task.stream.batch, else 8. */
  batch?: number;
  /** Numbers of patterns after which the last of them are asked for; default a quarter, half and all of the stream. */
  loads?: number[];
  corruption?: string;
  known?: boolean;
  /** Streams; default 50. */
  episodes?: number;
  against?: string[];
  /** Folder for stream.json and stream.png; default the run folder, unless it is a pretrained memory's or the patterns are others. */
  out?: string;
  seed?: number;
  json?: boolean;
}

/** Of so many of the last patterns errors are reported against load. */
export const LAST = 32;
/** Values in one batch of episodes for memories that take several at once. */
const BATCH_VALUES = 262144;

export async function streamCommand(options: StreamCommand, io: IO): Promise<StreamEvaluation> {
  const run = await loadRun(options.run, { best: options.best });
  const { config } = run;
  const source = sourceOf(options, io);
  const { task, corruption } = await measuredOn(run, options, 'test', source, io.err);
  const { length = config.task.stream?.length ?? 256, batch = config.task.stream?.batch ?? 8 } = options;
  const { known = config.known, episodes = 50, seed = 1 } = options;
  const loads = [...new Set(options.loads ?? [length / 4, length / 2, length].map(Math.ceil))].sort(
    (a, b) => a - b,
  );
  const beyond = loads.find((load) => load > length);
  if (beyond) throw new InputError(`--loads: ${beyond} is more than the ${length} patterns of a stream`);
  const own = memoryOf(run, options.engine);
  const memories: AssociativeMemory[] = [own];
  for (const name of options.against ?? ['modern']) {
    memories.push(await makeRival(name, { seed, floats: own.floats, engine: options.engine, task }));
  }
  for (const memory of memories) {
    const takes = memory instanceof LearnedMemory ? memory.model.add : memory.add;
    if (!takes) throw new InputError(`stream: ${memory.name} stores all patterns at once: none can be added`);
  }
  const setting = { task, corruption, known, length, batch, loads, episodes, seed };
  const progress = startProgress(io, 'stream', memories.length * episodes);
  const rows: StreamRow[] = [];
  try {
    for (const [i, memory] of memories.entries()) {
      rows.push(await measure(memory, setting, (n) => progress.update(i * episodes + n, memory.name)));
    }
  } finally {
    progress.stop();
  }
  const dimension = sizeOf(task.patternShape);
  const { name } = task;
  const evaluation = { task: name, corruption: corruption.spec, known, length, batch, episodes, dimension, seed, rows }; // biome-ignore format: a record
  // Of other patterns the run folder keeps nothing.
  const kept = !isPretrained(run.folder) && options.task === undefined;
  const folder = options.out ? resolve(options.out) : kept ? run.folder : undefined;
  const picture =
    folder && (options.out ? join(folder, 'stream.png') : join(paths(folder).plots, 'stream.png'));
  if (folder && picture) {
    await writeFileAtomically(
      options.out ? join(folder, 'stream.json') : paths(folder).stream,
      `${JSON.stringify(evaluation, null, 2)}\n`,
    );
    await writeFileAtomically(picture, ageChart(evaluation, run.name));
  }
  if (options.json) io.out(JSON.stringify(evaluation));
  else for (const line of [...streamReport(evaluation), ...(picture ? ['', picture] : [])]) io.out(line);
  return evaluation;
}

interface Setting {
  task: Task;
  corruption: Corruption;
  known: boolean;
  length: number;
  batch: number;
  loads: number[];
  episodes: number;
  seed: number;
}

/** Streams every episode through a memory, and asks for all patterns at the end, for the last ones at each load. */
async function measure(
  memory: AssociativeMemory,
  setting: Setting,
  progress: (episodes: number) => void,
): Promise<StreamRow> {
  const { task, corruption, length, batch, loads, episodes, seed } = setting;
  const size = sizeOf(task.patternShape);
  const learned = memory instanceof LearnedMemory;
  const together = learned ? Math.min(16, Math.max(1, Math.floor(BATCH_VALUES / (length * size)))) : 1;
  const byAge = new Float64Array(length);
  const byLoad = new Map(loads.map((load) => [load, 0]));
  let floats = 0;
  for (let first = 0; first < episodes; first += together) {
    const count = Math.min(together, episodes - first);
    const drawn = drawBatch(task, corruption, 'test', seed, first, count, length);
    const held = learned ? new LearnedStream(memory, drawn) : new OtherStream(memory, drawn);
    const ends = new Set([...loads, length]);
    for (let at = 0; at < length; ) {
      const next = Math.min(...[...ends].filter((end) => end > at));
      const to = Math.min(at + batch, next);
      await held.add(at, to);
      at = to;
      if (!ends.has(at)) continue;
      const from = at === length ? 0 : Math.max(0, at - LAST);
      const recalled = await held.recall(from, at, setting.known);
      const errors = patternErrors(
        task,
        memory.range,
        recalled,
        partOf(drawn.patterns, drawn.shape, from, at),
      );
      for (let e = 0; e < count; e++) {
        for (let i = from; i < at; i++) {
          const error = errors[e * (at - from) + i - from];
          if (at === length) byAge[length - 1 - i] += error / episodes;
          if (i >= at - LAST && byLoad.has(at))
            byLoad.set(at, byLoad.get(at)! + error / (episodes * Math.min(LAST, at)));
        }
      }
    }
    floats = held.floats;
    held.dispose();
    progress(first + count);
  }
  const ages = Array.from({ length: Math.ceil(length / batch) }, (_, k) => {
    const bin = byAge.subarray(k * batch, (k + 1) * batch);
    const error = bin.reduce((a, b) => a + b, 0) / bin.length;
    return { from: k * batch, to: k * batch + bin.length - 1, error };
  });
  const { name } = memory;
  return { memory: name, floats, unit: task.unit, ages, loads: [...byLoad].map(([patterns, error]) => ({ patterns, error })) }; // biome-ignore format: a record
}

/** One stream. */
class OtherStream {
  readonly #memory: AssociativeMemory;
  readonly #drawn: Batch;
  #stored?: StoredMemory;

  constructor(memory: AssociativeMemory, drawn: Batch) {
    this.#memory = memory;
    this.#drawn = drawn;
  }

  get floats(): number {
    return this.#stored!.floats;
  }

  #tensor(values: Float32Array, from: number, to: number): tf.Tensor {
    const { shape } = this.#drawn;
    return tf.tensor(partOf(values, shape, from, to), [to - from, ...shape.slice(2)]);
  }

  async add(from: number, to: number): Promise<void> {
    const { patterns } = this.#drawn;
    const before = this.#stored;
    const more = this.#tensor(toRange(patterns, this.#memory.range), from, to);
    this.#stored = before ? await this.#memory.add!(before, more) : await this.#memory.store(more);
    before?.dispose?.();
    more.dispose();
  }

  async recall(from: number, to: number, told: boolean): Promise<Float32Array> {
    const { queries, known } = this.#drawn;
    const asked = this.#tensor(toRange(queries, this.#memory.range), from, to);
    const mask = told ? this.#tensor(known, from, to) : undefined;
    const { patterns } = await this.#stored!.recall(asked, { known: mask });
    const values = (await patterns.data()) as Float32Array;
    tf.dispose([asked, patterns, ...(mask ? [mask] : [])]);
    return values;
  }

  dispose(): void {
    this.#stored?.dispose?.();
  }
}

/** Ages that a table shows, of those there are. */
const SHOWN = 9;

export function streamReport({ rows, ...said }: StreamEvaluation): string[] {
  const { task, dimension, corruption, known, length, batch, episodes } = said;
  const { unit, ages, loads } = rows[0];
  const shown = ages.filter((_, k) => k < SHOWN - 1 || k === ages.length - 1);
  const columns = shown.map(({ from, to }) => `age ${from}-${to}`);
  return [
    `${task}, ${dimension} values, ${corruption}, uncorrupted entries ${known ? 'known' : 'not known'}, streams of ${length} patterns, ${batch} added at once, ${episodes} streams: mean error in ${unit}`,
    '',
    ...textTable([
      ['memory', 'floats', ...columns],
      ...rows.map((row) => [
        row.memory,
        String(row.floats),
        ...shown.map(({ from }) => short(row.ages.find((age) => age.from === from)!.error)),
      ]),
    ]),
    '',
    ...textTable([
      [`the last ${LAST}`, ...loads.map(({ patterns }) => `of ${patterns}`)],
      ...rows.map((row) => [row.memory, ...row.loads.map(({ error }) => short(error))]),
    ]),
  ];
}

export function addStreamCommand(program: Command, io: IO): void {
  engineOptions(
    program
    .command('stream')
    .argument('<run>', 'a run folder or a pretrained memory')
    .option('--length <n>', 'patterns of a stream (default: task.stream.length, else 256)', positive)
    .option('--batch <n>', 'patterns added at once (default: task.stream.batch, else 8)', positive)
    .option('--loads <list>', 'after so many patterns the last 32 are asked for (default: a quarter, half, all)', positives) // biome-ignore format: an option
      .option('--corruption <spec>', 'name:size, or a module of your own (default: as trained)')
      .option('--known', 'recall is told which entries are uncorrupted')
      .option('--no-known', 'recall is not told (default: as trained)')
      .option('--episodes <n>', 'streams', positive, 50)
      .option(
        '--against <list>',
        'modern and modern-packed (first in, first out), runs and pretrained memories; or none (default: modern)',
        words,
      )
      .option('--out <dir>', 'folder for stream.json and stream.png (default: the run folder)')
      .addOption(seedOption('seed of the streams (default: 1, not that of training)')),
  )
    .addOption(bestOption())
    .addOption(taskOption('other patterns of the same size'))
    .addOption(resizeOption())
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', numbersHelp('error', 'floats', 'age', 'the last N of M'))
    .action(async (run: string, options) => {
      const against = options.against?.filter((name: string) => name !== 'none');
      await streamCommand({ ...options, against, run, engine: await engineOf(options) }, io);
    });
}
