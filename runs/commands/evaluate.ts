/** @file `ebmm evaluate`: its options. */
import { type Command, Option } from 'commander';
import { corruptionHelp } from '../../tasks/index.ts';
import { numbersHelp } from '../glossary.ts';
import type { IO } from '../io.ts';
import {
  bestOption,
  dataOption,
  engineOf,
  engineOptions,
  jsonOption,
  positive,
  positives,
  resizeOption,
  seedOption,
  taskOption,
  weightsOption,
  words,
} from '../options.ts';
import { rivalsHelp } from '../rival-notes.ts';

export function addEvaluateCommand(program: Command, io: IO): void {
  engineOptions(
    program
      .command('evaluate')
      .argument('<run>', 'a run folder or a pretrained memory')
      .addOption(taskOption('other patterns of the same size'))
      .addOption(resizeOption())
      .option('--patterns <list>', 'loads, for instance 16,32,48 (default: as trained)', positives)
      .option('--corruption <spec>', 'name:size, or a module of your own (default: as trained)')
      .option('--known', 'recall is told which entries are uncorrupted')
      .option('--no-known', 'recall is not told (default: as trained)')
      .option('--recall-steps <n>', 'steps of recall of trained memories (default: as trained)', positive)
      .option('--episodes <n>', 'episodes at each load', positive, 100)
      .option('--against <list>', 'rivals (below), runs and pretrained memories; or none', words)
      .option(
        '--bits <list>',
        'round what every memory holds to so many bits a number, 1 to 16 or 32',
        positives,
      )
      .option('--no-budget', 'rivals keep all their patterns, whatever the floats of the memory')
      .addOption(
        new Option('--split <name>', 'which patterns')
          .choices(['train', 'validation', 'test'])
          .default('test'),
      )
      .option('--out <file>', 'write the evaluation to this file, too (JSON)')
      .option('--replace', 'put it in the place of evaluation.json, whatever that holds')
      .addOption(bestOption())
      .addOption(weightsOption())
      .addOption(seedOption('seed of the episodes (default: 1, not that of training)')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nRivals, as large as the memory that they are measured against:\n${rivalsHelp()}\n\nCorruptions:\n${corruptionHelp().replace(/^/gm, '  ')}`,
    )
    .addHelpText(
      'after',
      numbersHelp(
        'error',
        '5-95%',
        'floats',
        'bits recovered per float',
        'compression',
        'bits a number',
        'bits of memory',
        'seconds to store',
        'diverged',
        'published',
      ),
    )
    .action(async (run: string, options) => {
      const { evaluateCommand } = await import('../evaluate.ts');
      const against = options.against?.filter((name: string) => name !== 'none');
      await evaluateCommand({ ...options, against, run, engine: await engineOf(options) }, io);
    });
}
