/** @file `ebmm recall`: its options. */
import type { Command } from 'commander';
import type { IO } from '../io.ts';
import {
  bestOption,
  dataOption,
  engineOf,
  engineOptions,
  jsonOption,
  PATTERNS_HELP,
  positive,
  resizeOption,
  seedOption,
  taskOption,
  weightsOption,
} from '../options.ts';
import { recallCommand } from './recall-patterns.ts';

export function addRecallCommand(program: Command, io: IO): void {
  engineOptions(
    program
      .command('recall')
      .argument('<run>', 'a run folder or a pretrained memory')
      .option('--patterns <path>', PATTERNS_HELP)
      .addOption(taskOption('instead, patterns drawn from other patterns of the same size'))
      .option('--count <n>', 'how many of --task (default: the largest load of training)', positive)
      .option('--stored <file>', 'instead of patterns: what store wrote')
      .option('--queries <path>', 'likewise (default: made from the patterns)')
      .option('--corrupt <spec>', 'make queries by this corruption (default: as trained)')
      .addOption(resizeOption())
      .option('--bits <n>', 'round what is stored to so many bits a number, 1 to 16 or 32', positive)
      .option('--known <path>', 'a mask for --queries: 1 where a query is known to be right')
      .option('--no-known', 'recall is not told which entries of queries that are made are right')
      .option('--steps <n>', 'steps of recall', positive)
      .option(
        '--out <file>',
        'write the recalled patterns to a file: text, or arrays as .npy, .npz or .safetensors',
      )
      .option('--picture <file>', 'write a filmstrip of recall (PNG)')
      .addOption(bestOption())
      .addOption(weightsOption())
      .addOption(seedOption('seed of what is drawn: patterns of --task, queries (default: 0)')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (run: string, options) =>
      recallCommand({ ...options, run, engine: await engineOf(options) }, io),
    );
}
