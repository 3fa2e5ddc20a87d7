/** @file What a killed process leaves in a run folder, half-written; only files that this program names are ever removed. */
import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The files that `writeFileAtomically` writes, by folder within a run. */
const WRITTEN: Record<string, string[]> = {
  '.': [
    'config.json',
    'provenance.json',
    'README.md',
    'metrics.jsonl',
    'validation.jsonl',
    'evaluation.json',
  ],
  checkpoint: ['state.safetensors', 'best.safetensors'],
  plots: [
    'learning-curve.png',
    'error-against-patterns.png',
    'recall.png',
    'energy.png',
    'learning-curves.png',
    'error-against-memory.png',
  ],
};

/** A lock in the making may be of a process that is just finding out that the folder is taken. */
const LOCK_MS = 60_000;

/** Removes half-written files of earlier processes from a run folder. No link is followed. */
export async function removePartials(folder: string): Promise<void> {
  for (const [within, names] of Object.entries(WRITTEN)) {
    const at = join(folder, within);
    if (within !== '.' && !(await lstat(at).catch(() => undefined))?.isDirectory()) continue;
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      const [, of] = /^(.+)\.[0-9a-f]{8}\.partial$/.exec(entry.name) ?? [];
      if (entry.isFile() && names.includes(of)) await rm(path, { force: true });
      if (within === '.' && entry.isDirectory()) await removeLockInTheMaking(path, entry.name);
    }
  }
}

async function removeLockInTheMaking(path: string, name: string): Promise<void> {
  const [, owner] = /^lock\.([0-9a-f]{32})\.partial$/.exec(name) ?? [];
  if (!owner) return;
  const made = (await lstat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
  if (Date.now() - made < LOCK_MS) return;
  await rm(join(path, owner), { force: true });
  await rmdir(path).catch(() => {});
}

/**
 * Takes back folders that were made for a run which never began: those between `made` and `folder` that are empty but for
 * `files`. What others have put there meanwhile stays.
 */
export async function removeMade(folder: string, made: string, files: string[]): Promise<void> {
  for (const file of files) {
    await rm(file, { force: true }).catch(() => {});
    for (let at = dirname(file); at !== folder && at.startsWith(folder); at = dirname(at))
      if (!(await rmdir(at).then(() => true, () => false))) break; // biome-ignore format: one condition
  }
  for (let at = folder; at.startsWith(made); at = dirname(at)) {
    if (!(await rmdir(at).then(() => true, () => false))) return; // biome-ignore format: one condition
  }
}
