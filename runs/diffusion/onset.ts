/**
 * @file `ebmm diffusion onset`: at which update memorisation begins (Bonnaire et al., "Why diffusion models don't memorize", 2025). One
 * network is trained on n patterns, for growing n, at a constant rate; samples drawn along the way tell when they begin to be stored
 * patterns, and when they began to be like fresh ones. The paper: the second does not depend on n, the first grows in proportion to it.
 */
import { join, resolve } from 'node:path';
import { makeScoreNetwork } from '../../meta/diffusion-config.ts';
import { learnedDenoiser, scoreTrainer } from '../../meta/diffusion-memory.ts';
import { toRange } from '../../meta/units.ts';
import type { Engine } from '../../src/compile/index.ts';
import { nearestDistances, outcomesOf, thresholdsOf } from '../../src/diffusion/index.ts';
import { InputError } from '../../src/errors.ts';
import { writeFileAtomically } from '../../src/files.ts';
import { sizeOf } from '../../src/shapes.ts';
import type { DataOptions } from '../data-options.ts';
import type { IO } from '../io.ts';
import { logAxis } from '../plots/axis.ts';
import { curvesPng } from '../plots/curves.ts';
import { taskTitle } from '../plots/evaluations.ts';
import { formatNumber } from '../plots/numbers.ts';
import { startProgress } from '../progress.ts';
import { textTable } from '../table.ts';
import { CHANCE, FRESH, median, networkOf, percent, sample, taskNamed } from './memorisation.ts';

export interface OnsetOptions extends DataOptions {
  engine: Engine;
  /** Numbers of patterns; default 8 to 64. */
  patterns?: number[];
  /** Name of a task, default circle. */
  task?: string;
  /** Network's configuration, JSON; default a perceptron. */
  network?: string;
  /** Gradient steps at most, default 20000. */
  steps?: number;
  /** Constant rate of training, default 0.001. */
  rate?: number;
  /** Samples drawn at each look, default 100. */
  samples?: number;
  out?: string;
  seed?: number;
  json?: boolean;
}

/** What samples were after so many updates. */
interface Look {
  step: number;
  /** Share within the distance of a stored pattern that few fresh patterns have. */
  memorised: number;
  /** Median distance of samples from the nearest of many fresh patterns. */
  from_fresh: number;
}

interface OnsetRow {
  patterns: number;
  looks: Look[];
  /** Update at which more than `BEGUN` of the samples are memorised, between looks by interpolation; undefined: not reached. */
  memorises?: number;
  /** Update at which samples first were as near to fresh patterns as twice what they came to at best; undefined: they always were. */
  generates?: number;
}

/** Memorisation has begun when this share of samples is within the distance; of fresh patterns 5% are. */
const BEGUN = 0.3;
/** Training ends early when this share is. */
const PLENTY = 0.6;
/** Looks for every doubling of updates. */
const PER_DOUBLING = 2;
const FIRST_LOOK = 50;

export async function onset(options: OnsetOptions, io: IO): Promise<void> {
  const { engine, seed = 0, steps = 20000, rate = 0.001, samples = 100 } = options;
  const { patterns: counts = [8, 16, 32, 64] } = options;
  if (steps < FIRST_LOOK) throw new InputError(`--steps ${steps}: expected at least ${FIRST_LOOK}`);
  const task = await taskNamed(options.task ?? 'circle', options, io);
  const network = networkOf(options.network, task);
  const { start, end } = network.noise;
  const d = sizeOf(task.patternShape);
  const train = scoreTrainer(task.patternShape, {
    network,
    steps,
    engine,
    seed,
    learningRate: rate,
    decay: 'constant',
  });
  const score = makeScoreNetwork(network, task.patternShape);
  const fresh = toRange(task.patterns('test', seed, 0, samples), [-1, 1]);
  const many = toRange(task.patterns('test', seed, 1, FRESH), [-1, 1]);
  const at = looksUpTo(steps);
  const progress = startProgress(io, 'onset', counts.length * at.length);
  const rows: OnsetRow[] = [];
  try {
    for (const [i, count] of counts.entries()) {
      const patterns = toRange(task.patterns('train', seed, 0, count), [-1, 1]);
      const thresholds = thresholdsOf(fresh, patterns, d, CHANCE);
      const looks: Look[] = [];
      await train(patterns, {
        at,
        async see(step, parameters) {
          const denoiser = learnedDenoiser(score, parameters, engine);
          const points = await sample(denoiser, samples, d, { start, end, seed });
          const { memorised } = outcomesOf(points, patterns, d, thresholds);
          looks.push({ step, memorised, from_fresh: median(nearestDistances(points, many, d)) });
          progress.update(i * at.length + looks.length, `${count} patterns, ${percent(memorised)} memorised`);
          return memorised >= PLENTY;
        },
      });
      rows.push({ patterns: count, looks, memorises: memorises(looks), generates: generates(looks) });
    }
  } finally {
    progress.stop();
  }
  const folder = resolve(options.out ?? 'runs/out/diffusion');
  const record = { task: task.name, network, steps, rate, samples, begun: BEGUN, chance: CHANCE, seed, rows };
  const stem = join(folder, `onset-${task.name}`);
  await writeFileAtomically(`${stem}.json`, `${JSON.stringify(record, null, 2)}\n`);
  const pictures = [`${stem}.png`];
  await writeFileAtomically(pictures[0], sharesChart(rows, task.name, samples));
  if (rows.some((row) => row.memorises !== undefined)) {
    pictures.push(`${stem}-updates.png`);
    await writeFileAtomically(pictures[1], updatesChart(rows, task.name));
  }
  if (options.json) io.out(JSON.stringify({ ...record, plots: pictures }));
  else for (const line of [...table(rows), '', ...pictures]) io.out(line);
}

/** Updates to look after: evenly spread on a logarithmic scale. */
function looksUpTo(steps: number): number[] {
  const looks = new Set<number>();
  for (let at = FIRST_LOOK; at < steps; at *= 2 ** (1 / PER_DOUBLING)) looks.add(Math.round(at));
  return [...looks, steps];
}

/** Where the share crosses `BEGUN`, by linear interpolation in the logarithm of updates. */
export function memorises(looks: readonly Look[]): number | undefined {
  const after = looks.findIndex(({ memorised }) => memorised > BEGUN);
  if (after < 0) return undefined;
  if (after === 0) return looks[0].step;
  const [a, b] = [looks[after - 1], looks[after]];
  const part = (BEGUN - a.memorised) / (b.memorised - a.memorised);
  return a.step * (b.step / a.step) ** part;
}

/** Undefined too where the first look is near enough: what an untrained network draws was never farther, so it says nothing. */
export function generates(looks: readonly Look[]): number | undefined {
  const best = Math.min(...looks.map(({ from_fresh }) => from_fresh));
  const at = looks.findIndex(({ from_fresh }) => from_fresh <= 2 * best);
  return at > 0 ? looks[at].step : undefined;
}

const updates = (value: number | undefined) => (value === undefined ? '-' : String(Math.round(value)));

function table(rows: OnsetRow[]): string[] {
  return textTable([
    [
      'patterns',
      'generates from',
      'memorises from',
      'updates a pattern',
      'memorised at the end',
      'of updates',
    ],
    ...rows.map(({ patterns, looks, ...row }) => [
      String(patterns),
      updates(row.generates),
      updates(row.memorises),
      updates(row.memorises && row.memorises / patterns),
      percent(looks.at(-1)!.memorised),
      String(looks.at(-1)!.step),
    ]),
  ]);
}

/** Share of samples that are stored patterns, along training. */
export function sharesChart(rows: OnsetRow[], task: string, samples: number): Uint8Array {
  return curvesPng({
    heading: {
      title: `${taskTitle(task)}: samples that are stored patterns, along training`,
      notes: [`${formatNumber(samples)} samples each`, `${percent(CHANCE)} of fresh patterns would count`],
    },
    x: logAxis(rows.flatMap(({ looks }) => looks.map(({ step }) => step))),
    xTitle: 'Updates (log scale)',
    y: { kind: 'linear', min: 0, max: 1, ticks: [0, 0.25, 0.5, 0.75, 1].map((v) => ({ at: v, label: String(v) })), place: (v) => v }, // biome-ignore format: an axis
    yTitle: 'Share memorised',
    curves: rows.map(({ patterns, looks }) => ({
      name: `${formatNumber(patterns)} patterns`,
      points: looks.map(({ step, memorised }) => ({ x: step, y: memorised })),
    })),
    markers: true,
  });
}

/** Updates until memorisation begins, against patterns. */
export function updatesChart(rows: OnsetRow[], task: string): Uint8Array {
  const reached = rows.filter((row) => row.memorises !== undefined);
  const points = reached.map((row) => ({ x: row.patterns, y: row.memorises! }));
  // In proportion, through the middle of the points on logarithmic scales.
  const rate = Math.exp(points.reduce((sum, { x, y }) => sum + Math.log(y / x), 0) / points.length);
  const proportional = points.map(({ x }) => ({ x, y: rate * x }));
  const generated = rows.filter((row) => row.generates !== undefined);
  return curvesPng({
    heading: {
      title: `${taskTitle(task)}: updates until memorisation begins`,
      notes: [`begins: more than ${percent(BEGUN)} of samples are stored patterns`],
    },
    x: logAxis(rows.map(({ patterns }) => patterns)),
    xTitle: 'Patterns stored (log scale)',
    y: logAxis([...points, ...proportional].map(({ y }) => y).concat(generated.map((row) => row.generates!))),
    yTitle: 'Updates (log scale)',
    curves: [
      { name: 'memorises from', points },
      { name: `${Math.round(rate)} updates a pattern`, points: proportional },
      ...(generated.length > 0
        ? [
            {
              name: 'generates from',
              points: generated.map((row) => ({ x: row.patterns, y: row.generates! })),
            },
          ]
        : []),
    ],
    markers: true,
  });
}
