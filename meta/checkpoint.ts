/** @file Checkpoints: the whole training state in one safetensors file, or only the parameters for use. */
import { readFile } from 'node:fs/promises';
import type { EnergyNetwork } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import type { Rule } from '../src/memory/rule.ts';
import { MOMENTS } from './adamw.ts';
import { metaParameters } from './meta-step.ts';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from './safetensors.ts';
import type { TrainingState } from './trainer.ts';

const FORMAT = '1';

/** Writes the state atomically. `parametersOnly` leaves the optimiser's moments out: enough to use, not to resume. */
export async function saveCheckpoint(
  path: string,
  state: TrainingState,
  network: EnergyNetwork,
  rule: Rule,
  { parametersOnly = false } = {},
): Promise<void> {
  const shapes = metaParameters(network, rule);
  const tensors: Record<string, NamedArray> = {};
  for (const [name, values] of Object.entries(state.values)) {
    if (parametersOnly && !name.startsWith('p:')) continue;
    tensors[name] = { shape: shapes[name.slice(2)].shape, values };
  }
  const { values: _, ...progress } = state;
  await writeFileAtomically(
    path,
    encodeSafetensors(tensors, { format: `ebmm ${FORMAT}`, progress: JSON.stringify(progress) }),
  );
}

/**
 * Reads a checkpoint of this network and rule.
 * @throws InputError when the file is missing, damaged, of another version, or of another network
 */
export async function loadCheckpoint(
  path: string,
  network: EnergyNetwork,
  rule: Rule,
): Promise<TrainingState> {
  const bytes = await readFile(path).catch(() => {
    throw new InputError(`${path}: no such checkpoint; has the run saved one yet?`);
  });
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  if (metadata.format !== `ebmm ${FORMAT}`) {
    throw new InputError(`${path}: format is "${metadata.format ?? 'unknown'}", expected "ebmm ${FORMAT}"`);
  }
  const shapes = metaParameters(network, rule);
  const values: Record<string, Float32Array> = {};
  for (const [name, { shape }] of Object.entries(shapes)) {
    for (const prefix of ['p:', ...MOMENTS]) {
      const tensor = tensors[prefix + name];
      if (!tensor && prefix !== 'p:') continue;
      if (!tensor || tensor.shape.join() !== shape.join()) {
        const found = tensor ? `has shape [${tensor.shape}]` : 'is missing';
        throw new InputError(
          `${path}: tensor "${prefix}${name}" ${found}, expected [${shape}] as config.json says`,
        );
      }
      values[prefix + name] = tensor.values;
    }
  }
  let progress: Omit<TrainingState, 'values'>;
  try {
    progress = JSON.parse(metadata.progress);
  } catch {
    throw new InputError(`${path}: its record of progress is not JSON`);
  }
  return { ...progress, values };
}
