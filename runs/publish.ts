/**
 * @file Makes a pretrained memory of a finished run: `npx tsx runs/publish.ts RUN NAME [--best]`. Keeps its configuration,
 * metrics, evaluation and pictures, and of the last checkpoint, or the best one, the parameters alone.
 */
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveCheckpoint } from '../meta/checkpoint.ts';
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
console.log(target);
