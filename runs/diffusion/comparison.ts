/**
 * @file `ebmm diffusion compare RUN`: a learned diffusion model beside the exact one and the modern Hopfield network on the
 * patterns that it stores: how alike their answers are, and what noise and a growing beta do for recall.
 */
import * as tf from '@tensorflow/tfjs';
import { trainedParameters } from '../../meta/checkpoint.ts';
import { isScoreNetwork, makeScoreNetwork } from '../../meta/diffusion-config.ts';
import { learnedDenoiser } from '../../meta/diffusion-memory.ts';
import { taskOf } from '../../meta/stored-task.ts';
import { recallError, toRange } from '../../meta/units.ts';
import type { Engine } from '../../src/compile/index.ts';
import {
  type Denoiser,
  denoiserOf,
  ladder,
  type Method,
  methods,
  type Noise,
  patternDiffusion,
  processes,
  retrieve,
  varianceExploding,
} from '../../src/diffusion/index.ts';
import { InputError } from '../../src/errors.ts';
import { modernHopfield } from '../../src/hopfield/index.ts';
import { stream } from '../../src/random.ts';
import { sizeOf } from '../../src/shapes.ts';
import { type Batch, drawBatch, loadCorruption, loadTask, type Task } from '../../tasks/index.ts';
import { corruptionFrom, type DataOptions, sourceOf } from '../data-options.ts';
import type { IO } from '../io.ts';
import { startProgress } from '../progress.ts';
import { loadRun } from '../run-folder.ts';
import { short, textTable } from '../table.ts';

export interface ComparisonOptions extends DataOptions {
  run: string;
  engine: Engine;
  /** Default: as trained. */
  corruption?: string;
  /** Episodes, default 5. */
  episodes?: number;
  /** Seed of queries and noise, default 1. */
  seed?: number;
  json?: boolean;
}

type Model = 'learned' | 'exact';

interface Correlation {
  /** `denoising`: one step from Gaussian noise of this relative variance; the others: all of recall. */
  test: 'denoising' | 'recall' | 'completion';
  variance?: number;
  beta?: number;
  /** Pearson's, over all entries, with the modern Hopfield network. */
  correlation: number;
}

interface RecallRow {
  model: Model;
  method: Method;
  /** Relative variances from the first level to the last. */
  from: number;
  to: number;
  known: boolean;
  error: number;
}

/** Relative variances of the noise in the denoising tests. */
const VARIANCES = [0.1, 0.3, 1, 3, 10, 30];

export async function comparison(options: ComparisonOptions, io: IO): Promise<void> {
  const { engine, seed = 1, episodes = 5 } = options;
  const { config, state, name } = await loadRun(options.run);
  const { network: settings, training } = config;
  if (!isScoreNetwork(settings)) {
    throw new InputError(`${options.run} is no diffusion model: its network is ${settings.name}`);
  }
  const task = taskOf(config, await loadTask(config.task, sourceOf(options, io)));
  const corruption = await loadCorruption(
    options.corruption ? corruptionFrom(options.corruption) : (config.corruption ?? task.corruption),
    task,
  );
  const count = training.patterns as number;
  const d = sizeOf(task.patternShape);
  const stored = toRange(task.patterns('train', 0, 0, count), [-1, 1]);
  const network = makeScoreNetwork(settings, task.patternShape);
  const denoisers: Record<Model, Denoiser> = {
    learned: learnedDenoiser(network, trainedParameters(state), engine),
    exact: denoiserOf(patternDiffusion(stored, count, d)),
  };
  const { process, start, steps } = settings.recall;
  const { end } = settings.noise;
  const between = Math.sqrt(start * end);
  const spans = [
    [start, end],
    [start, start],
    [between, between],
    [end, end],
  ];
  const batches = Array.from({ length: episodes }, (_, e) =>
    drawBatch(task, corruption, 'test', seed, e, 1, count),
  );
  const progress = startProgress(io, 'compare', spans.length * methods.length * 4);
  const rows: RecallRow[] = [];
  const recalled: Float64Array[][] = [[], []];
  try {
    for (const [from, to] of spans) {
      const levels = ladder(processes[process](), from, to, steps);
      for (const method of methods) {
        for (const known of [false, true]) {
          for (const model of ['learned', 'exact'] as const) {
            const answers = await recallAll(denoisers[model], batches, d, { method, levels, known, seed });
            rows.push({ model, method, from, to, known, error: errorOf(task, answers, batches) });
            if (model === 'learned' && method === 'ode' && from !== to) recalled[Number(known)] = answers;
            progress.update(rows.length, `${model}, ${method}`);
          }
        }
      }
    }
  } finally {
    progress.stop();
  }
  const correlations = [
    ...(await denoisingCorrelations(denoisers, stored, seed)),
    await recallCorrelation('recall', recalled[0], stored, batches, task),
    await recallCorrelation('completion', recalled[1], stored, batches, task),
  ];
  const record = {
    run: name,
    corruption: corruption.spec,
    patterns: count,
    episodes,
    seed,
    correlations,
    recall: rows,
  };
  if (options.json) io.out(JSON.stringify(record));
  else for (const line of report(record, task)) io.out(line);
}

async function recallAll(
  denoiser: Denoiser,
  batches: Batch[],
  d: number,
  options: { method: Method; levels: Noise[]; known: boolean; seed: number },
): Promise<Float64Array[]> {
  const { method, levels, known, seed } = options;
  const answers: Float64Array[] = [];
  for (const [e, batch] of batches.entries()) {
    const queries = toRange(batch.queries, [-1, 1]);
    const { states } = await retrieve(denoiser, queries, d, {
      method,
      levels,
      known: known ? batch.known : undefined,
      seed: `${seed}/episode ${e}`,
    });
    answers.push(states);
  }
  return answers;
}

const errorOf = (task: Task, answers: Float64Array[], batches: Batch[]) =>
  answers.reduce(
    (sum, x, e) =>
      sum + recallError(task, [-1, 1], Float32Array.from(x), batches[e].patterns) / answers.length,
    0,
  );

/** Learned and exact E[y | x], which is a modern Hopfield update, at fresh noise on every pattern. */
async function denoisingCorrelations(
  denoisers: Record<Model, Denoiser>,
  stored: Float32Array,
  seed: number,
): Promise<Correlation[]> {
  const rows: Correlation[] = [];
  for (const variance of VARIANCES) {
    const random = stream(seed, 'compare', variance);
    const x = Float64Array.from(stored, (y) => y + Math.sqrt(variance) * random.normal());
    const noise = varianceExploding().at(variance);
    const [a, b] = [await denoisers.learned(x, noise), await denoisers.exact(x, noise)];
    rows.push({
      test: 'denoising',
      variance,
      beta: 1 / variance,
      correlation: correlation(a.means, b.means),
    });
  }
  return rows;
}

/** The learned model's recall by probability flow, and where the modern Hopfield network with its defaults ends. */
async function recallCorrelation(
  test: 'recall' | 'completion',
  answers: Float64Array[],
  stored: Float32Array,
  batches: Batch[],
  task: Task,
): Promise<Correlation> {
  const memory = modernHopfield({ similarity: 'euclidean' });
  const mine: number[] = [];
  const theirs: number[] = [];
  for (const [e, batch] of batches.entries()) {
    const shape = [stored.length / sizeOf(task.patternShape), ...task.patternShape];
    const tensors = [stored, toRange(batch.queries, [-1, 1]), batch.known].map((v) => tf.tensor(v, shape));
    const [patterns, queries, known] = tensors;
    const result = await (await memory.store(patterns)).recall(
      queries,
      test === 'completion' ? { known } : {},
    );
    for (const value of await result.patterns.data()) theirs.push(value);
    for (const value of answers[e]) mine.push(value);
    tf.dispose([...tensors, result.patterns]);
  }
  return { test, correlation: correlation(mine, theirs) };
}

/** Pearson's coefficient. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  let [meanA, meanB] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanA += a[i] / n;
    meanB += b[i] / n;
  }
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    ab += (a[i] - meanA) * (b[i] - meanB);
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

function report(
  record: {
    corruption: string;
    patterns: number;
    episodes: number;
    correlations: Correlation[];
    recall: RecallRow[];
  },
  task: Task,
): string[] {
  const { correlations, recall } = record;
  const beta = ({ from, to }: RecallRow) => (from === to ? `fixed at ${short(1 / from)}` : 'growing');
  const groups = recall.filter(({ model, known }) => model === 'learned' && !known);
  const cell = (row: RecallRow, model: Model, known: boolean) =>
    short(
      recall.find(
        (r) =>
          r.model === model &&
          r.known === known &&
          r.method === row.method &&
          r.from === row.from &&
          r.to === row.to,
      )!.error,
    );
  return [
    `Correlation of the learned model's answers with the modern Hopfield network's, ${record.patterns} patterns`,
    ...textTable([
      ['test', 'noise', 'correlation'],
      ...correlations.map(({ test, variance, correlation: r }) => [
        test,
        variance === undefined ? record.corruption : `variance ${short(variance)}`,
        r.toFixed(4),
      ]),
    ]),
    '',
    `Recall from ${record.corruption}, ${record.episodes} episodes: mean error in ${task.unit}`,
    ...textTable([
      ['method', 'beta', 'learned', 'exact', 'learned, known', 'exact, known'],
      ...groups.map((row) => [
        row.method,
        beta(row),
        cell(row, 'learned', false),
        cell(row, 'exact', false),
        cell(row, 'learned', true),
        cell(row, 'exact', true),
      ]),
    ]),
  ];
}
