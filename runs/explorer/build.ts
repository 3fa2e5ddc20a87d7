/** @file Builds the recall explorer: one page and what it needs, as static files for any host. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../meta/config.ts';
import { loadRun, paths } from '../run-folder.ts';

/** The memories that the page offers, the first one first, and how it calls them. */
const MEMORIES: readonly [name: string, title: string][] = [
  ['omniglot-16', 'Drawings: 16 at once'],
  ['binary-96', 'Random bits: up to 96 at once'],
  ['binary-64', 'Random bits: up to 64 at once'],
  ['binary-unknown', 'Random bits, nothing known'],
];

export const EXPLORER = fileURLToPath(new URL('../../dist/explorer/', import.meta.url));

/** Builds the page into a folder, with the memories that it offers. */
export async function buildExplorer(out = EXPLORER): Promise<void> {
  const [{ build }, { pageConfig }] = await Promise.all([import('vite'), import('./page/vite.config.ts')]);
  await build(pageConfig(out));
  const entries = [];
  for (const [name, title] of MEMORIES) entries.push(await addMemory(out, name, title));
  await writeFile(join(out, 'memories', 'index.json'), JSON.stringify(entries));
}

/** Copies what the page needs of a run, and returns its entry in the page's list. */
export async function addMemory(out: string, name: string, title: string) {
  const run = await loadRun(name);
  const from = paths(run.folder);
  const folder = join(out, 'memories', run.name);
  await mkdir(folder, { recursive: true });
  await copyFile(from.config, join(folder, 'config.json'));
  await copyFile(from.checkpoint, join(folder, 'weights.safetensors'));
  const evaluation = await readFile(from.evaluation).catch(() => '{}');
  await writeFile(join(folder, 'evaluation.json'), evaluation);
  return entryOf(run.name, title, run.config, run.model);
}

interface Sized {
  patternShape: number[];
  floats: number;
}

export function entryOf(id: string, title: string, config: Config, { patternShape, floats }: Sized) {
  const image = patternShape.length > 1;
  const corruption =
    config.corruption ?? (image ? 'block:16' : `resample:${Math.floor(patternShape[0] / 2)}`);
  return { id, title, patternShape, known: config.known, corruption, floats };
}
