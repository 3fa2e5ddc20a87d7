/** @file `ebmm diffusion landscape`: the energy of the exact diffusion over time, on a line and in the plane, as pictures. */
import { join, resolve } from 'node:path';
import {
  circleEnergy,
  denoiserOf,
  ladder,
  type Noise,
  patternDiffusion,
  relativeVariance,
  retrieve,
  varianceExploding,
  variancePreserving,
} from '../../src/diffusion/index.ts';
import { checkWritable, writeFileAtomically } from '../../src/files.ts';
import { stream } from '../../src/random.ts';
import type { IO } from '../io.ts';
import { linearAxis } from '../plots/axis.ts';
import { curvesPng } from '../plots/curves.ts';
import { energyMaps, type MapRow } from '../plots/energy-map.ts';
import { formatNumber } from '../plots/numbers.ts';
import { circlePoints } from './circle.ts';

export interface LandscapeOptions {
  /** Folder for the pictures, default runs/out/diffusion. */
  out?: string;
  /** Sets of patterns on the circle, by their number; default 2, 9 and 1000, those of Pham et al. 2025. */
  patterns?: number[];
  seed?: number;
  json?: boolean;
}

export async function landscape(options: LandscapeOptions, io: IO): Promise<void> {
  const folder = resolve(options.out ?? 'runs/out/diffusion');
  const { patterns = [2, 9, 1000], seed = 0 } = options;
  const pictures = [join(folder, 'energy-1d.png'), join(folder, 'energy-2d.png')];
  for (const picture of pictures) await checkWritable(picture);
  await writeFileAtomically(pictures[0], onLine());
  await writeFileAtomically(pictures[1], await inPlane(patterns, seed));
  if (options.json) io.out(JSON.stringify({ plots: pictures }));
  else for (const picture of pictures) io.out(picture);
}

/** Scales a of variance preserving noise on both sides of the splitting at 0.6436. */
const SCALES = [0.3, 0.5, 0.6436, 0.8, 0.9, 0.97];

/** Two patterns at -1 and +1: one valley becomes two. */
function onLine(): Uint8Array {
  const process = variancePreserving();
  const pair = patternDiffusion([-1, 1], 2, 1);
  const xs = Array.from({ length: 241 }, (_, i) => (i - 120) / 60);
  const curves = SCALES.map((scale) => {
    const noise = process.at(process.timeOf((1 - scale * scale) / (scale * scale)));
    // What the reverse process descends: its drift is x / 2 + score for each unit of noise.
    const values = xs.map((x) => pair.surprise([x], noise) - (x * x) / 4);
    const low = Math.min(...values);
    return {
      name: `a = ${formatNumber(scale)}`,
      // What is higher would leave the picture: a gap.
      points: xs.map((x, i) => ({ x, y: values[i] - low <= 1.5 ? values[i] - low : Number.NaN })),
    };
  });
  return curvesPng({
    heading: {
      title: 'Two patterns, −1 and +1: one valley splits into two',
      notes: [
        'potential of the reverse process, variance preserving',
        'a: scale of the patterns at that time; splits at a = 0.6436',
      ],
    },
    x: { ...linearAxis([-2, 2], { zero: false }), min: -2, max: 2 },
    xTitle: 'State',
    y: { ...linearAxis([0, 1.5]), max: 1.5 },
    yTitle: 'Potential above its least value (nats)',
    curves,
  });
}

/** Relative variances of the columns. */
const VARIANCES = [1, 0.3, 0.1, 0.03, 0.01];
const QUERIES = 8;
/** Steps between two columns. */
const BETWEEN = 12;

async function inPlane(counts: number[], seed: number): Promise<Uint8Array> {
  const process = varianceExploding();
  const noises: Noise[] = VARIANCES.map((variance) => process.at(variance));
  const rows: MapRow[] = [];
  for (const count of counts) {
    const points = circlePoints(count, seed);
    const diffusion = patternDiffusion(points, count, 2);
    rows.push({
      name: `${formatNumber(count)} patterns`,
      points,
      energies: noises.map((noise) => (x, y) => diffusion.energy([x, y], noise)),
      paths: await pathsOf(diffusion, seed),
    });
  }
  rows.push({
    name: 'whole circle',
    points: [],
    energies: noises.map((noise) => (x, y) => circleEnergy(Math.hypot(x, y), noise)),
  });
  return energyMaps({
    heading: {
      title: 'Patterns on a circle: energy as noise falls',
      notes: ['dark: low', 'orange: patterns', 'lines: retrieval by the reverse equation from random states'],
    },
    columns: VARIANCES.map((variance) => `beta = ${formatNumber(1 / variance, 3)}`),
    rows,
    extent: 1.8,
  });
}

/** Where retrieval stands as each column's time begins. */
async function pathsOf(diffusion: ReturnType<typeof patternDiffusion>, seed: number) {
  const random = stream(seed, 'landscape', 'queries');
  const queries = Float64Array.from({ length: 2 * QUERIES }, () => random.normal());
  const levels = VARIANCES.slice(1).flatMap((to, k) =>
    ladder(varianceExploding(), VARIANCES[k], to, BETWEEN + 1).slice(0, BETWEEN),
  );
  levels.push(varianceExploding().at(VARIANCES[VARIANCES.length - 1]));
  const paths: number[][][] = Array.from({ length: QUERIES }, () => []);
  await retrieve(denoiserOf(diffusion), queries, 2, {
    method: 'sde',
    levels,
    seed,
    watch(step, states, noise) {
      if (step % BETWEEN !== 0 || relativeVariance(noise) === 0) return;
      for (let q = 0; q < QUERIES; q++) paths[q].push([states[2 * q], states[2 * q + 1]]);
    },
  });
  return paths;
}
