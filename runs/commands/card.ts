/** @file `ebmm card`: a model card, README.md, of every run. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../src/errors.ts';
import { checkWritable, writeFileAtomically } from '../../src/files.ts';
import { cardFile, modelCard } from '../card.ts';
import type { IO } from '../io.ts';
import { jsonOption } from '../options.ts';
import { findRun, isPretrained } from '../run-folder.ts';

export function addCardCommand(program: Command, io: IO): void {
  program
    .command('card')
    .argument('<runs...>', 'run folders; a pretrained memory is printed')
    .option('--out <file>', 'write it to this file instead (of one run)')
    .addOption(jsonOption())
    .action(async (runs: string[], { out, json }: { out?: string; json?: boolean }) => {
      if (out !== undefined && runs.length > 1) throw new InputError('card: --out takes the card of one run');
      const cards: { run: string; file?: string; card: string }[] = [];
      for (const run of runs) {
        const folder = await findRun(run);
        if (out === undefined && !isPretrained(folder)) {
          const { file, text } = await cardFile(folder);
          await writeFileAtomically(file, text);
          cards.push({ run, file, card: text });
          continue;
        }
        const card = `${(await modelCard(folder)).trim()}\n`;
        const file = out === undefined ? undefined : resolve(out);
        if (file !== undefined) {
          await checkWritable(file);
          await writeFileAtomically(file, card);
        }
        cards.push({ run, file, card });
      }
      if (json) io.out(JSON.stringify({ cards }));
      else for (const { file, card } of cards) io.out(file ?? card.trimEnd());
    });
}
