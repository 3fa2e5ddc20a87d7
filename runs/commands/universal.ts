/** @file `ebmm universal EXPERIMENT`: the capacity experiments of universal Hopfield networks, on images. */
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../src/errors.ts';
import { checkWritable, writeFileAtomically } from '../../src/files.ts';
import { checkNumbers } from '../../src/memory/inputs.ts';
import { stream } from '../../src/random.ts';
import { cifar10Splits } from '../../tasks/cifar10.ts';
import type { Images, Numbers } from '../../tasks/data/images.ts';
import { folderImages } from '../../tasks/files/folder.ts';
import { taskOfPath } from '../../tasks/files/locate.ts';
import { isPictureFolder } from '../../tasks/files/pictures.ts';
import { type DataSource, loadTask } from '../../tasks/index.ts';
import { mnistSplits } from '../../tasks/mnist.ts';
import { sourceOf } from '../data-options.ts';
import { numbersHelp } from '../glossary.ts';
import { type IO, keep } from '../io.ts';
import { taskOption } from '../options.ts';
import { placeFor } from '../outputs.ts';
import { startProgress } from '../progress.ts';
import {
  type Experiment,
  type ExperimentName,
  experimentNames,
  experiments,
} from '../universal/experiments.ts';
import { imagesNeeded, type Measurement, measure } from '../universal/measure.ts';
import { type Criterion, universalChart, universalReport } from '../universal/report.ts';

export interface UniversalCommand {
  experiment: string;
  /** 'mnist', 'cifar10', a folder of pictures, or a file or folder that a task can have. Default cifar10. */
  data?: string;
  /** Likewise: a file or folder. */
  task?: string;
  /** Side to which a folder's pictures are scaled; default: they must be of one size. */
  side?: number;
  slices?: number;
  /** Most images stored at once; default as the experiment says. */
  stored?: number;
  threshold?: number;
  blank?: number;
  official?: boolean;
  seed?: number;
  dataDir?: string;
  /** Folder for the pictures and the JSON. */
  out?: string;
  json?: boolean;
}

/** Data sets by name; everything else is a folder. */
const DATA: Record<string, (source: DataSource) => Promise<Images>> = {
  mnist: async (source) => (await mnistSplits(source)).train,
  cifar10: async (source) => (await cifar10Splits(source)).train,
};

/** @throws InputError for an unknown experiment, data that cannot be had, or too few images */
export async function universalCommand(options: UniversalCommand, io: IO): Promise<Measurement> {
  const { data = options.task ?? 'cifar10', slices = 5, seed = 0, threshold, blank, side } = options;
  if (options.data !== undefined && options.task !== undefined)
    throw new InputError('universal: give --data or --task, not both');
  const experiment = limited(experimentOf(options.experiment), options.stored);
  const file = options.out === undefined ? undefined : join(options.out, `${options.experiment}.json`);
  if (file) await checkWritable(file);
  const needed = imagesNeeded(experiment, slices);
  if (side) checkNumbers(`--side ${side}`, [needed, side, side, 3], 2 ** 28);
  const source = sourceOf(options, io);
  const named = Object.hasOwn(DATA, data) && options.task === undefined;
  const images = await (named
    ? DATA[data](source)
    : isPictureFolder(data)
      ? folderImages(data, needed, stream(seed, 'universal', 'pictures'), side, io.err)
      : fileImages(data, needed, seed, source));
  let progress: ReturnType<typeof startProgress> | undefined;
  const measurement = await measure(
    experiment,
    images,
    {
      experiment: options.experiment,
      name: data,
      seed,
      slices,
      threshold,
      blank,
      mode: options.official ? 'official' : 'correct',
    },
    (done, total, remark) => {
      progress ??= startProgress(io, options.experiment, total);
      progress.update(done, remark);
    },
  ).finally(() => progress?.stop());
  const pictures: string[] = [];
  if (file) {
    const place = await placeFor(file, measurement, ({ rows, slices }) => [rows.length, slices], io);
    await keep(io, () => writeFileAtomically(place, `${JSON.stringify(measurement, null, 2)}\n`));
    for (const criterion of criteriaOf(measurement)) {
      const path = `${place.slice(0, -'.json'.length)}-${criterion}.png`;
      const chart = universalChart(measurement, criterion);
      if (await keep(io, () => writeFileAtomically(path, chart))) pictures.push(path);
    }
  }
  if (options.json) io.out(JSON.stringify({ ...measurement, pictures }));
  else for (const line of [...universalReport(measurement), ...pictures]) io.out(line);
  return measurement;
}

/** Patterns drawn from a file or folder, of its training split where it has one. */
async function fileImages(path: string, needed: number, seed: number, source: DataSource): Promise<Numbers> {
  const { name, train, test, validation } = taskOfPath(path, source);
  const task = await loadTask({ name, test: train ?? test ?? validation }, source);
  const { test: count } = task.sizes!;
  if (count < needed)
    throw new InputError(
      `${path} has ${count} patterns, fewer than the ${needed} wanted; take fewer --slices`,
    );
  const [height, width = 1, channels = 1] = task.patternShape;
  return { shape: [height, width, channels], count: needed, values: task.patterns('test', seed, 0, needed) };
}

const criteriaOf = ({ axis }: Measurement): Criterion[] =>
  axis === 'threshold' ? ['absolute'] : ['absolute', 'nearest'];

function experimentOf(name: string): Experiment {
  if (Object.hasOwn(experiments, name)) return experiments[name as ExperimentName];
  throw new InputError(`unknown experiment "${name}"; there are ${experimentNames.join(', ')}`);
}

function limited(experiment: Experiment, most?: number): Experiment {
  if (most === undefined) return experiment;
  if (experiment.axis !== 'stored') return { ...experiment, stored: most };
  const values = experiment.values.filter((value) => value <= most);
  if (values.length === 0) {
    throw new InputError(`--stored ${most}: expected at least ${experiment.values[0]}, the smallest load`);
  }
  return { ...experiment, values };
}

/** Adds the command to the program. */
export function addUniversalCommand(program: Command, io: IO): void {
  program
    .command('universal')
    .argument('<experiment>', experimentNames.join(', '))
    .option('--data <name>', 'mnist, cifar10, a folder of pictures, or a file of patterns (default: cifar10)')
    .addOption(taskOption('likewise, patterns of your own'))
    .option('--side <n>', "scale a folder's pictures to n x n (default: they must be of one size)", whole)
    .option('--slices <n>', 'disjoint sets of images', whole, 5)
    .option('--stored <n>', 'most images stored at once', whole)
    .option(
      '--threshold <error>',
      'squared error that still counts as recalled',
      (text: string) => number(text),
      60,
    )
    .option('--blank <fraction>', 'make this fraction of the images all zero', fraction, 0)
    .option('--official', "by the rules of the paper's public code, errors included")
    .option('--out <dir>', 'folder for charts (PNG) and numbers (JSON)')
    .addOption(new Option('--seed <n>', 'seed of images and corruptions').argParser(seedNumber).default(0))
    .addOption(new Option('--data-dir <dir>', "folder with the data sets' own files (or EBMM_DATA_DIR)"))
    .addOption(new Option('--json', 'print one JSON document and nothing else'))
    .addHelpText('after', `\nExperiments:\n${help()}`)
    .addHelpText('after', numbersHelp('fraction recalled'))
    .action(async (experiment: string, options) => {
      await universalCommand({ ...options, experiment }, io);
    });
}

function help(): string {
  const width = Math.max(...experimentNames.map((name) => name.length));
  return experimentNames.map((name) => `  ${name.padEnd(width)}  ${experiments[name].about}`).join('\n');
}

function number(text: string, low = 0, high = Number.MAX_VALUE, integer = false): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= low && value <= high) || (integer && !Number.isInteger(value))) {
    const bounds = high === Number.MAX_VALUE ? `of at least ${low}` : `from ${low} to ${high}`;
    throw new InvalidArgumentError(`Expected a ${integer ? 'whole ' : ''}number ${bounds}.`);
  }
  return value;
}
const whole = (text: string) => number(text, 1, Number.MAX_VALUE, true);
const seedNumber = (text: string) => number(text, 0, Number.MAX_VALUE, true);
const fraction = (text: string) => number(text, 0, 1);
