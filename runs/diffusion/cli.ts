/** @file The commands under `ebmm diffusion`: experiments on diffusion models as associative memories. */
import type { Command } from 'commander';
import { numbersHelp } from '../glossary.ts';
import type { IO } from '../io.ts';
import {
  dataOption,
  engineOf,
  engineOptions,
  jsonOption,
  positive,
  positiveNumber,
  positives,
  seedOption,
} from '../options.ts';
import { comparison } from './comparison.ts';
import { landscape } from './landscape.ts';
import { memorisation } from './memorisation.ts';
import { onset } from './onset.ts';

const withEngine = (command: Command) => engineOptions(command).addOption(dataOption());

export function addDiffusionCommands(program: Command, io: IO): void {
  const group = program.command('diffusion');
  group
    .command('landscape')
    .description('the exact energy over time, on a line and in the plane, as PNG')
    .option('--patterns <list>', 'patterns on the circle (default: 2,9,1000)', positives)
    .option('--out <dir>', 'folder for the pictures (default: runs/out/diffusion)')
    .addOption(seedOption('seed of the patterns'))
    .addOption(jsonOption())
    .action((options) => landscape(options, io));
  withEngine(
    group
      .command('memorise')
      .description('from memorisation to generalisation: what samples are, as the stored patterns grow many')
      .option('--task <name>', 'circle, or a task of configurations', 'circle')
      .option('--patterns <list>', 'numbers of patterns (default: 2 to 1000)', positives)
      .option(
        '--network <json>',
        'score network (default: a perceptron of 3 layers of 128, on the circle with 6 frequencies)',
      )
      .option('--steps <n>', 'gradient steps for each', positive, 3000)
      .option('--samples <n>', 'samples drawn of each', positive, 200)
      .option(
        '--settle <variance>',
        'noise at which samples also settle in a minimum of the energy',
        positiveNumber,
        0.01,
      )
      .option('--out <dir>', 'folder for the record and the pictures (default: runs/out/diffusion)')
      .addOption(seedOption('seed of patterns, training and samples'))
      .addOption(jsonOption())
      .addHelpText('after', numbersHelp('memorised', 'spurious', 'generalised', 'from stored, from fresh')),
  ).action(async (options) => memorisation({ ...options, engine: await engineOf(options) }, io));
  withEngine(
    group
      .command('onset')
      .description('the number of updates at which memorisation begins, as the stored patterns grow many')
      .option('--task <name>', 'circle, or a task of configurations', 'circle')
      .option('--patterns <list>', 'numbers of patterns (default: 8,16,32,64)', positives)
      .option('--network <json>', 'score network (default: as of memorise)')
      .option('--steps <n>', 'gradient steps at most', positive, 20000)
      .option('--rate <r>', 'constant rate of training', positiveNumber, 0.001)
      .option('--samples <n>', 'samples drawn at each look', positive, 100)
      .option('--out <dir>', 'folder for the record and the pictures (default: runs/out/diffusion)')
      .addOption(seedOption('seed of patterns, training and samples'))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        numbersHelp('generates from', 'memorises from', 'updates a pattern', 'memorised'),
      ),
  ).action(async (options) => onset({ ...options, engine: await engineOf(options) }, io));
  withEngine(
    group
      .command('compare')
      .description(
        'a learned model beside the exact one and the modern Hopfield network, on the patterns it stores',
      )
      .argument('<run>', 'a run folder or a pretrained diffusion model')
      .option('--corruption <spec>', 'name:size, or a module of your own (default: as trained)')
      .option('--episodes <n>', 'episodes', positive, 5)
      .addOption(seedOption('seed of queries and noise (default: 1)'))
      .addOption(jsonOption())
      .addHelpText('after', numbersHelp('correlation', 'error', 'learned, exact', 'known')),
  ).action(async (run: string, options) =>
    comparison({ ...options, run, engine: await engineOf(options) }, io),
  );
}
