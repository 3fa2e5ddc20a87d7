/** @file Recalled patterns, weights and written states as arrays that NumPy reads, and back in. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { encodeSafetensors } from '../../meta/safetensors.ts';
import { encodeArrays, readArrays } from '../../runs/arrays.ts';
import { stream } from '../../src/random.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from './command.ts';

const folder = folderOfFile();
const at = (name: string) => join(folder, name);
const run = at('run');
const lines = (seed: string, count: number) => {
  const random = stream(seed);
  return Array.from({ length: count }, () => Array.from({ length: 16 }, () => random.bit()).join('')).join(
    '\n',
  );
};
const recall = async (...argv: string[]) => {
  const outcome = await ebmm(['recall', run, ...argv]);
  expect(outcome.status, outcome.err).toBe(0);
  return outcome;
};
const given = ['--patterns', at('patterns.txt'), '--queries', at('queries.txt')];

beforeAll(async () => {
  writeFileSync(at('config.json'), JSON.stringify(tiny));
  writeFileSync(at('patterns.txt'), lines('patterns', 3));
  writeFileSync(at('queries.txt'), lines('queries', 3));
  expect((await ebmm(['train', at('config.json'), '--out', run])).status).toBe(0);
});

/** A Python with NumPy and safetensors: EBMM_PYTHON, or python3. */
const python = process.env.EBMM_PYTHON || 'python3';
const has = (() => {
  try {
    execFileSync(python, ['-c', 'import numpy, safetensors.numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
if (!has) console.warn(`arrays not read with NumPy: ${python} has none (EBMM_PYTHON names another)`);

test('arrays are read back as they were written, scalars too; the same arrays give the same file', async () => {
  const arrays = {
    'site.w': { shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 1e-30, 5, 6) },
    row: { shape: [2], values: Float32Array.of(7, 8) },
    one: { shape: [], values: Float32Array.of(9) },
  };
  for (const format of ['npz', 'safetensors'] as const) {
    const file = at(`some.${format}`);
    writeFileSync(file, encodeArrays(format, arrays));
    expect(Buffer.from(encodeArrays(format, arrays)).equals(readFileSync(file))).toBe(true);
    const shapes = { one: [], 'site.w': [2, 3], row: [2] };
    const read = await readArrays(file, shapes);
    for (const [name, { values }] of Object.entries(arrays)) expect(read[name]).toEqual(values);
    await expect(readArrays(file, { row: [3] })).rejects.toThrow(
      /array "row" has shape \[2\], expected \[3\]/,
    );
    await expect(readArrays(file, { col: [3] })).rejects.toThrow(/array "col" is missing, expected \[3\]/);
    writeFileSync(file, encodeArrays(format, { x: { shape: [1], values: Float32Array.of(Number.NaN) } }));
    await expect(readArrays(file, { x: [1] })).rejects.toThrow(
      /array "x" holds NaN, expected finite numbers/,
    );
  }
});

test.each(['npy', 'npz', 'safetensors'])(
  'what is recalled goes into a .%s file, and is read as patterns again',
  async (format) => {
    const { out } = await recall(...given);
    const file = at(`recalled.${format}`);
    const quiet = await recall(...given, '--out', file);
    expect(quiet.out).toBe('');
    const name = format === 'npy' ? file : `${file}#recalled`;
    writeFileSync(at('text.txt'), out);
    const again = await recall('--patterns', name, '--queries', name, '--json');
    const expected = await recall('--patterns', at('text.txt'), '--queries', at('text.txt'), '--json');
    expect(again.out).toBe(expected.out);
  },
);

test.each(['npz', 'safetensors'])('weights go out as .%s and back in', async (format) => {
  const file = at(`weights.${format}`);
  const { status, out } = await ebmm(['export', run, '--weights', file]);
  expect({ status, out }).toEqual({ status: 0, out: file });
  const argv = ['evaluate', run, '--episodes', '4', '--against', 'none', '--json', '--patterns', '3'];
  const errors = async (...more: string[]) => JSON.parse((await ebmm([...argv, ...more])).out).rows[0].error;
  await errors();
  expect(await errors('--weights', file)).toBe(await errors());
  expect((await recall(...given, '--weights', file)).out).toBe((await recall(...given)).out);
  // Others give other errors: they are what is used.
  const { model } = await (await import('../../runs/run-folder.ts')).loadRun(run);
  const zeros = Object.entries(model.parameters).map(([name, { shape }]) => [
    name,
    { shape: [...shape], values: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
  ]);
  writeFileSync(file, encodeArrays(format as 'npz', Object.fromEntries(zeros)));
  expect(await errors('--weights', file)).not.toBe(await errors());
  // And the run keeps the evaluation of its own ones.
  const kept = JSON.parse(readFileSync(join(run, 'evaluation.json'), 'utf8'));
  expect(kept.weights).toBeUndefined();
  expect(kept.rows[0].error).toBe(await errors());
  writeFileSync(file, encodeArrays(format as 'npz', { W: { shape: [2], values: new Float32Array(2) } }));
  const wrong = await ebmm([...argv, '--weights', file]);
  expectRefused(wrong, 'of another shape');
  expect(wrong.err).toMatch(/array "W" has shape \[2\], expected \[16,16\]/);
});

test('a written state goes out as arrays and back in, also one that another program wrote', async () => {
  const direct = await recall(...given, '--json');
  for (const name of ['state.npz', 'state.safetensors']) {
    const stored = await ebmm(['store', run, '--patterns', at('patterns.txt'), '--out', at(name)]);
    expect(stored.status, stored.err).toBe(0);
    const { out } = await recall('--stored', at(name), '--queries', at('queries.txt'), '--json');
    expect(JSON.parse(out)).toEqual(JSON.parse(direct.out));
  }
  const { W } = await readArrays(at('state.npz'), { W: [16, 16] });
  writeFileSync(at('theirs.safetensors'), encodeSafetensors({ W: { shape: [16, 16], values: W } }).slice());
  const theirs = await recall('--stored', at('theirs.safetensors'), '--queries', at('queries.txt'), '--json');
  expect(JSON.parse(theirs.out)).toEqual(JSON.parse(direct.out));
});

test.each([
  [['export', run], /give --onnx DIR, --weights FILE, or both/],
  [['export', run, '--weights', at('w.npy')], /expected a name that ends in .npz or .safetensors/],
  [['store', run, '--patterns', at('patterns.txt'), '--out', at('s.npy')], /a memory is several arrays/],
  [['recall', run, ...given, '--weights', at('none.npz')], /none.npz: no such file/],
  [['recall', run, ...given, '--weights', at('patterns.txt')], /expected a .npz or .safetensors file/],
])('%j is refused', async (argv, message) => {
  const outcome = await ebmm(argv);
  expectRefused(outcome, argv.join(' '));
  expect(outcome.err).toMatch(message);
});

test.runIf(has)('NumPy reads and writes all of them', { timeout: 120_000 }, async () => {
  await ebmm(['export', run, '--weights', at('py.npz')]);
  await ebmm(['store', run, '--patterns', at('patterns.txt'), '--out', at('py-state.npz')]);
  for (const format of ['npy', 'npz', 'safetensors'])
    await recall(...given, '--out', at(`py.recalled.${format}`));
  const script = `
import sys, json, numpy as np
from safetensors.numpy import load_file, save_file
folder = sys.argv[1] + '/'
recalled = np.load(folder + 'py.recalled.npy')
z = np.load(folder + 'py.recalled.npz')
s = load_file(folder + 'py.recalled.safetensors')
assert np.array_equal(recalled, z['recalled']) and np.array_equal(recalled, s['recalled'])
assert set(z.files) == set(s) and all(np.array_equal(z[k], s[k]) for k in z.files), (z.files, list(s))
weights = dict(np.load(folder + 'py.npz'))
np.savez_compressed(folder + 'theirs.npz', **{k: v.astype(np.float64) for k, v in weights.items()})
save_file({k: np.ascontiguousarray(v) for k, v in weights.items()}, folder + 'theirs.weights.safetensors')
state = dict(np.load(folder + 'py-state.npz'))
np.savez(folder + 'theirs-state.npz', **{k: np.asfortranarray(v) for k, v in state.items()})
print(json.dumps([str(recalled.dtype), recalled.shape, recalled.tolist(), sorted(z.files), {k: v.shape for k, v in weights.items()}]))`;
  const [dtype, shape, values, names, shapes] = JSON.parse(
    execFileSync(python, ['-c', script, folder], { encoding: 'utf8' }),
  );
  const printed = JSON.parse((await recall(...given, '--json')).out);
  expect([dtype, shape]).toEqual(['float32', [3, 16]]);
  expect(values).toEqual(printed.patterns);
  expect(names).toEqual(['energies', 'patterns', 'queries', 'recalled']);
  expect(shapes.W).toEqual([16, 16]);
  const plain = (await recall(...given)).out;
  for (const file of ['theirs.npz', 'theirs.weights.safetensors'])
    expect((await recall(...given, '--weights', at(file))).out).toBe(plain);
  const stored = await recall('--stored', at('theirs-state.npz'), '--queries', at('queries.txt'));
  expect(stored.out).toBe(plain);
});
