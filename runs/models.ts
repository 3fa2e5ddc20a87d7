/** @file From a configuration to the memory that it trains: a built-in network, or a user's own from a file. */
import { basename } from 'node:path';
import type { Config } from '../meta/config.ts';
import { isScoreNetwork, makeScoreNetwork, recallOf } from '../meta/diffusion-config.ts';
import { checkSize } from '../meta/size.ts';
import { learnedModel } from '../src/diffusion/index.ts';
import { checkNetwork, type EnergyNetwork, networks } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { energyModel } from '../src/memory/energy-model.ts';
import type { MemoryModel } from '../src/memory/model.ts';
import { loadModule, made } from '../src/modules/index.ts';
import { learnedRivals } from '../src/rivals/index.ts';
import { patternShapeOf } from '../tasks/index.ts';

/** @throws InputError when the network's options or its file are wrong, or its patterns are not the task's */
export async function makeModel(config: Config): Promise<MemoryModel> {
  const { network } = config;
  if (isScoreNetwork(network)) {
    const model = learnedModel(makeScoreNetwork(network, patternShapeOf(config.task)), recallOf(network));
    checkSize(config, model, network.name);
    return model;
  }
  const { name, ...options } = network;
  if (Object.hasOwn(learnedRivals, name)) {
    const make = learnedRivals[name as keyof typeof learnedRivals] as (options: object) => MemoryModel;
    const { range, read } = config;
    const model = make({ ...options, patternShape: patternShapeOf(config.task), range, steps: read.steps });
    checkSize(config, model, name);
    return model;
  }
  return energyModel(await makeNetwork(config), config);
}

/** @throws InputError, likewise */
export async function makeNetwork(config: Config): Promise<EnergyNetwork> {
  const patternShape = patternShapeOf(config.task);
  const { name, ...options } = config.network;
  const label = config.network.name === 'custom' ? basename(config.network.file) : name;
  const own =
    config.network.name === 'custom'
      ? await importNetwork(options as { file: string }, patternShape)
      : undefined;
  const network =
    own?.network ??
    (networks[name as keyof typeof networks] as (options: object) => EnergyNetwork)({
      ...options,
      patternShape,
    });
  checkSize(config, network, label);
  checkNetwork(network, label);
  own?.checkRead();
  if (network.patternShape.join() !== patternShape.join()) {
    throw new InputError(
      `network "${label}" takes patterns [${network.patternShape}], but task "${config.task.name}" has [${patternShape}]`,
    );
  }
  return network;
}

/** The configuration with the defaults of its network's own options filled in. @throws InputError as `makeNetwork` */
export async function completed(config: Config): Promise<Config> {
  if (config.network.name !== 'custom') return config;
  const { name, file, ...options } = config.network;
  const { kept } = await loadModule('network', file, options);
  return { ...config, network: { name, file, ...kept } };
}

/** What a module exports: an energy network, or a function from { patternShape, options } to one. */
async function importNetwork(
  { file, ...given }: { file: string },
  patternShape: number[],
): Promise<{ network: EnergyNetwork; checkRead(): void }> {
  const module = await loadModule('network', file, given);
  const network = await made<EnergyNetwork>(
    module,
    { patternShape: [...patternShape], options: module.options },
    file,
  );
  return { network, checkRead: module.checkRead };
}
