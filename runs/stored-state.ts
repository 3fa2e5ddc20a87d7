/** @file Files that `store` wrote, read again for the memory that wrote them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { trainedParameters } from '../meta/checkpoint.ts';
import { decodeMixedSafetensors } from '../meta/safetensors.ts';
import { decodeStored, type StoredFile } from '../meta/stored-file.ts';
import { InputError } from '../src/errors.ts';
import type { StoredState } from '../src/memory/compiled-model.ts';
import type { LearnedMemory } from '../src/memory/learned-memory.ts';
import { arrayFormat, readArrays } from './arrays.ts';
import type { LoadedRun } from './run-folder.ts';

/** A checksum of the trained parameters: what another memory has written is nothing that this one can read. */
export function fingerprintOf({ state }: Pick<LoadedRun, 'state'>): string {
  const hash = createHash('sha256');
  for (const [name, values] of Object.entries(trainedParameters(state)).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    hash.update(`${name}\0`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex').slice(0, 32);
}

/** @throws InputError when the file cannot be read, is none of these, or is damaged */
export async function readStored(file: string): Promise<StoredFile> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `${file}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`}`,
    );
  });
  return decodeStored(bytes, file);
}

/**
 * What a file holds, for the memory of a run that wrote it.
 * @returns the memory to read it with, and the state
 * @throws InputError likewise, and when another memory wrote it
 */
export async function storedState(
  file: string,
  run: LoadedRun,
  memory: LearnedMemory,
): Promise<[LearnedMemory, StoredState]> {
  // Written by store as arrays, or by another program: nothing says which memory made them.
  if (await isPlain(file)) {
    const { model } = memory;
    const shapes = memory.holdsParameters
      ? Object.entries(model.parameters).map(([name, { shape }]) => [name, shape] as const)
      : Object.entries(model.state);
    const values = await readArrays(file, Object.fromEntries(shapes));
    const tensors = shapes.map(([name, shape]) => [name, { shape, values: values[name] }] as const);
    return memory.stateOf({ patternShape: model.patternShape, tensors: Object.fromEntries(tensors) });
  }
  const stored = await readStored(file);
  if (stored.fingerprint !== fingerprintOf(run)) {
    throw new InputError(
      `${file}: stored by ${stored.memory}, which has other trained parameters than ${run.name}: only the memory that stored can recall`,
    );
  }
  return memory.stateOf(stored.contents);
}

/** Whether a file holds arrays by name and nothing of ours: .npz, or .safetensors without our description. */
async function isPlain(file: string): Promise<boolean> {
  const format = arrayFormat(file);
  if (format !== 'safetensors') return format === 'npz';
  const bytes = await readFile(file).catch(() => undefined);
  return bytes !== undefined && !('format' in decodeMixedSafetensors(bytes, file).metadata);
}
