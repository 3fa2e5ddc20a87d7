import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../meta/checkpoint.ts';
import { initialState } from '../../meta/trainer.ts';
import { hopfieldSite, mlp } from '../../src/energy/index.ts';
import { defaultRule } from '../../src/memory/rule.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebmm-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const network = hopfieldSite({ patternShape: [6], width: 2 });
const state = { ...initialState(network, defaultRule, 3), step: 12, seconds: 4.5, errorAverage: 0.25 };
const file = join(folder, 'state.safetensors');

test('a checkpoint holds the whole state of training', async () => {
  await saveCheckpoint(file, state, network, defaultRule);
  expect(await loadCheckpoint(file, network, defaultRule)).toEqual(state);
});

test('saving leaves no other file behind', () => {
  expect(readdirSync(folder)).toEqual(['state.safetensors']);
});

test('parameters alone are enough to use', async () => {
  await saveCheckpoint(file, state, network, defaultRule, { parametersOnly: true });
  const loaded = await loadCheckpoint(file, network, defaultRule);
  expect(Object.keys(loaded.values).every((name) => name.startsWith('p:'))).toBe(true);
  expect(loaded.values['p:W']).toEqual(state.values['p:W']);
});

test('the checkpoint of another network is refused by its first tensor that differs', async () => {
  const other = mlp({ patternShape: [6], hidden: [4] });
  await expect(loadCheckpoint(file, other, defaultRule)).rejects.toThrow(/tensor "p:W1" is missing/);
  const wider = hopfieldSite({ patternShape: [7], width: 2 });
  await expect(loadCheckpoint(file, wider, defaultRule)).rejects.toThrow(
    /tensor "p:W" has shape \[6,6\], expected \[7,7\]/,
  );
});

test('another version is refused', async () => {
  const text = readFileSync(file).toString('latin1').replace('"ebmm 1"', '"ebmm 9"');
  writeFileSync(file, Buffer.from(text, 'latin1'));
  await expect(loadCheckpoint(file, network, defaultRule)).rejects.toThrow(
    /format is "ebmm 9", expected "ebmm 1"/,
  );
});
