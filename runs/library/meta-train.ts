/** @file Meta-training in one call: for programs that want a trained memory in their hands; `saveRun` makes a run folder of it. */

import { trainedParameters } from '../../meta/checkpoint.ts';
import { type Config, type ConfigInput, parseConfig } from '../../meta/config.ts';
import { isScoreNetwork } from '../../meta/diffusion-config.ts';
import { withLoss } from '../../meta/loss.ts';
import { checkSize } from '../../meta/size.ts';
import { taskOf } from '../../meta/stored-task.ts';
import { type StepReport, stateOf, Trainer, type TrainingState } from '../../meta/trainer.ts';
import * as args from '../../src/arguments.ts';
import { compiledEngine, type Engine } from '../../src/compile/index.ts';
import { checkNetwork, type EnergyNetwork } from '../../src/energy/index.ts';
import { InputError } from '../../src/errors.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import type { RecallLoss } from '../../src/memory/model.ts';
import {
  type Corruption,
  type CorruptionConfig,
  checkedCorruption,
  checkedTask,
  type DataSource,
  loadCorruption,
  readTask,
  SOURCE,
  type Task,
  type TaskConfig,
} from '../../tasks/index.ts';
import { makeLearner } from '../learners.ts';
import { makeModel } from '../models.ts';
import type { Metrics, Validation } from '../records.ts';
import { metricsOf } from '../step-metrics.ts';
import { Validator } from '../validation.ts';
import { patienceSpent } from '../validations.ts';
import { TrainedMemory } from './trained-memory.ts';

/** The keys of a configuration; network, task, corruption and loss may be objects of the program. */
export interface MetaTrainOptions extends Omit<ConfigInput, 'network' | 'task' | 'corruption' | 'loss'> {
  /** As in a configuration (`{ name: 'hopfield-site', width: 8 }`), or a network of your own. */
  network: ConfigInput['network'] | EnergyNetwork;
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
  /** Called after every update. Where it returns false, training ends, and what was learned is returned. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback may return nothing
  onUpdate?: (report: StepReport) => void | boolean;
  /** Called after every validation (`training.validate`). */
  onValidation?: (validation: Validation) => void;
  /** Gives training up after the update that is under way: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

const OPTIONS = args.fields({
  network: args.object,
  task: args.object,
  loss: args.optional(args.callable),
  engine: args.optional(args.engine),
  source: args.optional(SOURCE),
  onUpdate: args.optional(args.callable),
  onValidation: args.optional(args.callable),
  signal: args.optional(args.signal),
});

/**
 * Meta-trains the initial weights and the write and read rules of a memory.
 * @throws InputError when an option is wrong or unknown, or training loses its numbers; the reason of the signal when that ended it
 */
export async function metaTrain(all: MetaTrainOptions): Promise<TrainedMemory> {
  args.check('metaTrain', { options: [all, OPTIONS] });
  const {
    network,
    task: given,
    corruption: corrupted,
    loss,
    engine = compiledEngine(),
    source = { cache: '' },
    onUpdate,
    onValidation,
    signal,
    ...options
  } = all;
  signal?.throwIfAborted();
  const ownNetwork = isObject<EnergyNetwork>(network, 'energy') ? network : undefined;
  const ownTask = isObject<Task>(given, 'patterns') ? checkedTask(given, given.name ?? 'task') : undefined;
  const spoil = isObject<Corruption>(corrupted, 'apply') ? corrupted : undefined;
  // Without a name there is no saying which network was meant: what it lacks is told as of an energy network.
  const named = !ownNetwork && typeof (network as { name?: unknown } | undefined)?.name === 'string';
  const written = {
    ...options,
    task: ownTask ? { name: 'custom', file: 'task', ...ownTask.found } : given,
    ...(corrupted !== undefined && !spoil ? { corruption: corrupted } : {}),
    network: named ? network : { name: 'custom', file: 'network' },
  };
  const parsed = parseConfig(written, 'metaTrain');
  const { task: read, config: found } = ownTask
    ? { task: ownTask, config: parsed.task }
    : await readTask(parsed.task, source);
  const config: Config = { ...parsed, task: found };
  if (!named) {
    checkSize(config, network as EnergyNetwork, 'network');
    checkNetwork(network as EnergyNetwork, 'network');
  }
  const task = taskOf(config, read);
  const corruption = spoil
    ? checkedCorruption((...args) => spoil.apply(...args), task, spoil.spec ?? 'corruption')
    : await loadCorruption(config.corruption ?? task.corruption, task);
  const plain = named ? await makeModel(config) : energyModel(network as EnergyNetwork, config);
  if (loss && isScoreNetwork(config.network))
    throw new InputError('metaTrain: loss: a diffusion model has its own');
  const model = loss ? withLoss(plain, loss, 'loss') : plain;
  const learner = makeLearner({ config, task, corruption, model });
  const { training, seed } = config;
  const trainer = new Trainer({ training, learner, engine, seed });
  const { state } = trainer;
  const validator = Validator.of({ config, task, corruption, model, engine });
  const metrics: Metrics[] = [];
  const validations: Validation[] = [];
  let best: TrainingState | undefined;
  const stopped = () => Boolean(signal?.aborted);
  const validate = async () => {
    if (!validator?.due(state.step)) return;
    const made = await validator.validate(state, { before: validations, stopped });
    signal?.throwIfAborted();
    const validation = { ...made!, best: made!.best && state.lost.inARow === 0 };
    validations.push(validation);
    if (validation.best) {
      const { step, seconds, errorAverage, lost } = state;
      best = { ...stateOf(trainedParameters(state)), step, seconds, errorAverage, lost: { ...lost } };
    }
    onValidation?.(validation);
  };
  await validate();
  while (state.step < training.steps && !patienceSpent(training, validations)) {
    const report = await trainer.update();
    signal?.throwIfAborted();
    if (state.step % training.log_every === 0 || state.step === training.steps || report.trouble) {
      const perStep = state.seconds / state.step;
      const left = perStep * (training.steps - state.step);
      metrics.push(metricsOf(report, state, training.episodes / perStep, left));
    }
    const goOn = onUpdate?.(report);
    await validate();
    if (goOn === false) break;
  }
  const objects = [
    ...(named ? [] : ['network']),
    ...(ownTask ? ['task'] : []),
    ...(spoil ? ['corruption'] : []),
    ...(loss ? ['loss'] : []),
  ];
  return new TrainedMemory(model, engine, { config, state, metrics, validations, best, objects });
}

const isObject = <T>(value: unknown, method: keyof T): value is T =>
  typeof value === 'object' && value !== null && typeof (value as T)[method] === 'function';
