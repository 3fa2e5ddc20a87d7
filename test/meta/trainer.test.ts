import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import { memoryLearner } from '../../meta/memory-learner.ts';
import { Trainer } from '../../meta/trainer.ts';
import { compiledEngine, tfjsEngine } from '../../src/compile/index.ts';
import { hopfieldSite } from '../../src/energy/index.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import { loadTask, parseCorruption } from '../../tasks/index.ts';

const task = await loadTask({ name: 'binary', dimension: 32 }, { cache: '' });
const corruption = parseCorruption('resample:16', task);

function trainer(training: object, engine = compiledEngine(), more: object = {}) {
  const config = parseConfig(
    {
      task: { name: 'binary', dimension: 32 },
      network: { name: 'hopfield-site', width: 8 },
      write: { steps: 3, divisor: 8 },
      read: { steps: 3 },
      training: { episodes: 4, patterns: 8, warmup: 10, ...training },
      ...more,
    },
    'test',
  );
  const network = hopfieldSite({ patternShape: [32], width: 8 });
  const model = energyModel(network, config);
  const learner = memoryLearner({ config, task, corruption, model });
  return new Trainer({ training: config.training, learner, engine, seed: config.seed });
}

test('training lowers the error of recall', async () => {
  const t = trainer({ steps: 60, learning_rate: 0.01 });
  const errors: number[] = [];
  for (let i = 0; i < 60; i++) errors.push((await t.update()).error);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(mean(errors.slice(-10))).toBeLessThan(0.6 * mean(errors.slice(0, 10)));
});

test('both engines take the same steps', async () => {
  const compiled = trainer({ steps: 3 });
  const eager = trainer({ steps: 3 }, await tfjsEngine('cpu'));
  for (let i = 0; i < 3; i++) {
    const [a, b] = [await compiled.update(), await eager.update()];
    expect(a.loss).toBeCloseTo(b.loss, 4);
    expect(a.gradientNorm / b.gradientNorm).toBeCloseTo(1, 3);
    expect(a.error).toBeCloseTo(b.error, 1);
  }
});

describe('numerical trouble', () => {
  test('updates without a finite gradient change no parameter, are counted, and end training', async () => {
    const t = trainer({ steps: 9, tolerance: 3 }, undefined, { write: { steps: 3, rate: 1e30, divisor: 8 } });
    const before = structuredClone(t.state.values);
    expect((await t.update()).trouble).toMatch(/^writing diverged: W/);
    expect((await t.update()).trouble).toMatch(/^writing diverged: W/);
    await expect(t.update()).rejects.toThrow(/stopped at update 3: 3 .* at first writing diverged: W/);
    expect(t.state.lost).toEqual({ total: 3, inARow: 3 });
    for (const [name, values] of Object.entries(before)) expect(t.state.values[name], name).toEqual(values);
  });
});
