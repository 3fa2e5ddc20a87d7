/** @file `ebmm plot`: its options. */
import type { Command } from 'commander';
import type { IO } from '../io.ts';
import {
  bestOption,
  dataOption,
  engineOf,
  engineOptions,
  jsonOption,
  seedOption,
  words,
} from '../options.ts';
import { plotCommand } from '../plots/run-pictures.ts';

export function addPlotCommand(program: Command, io: IO): void {
  engineOptions(
    program
      .command('plot')
      .argument('<runs...>', 'run folders or pretrained memories')
      .option(
        '--out <dir>',
        'folder for the pictures (default: RUN/plots; of a pretrained memory NAME-plots where you are)',
      )
      .option('--format <list>', 'of png, svg, pdf (default: png)', words)
      .addOption(bestOption())
      .addOption(seedOption('seed of the episode shown (default: 1)')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (runs: string[], options) =>
      plotCommand({ ...options, runs, engine: await engineOf(options) }, io),
    );
}
