import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint, trainedParameters } from '../../meta/checkpoint.ts';
import { initialState } from '../../meta/trainer.ts';
import { hopfieldSite, mlp } from '../../src/energy/index.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import { defaultRule } from '../../src/memory/rule.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebmm-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const specs = energyModel(hopfieldSite({ patternShape: [6], width: 2 }), defaultRule).parameters;
const state = { ...initialState(specs, 3), step: 12, seconds: 4.5, errorAverage: 0.25 };
const file = join(folder, 'state.safetensors');

test('a checkpoint holds the whole state of training', async () => {
  await saveCheckpoint(file, state, specs);
  expect(await loadCheckpoint(file, specs)).toEqual(state);
});

test('saving leaves no other file behind', () => {
  expect(readdirSync(folder)).toEqual(['state.safetensors']);
});

test('parameters alone are enough to use', async () => {
  await saveCheckpoint(file, state, specs, { parametersOnly: true });
  const loaded = await loadCheckpoint(file, specs);
  expect(Object.keys(loaded.values).every((name) => name.startsWith('p:'))).toBe(true);
  expect(loaded.values['p:W']).toEqual(state.values['p:W']);
});

test('the checkpoint of another network is refused by its first tensor that differs', async () => {
  const other = energyModel(mlp({ patternShape: [6], hidden: [4] }), defaultRule).parameters;
  await expect(loadCheckpoint(file, other)).rejects.toThrow(/tensor "p:W1" is missing/);
  const wider = energyModel(hopfieldSite({ patternShape: [7], width: 2 }), defaultRule).parameters;
  await expect(loadCheckpoint(file, wider)).rejects.toThrow(
    /tensor "p:W" has shape \[6,6\], expected \[7,7\]/,
  );
});

test('another version is refused', async () => {
  const text = readFileSync(file).toString('latin1').replace('"ebmm 1"', '"ebmm 9"');
  writeFileSync(file, Buffer.from(text, 'latin1'));
  await expect(loadCheckpoint(file, specs)).rejects.toThrow(/format is "ebmm 9", expected "ebmm 1"/);
});

test('where a moving average was kept, it is what is used, and what parameters alone hold', async () => {
  const averaged = initialState(specs, 3, 0.9);
  averaged.values['a:W'] = averaged.values['a:W'].map((v) => v + 1);
  const path = join(folder, 'averaged.safetensors');
  await saveCheckpoint(path, averaged, specs);
  expect(await loadCheckpoint(path, specs)).toEqual(averaged);
  expect(trainedParameters(averaged).W).toEqual(averaged.values['a:W']);
  await saveCheckpoint(path, averaged, specs, { parametersOnly: true });
  const loaded = await loadCheckpoint(path, specs);
  expect(Object.keys(loaded.values).every((name) => name.startsWith('p:'))).toBe(true);
  expect(loaded.values['p:W']).toEqual(averaged.values['a:W']);
});
