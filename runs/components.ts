/** @file Keeps principal components of training patterns in the cache, as safetensors, named after the patterns' checksum. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { decodeSafetensors, encodeSafetensors } from '../meta/safetensors.ts';
import { trainingPatterns } from '../meta/training-components.ts';
import type { Engine } from '../src/compile/index.ts';
import { type PrincipalComponents, principalComponents } from '../src/components.ts';
import { sizeOf } from '../src/shapes.ts';
import type { DataSource, Task } from '../tasks/index.ts';

/** Components are made and kept by so many, so that memories of several sizes share them. */
const STEP = 256;
/** Of the computation: a change of it must not find what was kept before. */
const VERSION = 1;

/**
 * The first `count` principal components of the task's training patterns: from the cache, else computed and kept. A cache that
 * cannot be written is reported and does without.
 */
export async function cachedComponents(
  task: Task,
  range: readonly [low: number, high: number],
  count: number,
  engine: Engine,
  source: DataSource,
): Promise<PrincipalComponents> {
  const d = sizeOf(task.patternShape);
  const patterns = trainingPatterns(task, range);
  const made = Math.min(d, Math.ceil(count / STEP) * STEP);
  const sum = createHash('sha256').update(`${VERSION} ${d} ${made}`).update(new Uint8Array(patterns.buffer));
  const path = join(source.cache, 'components', `${sum.digest('hex').slice(0, 24)}.safetensors`);
  const firstOf = ({ mean, components }: PrincipalComponents) => ({
    mean,
    components: components.slice(0, count * d),
  });
  const kept = await readFile(path)
    .then((bytes) => decodeSafetensors(bytes, path).tensors)
    .catch(() => undefined);
  if (kept?.mean?.values.length === d && kept.components?.values.length === made * d)
    return firstOf({ mean: kept.mean.values, components: kept.components.values });
  source.report?.(
    `principal components of ${patterns.length / d} training patterns (kept for the next time)`,
  );
  const fresh = await principalComponents(patterns, d, made, engine);
  const bytes = encodeSafetensors({
    mean: { shape: [d], values: fresh.mean },
    components: { shape: [made, d], values: fresh.components },
  });
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    source.report?.(`could not keep the components in ${path} (${(error as Error).message})`);
  }
  return firstOf(fresh);
}
