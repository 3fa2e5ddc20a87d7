/** @file From a configuration to the memory that it trains: a built-in network, or a user's own from a file. */
import { basename } from 'node:path';
import type { Config } from '../meta/config.ts';
import { isScoreNetwork, makeScoreNetwork, recallOf } from '../meta/diffusion-config.ts';
import { type LossGiven, withLoss } from '../meta/loss.ts';
import { checkSize } from '../meta/size.ts';
import { learnedModel } from '../src/diffusion/index.ts';
import { checkNetwork, type EnergyNetwork, networks } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { energyModel } from '../src/memory/energy-model.ts';
import type { MemoryModel, RecallLoss } from '../src/memory/model.ts';
import { loadModule, type ModuleKind, made } from '../src/modules/index.ts';
import { learnedRivals } from '../src/rivals/index.ts';
import { patternShapeOf } from '../tasks/index.ts';

/** @throws InputError when the network's or the loss's options or file are wrong, or its patterns are not the task's */
export async function makeModel(config: Config): Promise<MemoryModel> {
  const model = await modelOf(config);
  if (!config.loss) return model;
  if (isScoreNetwork(config.network)) throw new InputError('loss: a diffusion model is trained by its own');
  const { file, ...options } = config.loss;
  const module = await loadModule('loss', file, options);
  const { patternShape, range } = model;
  const given: LossGiven = { options: module.options, patternShape: [...patternShape], range };
  const judged = withLoss(model, await made<RecallLoss>(module, given, file), basename(file));
  module.checkRead();
  return judged;
}

async function modelOf(config: Config): Promise<MemoryModel> {
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

/** The configuration with the defaults of the options of its modules filled in. @throws InputError as `makeModel` */
export async function completed(config: Config): Promise<Config> {
  const result = { ...config };
  const kept = async (kind: ModuleKind, { file, ...options }: { file: string }) =>
    (await loadModule(kind, file, options)).kept;
  if (config.network.name === 'custom') {
    const { name, file, ...options } = config.network;
    result.network = { name, file, ...(await kept('network', { file, ...options })) };
  }
  for (const kind of ['corruption', 'loss'] as const) {
    const part = config[kind];
    if (typeof part === 'object') result[kind] = { file: part.file, ...(await kept(kind, part)) };
  }
  return result;
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
