/** @file `ebmm demo`: its options. */
import type { Command } from 'commander';
import { numbersHelp } from '../glossary.ts';
import type { IO } from '../io.ts';
import { collect, engineOf, engineOptions, jsonOption, seedOption } from '../options.ts';
import { parseChange } from '../presets.ts';
import { demo } from './demo-run.ts';
import type { Setting } from './setting.ts';

export function addDemoCommand(program: Command, io: IO, { provenance }: Setting): void {
  engineOptions(
    program
      .command('demo')
      .option('--out <dir>', 'run folder (default: runs/out/demo-N)')
      .option('--set <key=value>', 'change a key of the configuration', collect)
      .addOption(seedOption('seed of parameters and episodes')),
  )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      numbersHelp('error', '5-95%', 'floats', 'bits recovered per float', 'compression', 'published'),
    )
    .action(async (options) => {
      const changes: [string, unknown][] = (options.set ?? []).map(parseChange);
      if (options.seed !== undefined) changes.push(['seed', options.seed]);
      await demo({ ...options, changes, engine: await engineOf(options), provenance }, io);
    });
}
