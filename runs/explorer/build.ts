/** @file Builds the recall explorer: one page and what it needs, as static files for any host. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addMemory } from './memories.ts';

/** The memories that the page offers, the first one first, and how it calls them. */
const MEMORIES: readonly [name: string, title: string][] = [
  ['omniglot-16', 'Drawings: 16 at once'],
  ['omniglot-4k', 'Drawings: 64 at once, in coded slots'],
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
