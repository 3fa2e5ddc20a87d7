/** @file From a configuration to what is learned: a diffusion model denoises one set of patterns, every other memory stores and recalls. */
import type { Config } from '../meta/config.ts';
import { isScoreNetwork, makeScoreNetwork } from '../meta/diffusion-config.ts';
import { diffusionLearner } from '../meta/diffusion-learner.ts';
import type { Learner } from '../meta/learner.ts';
import { memoryLearner } from '../meta/memory-learner.ts';
import { toRange } from '../meta/units.ts';
import type { MemoryModel } from '../src/memory/model.ts';
import type { Corruption, Task } from '../tasks/index.ts';

export interface LearnerSetup {
  config: Config;
  /** That of `taskOf`. */
  task: Task;
  corruption: Corruption;
  model: MemoryModel;
}

export function makeLearner(setup: LearnerSetup): Learner {
  const { config, task, model } = setup;
  const { network, training, seed } = config;
  if (!isScoreNetwork(network)) return memoryLearner(setup);
  const count = training.patterns as number;
  return diffusionLearner({
    network: makeScoreNetwork(network, task.patternShape),
    patterns: toRange(task.patterns('train', seed, 0, count), model.range),
    batch: network.batch,
    seed,
    unit: task.unit,
  });
}
