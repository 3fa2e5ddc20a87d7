/** @file Updates in parts: parts of the batch of every learner, and training whose parts are computed elsewhere, in any order. */
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import { diffusionLearner } from '../../meta/diffusion-learner.ts';
import type { Learner } from '../../meta/learner.ts';
import { memoryLearner } from '../../meta/memory-learner.ts';
import { computeParts, drawParts, joinedValues, type PartsElsewhere, Stopped } from '../../meta/parts.ts';
import { Trainer } from '../../meta/trainer.ts';
import { compiledEngine, tfjsEngine } from '../../src/compile/index.ts';
import { scoreMlp } from '../../src/diffusion/index.ts';
import { hopfieldSite } from '../../src/energy/index.ts';
import { InputError } from '../../src/errors.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import { loadTask, parseCorruption } from '../../tasks/index.ts';

const task = await loadTask({ name: 'binary', dimension: 16 }, { cache: '' });

function setup(training: object = {}, stream?: object) {
  const config = parseConfig(
    {
      task: { name: 'binary', dimension: 16, stream },
      network: { name: 'hopfield-site', width: 4 },
      write: { steps: 2, divisor: 8 },
      read: { steps: 2 },
      training: {
        episodes: 6,
        patterns: [2, 3, 5],
        warmup: 2,
        steps: 6,
        average: 0.5,
        parts: 3,
        ...training,
      },
    },
    'test',
  );
  const model = energyModel(hopfieldSite({ patternShape: [16], width: 4 }), config);
  const corruption = parseCorruption('resample:4', task);
  return { config, learner: memoryLearner({ config, task, corruption, model }) };
}

function trainer(
  { config, learner }: ReturnType<typeof setup>,
  elsewhere?: PartsElsewhere,
  engine = compiledEngine({ threads: 2 }),
) {
  return new Trainer({ training: config.training, learner, engine, seed: 5, elsewhere });
}

describe('the parts of a batch, one behind the other, are the batch', () => {
  const patterns = Float32Array.from({ length: 3 * 4 }, (_, i) => (i % 5 < 2 ? -1 : 1));
  const network = scoreMlp({ patternShape: [4], noise: { start: 8, end: 0.5 } });
  const learners: Record<string, Learner> = {
    memory: setup().learner,
    'queries of some patterns, some untold': setup({ queries: 2, untold: 0.5 }).learner,
    diffusion: diffusionLearner({ network, patterns, batch: 6, seed: 3 }),
  };
  test.each(Object.entries(learners))('%s', (_, learner) => {
    for (const update of [1, 2, 7])
      for (const of of [2, 3, 6]) {
        const whole = learner.draw(update);
        expect(joinedValues(drawParts(learner, update, of).map(({ values }) => values))).toEqual(
          whole.values,
        );
        expect(learner.load(update)).toBe(whole.patterns);
      }
  });
});

test('training whose parts are computed elsewhere, in any order and by another engine, is the same bit for bit', async () => {
  const here = trainer(setup());
  const other = compiledEngine({ threads: 1 });
  const own = setup();
  const there = trainer(setup(), async ({ update, patterns, parameters }) => {
    // What another process has: the configuration, and what travels.
    const program = await trainer(own, undefined, other).compile(patterns);
    const wanted = { update, patterns, parameters, program };
    const late = await computeParts(own.learner, wanted, [2, 1]);
    const first = await computeParts(own.learner, wanted, [0]);
    return [first[0], late[1], late[0]];
  });
  for (let i = 0; i < 6; i++) expect(await there.update()).toEqual(await here.update());
  expect(there.state.values).toEqual(here.state.values);
});

test('parts must divide the examples, be several, and be what the engine computes', async () => {
  const nowhere: PartsElsewhere = async () => [];
  expect(() => trainer(setup({ parts: 4 }))).toThrow('training.parts is 4: expected a divisor of 6');
  expect(() => trainer(setup({ parts: 1 }), nowhere)).toThrow('expected at least 2');
  const eager = trainer(setup(), nowhere, await tfjsEngine('cpu'));
  await expect(eager.update()).rejects.toThrow(InputError);
});

test('an update that was waiting for its parts when training stopped was not made', async () => {
  const t = trainer(setup(), async () => {
    throw new Stopped();
  });
  const before = structuredClone(t.state);
  await expect(t.update()).rejects.toThrow(Stopped);
  expect(t.state).toEqual(before);
});
