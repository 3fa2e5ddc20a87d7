/** @file A loss of recall that a user wrote, checked before anything is trained with it, by running it once. */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../src/errors.ts';
import type { MemoryModel, RecallLoss } from '../src/memory/model.ts';

/** What a function that makes a loss is given. */
export interface LossGiven<O = Record<string, unknown>> {
  /** Further keys of `loss` in the configuration, checked by the schema that the module exports as `options`. */
  options: O;
  /** One pattern: [128], [32, 32, 1]. */
  patternShape: number[];
  /** Values of patterns and of what is recalled. */
  range: readonly [low: number, high: number];
}
/** The default export of a loss's module: a function that makes the loss. */
export type LossModule<O = Record<string, unknown>> = (
  given: LossGiven<O>,
) => RecallLoss | Promise<RecallLoss>;

/** The model, trained by that loss. @param label for messages @throws InputError saying what is wrong with the loss */
export function withLoss(model: MemoryModel, loss: RecallLoss, label: string): MemoryModel {
  const fail = (what: string): never => {
    throw new InputError(`loss "${label}": ${what}`);
  };
  if (typeof loss !== 'function')
    fail('expected a function ({ recalled, patterns, queries, known }) that returns [episodes]');
  const [episodes, shape] = [2, [2, 3, ...model.patternShape]];
  tf.tidy(() => {
    const patterns = tf.fill(shape, model.range[1]);
    const recalled = tf.fill(shape, (model.range[0] + 3 * model.range[1]) / 4);
    let value: unknown;
    try {
      value = loss({ recalled, patterns, queries: recalled, known: tf.ones(shape) });
    } catch (error) {
      fail(`fails on patterns [${shape}]: ${String((error as Error)?.message ?? error).split('\n')[0]}`);
    }
    const found = value instanceof tf.Tensor ? value.shape : undefined;
    if (found?.length !== 1 || found[0] !== episodes)
      fail(
        `of patterns [${shape}] has shape ${found ? `[${found}]` : 'none'}, expected [${episodes}] (one number for each episode)`,
      );
    const numbers = [...(value as tf.Tensor).dataSync()];
    if (!numbers.every(Number.isFinite))
      fail(`is ${numbers.find((n) => !Number.isFinite(n))}, expected finite numbers`);
  });
  return { ...model, loss };
}
