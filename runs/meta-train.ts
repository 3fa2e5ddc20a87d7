/** @file Meta-training in one call, in memory: for programs that want a trained memory rather than a run folder. */

import { trainedParameters } from '../meta/checkpoint.ts';
import { type ConfigInput, parseConfig } from '../meta/config.ts';
import { withLoss } from '../meta/loss.ts';
import { memoryLearner } from '../meta/memory-learner.ts';
import { checkSize } from '../meta/size.ts';
import { type StepReport, Trainer } from '../meta/trainer.ts';
import { compiledEngine, type Engine } from '../src/compile/index.ts';
import { checkNetwork, type EnergyNetwork } from '../src/energy/index.ts';
import { energyModel } from '../src/memory/energy-model.ts';
import { LearnedMemory } from '../src/memory/learned-memory.ts';
import type { RecallLoss } from '../src/memory/model.ts';
import {
  type Corruption,
  type CorruptionConfig,
  checkedCorruption,
  checkedTask,
  type DataSource,
  loadCorruption,
  readTask,
  type Task,
  type TaskConfig,
} from '../tasks/index.ts';

/** The keys of a configuration, but the network is an object; so may be task, corruption and loss. */
export interface MetaTrainOptions extends Omit<ConfigInput, 'network' | 'task' | 'corruption' | 'loss'> {
  network: EnergyNetwork;
  /** As in a configuration, or a task of your own. */
  task: TaskConfig | Task;
  /** As in a configuration, or one of your own: what `apply` does to a pattern and its mask, in place. Default: the task's. */
  corruption?: CorruptionConfig | Corruption;
  /** What recall is trained by; default: the squared error. */
  loss?: RecallLoss;
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
  task: given,
  corruption: corrupted,
  loss,
  engine = compiledEngine(),
  source = { cache: '' },
  onUpdate,
  ...options
}: MetaTrainOptions): Promise<LearnedMemory> {
  const own = isObject<Task>(given, 'patterns') ? checkedTask(given, given.name ?? 'task') : undefined;
  const spoil = isObject<Corruption>(corrupted, 'apply') ? corrupted : undefined;
  const written = {
    ...options,
    task: own ? { name: 'custom', file: 'task', ...own.found } : given,
    ...(corrupted !== undefined && !spoil ? { corruption: corrupted } : {}),
    network: { name: 'custom', file: 'network' },
  };
  const parsed = parseConfig(written, 'metaTrain');
  const { task, config: found } = own
    ? { task: own, config: parsed.task }
    : await readTask(parsed.task, source);
  const config = { ...parsed, task: found };
  checkSize(config, network, 'network');
  checkNetwork(network, 'network');
  const corruption = spoil
    ? checkedCorruption((...args) => spoil.apply(...args), task, spoil.spec ?? 'corruption')
    : await loadCorruption(config.corruption ?? task.corruption, task);
  const plain = energyModel(network, config);
  const model = loss ? withLoss(plain, loss, 'loss') : plain;
  const learner = memoryLearner({ config, task, corruption, model });
  const { training, seed } = config;
  const trainer = new Trainer({ training, learner, engine, seed });
  while (trainer.state.step < training.steps) {
    const report = await trainer.update();
    onUpdate?.(report);
  }
  return new LearnedMemory({ model, engine, parameters: trainedParameters(trainer.state) });
}

const isObject = <T>(value: unknown, method: keyof T): value is T =>
  typeof value === 'object' && value !== null && typeof (value as T)[method] === 'function';
