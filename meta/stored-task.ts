/** @file The task of a diffusion run: always the patterns that training wrote into its weights. */
import { InputError } from '../src/errors.ts';
import { sizeOf } from '../src/shapes.ts';
import type { Task } from '../tasks/index.ts';
import type { Config } from './config.ts';
import { isScoreNetwork } from './diffusion-config.ts';

/**
 * What a run is trained and evaluated on: the task itself, or, of a diffusion model, the first training episode of its seed,
 * whatever split and episode is asked for. Episodes then differ in their corruption only.
 * @throws InputError when such a run has a list of loads; `patterns` for more patterns than are stored
 */
export function taskOf({ network, training, seed }: Config, task: Task): Task {
  if (!isScoreNetwork(network)) return task;
  const { patterns: stored } = training;
  if (Array.isArray(stored)) {
    throw new InputError(
      `training.patterns is [${stored}]: a diffusion model stores one set of patterns, expected one number`,
    );
  }
  const size = sizeOf(task.patternShape);
  const values = task.patterns('train', seed, 0, stored);
  return {
    ...task,
    patterns(_split, _seed, _index, patterns) {
      if (patterns > stored) {
        throw new InputError(
          `${patterns} patterns, but ${stored} are stored in this diffusion model's weights`,
        );
      }
      return values.slice(0, patterns * size);
    },
  };
}
