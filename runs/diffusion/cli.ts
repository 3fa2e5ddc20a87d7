/** @file The commands under `ebmm diffusion`: experiments on diffusion models as associative memories. */
import type { Command } from 'commander';
import type { IO } from '../io.ts';
import { landscape } from './landscape.ts';

/** Options that all commands share, made by the command line. */
export interface SharedOptions {
  seed(what: string): import('commander').Option;
  json(): import('commander').Option;
  positives(text: string): number[];
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
  return [group, ...group.commands];
}
