import { describe, expect, test } from 'vitest';
import { makeModel } from '../../runs/models.ts';
import { configure, presetNames } from '../../runs/presets.ts';
import type { MemoryModel } from '../../src/memory/model.ts';

const models = new Map<string, Promise<MemoryModel>>();

/** The preset's model; presets that differ in how they are trained alone have one. */
async function modelOf(name: string): Promise<MemoryModel> {
  const { config } = await configure(name, []);
  const { training, corruption, seed, ...rest } = config;
  const key = JSON.stringify(rest);
  const model = models.get(key) ?? makeModel(config);
  models.set(key, model);
  return model;
}

describe.each(await presetNames())('preset %s', (name) => {
  test('is a complete configuration of a memory', async () => {
    expect((await modelOf(name)).floats).toBeGreaterThan(0);
  });
});

/** Bartunov et al. 2020: table 1, and figure 3 at d = 32 (fully connected) and d = 8 (convolutional). */
test.each([
  ['paper-binary', 8256],
  ['paper-omniglot-fc', 257 * 32],
  ['paper-omniglot-conv', 1154 * 8],
  ['paper-cifar10-conv', 1154 * 8],
])('%s has the memory of the paper, %i floats', async (name, floats) => {
  const { config } = await configure(name, []);
  expect((await modelOf(name)).floats).toBe(floats);
  // Its settings of the outer loop, as far as they are printed.
  expect(config.training).toMatchObject({ learning_rate: 5e-5, weight_decay: 1e-6, clip: 0.05, steps: 2e6 });
  expect(config).toMatchObject({ range: [0, 1], read: { steps: 5 }, write: { rate: 1e-4, per_step: false } });
});

test.each([
  ['omniglot-fc', 16383],
  ['omniglot-conv', 8092],
])('%s goes on from its first stage, with %i floats', async (name, floats) => {
  const [{ config: first }, { config }] = [await configure(`${name}-first`, []), await configure(name, [])];
  expect((await modelOf(name)).floats).toBe(floats);
  const { network, write, read, known, corruption, range } = config;
  expect(first).toMatchObject({ network, write, read, known, corruption, range });
});
