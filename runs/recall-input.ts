/** @file What `recall` stores and asks: patterns of a file or a task, and queries of a file or made from the patterns. */
import { InputError } from '../src/errors.ts';
import { checkNumbers } from '../src/memory/inputs.ts';
import { stream } from '../src/random.ts';
import { sizeOf } from '../src/shapes.ts';
import { loadCorruption, loadTask } from '../tasks/index.ts';
import { corruptionFrom, type DataOptions, sourceOf } from './data-options.ts';
import type { IO } from './io.ts';
import { otherTask } from './other-task.ts';
import { readMask, readPatterns, unitsOf } from './pattern-file.ts';
import type { LoadedRun } from './run-folder.ts';

export interface InputOptions extends DataOptions {
  /** A file or folder of patterns, all of which are stored; in any format that a task can have. */
  patterns?: string;
  /** Instead: a file or folder, of whose test split `count` patterns are drawn by the seed. */
  task?: string;
  /** With `task`; default the largest load of training. */
  count?: number;
  /** Instead of both: what `store` wrote. */
  stored?: string;
  /** A file like that of the patterns; default: made from the patterns by `corrupt`. */
  queries?: string;
  /** A corruption; default that of training. */
  corrupt?: string;
  /** A mask, 1 where a query is known to be right; false: recall is not told; default: of queries that are made, as trained. */
  known?: string | false;
  /** Pictures of other sizes are brought to that of the memory. */
  resize?: boolean;
  /** Of what is drawn; default 0. */
  seed?: number;
}

/** Rows of values in [0, 1]. */
export interface RecallInput {
  patterns: Float32Array[];
  queries: Float32Array[];
  known?: Float32Array[];
  /** The corruption that made the queries. */
  corruption?: string;
}

/** @throws InputError where files or options are wrong */
export async function recallInput(run: LoadedRun, options: InputOptions, io: IO): Promise<RecallInput> {
  const { task, stored, queries, corrupt, known, resize } = options;
  const sources = [options.patterns, task, stored].filter((given) => given !== undefined);
  if (sources.length !== 1)
    throw new InputError('recall: give --patterns or --task, or --stored with what was stored before');
  if (corrupt !== undefined && queries !== undefined)
    throw new InputError('recall: give --queries, or --corrupt to make them from the patterns, not both');
  if (stored !== undefined && queries === undefined)
    throw new InputError('recall: --stored has no patterns to make queries from; give --queries');
  if (typeof known === 'string' && queries === undefined)
    throw new InputError('--known: of queries from a file; those that are made know it');
  if (options.count !== undefined && task === undefined)
    throw new InputError('--count: how many patterns of --task; of --patterns all are stored');
  const units = unitsOf(run, resize);
  const { patterns, spec } =
    task === undefined
      ? { patterns: options.patterns ? await readPatterns(options.patterns, units) : [], spec: undefined }
      : await patternsOfTask(run, task, options, io);
  if (queries === undefined)
    return { patterns, ...(await corrupted(run, patterns, corrupt ?? spec, options)) };
  const asked = await readPatterns(queries, units);
  return {
    patterns,
    queries: asked,
    known: typeof known === 'string' ? await readMask(known, units, asked.length) : undefined,
  };
}

async function patternsOfTask(run: LoadedRun, path: string, options: InputOptions, io: IO) {
  const { config, model } = run;
  const { count = Math.max(...[config.training.patterns].flat()), seed = 0, resize } = options;
  const source = sourceOf(options, io);
  checkNumbers(`--count ${count}`, [count, ...model.patternShape]);
  const task = await loadTask(otherTask(run, path, 'test', source, resize), source);
  const size = sizeOf(model.patternShape);
  const values = task.patterns('test', seed, 0, count);
  const patterns = Array.from({ length: count }, (_, i) => values.slice(i * size, (i + 1) * size));
  return { patterns, spec: task.corruption };
}

async function corrupted(
  { config, model }: LoadedRun,
  patterns: Float32Array[],
  asked: string | undefined,
  { seed = 0, known, corrupt }: InputOptions,
): Promise<Omit<RecallInput, 'patterns'>> {
  const spec = corrupt === undefined ? (config.corruption ?? asked) : corruptionFrom(corrupt);
  if (spec === undefined)
    throw new InputError('recall: give --queries, or --corrupt SPEC to make them from the patterns');
  const bits = patterns.every((row) => row.every((v) => v === 0 || v === 1));
  const corruption = await loadCorruption(spec, {
    patternShape: model.patternShape,
    bitsPerValue: bits ? 1 : 8,
  });
  const random = stream(seed, 'recall', 'corruption');
  const masks = patterns.map((row) => new Float32Array(row.length).fill(1));
  const queries = patterns.map((row, i) => {
    const query = row.slice();
    corruption.apply(query, masks[i], random);
    return query;
  });
  return {
    queries,
    corruption: corruption.spec,
    ...(known === false || !config.known ? {} : { known: masks }),
  };
}
