/** @file The library's functions called wrongly: one line that says what was expected. */
import { expect, test } from 'vitest';
import * as library from '../../runs/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a program in JavaScript may pass
const ebmm = library as any;
const run = await library.loadRun('binary-64');
const task = await library.loadTask({ name: 'binary', dimension: 4 }, { cache: '' });
const corruption = library.parseCorruption('resample:2', task);
const parameters = (fill: number, size?: number) =>
  Object.fromEntries(
    Object.entries(run.model.parameters).map(([name, { shape }]) => [
      name,
      new Float32Array(size ?? shape.reduce((a, b) => a * b, 1)).fill(fill),
    ]),
  );
const engine = library.compiledEngine({ threads: 1 });

/** Everything that takes options, with one that is misspelt, and the one that was meant. */
test.each<[string, () => unknown, string]>([
  ['compiledEngine', () => ebmm.compiledEngine({ thread: 1 }), 'threads'],
  ['compiledEngine: cache', () => ebmm.compiledEngine({ cache: { program: 1, bytes: 1 } }), 'programs'],
  ['rivals', () => ebmm.rivals.modern({ flots: 100 }), 'floats'],
  ['diffusionRivals', () => ebmm.diffusionRivals.diffusion({ sead: 1 }), 'seed'],
  ['memories', () => ebmm.memories.modern({ betta: 1 }), 'beta'],
  ['networks', () => ebmm.networks.mlp({ patternShape: [4], hiden: [3] }), 'hidden'],
  ['exportMemory', () => ebmm.exportMemory(run, { pattern: 4 }), 'patterns'],
  ['loadRun', () => ebmm.loadRun('binary-64', { beast: true }), 'best'],
  [
    'metaTrain',
    () => ebmm.metaTrain({ network: { name: 'mlp' }, task: { name: 'binary' }, traning: {} }),
    'training',
  ],
  ['evaluateMemories', () => ebmm.evaluateMemories([], { task, pattern: 1 }), 'patterns'],
  [
    'LearnedMemory',
    () => new ebmm.LearnedMemory({ model: run.model, parameters: parameters(0), engine, trainned: 3 }),
    'trained',
  ],
  ['charts', () => ebmm.charts.learningCurve([], { titel: 'x' }), 'title'],
  ['charts of loads', () => ebmm.charts.errorAgainstPatterns({}, { skale: 'linear' }), 'scale'],
  ['charts of energies', () => ebmm.charts.energyTrace([], { units: 'nats' }), 'unit'],
  ['charts of floats', () => ebmm.charts.rateDistortion({}, { nam: 'x' }), 'name'],
  ['charts of bits', () => ebmm.charts.bitsDistortion({}, { nam: 'x' }), 'name'],
  ['filmstrip', () => ebmm.charts.filmstrip({}, { note: [] }), 'notes'],
])('%s refuses an option that it has none of', async (_, call, meant) => {
  const error = await (async (): Promise<unknown> => call())().catch((thrown) => thrown as Error);
  expect(error).toBeInstanceOf(library.InputError);
  const { message } = error as Error;
  expect(message).toMatch(/^[^\n]+$/);
  expect(message).toContain(`"${meant}"`);
});

/** Everything that takes options, with values of the wrong kind: what JavaScript takes for true, or for a number. */
const [image, bits] = [{ patternShape: [8, 8, 1] }, { patternShape: [4] }];
test.each<[string, (options: object) => unknown, Record<string, unknown>]>([
  ['hopfield-site', (o) => ebmm.networks['hopfield-site']({ ...bits, ...o }), { patternShape: 4, width: -1, features: ['xx'], linear: { xh: '1' }, deviation: 0, self: 'own', writing: 'code' }], // biome-ignore format: a table
  ['key-value', (o) => ebmm.networks['key-value']({ ...image, ...o }), { keys: 1.5, code: '2', width: null, kernel: 0, mean: Number.NaN, writing: 'own' }], // biome-ignore format: a table
  ['coded-slots', (o) => ebmm.networks['coded-slots']({ ...image, ...o }), { slots: '?', code: -1, halvings: 9, longest: 0, width: 0, sharpness: -1, blank: 'false', noise: 0, tied: 1 }], // biome-ignore format: a table
  ['level-slots', (o) => ebmm.networks['level-slots']({ ...bits, ...o }), { slots: 0, bits: 17, steps: '4', sharpness: 0 }], // biome-ignore format: a table
  ['mlp', (o) => ebmm.networks.mlp({ ...bits, ...o }), { hidden: [0], activation: 'relu', writable: 'none' }],
  ['gated-recurrent', (o) => ebmm.networks['gated-recurrent']({ ...bits, ...o }), { width: 1, hops: 0, memory: '1' }], // biome-ignore format: a table
  ['convolutional', (o) => ebmm.networks.convolutional({ ...image, ...o }), { channels: [1, 2], memory: [], hops: -1, hidden: 0 }], // biome-ignore format: a table
  ['fc-resnet', (o) => ebmm.networks['fc-resnet']({ ...image, ...o }), { channels: [1, 2, 0], features: '2', memory: 0, width: '4', hops: 0.5, hidden: null, target: 'no', writing: 'own' }], // biome-ignore format: a table
  ['conv-resnet', (o) => ebmm.networks['conv-resnet']({ ...image, ...o }), { channels: [1], memory: -1, width: 1, downscale: 3, hops: '1', hidden: 0, target: 1, writing: '' }], // biome-ignore format: a table
  ['universal', (o) => ebmm.networks.universal({ ...bits, ...o }), { slots: 0, similarity: 'dt', separation: 'max', degree: 0, beta: '1', decay: null, deviation: Number.NaN, mean: '0', range: [1] }], // biome-ignore format: a table
  ['classical', (o) => ebmm.memories.classical({ rule: 'hebb', ...o }), { rule: 'hebbs', update: 'sync', selfConnections: 'no', range: null, seed: '1' }], // biome-ignore format: a table
  ['dense', (o) => ebmm.memories.dense(o), { interaction: 'cubic', degree: 1.5, update: null, range: [1, 1 + 1e-12], seed: null, floats: 1.5 }], // biome-ignore format: a table
  ['modern', (o) => ebmm.memories.modern(o), { beta: '1', similarity: null, finish: 'none', range: new Array(2), floats: 2.5 }], // biome-ignore format: a table
  ['nearest', (o) => ebmm.memories.nearest(o), { range: [-1, 1e300], floats: null }],
  ['components', (o) => ebmm.memories.components({ basis: { mean: new Float32Array(4), components: new Float32Array(4) }, ...o }), { basis: { mean: [0], components: [1] }, floats: 0.5, range: null }], // biome-ignore format: a table
  ['epanechnikov', (o) => ebmm.memories.epanechnikov(o), { beta: null, range: null, floats: '8' }],
  [
    'coded',
    (o) => ebmm.memories.coded({ coding: 'packed', ...o }),
    { coding: 'zip', floats: 1.5, range: null },
  ],
  ['universal memory', (o) => ebmm.memories.universal({ similarity: 'dot', separation: 'softmax', range: [-1, 1], ...o }), { similarity: null, separation: 'max', parameter: '1', readout: 'median', normalise: 1, mode: 'wrong', range: null, form: 'square', smoothing: '1', name: 'a\u001bb', steps: 1.5, floats: null }], // biome-ignore format: a table
  ['sparseDistributed', (o) => ebmm.memories.sparseDistributed(o), { locations: 1.5, kind: 'real', radius: '2', beta: null, range: null, seed: '?' }], // biome-ignore format: a table
  ['randomFeatures', (o) => ebmm.memories.randomFeatures({ floats: 64, ...o }), { floats: 1.5, beta: 0, range: {}, seed: [] }], // biome-ignore format: a table
  ['diffusion', (o) => ebmm.memories.diffusion(o), { name: '', method: 'euler', process: null, start: 0, end: '1', completion: 1, range: null, floats: 1.5, seed: '1' }], // biome-ignore format: a table
  ['trainedDiffusion', (o) => ebmm.memories.trainedDiffusion(o), { name: 1, steps: 0, engine: {}, seed: '1', learningRate: '1', decay: 'linear' }], // biome-ignore format: a table
  ['diffusionRivals', (o) => ebmm.diffusionRivals.diffusion(o), { seed: '1', range: null, floats: 1.5 }],
  ['rivals', (o) => ebmm.rivals.hebb(o), { seed: '1', range: null, floats: 1.5 }],
  ['evaluateMemories', (o) => ebmm.evaluateMemories([ebmm.rivals.hebb()], { task, patterns: 1, ...o }), { task: Promise.resolve(task), corruption: null, patterns: [], episodes: 1.5, known: 'yes', split: null, seed: '1', steps: -1, onProgress: true, signal: {} }], // biome-ignore format: a table
  ['exportMemory', (o) => ebmm.exportMemory(run, o), { episodes: null, patterns: 1.5, queries: '1', known: 'yes', steps: null, bits: 17 }], // biome-ignore format: a table
  ['errorAgainstPatterns', (o) => ebmm.charts.errorAgainstPatterns({}, o), { name: 1, published: {}, scale: 'root', format: 'gif' }], // biome-ignore format: a table
  ['filmstrip', (o) => ebmm.charts.filmstrip({}, o), { title: null, notes: 'a', format: null }],
  [
    'compiledEngine',
    (o) => ebmm.compiledEngine(o),
    {
      device: 'gpu',
      threads: 1.5,
      target: 'arm',
      products: null,
      parts: 0,
      cache: [],
      profile: 1,
      session: 'fast',
    },
  ],
  ['cache of compiledEngine', (o) => ebmm.compiledEngine({ cache: { programs: 1, bytes: 1, ...o } }), { programs: -1, bytes: '?' }], // biome-ignore format: a table
  // What stands for permission is no word that is taken for true.
  ['loadRun', (o) => ebmm.loadRun('binary-64', o), { allowModules: 'false', best: 0, weights: 5 }],
  ['saveRun', (o) => ebmm.saveRun({}, 'x', o), { overwrite: 'no' }],
  ['LearnedMemory', (o) => new ebmm.LearnedMemory({ model: run.model, parameters: parameters(0), engine, ...o }), { name: '', model: null, parameters: { w: [1] }, engine: {}, trained: -1 }], // biome-ignore format: a table
])('%s refuses values of another kind', async (_, make, options) => {
  for (const [name, value] of Object.entries(options)) {
    const error = await (async (): Promise<unknown> => make({ [name]: value }))().catch((thrown) => thrown as Error); // biome-ignore format: one line
    expect(error, name).toBeInstanceOf(library.InputError);
    expect((error as Error).message).toMatch(new RegExp(`^[^\\n]*\\b${name}\\b[^\\n]*expected [^\\n]+$`));
  }
});

test('recall of every memory refuses an option that it has none of', async () => {
  const patterns = library.tf.tensor2d([[1, -1, 1, -1]]);
  const made = [
    ...Object.entries(library.rivals).map(([name, make]) => [name, make()] as const),
    ...Object.entries(library.diffusionRivals).map(([name, make]) => [name, make({ seed: 1 })] as const),
    [
      'universal',
      library.memories.universal({ similarity: 'dot', separation: 'softmax', range: [-1, 1] }),
    ] as const,
    ['sparse distributed', library.memories.sparseDistributed({ locations: 8 })] as const,
    ['epanechnikov', library.memories.epanechnikov()] as const,
    ['random features', library.memories.randomFeatures({ floats: 64 })] as const,
  ];
  for (const [name, memory] of made) {
    const stored = await memory.store(patterns);
    // biome-ignore lint/suspicious/noExplicitAny: what a program in JavaScript may pass
    const wrong = stored.recall(patterns, { setps: 1 } as any);
    await expect(wrong, name).rejects.toThrow('recall: unknown option "setps"; did you mean "steps"?');
    stored.dispose?.();
  }
  const learned = library.memoryOf(run, engine);
  const bits = library.tf.ones([1, ...run.model.patternShape] as [number, number]);
  const stored = await learned.store(bits);
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  await expect(stored.recall(bits, { setps: 1 } as any)).rejects.toThrow('did you mean "steps"?');
});

test.each<[string, () => unknown, RegExp]>([
  ...[0, -1, 1.5, Number.NaN, 1e9, '2'].map(
    (threads) =>
      [`threads ${threads}`, () => ebmm.compiledEngine({ threads }), /expected a whole number from 1 to 1024/] as [string, () => unknown, RegExp], // biome-ignore format: one line
  ),
  ['no run', () => ebmm.loadRun(), /expected the name of a run/],
  ['a run that is a number', () => ebmm.loadRun(5), /expected the name of a run/],
  ['memoryOf of nothing', () => ebmm.memoryOf({}, engine), /run is to be what loadRun returns/],
  ['memoryOf without an engine', () => ebmm.memoryOf(run), /expected an engine: make one with/],
  [
    'a seed that is no number',
    () => ebmm.rivals.hebb({ seed: Number.NaN }),
    /seed is NaN, expected a finite number/,
  ],
  ['a range of one', () => ebmm.rivals.hebb({ range: [0] }), /two finite numbers/],
  ['floats below zero', () => ebmm.rivals.modern({ floats: -1 }), /expected a whole number of at least 1/],
  [
    'export of -1 patterns',
    () => ebmm.exportMemory(run, { patterns: -1 }),
    /patterns is -1, expected a whole number/,
  ],
  ['export of 0 episodes', () => ebmm.exportMemory(run, { episodes: 0 }), /episodes is 0/],
  ['export of NaN steps', () => ebmm.exportMemory(run, { steps: Number.NaN }), /steps is NaN/],
  ['no corruption', () => ebmm.parseCorruption(undefined, task), /invalid corruption undefined/],
  ['a batch of -1', () => ebmm.drawBatch(task, corruption, 'test', 1, 0, -1, 3), /episodes is -1/],
  ['a batch of NaN', () => ebmm.drawBatch(task, corruption, 'test', 1, 0, 1, Number.NaN), /patterns is NaN/],
  ['a batch without end', () => ebmm.drawBatch(task, corruption, 'test', 1, 0, 1e6, 1e6), /expected at most/],
  [
    'a split',
    () => ebmm.drawBatch(task, corruption, 'tset', 1, 0, 1, 3),
    /split is "tset", expected one of train/,
  ],
  ['no network', () => ebmm.metaTrain({}), /./],
  ['a network by name', () => ebmm.metaTrain({ network: 'mlp' }), /./],
  ['no configuration', () => ebmm.parseConfig(null, 'x'), /./],
  [
    'missing parameters',
    () => new library.LearnedMemory({ model: run.model, parameters: {}, engine }),
    /missing, expected/,
  ],
  [
    'short parameters',
    () => new library.LearnedMemory({ model: run.model, parameters: parameters(0, 1), engine }),
    /1 values, expected/,
  ],
  [
    'parameters of NaN',
    () => new library.LearnedMemory({ model: run.model, parameters: parameters(Number.NaN), engine }),
    /not finite/,
  ],
])('%s', async (_, call, message) => {
  let error: unknown;
  try {
    await call();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(library.InputError);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toContain('\n');
});

test('a rival needs no options', async () => {
  for (const make of Object.values(ebmm.rivals) as (() => library.AssociativeMemory)[])
    expect(make().name).toBeTruthy();
});
