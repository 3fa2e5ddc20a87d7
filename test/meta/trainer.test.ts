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

test('where fewer queries are read, all patterns are stored and the first ones are asked for', async () => {
  const make = (training: object) => {
    const config = parseConfig(
      { task: { name: 'binary', dimension: 32 }, network: { name: 'hopfield-site', width: 8 }, training },
      'test',
    );
    const model = energyModel(hopfieldSite({ patternShape: [32], width: 8 }), config);
    return memoryLearner({ config, task, corruption, model });
  };
  const [all, some] = [make({ episodes: 2, patterns: 8 }), make({ episodes: 2, patterns: 8, queries: 3 })];
  expect(some.trainable.inputs(2, 8)).toEqual({
    patterns: { shape: [2, 8, 32] },
    queries: { shape: [2, 3, 32] },
    known: { shape: [2, 3, 32] },
  });
  expect(make({ episodes: 2, patterns: 8, queries: 9 }).trainable.inputs(2, 8)).toEqual(
    all.trainable.inputs(2, 8),
  );
  const [full, part] = [all.draw(5).values, some.draw(5).values];
  expect(part.patterns).toEqual(full.patterns);
  for (const name of ['queries', 'known']) {
    const values = Array.from(full[name] as Float32Array);
    const expected = [...values.slice(0, 3 * 32), ...values.slice(8 * 32, 11 * 32)];
    expect(Array.from(part[name] as Float32Array), name).toEqual(expected);
  }
  // A recall that is right of the patterns that were asked for has no error.
  const targets = Array.from(full.patterns as Float32Array);
  const recalled = Float32Array.from([...targets.slice(0, 3 * 32), ...targets.slice(8 * 32, 11 * 32)]);
  expect(some.draw(5).measure({ recalled }).error).toBe(0);
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

  test('a gradient that stays 0 ends training, and what it leaves is not to be kept', async () => {
    const t = trainer({ steps: 200 }, undefined, { read: { steps: 2, rate: 1e9 } });
    expect(t.learns).toBe(true);
    const report = await t.update();
    expect([report.gradientNorm, t.learns]).toEqual([0, false]);
    expect(report.loss).toBeGreaterThan(0);
    for (let update = 2; update < 100; update++) await t.update();
    await expect(t.update()).rejects.toThrow(
      /stopped at update 100: the gradient was exactly 0 in the last 100/,
    );
  });
});
