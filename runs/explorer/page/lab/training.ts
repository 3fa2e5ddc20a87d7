/** @file Meta-training in the page: the project's own trainer, an update at a time, on random bits. */
import { trainedParameters } from '../../../../meta/checkpoint.ts';
import { parseConfig } from '../../../../meta/config.ts';
import { memoryLearner } from '../../../../meta/memory-learner.ts';
import { Trainer } from '../../../../meta/trainer.ts';
import type { Engine } from '../../../../src/compile/program/engine.ts';
import { InputError } from '../../../../src/errors.ts';
import { binaryTask } from '../../../../tasks/binary.ts';
import { parseCorruption } from '../../../../tasks/index.ts';
import type { Turn } from './channel.ts';
import { checkpointOf, modelOf } from './model.ts';
import type { MemoryFiles, TrainingUpdate } from './protocol.ts';

export class Training {
  readonly #engine: Engine;
  #latest?: (id: string) => MemoryFiles;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async *run(given: unknown, turn: Turn): AsyncGenerator<TrainingUpdate> {
    const config = parseConfig(given, 'training');
    if (config.task.name !== 'binary') throw new InputError('the page trains on random bits only');
    const model = modelOf(config, 'training');
    const { name: _, ...options } = config.task;
    const task = binaryTask(options);
    const { corruption: spec = task.corruption } = config;
    if (typeof spec !== 'string') throw new InputError('the page has no files to take a corruption from');
    const corruption = parseCorruption(spec, task);
    const learner = memoryLearner({ config, task, corruption, model });
    const { training, seed } = config;
    const trainer = new Trainer({ training, learner, engine: this.#engine, seed });
    this.#latest = (id) => ({
      id,
      config,
      weights: checkpointOf(trainedParameters(trainer.state), model, config),
    });
    while (trainer.state.step < training.steps) {
      const started = performance.now();
      const report = await trainer.update();
      const { step, patterns, loss, error, errorAverage, queryError, trouble } = report;
      yield {
        step,
        steps: training.steps,
        patterns,
        loss,
        error,
        errorAverage,
        queryError,
        trouble,
        milliseconds: performance.now() - started,
      };
      if (turn.cancelled) return;
    }
  }

  /** @throws InputError before the first update */
  trained(id: string): MemoryFiles {
    if (!this.#latest) throw new InputError('nothing has been trained yet');
    return this.#latest(id);
  }
}
