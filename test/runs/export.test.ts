import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import { initialState } from '../../meta/trainer.ts';
import { exportMemory } from '../../runs/export.ts';
import { makeModel } from '../../runs/models.ts';
import { loadRun, memoryOf } from '../../runs/run-folder.ts';
import { compiledEngine } from '../../src/compile/index.ts';
import { hasRuntime } from '../../src/compile/onnx/session-program.ts';
import { numbersOf } from '../../src/memory/contents.ts';
import { quantised } from '../../src/memory/quantise.ts';
import { stream } from '../../src/random.ts';
import { sizeOf } from '../../src/shapes.ts';
import { ebmm, expectRefused, folderOfFile } from './command.ts';

const folder = folderOfFile();
const runtime = hasRuntime() ? await import('onnxruntime-node') : undefined;
if (!runtime)
  console.warn('not run: models in onnxruntime, which is not installed (npm install onnxruntime-node)');
const testInRuntime = test.skipIf(!runtime);

/** Patterns, and queries with the last quarter of their entries turned round, in a memory's range. */
function episode(shape: number[], count: number, [low, high]: readonly [number, number]) {
  const random = stream('export', shape.length, count);
  const size = sizeOf(shape);
  const patterns = Float32Array.from({ length: count * size }, () => (random.bit() ? high : low));
  const isKnown = (i: number) => i % size < 0.75 * size;
  const queries = patterns.map((v, i) => (isKnown(i) ? v : low + high - v));
  const known = patterns.map((_, i) => Number(isKnown(i)));
  return { patterns, queries, known };
}

async function runModel(
  bytes: Uint8Array,
  feeds: Record<string, Float32Array>,
  shapes: Record<string, number[]>,
) {
  const { InferenceSession, Tensor } = runtime!;
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(([name, v]) => [name, new Tensor('float32', v, shapes[name])]);
  const results = await session.run(Object.fromEntries(tensors));
  return Object.fromEntries(Object.entries(results).map(([name, t]) => [name, t.data as Float32Array]));
}

function expectClose(actual: Float32Array, expected: Float32Array, what: string) {
  expect(actual.length, what).toBe(expected.length);
  const worst = expected.reduce(
    (most, v, i) => Math.max(most, Math.abs(v - actual[i]) / (1 + Math.abs(v))),
    0,
  );
  expect(worst, what).toBeLessThan(1e-4);
}

testInRuntime.each([
  ['hopfield-site', { name: 'binary', dimension: 24 }, { width: 4 }],
  ['mlp', { name: 'binary', dimension: 24 }, { hidden: [8, 8] }],
  ['gated-recurrent', { name: 'binary', dimension: 24 }, { width: 8, memory: 4, hops: 2 }],
  ['key-value', { name: 'omniglot' }, { keys: 4, code: 16, width: 4 }],
  ['memory-network', { name: 'binary', dimension: 24 }, { slots: 4, code: 6, hidden: 8 }],
  ['dynamic-kanerva', { name: 'omniglot' }, { slots: 4, code: 16, width: 4 }],
])('%s: plain onnxruntime gives what the framework gives', async (name, task, options) => {
  const config = parseConfig(
    {
      task,
      network: { name, ...options },
      training: { patterns: 3 },
      // Small steps: steep ones would make more of the roundings, in which the two graphs differ.
      write: { steps: 2, rate: 0.05 },
      read: { steps: 3, rate: 0.3 },
    },
    'test',
  );
  const model = await makeModel(config);
  const state = initialState(model.parameters, 5);
  const memory = memoryOf({ model, state }, compiledEngine());
  const { patterns, queries, known } = episode(model.patternShape, 3, model.range);
  const expected = await memory.write(patterns, 1, 3);
  for (const told of [true, false]) {
    const exported = exportMemory({ name, config, model, state }, { known: told });
    const { write, read } = exported.memory;
    const written = await runModel(exported.write, { patterns }, write.inputs);
    for (const part of Object.keys(model.state))
      expectClose(written[part], expected[part] as Float32Array, part);
    const feeds = { ...written, queries, ...(told ? { known } : {}) };
    const { recalled, energy } = await runModel(exported.read, feeds, read.inputs);
    const { iterates } = await memory.read(expected, queries, 1, 3, { known: told ? known : undefined });
    expectClose(recalled, iterates.at(-1)!, 'recalled');
    if (model.energy) expectClose(energy, await memory.energies(expected, iterates.at(-1)!, 1, 3), 'energy');
    else expect(energy).toBeUndefined();
  }
});

const binary = join(folder, 'binary-64');

testInRuntime(
  'writing in b bits a number leaves so many levels, about as good as those chosen with more care',
  async () => {
    const run = await loadRun('binary-64');
    const { write, memory } = exportMemory(run, { patterns: 16, bits: 3 });
    expect(memory).toMatchObject({ floats: 8256, bits: 3, memory_bits: 8256 * 3 + 64 });
    const { patterns } = episode([128], 16, [-1, 1]);
    const shapes = memory.write.inputs;
    const exact = (await runModel(exportMemory(run, { patterns: 16 }).write, { patterns }, shapes)).W;
    const { W } = await runModel(write, { patterns }, shapes);
    const held = (values: Float32Array) => numbersOf({ shape: [128, 128], values, packing: 'symmetric' });
    for (const [i, group] of held(W).entries()) {
      const whole = held(exact)[i];
      expect(new Set(Array.from(group, (w) => w.toFixed(6))).size).toBeLessThanOrEqual(8);
      const error = (a: Float32Array) => a.reduce((sum, x, n) => sum + (x - whole[n]) ** 2, 0);
      expect(error(group)).toBeLessThan(1.1 * error(quantised(whole, 3)) + 1e-6);
    }
  },
);

testInRuntime('a pretrained memory is exported with its description; its models recall', async () => {
  const argv = ['export', 'binary-64', '--onnx', binary, '--patterns', '16', '--queries', '4'];
  const { status, out } = await ebmm(argv);
  expect(status).toBe(0);
  expect(out.split('\n')).toEqual(
    ['write.onnx', 'read.onnx', 'memory.json'].map((file) => join(binary, file)),
  );
  const memory = JSON.parse(readFileSync(join(binary, 'memory.json'), 'utf8'));
  expect(memory).toMatchObject({
    name: 'binary-64',
    range: [-1, 1],
    floats: 8256,
    write: { inputs: { patterns: [1, 16, 128] }, outputs: { W: [1, 128, 128] } },
    read: {
      inputs: { W: [1, 128, 128], queries: [1, 4, 128], known: [1, 4, 128] },
      outputs: { recalled: [1, 4, 128], energy: [1, 4] },
    },
  });
  const { patterns, queries, known } = episode([128], 16, [-1, 1]);
  const four = (values: Float32Array) => values.subarray(0, 4 * 128);
  const { W } = await runModel(readFileSync(join(binary, 'write.onnx')), { patterns }, memory.write.inputs);
  const { recalled } = await runModel(
    readFileSync(join(binary, 'read.onnx')),
    { W, queries: four(queries), known: four(known) },
    memory.read.inputs,
  );
  expect(recalled.map(Math.sign)).toEqual(four(patterns));
});

test.each([
  [['export', 'binary-64']],
  [['export', 'binary-46', '--onnx', folder]],
  [['export', 'binary-64', '--onnx', folder, '--patterns', '0']],
])('%j is refused', async (argv) => {
  expectRefused(await ebmm(argv), argv.join(' '));
});

/** A Python with onnxruntime and numpy: EBMM_PYTHON, or python3. */
const python = process.env.EBMM_PYTHON || 'python3';
const has = (() => {
  try {
    execFileSync(python, ['-c', 'import onnxruntime, numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
if (!has)
  console.warn(`not run from Python: ${python} has no onnxruntime and numpy (EBMM_PYTHON names another)`);

test.runIf(has)('the same from Python', { timeout: 120_000 }, async () => {
  await ebmm(['export', 'binary-64', '--onnx', binary, '--patterns', '16']);
  const run = await loadRun('binary-64');
  const memory = memoryOf(run, compiledEngine());
  const data = episode([128], 16, [-1, 1]);
  for (const [name, values] of Object.entries(data)) writeFileSync(join(binary, `${name}.f32`), values);
  const script = `
import sys, numpy as np, onnxruntime as ort
folder = sys.argv[1]
load = lambda name: np.fromfile(f'{folder}/{name}.f32', np.float32).reshape(1, 16, 128)
W, = ort.InferenceSession(f'{folder}/write.onnx').run(['W'], {'patterns': load('patterns')})
recalled, = ort.InferenceSession(f'{folder}/read.onnx').run(
    ['recalled'], {'W': W, 'queries': load('queries'), 'known': load('known')})
W.tofile(f'{folder}/W.f32'); recalled.tofile(f'{folder}/recalled.f32')`;
  execFileSync(python, ['-c', script, binary], { stdio: 'pipe' });
  const floats = (name: string) =>
    new Float32Array(Uint8Array.from(readFileSync(join(binary, `${name}.f32`))).buffer);
  const written = await memory.write(data.patterns, 1, 16);
  const { iterates } = await memory.read(written, data.queries, 1, 16, { known: data.known });
  expectClose(floats('W'), written.W as Float32Array, 'W');
  expectClose(floats('recalled'), iterates.at(-1)!, 'recalled');
});
