/** @file Meta-training in one call, in memory: for programs that want a trained memory rather than a run folder. */

import { trainedParameters } from '../meta/checkpoint.ts';
import { type ConfigInput, parseConfig } from '../meta/config.ts';
import { memoryLearner } from '../meta/memory-learner.ts';
import { checkSize } from '../meta/size.ts';
import { type StepReport, Trainer } from '../meta/trainer.ts';
import { compiledEngine, type Engine } from '../src/compile/index.ts';
import { checkNetwork, type EnergyNetwork } from '../src/energy/index.ts';
import { energyModel } from '../src/memory/energy-model.ts';
import { LearnedMemory } from '../src/memory/learned-memory.ts';
import { type DataSource, parseCorruption, readTask } from '../tasks/index.ts';

/** The keys of a configuration, but the network is an object. */
export interface MetaTrainOptions extends Omit<ConfigInput, 'network'> {
  network: EnergyNetwork;
  /** Default: compiled, on the CPU. */
  engine?: Engine;
  /** Where the task finds its data; tasks that draw at random need none. */
  source?: DataSource;
  /** Called after every update. */
  onUpdate?: (report: StepReport) => void;
}

/**
 * Meta-trains the initial weights and the write and read rules of an energy network.
 * @throws InputError when the network or the options are wrong, or training loses its numbers
 */
export async function metaTrain({
  network,
  engine = compiledEngine(),
  source = { cache: '' },
  onUpdate,
  ...options
}: MetaTrainOptions): Promise<LearnedMemory> {
  const parsed = parseConfig({ ...options, network: { name: 'custom', file: 'network' } }, 'metaTrain');
  const { task, config: found } = await readTask(parsed.task, source);
  const config = { ...parsed, task: found };
  checkSize(config, network, 'network');
  checkNetwork(network, 'network');
  const corruption = parseCorruption(config.corruption ?? task.corruption, task);
  const model = energyModel(network, config);
  const learner = memoryLearner({ config, task, corruption, model });
  const { training, seed } = config;
  const trainer = new Trainer({ training, learner, engine, seed });
  while (trainer.state.step < training.steps) {
    const report = await trainer.update();
    onUpdate?.(report);
  }
  return new LearnedMemory({ model, engine, parameters: trainedParameters(trainer.state) });
}
