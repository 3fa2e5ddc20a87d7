/** @file The library: a memory trained in a program is one that commands take, and back; options that there are none of are refused. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { decodeSafetensors } from '../../meta/safetensors.ts';
import {
  compiledEngine,
  type EnergyNetwork,
  evaluateMemories,
  InputError,
  loadRun,
  loadTask,
  memories,
  memoryOf,
  metaTrain,
  principalComponents,
  saveRun,
  type TrainedMemory,
  tf,
  type Validation,
} from '../../runs/index.ts';
import { readValidations } from '../../runs/validations.ts';
import { ebmm, folderOfFile, tiny } from './command.ts';

const folder = folderOfFile();
const engine = compiledEngine({ threads: 1 });
const config = {
  ...tiny,
  task: { name: 'binary' as const, dimension: 16 },
  network: { name: 'hopfield-site' as const, width: 4 },
  training: { ...tiny.training, steps: 8, decay: 'constant' as const, validate: { every: 2, episodes: 4 } },
};
const d = 16;
const own: EnergyNetwork = {
  patternShape: [d],
  parameters: { w: { shape: [d, d], init: { normal: 0.02 }, writable: true } },
  energy: (p, x) => tf.sum(tf.sub(tf.mul(0.2, tf.square(x)), tf.mul(x, tf.tanh(tf.matMul(x, p.w)))), 2),
};
const validations: Validation[] = [];
let trained: TrainedMemory;

beforeAll(async () => {
  trained = await metaTrain({ ...config, engine, onValidation: (each) => validations.push(each) });
});

const timeless = <T extends object>(records: readonly T[]) =>
  records.map((record) => {
    const { seconds, seconds_left, episodes_per_second, validation_seconds, ...rest } = record as Record<string, unknown>; // biome-ignore format: one line
    return rest;
  });
const tensorsOf = (file: string) => decodeSafetensors(readFileSync(file), file).tensors;

test('it trains as the command does, bit for bit, and saves the same run', async () => {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const run = join(folder, 'command');
  expect((await ebmm(['train', file, '--out', run])).status).toBe(0);
  const saved = await saveRun(trained, join(folder, 'saved'));
  expect(saved).toBe(join(folder, 'saved'));
  for (const name of ['state', 'best']) {
    const path = join('checkpoint', `${name}.safetensors`);
    expect(tensorsOf(join(saved, path)), name).toEqual(tensorsOf(join(run, path)));
  }
  const lines = (at: string) =>
    timeless(readFileSync(join(at, 'metrics.jsonl'), 'utf8').trim().split('\n').map((l) => JSON.parse(l))); // biome-ignore format: one line
  expect(lines(saved)).toEqual(lines(run));
  expect(timeless(await readValidations(saved))).toEqual(timeless(await readValidations(run)));
  expect(timeless(validations)).toEqual(timeless(await readValidations(run)));
  const configOf = (at: string) => {
    const { made_with, ...rest } = JSON.parse(readFileSync(join(at, 'config.json'), 'utf8'));
    return rest;
  };
  expect(configOf(saved)).toEqual(configOf(run));
  // And both go on alike.
  for (const at of [saved, run])
    expect((await ebmm(['train', '--resume', at, '--steps', '11'])).status).toBe(0);
  const state = join('checkpoint', 'state.safetensors');
  expect(tensorsOf(join(saved, state))).toEqual(tensorsOf(join(run, state)));
});

test('what is saved and loaded recalls as before; the best one, too', async () => {
  const at = await saveRun(trained, join(folder, 'loaded'));
  const patterns = tf.sign(tf.randomNormal([3, d], 0, 1, 'float32', 5));
  const recalled = async (memory: TrainedMemory | ReturnType<typeof memoryOf>) => {
    const stored = await memory.store(patterns);
    return (await (await stored.recall(tf.mul(patterns, 0.5))).patterns.data()) as Float32Array;
  };
  expect(await recalled(memoryOf(await loadRun(at), engine))).toEqual(await recalled(trained));
  const best = memoryOf(await loadRun(at, { best: true }), engine);
  expect(await recalled(best)).toEqual(await recalled(trained.best as TrainedMemory));
  await expect(saveRun(trained, at)).rejects.toThrow(
    /holds config.json: choose another folder, or overwrite/,
  );
  await saveRun(trained, at, { overwrite: true });
});

test('a network that is an object is named, not kept, and given again', async () => {
  const { network: _, ...rest } = config;
  const memory = await metaTrain({ ...rest, network: own, engine });
  const at = await saveRun(memory, join(folder, 'object'));
  await expect(loadRun(at)).rejects.toThrow(/its network was an object of the program that saved it/);
  const { status, err } = await ebmm(['evaluate', at]);
  expect({ status, err }).toEqual({ status: 2, err: expect.stringMatching(/its network was an object/) });
  const loaded = memoryOf(await loadRun(at, { network: own }), engine);
  const task = await loadTask(config.task, { cache: '' });
  const options = { task, corruption: 'resample:4', patterns: [3], episodes: 5 };
  const { rows } = await evaluateMemories({ loaded, memory }, options);
  expect(rows[0].error).toBe(rows[1].error);
  const other = { ...own, parameters: { w: { ...own.parameters.w, shape: [d, d + 1] } } };
  await expect(loadRun(at, { network: other })).rejects.toThrow(InputError);
  await saveRun(trained, join(folder, 'named'));
  await expect(loadRun(join(folder, 'named'), { network: own })).rejects.toThrow(/says what its network is/);
});

test('evaluateMemories gives the rows of evaluate', async () => {
  const at = await saveRun(trained, join(folder, 'measured'));
  const task = await loadTask(config.task, { cache: '' });
  const progress: number[] = [];
  const evaluation = await evaluateMemories(
    { ebmm: memoryOf(await loadRun(at), engine), hebb: memories.classical({ rule: 'hebb', seed: 1 }) },
    {
      ...{ task, corruption: 'resample:4', patterns: [2, 3], episodes: 6 },
      onProgress: ({ episodes }) => progress.push(episodes),
    },
  );
  const argv = ['evaluate', at, '--against', 'hebb', '--episodes', '6', '--json', '--threads', '1'];
  const printed = JSON.parse((await ebmm(argv)).out);
  const without = (rows: typeof evaluation.rows) => rows.map(({ store_seconds, ...row }) => row);
  expect(without(evaluation.rows)).toEqual(without(printed.rows));
  expect(progress.at(-1)).toBe(6);
});

test('a signal gives training and evaluation up, false from a callback ends training early', async () => {
  const reason = new Error('enough');
  const controller = new AbortController();
  const updates: number[] = [];
  const asked = metaTrain({
    ...config,
    engine,
    signal: controller.signal,
    onUpdate({ step }) {
      updates.push(step);
      if (step === 3) controller.abort(reason);
    },
  });
  await expect(asked).rejects.toBe(reason);
  expect(updates).toEqual([1, 2, 3]);
  await expect(metaTrain({ ...config, engine, signal: controller.signal })).rejects.toBe(reason);
  const short = await metaTrain({ ...config, engine, onUpdate: ({ step }) => step < 3 });
  expect(short.training.state.step).toBe(3);
  const task = await loadTask(config.task, { cache: '' });
  const measured = evaluateMemories([trained], { task, patterns: 2, signal: controller.signal });
  await expect(measured).rejects.toBe(reason);
});

test('a learned rival by its name is trained as energies are', async () => {
  const lstm = await metaTrain({
    ...{
      task: config.task,
      corruption: 'resample:4',
      network: { name: 'lstm', units: 4, hidden: 8 },
      engine,
    },
    training: { steps: 2, episodes: 2, patterns: 2 },
  });
  expect(lstm.floats).toBe(8);
});

test('every kind of memory stores and recalls, with its options', async () => {
  const patterns = tf.sign(tf.randomNormal([4, d], 0, 1, 'float32', 3));
  const basis = await principalComponents(new Float32Array(await patterns.data()), d, 3, engine);
  const kinds = {
    classical: memories.classical({ rule: 'pseudo-inverse' }),
    dense: memories.dense({ degree: 4 }),
    modern: memories.modern({ beta: 8 }),
    nearest: memories.nearest({ range: [-1, 1] }),
    coded: memories.coded({ coding: 'packed' }),
    components: memories.components({ basis }),
    universal: memories.universal({ similarity: 'dot', separation: 'softmax', parameter: 8, range: [-1, 1] }),
    sparseDistributed: memories.sparseDistributed({ locations: 200 }),
    epanechnikov: memories.epanechnikov(),
    randomFeatures: memories.randomFeatures({ floats: 2000 }),
    diffusion: memories.diffusion({ method: 'denoise' }),
    trainedDiffusion: memories.trainedDiffusion({ engine, steps: 20 }),
  };
  expect(Object.keys(kinds)).toEqual(Object.keys(memories));
  for (const [kind, memory] of Object.entries(kinds)) {
    const stored = await memory.store(patterns);
    const { patterns: recalled } = await stored.recall(patterns);
    expect(recalled.shape, kind).toEqual([4, d]);
    expect(stored.floats, kind).toBeGreaterThan(0);
  }
});

test.each(Object.keys(memories) as (keyof typeof memories)[])(
  'an option that %s has not is refused',
  (kind) => {
    // biome-ignore lint/suspicious/noExplicitAny: what a program in JavaScript may pass
    const make = memories[kind] as any;
    expect(() => make({ betta: 4 })).toThrow(new RegExp(`^${kind}: unknown option "betta"; `));
    expect(() => make(5)).toThrow(/expected an object of options/);
  },
);

test('unknown options of the other functions are refused, with the one that was meant', async () => {
  // biome-ignore lint/suspicious/noExplicitAny: what a program in JavaScript may pass
  const loose = { metaTrain, evaluateMemories, saveRun, loadRun } as any;
  await expect(loose.metaTrain({ ...config, onupdate: () => {} })).rejects.toThrow(/unknown key "onupdate"/);
  await expect(loose.evaluateMemories([trained], { taks: 1 })).rejects.toThrow(/unknown option "taks"; did you mean "task"/); // biome-ignore format: one line
  await expect(loose.evaluateMemories([5], { task: await loadTask(config.task, { cache: '' }), patterns: 2 })).rejects.toThrow(/memories\[0\] is 5, expected a memory/); // biome-ignore format: one line
  await expect(loose.saveRun(trained, join(folder, 'x'), { force: true })).rejects.toThrow(
    /unknown option "force"/,
  );
  await expect(loose.saveRun({}, join(folder, 'x'))).rejects.toThrow(
    /expected the memory that metaTrain returns/,
  );
  await expect(loose.loadRun('binary-64', { bset: true })).rejects.toThrow(
    /unknown option "bset"; did you mean "best"/,
  );
  expect(existsSync(join(folder, 'x'))).toBe(false);
});

test('a saved run stands alone: copied elsewhere it is the same', async () => {
  const at = await saveRun(trained, join(folder, 'here'));
  cpSync(at, join(folder, 'there'), { recursive: true });
  expect((await loadRun(join(folder, 'there'))).state).toEqual((await loadRun(at)).state);
});
