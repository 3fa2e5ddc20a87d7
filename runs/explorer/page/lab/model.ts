/** @file From a configuration and the bytes of a safetensors file to a memory, without a file system. */
import { type Config, parseConfig } from '../../../../meta/config.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../../meta/safetensors.ts';
import { checkSize } from '../../../../meta/size.ts';
import type { Engine } from '../../../../src/compile/program/engine.ts';
import { type EnergyNetwork, networks } from '../../../../src/energy/index.ts';
import { InputError } from '../../../../src/errors.ts';
import { energyModel } from '../../../../src/memory/energy-model.ts';
import { LearnedMemory } from '../../../../src/memory/learned-memory.ts';
import type { MemoryModel } from '../../../../src/memory/model.ts';
import { patternShapeOf } from '../../../../tasks/index.ts';
import type { MemoryFiles, MemoryInfo } from './protocol.ts';

export interface OpenMemory {
  info: MemoryInfo;
  config: Config;
  memory: LearnedMemory;
}

/** @throws InputError when the configuration is wrong, its network is none of the page's, or the weights are not its */
export async function openMemory(
  { id, config: given, weights }: MemoryFiles,
  engine: Engine,
): Promise<OpenMemory> {
  const config = parseConfig(withoutProvenance(given), `${id}: config.json`);
  const model = modelOf(config, id);
  const parameters = await parametersIn(weights, id, model);
  const memory = new LearnedMemory({ name: id, model, parameters, engine });
  return { info: infoOf(id, config, model, parameters, engine), config, memory };
}

/** What a run folder's config.json says beside the configuration. */
function withoutProvenance(config: unknown): unknown {
  if (typeof config !== 'object' || config === null) return config;
  const { made_with: _, ...rest } = config as Record<string, unknown>;
  return rest;
}

export function modelOf(config: Config, id: string): MemoryModel {
  const { name, ...options } = config.network;
  if (!Object.hasOwn(networks, name)) {
    throw new InputError(
      `${id}: network is "${name}", but the explorer shows only ${Object.keys(networks).join(', ')}`,
    );
  }
  const make = networks[name as keyof typeof networks] as (options: object) => EnergyNetwork;
  const model = energyModel(make({ ...options, patternShape: patternShapeOf(config.task) }), config);
  checkSize(config, model, id);
  return model;
}

function infoOf(
  id: string,
  config: Config,
  model: MemoryModel,
  parameters: Record<string, Float32Array>,
  engine: Engine,
): MemoryInfo {
  const { task, network, training, known, write, corruption } = config;
  const d = model.patternShape.reduce((a, b) => a * b, 1);
  return {
    id,
    task: task.name,
    network: network.name,
    patternShape: model.patternShape,
    range: [model.range[0], model.range[1]],
    floats: model.floats,
    known,
    corruption:
      typeof corruption === 'string'
        ? corruption
        : model.patternShape.length > 1
          ? 'block:16'
          : `resample:${Math.floor(d / 2)}`,
    loads: [...new Set([training.patterns].flat())].sort((a, b) => a - b),
    writeSteps: write.steps,
    readSteps: model.steps,
    hasEnergy: model.energy !== undefined,
    writable: Object.entries(model.state).map(([name, shape]) => ({ name, shape: [...shape] })),
    parameters: Object.values(parameters).reduce((sum, values) => sum + values.length, 0),
    engine: engine.name,
  };
}

/**
 * The parameters in a checkpoint: the moving average where there is one, as everywhere in the project.
 * @throws InputError when the file is damaged, or of another network
 */
async function parametersIn(
  bytes: Uint8Array,
  id: string,
  model: Pick<MemoryModel, 'parameters'>,
): Promise<Record<string, Float32Array>> {
  const { tensors, metadata } = decodeSafetensors(bytes, id);
  if (!/^ebmm \d+$/.test(metadata.format ?? ''))
    throw new InputError(`${id}: not a checkpoint of ebmm, or damaged`);
  if (metadata.sha256 && !(await sealFits(bytes, metadata.sha256))) {
    throw new InputError(`${id}: damaged, its checksum does not fit`);
  }
  const parameters: Record<string, Float32Array> = {};
  for (const [name, { shape }] of Object.entries(model.parameters)) {
    const tensor = tensors[`a:${name}`] ?? tensors[`p:${name}`];
    if (tensor?.shape.join() !== shape.join()) {
      const found = tensor ? `has shape [${tensor.shape}]` : 'is missing';
      throw new InputError(`${id}: tensor "${name}" ${found}, expected [${shape}] as its configuration says`);
    }
    if (!tensor.values.every(Number.isFinite)) {
      throw new InputError(`${id}: tensor "${name}" holds a value that is not finite`);
    }
    parameters[name] = tensor.values;
  }
  return parameters;
}

/** As `meta/seal.ts`, by the browser's own SHA-256. */
async function sealFits(bytes: Uint8Array, digits: string): Promise<boolean> {
  const mark = new TextEncoder().encode(`"sha256":"${digits}"`);
  const at = indexOf(bytes, mark);
  if (at < 0) return false;
  const blanked = bytes.slice();
  blanked.fill('0'.charCodeAt(0), at + 10, at + 10 + digits.length);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', blanked));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') === digits;
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  const end = Math.min(bytes.length, 1 << 20) - part.length;
  for (let i = 0; i <= end; i++) {
    let k = 0;
    while (k < part.length && bytes[i + k] === part[k]) k++;
    if (k === part.length) return i;
  }
  return -1;
}

/** A checkpoint of these parameters that also says, as `config`, what they are the parameters of. */
export function checkpointOf(
  parameters: Record<string, Float32Array>,
  model: Pick<MemoryModel, 'parameters'>,
  config: unknown,
): Uint8Array {
  const tensors = Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [
      `p:${name}`,
      { shape: model.parameters[name].shape, values },
    ]),
  );
  const progress = { step: 0, seconds: 0, lost: { total: 0, inARow: 0 } };
  return encodeSafetensors(tensors, {
    format: 'ebmm 1',
    progress: JSON.stringify(progress),
    config: JSON.stringify(config),
  });
}
