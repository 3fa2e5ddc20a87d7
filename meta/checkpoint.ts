/** @file Checkpoints: the whole training state in one sealed safetensors file, or only the parameters for use. */

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ParameterSpec } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { prefixed } from '../src/prefixed.ts';
import { MOMENTS } from './adamw.ts';
import { AVERAGE } from './meta-step.ts';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from './safetensors.ts';
import { checkSeal, SEAL, seal } from './seal.ts';
import { type TrainingState, trainedParameters } from './trainer.ts';

export { trainedParameters };

/** 1: without a seal. 2: sealed by a checksum of the whole file. */
const FORMAT = 2;

/** What a checkpoint records beside its tensors. */
const progressSchema = z.object({
  step: z.int().min(0),
  seconds: z.number().min(0),
  errorAverage: z.number().optional(),
  lost: z.object({ total: z.int().min(0), inARow: z.int().min(0) }),
});

/**
 * Writes the state atomically.
 * @param specs the parameters that were trained
 * @param options `parametersOnly` keeps what is used (the average, where there is one), which is not enough to resume;
 * `config`, the run's configuration, is kept beside the tensors, so that the file by itself says what it is of
 */
export async function saveCheckpoint(
  path: string,
  state: TrainingState,
  specs: Record<string, ParameterSpec>,
  { parametersOnly = false, config }: { parametersOnly?: boolean; config?: object } = {},
): Promise<void> {
  const tensors: Record<string, NamedArray> = {};
  const saved = parametersOnly ? prefixed('p:', trainedParameters(state)) : state.values;
  for (const [name, values] of Object.entries(saved)) {
    tensors[name] = { shape: specs[name.slice(2)].shape, values };
  }
  const { values: _, ...progress } = state;
  const metadata = {
    format: `ebmm ${FORMAT}`,
    ...SEAL,
    progress: JSON.stringify(progress),
    ...(config && { config: JSON.stringify(config) }),
  };
  await writeFileAtomically(path, seal(encodeSafetensors(tensors, metadata)));
}

/**
 * Reads a checkpoint of these parameters.
 * @throws InputError when the file is missing, damaged, of a newer version, or of another network
 */
export async function loadCheckpoint(
  path: string,
  specs: Record<string, ParameterSpec>,
): Promise<TrainingState> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      error.code === 'ENOENT'
        ? `${path}: no such checkpoint; has the run saved one yet?`
        : `${path}: cannot be read (${error.code})`,
    );
  });
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const format = Number(/^ebmm (\d+)$/.exec(metadata.format ?? '')?.[1]);
  if (!(format >= 1)) throw new InputError(`${path}: not a checkpoint of ebmm, or damaged`);
  if (format > FORMAT) {
    throw new InputError(
      `${path}: format is ${format}, made by a newer version of ebmm; this one reads up to ${FORMAT}`,
    );
  }
  if (format > 1 || 'sha256' in metadata) checkSeal(bytes, metadata, path);
  const values: Record<string, Float32Array> = {};
  for (const [name, { shape }] of Object.entries(specs)) {
    for (const prefix of ['p:', ...MOMENTS, AVERAGE]) {
      const tensor = tensors[prefix + name];
      if (!tensor && prefix !== 'p:') continue;
      if (!tensor || tensor.shape.join() !== shape.join()) {
        const found = tensor ? `has shape [${tensor.shape}]` : 'is missing';
        throw new InputError(
          `${path}: tensor "${prefix}${name}" ${found}, expected [${shape}] as config.json says`,
        );
      }
      const broken = tensor.values.findIndex((v) => !Number.isFinite(v));
      if (broken >= 0) {
        throw new InputError(
          `${path}: tensor "${prefix}${name}" holds ${tensor.values[broken]}, expected finite numbers`,
        );
      }
      values[prefix + name] = tensor.values;
    }
  }
  let progress: unknown;
  try {
    progress = JSON.parse(metadata.progress);
  } catch {
    throw new InputError(`${path}: its record of progress is not JSON`);
  }
  const checked = progressSchema.safeParse(progress);
  if (!checked.success) throw new InputError(`${path}: its record of progress is damaged`);
  return { ...checked.data, values };
}
