/**
 * @file Whether a machine draws the same episodes and computes the same bits: everybody computes the first part of the first update, with
 * the initial parameters of the seed, and compares checksums. Data, Node's mathematics, processors and versions are all in it.
 */
import type { Config } from '../../meta/config.ts';
import type { Learner } from '../../meta/learner.ts';
import { computeParts } from '../../meta/parts.ts';
import type { Trainer } from '../../meta/trainer.ts';
import { initialise } from '../../src/energy/index.ts';
import { prefixed } from '../../src/prefixed.ts';
import { digestOf, type Spec } from './protocol.ts';

export async function proofOf(
  { training, seed }: Pick<Config, 'training' | 'seed'>,
  learner: Learner,
  trainer: Trainer,
): Promise<Spec['proof']> {
  const update = 1;
  const draw = learner.draw(update, { k: 0, of: training.parts ?? 1 });
  const episodes = digestOf(draw.values as Record<string, Float32Array>);
  const parameters = prefixed('p:', initialise(learner.trainable.parameters, seed));
  const program = await trainer.compile(draw.patterns);
  const wanted = { update, patterns: draw.patterns, parameters, program };
  const [{ sums, error, queryError }] = await computeParts(learner, wanted, [0]);
  return { episodes, outcome: digestOf({ ...sums, errors: [error, queryError] }) };
}
