/** @file The commands under `ebmm diffusion`: experiments on diffusion models as associative memories. */
import type { Command, Option } from 'commander';
import type { Engine } from '../../src/compile/index.ts';
import type { IO } from '../io.ts';
import { comparison } from './comparison.ts';
import { landscape } from './landscape.ts';
import { memorisation } from './memorisation.ts';
import { onset } from './onset.ts';

/** Options that all commands share, made by the command line. */
export interface SharedOptions {
  /** The command with the options of its engine and the data folder. */
  withEngine(command: Command): Command;
  // biome-ignore lint/suspicious/noExplicitAny: what commander parsed
  engineOf(options: any): Promise<Engine>;
  seed(what: string): Option;
  json(): Option;
  positive(text: string): number;
  positives(text: string): number[];
  positiveNumber(text: string): number;
}

export function diffusionCommands(program: Command, io: IO, shared: SharedOptions): Command[] {
  const group = program
    .command('diffusion')
    .description('diffusion models as associative memories: experiments');
  group
    .command('landscape')
    .description('the exact energy over time, on a line and in the plane, as PNG')
    .option('--patterns <list>', 'patterns on the circle (default: 2,9,1000)', shared.positives)
    .option('--out <dir>', 'folder for the pictures (default: runs/out/diffusion)')
    .addOption(shared.seed('seed of the patterns'))
    .addOption(shared.json())
    .action((options) => landscape(options, io));
  shared
    .withEngine(
      group
        .command('memorise')
        .description(
          'from memorisation to generalisation: what samples are, as the stored patterns grow many',
        )
        .option('--task <name>', 'circle, or a task of configurations', 'circle')
        .option('--patterns <list>', 'numbers of patterns (default: 2 to 1000)', shared.positives)
        .option(
          '--network <json>',
          'score network (default: a perceptron of 3 layers of 128, on the circle with 6 frequencies)',
        )
        .option('--steps <n>', 'gradient steps for each', shared.positive, 3000)
        .option('--samples <n>', 'samples drawn of each', shared.positive, 200)
        .option(
          '--settle <variance>',
          'noise at which samples also settle in a minimum of the energy',
          shared.positiveNumber,
          0.01,
        )
        .option('--out <dir>', 'folder for the record and the pictures (default: runs/out/diffusion)')
        .addOption(shared.seed('seed of patterns, training and samples'))
        .addOption(shared.json()),
    )
    .action(async (options) => memorisation({ ...options, engine: await shared.engineOf(options) }, io));
  shared
    .withEngine(
      group
        .command('onset')
        .description('the number of updates at which memorisation begins, as the stored patterns grow many')
        .option('--task <name>', 'circle, or a task of configurations', 'circle')
        .option('--patterns <list>', 'numbers of patterns (default: 8,16,32,64)', shared.positives)
        .option('--network <json>', 'score network (default: as of memorise)')
        .option('--steps <n>', 'gradient steps at most', shared.positive, 20000)
        .option('--rate <r>', 'constant rate of training', shared.positiveNumber, 0.001)
        .option('--samples <n>', 'samples drawn at each look', shared.positive, 100)
        .option('--out <dir>', 'folder for the record and the pictures (default: runs/out/diffusion)')
        .addOption(shared.seed('seed of patterns, training and samples'))
        .addOption(shared.json()),
    )
    .action(async (options) => onset({ ...options, engine: await shared.engineOf(options) }, io));
  shared
    .withEngine(
      group
        .command('compare')
        .description(
          'a learned model beside the exact one and the modern Hopfield network, on the patterns it stores',
        )
        .argument('<run>', 'a run folder or a pretrained diffusion model')
        .option('--corruption <spec>', 'name:size (default: as trained)')
        .option('--episodes <n>', 'episodes', shared.positive, 5)
        .addOption(shared.seed('seed of queries and noise (default: 1)'))
        .addOption(shared.json()),
    )
    .action(async (run: string, options) =>
      comparison({ ...options, run, engine: await shared.engineOf(options) }, io),
    );
  return [group, ...group.commands];
}
