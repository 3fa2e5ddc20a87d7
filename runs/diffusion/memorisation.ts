/**
 * @file `ebmm diffusion memorise`: from memorisation to generalisation. Trains a network on K patterns, for growing K, draws
 * samples from nothing, and counts how many are stored patterns, spurious ones, or new; beside the exact diffusion. A sample
 * is taken as it was drawn, and where it settles: in a minimum of the energy, which is what a memory returns to.
 */
import { join, resolve } from 'node:path';
import { configSchema } from '../../meta/config.ts';
import { isScoreNetwork, type ScoreNetworkConfig } from '../../meta/diffusion-config.ts';
import { learnedDenoiser, scoreTrainer } from '../../meta/diffusion-memory.ts';
import { toRange } from '../../meta/units.ts';
import type { Engine } from '../../src/compile/index.ts';
import {
  type Denoiser,
  denoiserOf,
  ladder,
  nearestDistances,
  type Outcomes,
  outcomesOf,
  patternDiffusion,
  retrieve,
  thresholdsOf,
  varianceExploding,
} from '../../src/diffusion/index.ts';
import { InputError } from '../../src/errors.ts';
import { checkWritable, writeFileAtomically } from '../../src/files.ts';
import { stream } from '../../src/random.ts';
import { sizeOf } from '../../src/shapes.ts';
import { loadTask, type Task, taskSchemas } from '../../tasks/index.ts';
import { type DataOptions, sourceOf } from '../data-options.ts';
import { type IO, keep } from '../io.ts';
import { placeFor } from '../outputs.ts';
import { linearAxis, logAxis } from '../plots/axis.ts';
import { curvesPng } from '../plots/curves.ts';
import { taskTitle } from '../plots/evaluations.ts';
import { formatNumber } from '../plots/numbers.ts';
import { startProgress } from '../progress.ts';
import { textTable } from '../table.ts';
import { circleTask } from './circle.ts';

export interface MemorisationOptions extends DataOptions {
  engine: Engine;
  /** Numbers of patterns; default 2 to 1000. */
  patterns?: number[];
  /** Name of a task, default circle. */
  task?: string;
  /** Network's configuration, JSON; default a perceptron. */
  network?: string;
  /** Gradient steps, default 3000. */
  steps?: number;
  /** Samples drawn at each number of patterns, default 200. */
  samples?: number;
  /** Relative variance at whose energy samples settle, default 0.01. */
  settle?: number;
  out?: string;
  seed?: number;
  json?: boolean;
}

const models = ['learned', 'exact'] as const;
type Model = (typeof models)[number];

/** `drawn`: the reverse equation down to the least noise; `settled`: down to that of `settle`, then down its energy. */
const endings = ['drawn', 'settled'] as const;
type Ending = (typeof endings)[number];

interface Row {
  patterns: number;
  model: Model;
  ending: Ending;
  outcomes: Outcomes;
  /** The two distances. */
  memorised_within: number;
  spurious_within: number;
  /** Median distance of a sample from the nearest stored pattern. */
  from_stored: number;
  /** Median distance of a sample from the nearest of many fresh patterns; that of fresh patterns from each other, for scale. */
  from_fresh: number;
  fresh_from_fresh: number;
  /** Seconds of training. */
  seconds?: number;
  loss?: number;
}

/** Share of fresh points that the two distances call memorised or spurious. */
export const CHANCE = 0.05;
/** Fresh patterns that samples are measured against. */
export const FRESH = 1000;
/** Levels of noise that a sample passes. */
const LEVELS = 100;
/** Steps of denoising at one level, each of which lowers the exact energy, that a sample settles in. */
const SETTLING = 20;

export async function memorisation(options: MemorisationOptions, io: IO): Promise<void> {
  const { engine, seed = 0, steps = 3000, samples = 200, settle = 0.01 } = options;
  const { patterns: counts = [2, 3, 5, 9, 16, 32, 64, 128, 256, 512, 1000] } = options;
  const task = await taskNamed(options.task ?? 'circle', options, io);
  const folder = resolve(options.out ?? 'runs/out/diffusion');
  const file = join(folder, `memorise-${task.name}.json`);
  await checkWritable(file);
  const network = networkOf(options.network, task);
  const { start, end } = network.noise;
  if (settle > start || settle < end) {
    throw new InputError(`--settle ${settle}: the network learns noise of variance ${end} to ${start}`);
  }
  const d = sizeOf(task.patternShape);
  const train = scoreTrainer(task.patternShape, { network, steps, engine, seed });
  const fresh = toRange(task.patterns('test', seed, 0, samples), [-1, 1]);
  const many = toRange(task.patterns('test', seed, 1, FRESH), [-1, 1]);
  const progress = startProgress(io, 'memorise', counts.length);
  const rows: Row[] = [];
  try {
    for (const [i, count] of counts.entries()) {
      const patterns = toRange(task.patterns('train', seed, 0, count), [-1, 1]);
      const thresholds = thresholdsOf(fresh, patterns, d, CHANCE);
      const trained = await train(patterns);
      const denoisers: Record<Model, Denoiser> = {
        learned: learnedDenoiser(trained.network, trained.parameters, engine),
        exact: denoiserOf(patternDiffusion(patterns, count, d)),
      };
      for (const model of models) {
        for (const ending of endings) {
          const to = ending === 'drawn' ? { end } : { end: settle, settling: SETTLING };
          const points = await sample(denoisers[model], samples, d, { start, ...to, seed });
          rows.push({
            patterns: count,
            model,
            ending,
            outcomes: outcomesOf(points, patterns, d, thresholds),
            memorised_within: thresholds.memorised,
            spurious_within: thresholds.spurious,
            from_stored: median(nearestDistances(points, patterns, d)),
            from_fresh: median(nearestDistances(points, many, d)),
            fresh_from_fresh: median(nearestDistances(many, many, d, true)),
            ...(model === 'learned' ? { seconds: trained.seconds, loss: trained.loss } : {}),
          });
        }
      }
      progress.update(i + 1, `${count} patterns`);
    }
  } finally {
    progress.stop();
  }
  const record = { task: task.name, network, steps, samples, settle, chance: CHANCE, seed, rows };
  const place = await placeFor(file, record, (r) => [r.rows.length, r.samples, r.steps], io);
  await keep(io, () => writeFileAtomically(place, `${JSON.stringify(record, null, 2)}\n`));
  const pictures: string[] = [];
  for (const model of models) {
    for (const ending of endings) {
      const path = `${place.slice(0, -'.json'.length)}-${model}-${ending}.png`;
      const shown = rows.filter((row) => row.model === model && row.ending === ending);
      const png = chart(shown, task.name, samples, ending === 'drawn' ? end : settle);
      if (await keep(io, () => writeFileAtomically(path, png))) pictures.push(path);
    }
  }
  if (options.json) io.out(JSON.stringify({ ...record, plots: pictures }));
  else for (const line of [...table(rows), '', ...pictures]) io.out(line);
}

/** From pure noise of variance `start` by the reverse stochastic equation to `end`, then `settling` steps there; [samples, d]. */
export async function sample(
  denoiser: Denoiser,
  samples: number,
  d: number,
  { start, end, settling = 0, seed }: { start: number; end: number; settling?: number; seed: number },
): Promise<Float64Array> {
  const random = stream(seed, 'memorise', 'noise');
  const noise = Float64Array.from({ length: samples * d }, () => Math.sqrt(start) * random.normal());
  const levels = ladder(varianceExploding(), start, end, LEVELS);
  const { states } = await retrieve(denoiser, noise, d, { method: 'sde', levels, seed });
  if (settling === 0) return states;
  const last = Array.from({ length: settling }, () => levels[LEVELS - 1]);
  return (await retrieve(denoiser, states, d, { method: 'denoise', levels: last })).states;
}

export async function taskNamed(name: string, options: DataOptions, io: IO): Promise<Task> {
  if (name === 'circle') return circleTask();
  const parsed = taskSchemas.safeParse({ name });
  if (!parsed.success)
    throw new InputError(`--task: no task "${name}"; there is circle, and those of configurations`);
  return loadTask(parsed.data, sourceOf(options, io));
}

/** @throws InputError unless the text is the configuration of a score network */
export function networkOf(text: string | undefined, task: Task): ScoreNetworkConfig {
  let value: unknown;
  try {
    value = text
      ? JSON.parse(text)
      : {
          name: 'score-mlp',
          width: 128,
          answer: 'residual',
          // A circle of two numbers a point; images have enough of them.
          frequencies: task.name === 'circle' ? 6 : 0,
          noise: { start: 25, end: 1e-4 },
        };
  } catch {
    throw new InputError(`--network: ${text} is not JSON`);
  }
  const parsed = configSchema.shape.network.safeParse(value);
  if (!parsed.success || !isScoreNetwork(parsed.data)) {
    throw new InputError(`--network: expected a score network for ${task.name}, as {"name": "score-mlp"}`);
  }
  return parsed.data;
}

export const median = (values: Float64Array) => values.sort()[values.length >> 1];
export const percent = (share: number) => `${Math.round(100 * share)}%`;

function table(rows: Row[]): string[] {
  const header = [
    'patterns',
    'model',
    'sample',
    'memorised',
    'spurious',
    'generalised',
    'from stored',
    'from fresh',
  ];
  return textTable([
    header,
    ...rows.map(({ patterns, model, ending, outcomes, from_stored, from_fresh }) => [
      String(patterns),
      model,
      ending,
      percent(outcomes.memorised),
      percent(outcomes.spurious),
      percent(outcomes.generalised),
      from_stored.toPrecision(2),
      from_fresh.toPrecision(2),
    ]),
  ]);
}

function chart(rows: Row[], task: string, samples: number, variance: number): Uint8Array {
  const { model, ending } = rows[0];
  const x = logAxis(rows.map((row) => row.patterns));
  const curve = (name: keyof Outcomes) => ({
    name,
    points: rows.map(({ patterns, outcomes }) => ({ x: patterns, y: outcomes[name] })),
  });
  return curvesPng({
    heading: {
      title: `${taskTitle(task)}: what samples of the ${model} diffusion are`,
      notes: [
        `${formatNumber(samples)} samples each`,
        ending === 'drawn'
          ? `drawn down to noise of variance ${formatNumber(variance)}`
          : `settled in a minimum of the energy at noise of variance ${formatNumber(variance)}`,
        `${percent(CHANCE)} of fresh patterns would count as memorised, and as spurious`,
      ],
    },
    x,
    xTitle: 'Patterns stored',
    y: linearAxis([0, 1]),
    yTitle: 'Share of samples',
    curves: [curve('memorised'), curve('spurious'), curve('generalised')],
    markers: true,
  });
}
