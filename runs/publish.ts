/**
 * @file Makes a pretrained memory of a finished run: `npx tsx runs/publish.ts RUN NAME [--best]`. Keeps its configuration,
 * metrics, evaluation, modules and pictures, where it came from, and of the last checkpoint, or the best one, the parameters alone; and
 * makes its card.
 */
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveCheckpoint } from '../meta/checkpoint.ts';
import { writeFileAtomically } from '../src/files.ts';
import { MODULES } from '../src/modules/index.ts';
import { cardFile } from './card.ts';
import { provenancePath, readProvenance } from './provenance.ts';
import { loadRun, paths } from './run-folder.ts';

const [source, name, which] = process.argv.slice(2);
if (!source || !name) throw new Error('usage: npx tsx runs/publish.ts RUN NAME [--best]');
const run = await loadRun(source, { best: which === '--best' });
const target = join(fileURLToPath(new URL('./pretrained/', import.meta.url)), name);
for (const part of ['config', 'metrics', 'validation', 'evaluation', 'stream', 'plots'] as const) {
  // A memory of streams has no evaluation of patterns stored at once, and others none of streams.
  if (!existsSync(paths(run.folder)[part]) && ['validation', 'evaluation', 'stream'].includes(part)) continue;
  await cp(paths(run.folder)[part], paths(target)[part], { recursive: true });
}
await saveCheckpoint(paths(target).checkpoint, run.state, run.model.parameters, {
  parametersOnly: true,
  config: run.config,
});
// Not the host that it was made on, nor what was typed there.
const sessions = readProvenance(run.folder).map(
  ({ host: _, command: __, project: ___, ...session }) => session,
);
if (sessions.length > 0)
  await writeFileAtomically(provenancePath(target), `${JSON.stringify(sessions, null, 2)}\n`);
if (existsSync(join(run.folder, MODULES)))
  await cp(join(run.folder, MODULES), join(target, MODULES), { recursive: true });
const { file, text } = await cardFile(target);
await writeFileAtomically(file, text);
console.log(target);
