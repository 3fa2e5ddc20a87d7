/** @file Runs an experiment of universal Hopfield networks over disjoint slices of images. */
import { setImmediate } from 'node:timers/promises';
import { InputError } from '../../src/errors.ts';
import { type Random, stream } from '../../src/random.ts';
import { sizeOf } from '../../src/shapes.ts';
import { type UniversalNetwork, universalNetwork } from '../../src/universal/index.ts';
import type { Images, Numbers } from '../../tasks/data/images.ts';
import { parseCorruption } from '../../tasks/index.ts';
import { type Axis, type Experiment, officialSeries, type Series } from './experiments.ts';
import { allScores, makeSlice, outcome } from './trial.ts';

export interface MeasureOptions {
  name: string;
  seed: number;
  /** Disjoint sets of images; default 5. */
  slices?: number;
  /** Least error that counts as wrong by the absolute criterion; default 60, the public code's for every data set. */
  threshold?: number;
  /** Fraction of images that are made all zero, as the public loader does to greyscale ones; default 0. */
  blank?: number;
  mode?: 'correct' | 'official';
}

/** A point of a line: fractions recalled, mean and standard deviation over slices. */
export interface Row {
  series: string;
  /** Number stored, standard deviation of the noise, fraction masked, or threshold. */
  x: number;
  stored: number;
  /** Squared error of at most the threshold. */
  absolute: number;
  absolute_deviation: number;
  /** Nearer to its target than to any other stored item. */
  nearest: number;
  nearest_deviation: number;
  /** Mean squared error, summed over values; of finite errors. */
  error: number;
}

export interface Measurement {
  experiment: string;
  data: string;
  mode: 'correct' | 'official';
  axis: Axis;
  values: number;
  slices: number;
  threshold: number;
  blank: number;
  seed: number;
  rows: Row[];
}

/** How many images of a data set an experiment takes. */
export const imagesNeeded = (experiment: Experiment, slices: number) => slices * largestLoad(experiment);
const largestLoad = ({ stored, values }: Experiment) => stored ?? Math.max(...values);

/**
 * @param images at least `imagesNeeded`; slice s has images s n to (s + 1) n - 1, in an order drawn from the seed
 * @param progress done and total, in comparisons of a query with all that is stored
 */
export async function measure(
  experiment: Experiment,
  images: Images | Numbers,
  options: MeasureOptions & { experiment: string },
  progress: (done: number, total: number, remark: string) => void = () => {},
): Promise<Measurement> {
  const { seed, slices = 5, threshold = 60, blank = 0, mode = 'correct' } = options;
  const load = largestLoad(experiment);
  if (images.count < slices * load) {
    throw new InputError(
      `${options.name} has ${images.count} images, fewer than ${slices} slices of ${load}; take fewer slices`,
    );
  }
  const order = stream(seed, 'universal', options.name, 'order').permutation(images.count);
  const blanks = blanked(slices * load, blank, stream(seed, 'universal', options.name, 'blank'));
  const series = mode === 'official' ? officialSeries(experiment.series) : experiment.series;
  const loads = experiment.axis === 'stored' ? experiment.values : [load];
  const corruptions = [...new Set(experiment.values.map(experiment.corruption))];
  const scored = distinctScores(series).length * (mode === 'official' ? loads.reduce((a, b) => a + b) : load);
  const total = slices * corruptions.length * scored;
  let done = 0;
  const found = new Map<string, { absolute: number[]; nearest: number[]; errors: number[] }>();
  const note = (name: string, x: number, absolute: number, nearest: number, error: number) => {
    const key = JSON.stringify([name, x]);
    const at = found.get(key) ?? { absolute: [], nearest: [], errors: [] };
    found.set(key, at);
    at.absolute.push(absolute);
    at.nearest.push(nearest);
    at.errors.push(error);
  };

  for (let s = 0; s < slices; s++) {
    const own = gather(images, order.subarray(s * load, (s + 1) * load), blanks.subarray(s * load));
    for (const spec of corruptions) {
      const queries = makeQueries(own, images.shape, spec, mode, stream(seed, 'universal', spec, s));
      const slice = makeSlice(own, queries, sizeOf(images.shape), lowerHalf(images.shape));
      for (const group of distinctScores(series)) {
        const tick = async (queries_: number) => {
          done += queries_;
          progress(done, total, `slice ${s + 1} of ${slices}, ${spec}, ${group[0].similarity}`);
          await setImmediate();
        };
        let { network, scores } =
          mode === 'official'
            ? { network: undefined, scores: undefined }
            : await allScores(slice, group[0], load, tick);
        for (const n of loads) {
          // The public code's scores depend on what else is stored: a NaN of one memory reaches all.
          if (mode === 'official') ({ network, scores } = await allScores(slice, group[0], n, tick));
          for (const one of group) {
            const memory = one === group[0] ? network! : reweighted(network!, one);
            const stride = mode === 'official' ? n : load;
            const { errors, nearest } = outcome(
              memory,
              scores!,
              stride,
              slice.gram(one.target ?? 'image'),
              load,
              n,
            );
            const finite = errors.filter(Number.isFinite);
            const mean = finite.reduce((a, b) => a + b, 0) / finite.length;
            const right = nearest.reduce((a, b) => a + b, 0) / n;
            const within = (limit: number) => errors.filter((error) => error <= limit).length / n;
            for (const x of experiment.values) {
              if (experiment.corruption(x) !== spec || (experiment.axis === 'stored' && x !== n)) continue;
              note(one.name, x, within(experiment.axis === 'threshold' ? x : threshold), right, mean);
            }
          }
        }
      }
    }
  }
  const rows = series.flatMap(({ name }) =>
    experiment.values.map((x): Row => {
      const { absolute, nearest, errors } = found.get(JSON.stringify([name, x]))!;
      const [a, b] = [spread(absolute), spread(nearest)];
      return {
        series: name,
        x,
        stored: experiment.axis === 'stored' ? x : load,
        absolute: a.mean,
        absolute_deviation: a.deviation,
        nearest: b.mean,
        nearest_deviation: b.deviation,
        error: spread(errors).mean,
      };
    }),
  );
  const { experiment: name, name: data } = options;
  const values = sizeOf(images.shape);
  return {
    experiment: name,
    data,
    mode,
    axis: experiment.axis,
    values,
    slices,
    threshold,
    blank,
    seed,
    rows,
  };
}

/** Series of equal scores together, so that these are made once. */
function distinctScores(series: Series[]): Series[][] {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const key = JSON.stringify([one.similarity, one.form]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

/** The same comparison with another separation. */
function reweighted(network: UniversalNetwork, series: Series): UniversalNetwork {
  const { weights } = universalNetwork(new Float32Array(1), 1, 1, series);
  return { ...network, weights };
}

function gather(images: Images | Numbers, order: Uint32Array, blanks: Uint8Array): Float32Array {
  const d = sizeOf(images.shape);
  const [from, largest] = 'values' in images ? [images.values, 1] : [images.bytes, 255];
  const values = new Float32Array(order.length * d);
  for (const [i, image] of order.entries()) {
    if (blanks[i]) continue;
    for (let k = 0; k < d; k++) values[i * d + k] = from[image * d + k] / largest;
  }
  return values;
}

/** Exactly round(fraction * count) of them. */
function blanked(count: number, fraction: number, random: Random): Uint8Array {
  const flags = new Uint8Array(count);
  for (const i of random.permutation(count).subarray(0, Math.round(fraction * count))) flags[i] = 1;
  return flags;
}

/**
 * The first row that the public code masks (functions.py, mask_continuous_img): int(height * (1 - fraction)), which truncates, so that
 * rounding in binary may mask a row more: of 28 rows, 9 for a fraction of 0.3.
 */
export const officialMaskStart = (height: number, fraction: number) => Math.trunc(height * (1 - fraction));

function makeQueries(
  images: Float32Array,
  patternShape: number[],
  spec: string,
  mode: 'correct' | 'official',
  random: Random,
): Float32Array {
  const queries = images.slice();
  const d = sizeOf(patternShape);
  const [kind, size] = spec.split(':');
  if (mode === 'official' && kind === 'gaussian') {
    // The public code takes the absolute value before it clips.
    for (let i = 0; i < queries.length; i++) {
      queries[i] = Math.min(1, Math.abs(queries[i] + Number(size) * random.normal()));
    }
    return queries;
  }
  if (mode === 'official' && (kind === 'mask' || kind === 'half')) {
    const from = officialMaskStart(patternShape[0], size === undefined ? 0.5 : Number(size)) * (d / patternShape[0]); // biome-ignore format: one thought
    for (let at = 0; at < queries.length; at += d) queries.fill(0, at + from, at + d);
    return queries;
  }
  if (mode === 'official' && kind === 'pixels') {
    // There every pixel is drawn for itself.
    const channels = patternShape[2] ?? 1;
    for (let at = 0; at < queries.length; at += channels)
      if (random.uniform() <= Number(size)) queries.fill(0, at, at + channels);
    return queries;
  }
  const corruption = parseCorruption(spec, { patternShape, bitsPerValue: 8 });
  const known = new Float32Array(d);
  for (let at = 0; at < queries.length; at += d)
    corruption.apply(queries.subarray(at, at + d), known, random);
  return queries;
}

const lowerHalf = ([height, width, channels]: number[]) => Math.floor(height / 2) * width * channels;

function spread(values: number[]): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}
