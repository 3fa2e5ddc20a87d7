import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint, trainedParameters } from '../../meta/checkpoint.ts';
import { decodeSafetensors, encodeSafetensors } from '../../meta/safetensors.ts';
import { initialState, stateOf, type TrainingState } from '../../meta/trainer.ts';
import { loadRun, pretrainedNames } from '../../runs/run-folder.ts';
import { hopfieldSite, mlp } from '../../src/energy/index.ts';
import { InputError } from '../../src/errors.ts';
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

const rewritten = (path: string, from: string | RegExp, to: string) => {
  writeFileSync(path, Buffer.from(readFileSync(path).toString('latin1').replace(from, to), 'latin1'));
};

test('a newer format is refused, and anything else that is not one of ours', async () => {
  const path = join(folder, 'format.safetensors');
  await saveCheckpoint(path, state, specs);
  rewritten(path, '"ebmm 2"', '"ebmm 9"');
  await expect(loadCheckpoint(path, specs)).rejects.toThrow(/format is 9, made by a newer version of ebmm/);
  rewritten(path, '"ebmm 9"', '"EBMM 2"');
  await expect(loadCheckpoint(path, specs)).rejects.toThrow(/not a checkpoint of ebmm/);
});

test('a file of format 1, which had no seal, is read; a sealed one cannot pass for it', async () => {
  const path = join(folder, 'old.safetensors');
  const { values, ...progress } = state;
  const tensors = Object.fromEntries(
    Object.entries(values).map(([name, v]) => [name, { shape: specs[name.slice(2)].shape, values: v }]),
  );
  writeFileSync(path, encodeSafetensors(tensors, { format: 'ebmm 1', progress: JSON.stringify(progress) }));
  expect(await loadCheckpoint(path, specs)).toEqual(state);
  await saveCheckpoint(path, state, specs);
  rewritten(path, '"ebmm 2"', '"ebmm 1"');
  await expect(loadCheckpoint(path, specs)).rejects.toThrow(/its checksum does not fit/);
});

test('a change of any one byte is found', async () => {
  const path = join(folder, 'flipped.safetensors');
  await saveCheckpoint(path, state, specs);
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at += 7) {
    const flipped = Buffer.from(whole);
    flipped[at] ^= 1 << (at % 8);
    writeFileSync(path, flipped);
    await expect(loadCheckpoint(path, specs), `byte ${at}`).rejects.toThrow(InputError);
  }
  writeFileSync(path, Buffer.concat([whole, Buffer.from([0])]));
  await expect(loadCheckpoint(path, specs)).rejects.toThrow(/1 bytes of no tensor at its end/);
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

test('every pretrained memory is sealed', async () => {
  for (const name of await pretrainedNames()) {
    const file = new URL(`../../runs/pretrained/${name}/checkpoint/state.safetensors`, import.meta.url);
    const { metadata } = decodeSafetensors(readFileSync(file), name);
    expect(metadata, name).toMatchObject({
      format: 'ebmm 2',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await loadRun(name)).state.step, name).toBeGreaterThan(0);
  }
});

test('weights that are no numbers are refused, though the seal fits', async () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const path = join(folder, 'nan.safetensors');
    const broken: TrainingState = stateOf({ W: Float32Array.of(1, value), b: Float32Array.of(0) });
    const specs = { W: { shape: [2], init: { constant: 0 }, writable: true }, b: { shape: [1], init: { constant: 0 }, writable: false } }; // biome-ignore format: one line
    await saveCheckpoint(path, broken, specs);
    await expect(loadCheckpoint(path, specs)).rejects.toThrow(
      `tensor "p:W" holds ${value}, expected finite numbers`,
    );
  }
});
