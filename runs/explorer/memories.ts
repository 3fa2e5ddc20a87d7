/** @file What the page needs of a run: its configuration, weights and evaluation, and a line in the list of memories. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadRun, paths } from '../run-folder.ts';

/** Copies them to OUT/memories/NAME, and returns the line. */
export async function addMemory(out: string, name: string, title: string) {
  const { config, model, name: id, folder } = await loadRun(name);
  const from = paths(folder);
  const to = join(out, 'memories', id);
  await mkdir(to, { recursive: true });
  await copyFile(from.config, join(to, 'config.json'));
  await copyFile(from.checkpoint, join(to, 'weights.safetensors'));
  await writeFile(join(to, 'evaluation.json'), await readFile(from.evaluation).catch(() => '{}'));
  const { patternShape, floats } = model;
  const usual = patternShape.length > 1 ? 'block:16' : `resample:${Math.floor(patternShape[0] / 2)}`;
  return { id, title, patternShape, known: config.known, corruption: config.corruption ?? usual, floats };
}
