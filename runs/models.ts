/** @file From a configuration to the memory that it trains: a built-in network, or a user's own from a file. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Config } from '../meta/config.ts';
import { isScoreNetwork, makeScoreNetwork, recallOf } from '../meta/diffusion-config.ts';
import { checkSize } from '../meta/size.ts';
import { registerGradients } from '../src/autodiff/index.ts';
import { learnedModel } from '../src/diffusion/index.ts';
import { checkNetwork, type EnergyNetwork, networks } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { energyModel } from '../src/memory/energy-model.ts';
import type { MemoryModel } from '../src/memory/model.ts';
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
  const network =
    config.network.name === 'custom'
      ? await importNetwork(config.network.file, patternShape)
      : (networks[name as keyof typeof networks] as (options: object) => EnergyNetwork)({
          ...options,
          patternShape,
        });
  const label = config.network.name === 'custom' ? config.network.file : name;
  checkSize(config, network, label);
  checkNetwork(network, label);
  if (network.patternShape.join() !== patternShape.join()) {
    throw new InputError(
      `network "${label}" takes patterns [${network.patternShape}], but task "${config.task.name}" has [${patternShape}]`,
    );
  }
  return network;
}

/** A module's default export or `network`: an energy network, or a function from { patternShape } to one. */
async function importNetwork(file: string, patternShape: number[]): Promise<EnergyNetwork> {
  const path = resolve(file);
  if (!existsSync(path)) throw new InputError(`${file}: no such file (network.file)`);
  let module: Record<string, unknown>;
  try {
    if (path.endsWith('.ts')) {
      const { tsImport } = await import('tsx/esm/api');
      module = await tsImport(pathToFileURL(path).href, import.meta.url);
    } else {
      module = await import(pathToFileURL(path).href);
    }
  } catch (error) {
    throw new InputError(`${file}: cannot be imported: ${(error as Error).message.split('\n')[0]}`);
  }
  // A module with a copy of tfjs of its own registers tfjs's gradients again over the exact ones.
  registerGradients();
  // Outside a package of type "module", a TypeScript file's exports come wrapped once more.
  const inner = (module.default as Record<string, unknown> | undefined)?.default;
  const exported = inner ?? module.default ?? module.network;
  if (!exported) throw new InputError(`${file}: has neither a default export nor an export "network"`);
  if (typeof exported !== 'function') return exported as EnergyNetwork;
  try {
    return exported({ patternShape }) as EnergyNetwork;
  } catch (error) {
    const what = String((error as Error)?.message ?? error).split('\n')[0];
    throw new InputError(`${file}: its function of { patternShape } failed: ${what}`, { cause: error });
  }
}
