/** @file `ebmm data`: its options. */
import type { Command } from 'commander';
import { dataCommand } from '../data.ts';
import type { IO } from '../io.ts';
import { dataOption, jsonOption } from '../options.ts';

export function addDataCommand(program: Command, io: IO): void {
  program
    .command('data')
    .argument('[name]', 'a set, or SET/FILE')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options) => dataCommand({ ...options, name, ...io }));
}
