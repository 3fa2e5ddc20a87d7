/** @file Every function of the library called well, in small: what is wrong with a call is made from these. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as page from '../../runs/browser.ts';
import * as library from '../../runs/index.ts';

const { tf } = library;

/** Arguments that are right, made anew for every call, and names of options that are too costly or wild to get wrong here. */
export type Call = () => unknown[];

const engine = library.compiledEngine({ threads: 1 });
const run = await library.loadRun('binary-64');
const source = { cache: '' };
const task = await library.loadTask({ name: 'binary', dimension: 4 }, source);
const corruption = library.parseCorruption('resample:2', task);
const network = library.networks.mlp({ patternShape: [4], hidden: [3] });
const config = library.parseConfig({ task: { name: 'binary', dimension: 4 }, network: { name: 'mlp', hidden: [3] }, training: { episodes: 1, patterns: 1, steps: 1, log_every: 1 } }, 'x'); // biome-ignore format: a record
const written = { task: { name: 'binary', dimension: 4 }, network: { name: 'mlp', hidden: [3] }, training: { episodes: 1, patterns: 1, steps: 1, log_every: 1 } }; // biome-ignore format: a record
const trained = await library.metaTrain({ ...written, engine } as library.MetaTrainOptions);
const memory = library.rivals.hebb();
const evaluation = await library.evaluateMemories([memory], { task, patterns: [1, 2], episodes: 2 });
const metrics = trained.training.metrics;
const validation = { step: 1, error: 1, loads: [{ patterns: 1, error: 1, error_p5: 1, error_p95: 1 }], episodes: 1, seed: 0, best: true, seconds: 1, validation_seconds: 1 }; // biome-ignore format: a record
const double = ({ x }: library.NamedTensors) => ({ y: tf.mul(x, 2) });
const same = (inputs: library.NamedTensors) => inputs;
const specs = { x: { shape: [2] } };
const square = (x: library.tf.Tensor) => tf.square(x);
const sum = (...xs: library.tf.Tensor[]) =>
  xs.reduce((a, x) => tf.add(a, tf.sum(x)), tf.scalar(0) as library.tf.Tensor);
const model = library.energyModel(network, library.defaultRule);
const initial = page.initialise(model.parameters, 0);
const learned = new library.LearnedMemory({ model, parameters: initial, engine });
const program = await engine.compile(double, specs);
const bits = () => tf.tensor2d([[1, -1, 1, -1]]);
const stored = await memory.store(bits());
const modern = library.memories.modern();
const storedModern = await modern.store(bits());
const values = () => new Float32Array([1, -1, 1, -1]);
const state = await learned.write(values(), 1, 1);
const storedLearned = await learned.store(bits());
const strip = { patternShape: [2, 2, 1], patterns: [[0, 1, 0, 1]], queries: [[0, 0, 0, 1]], frames: [[[0, 0, 0, 1]], [[0, 1, 0, 1]]] }; // biome-ignore format: a record
const learner = page.memoryLearner({ config, task, corruption, model });
const settings = () => ({ trainable: learner.trainable, optimiser: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0, clip: 1 }, schedule: config.training, steps: 1 }); // biome-ignore format: a record
const one = () => tf.scalar(1);
const small = { name: 'x', config, model: trained.model, state: trained.training.state };
const folder = () => join(mkdtempSync(join(tmpdir(), 'ebmm-calls-')), 'run');

const shared: Record<string, Call> = {
  grad: () => [square],
  'grad()': () => [tf.tensor1d([1, 2]), tf.tensor1d([1, 1])],
  grads: () => [sum],
  'grads()': () => [[tf.tensor1d([1, 2]), tf.tensor1d([1, 2])], tf.scalar(1)],
  valueAndGrad: () => [square],
  'valueAndGrad()': () => [tf.tensor1d([1, 2]), tf.tensor1d([1, 1])],
  valueAndGrads: () => [sum],
  'valueAndGrads()': () => [[tf.tensor1d([1, 2])], tf.scalar(1)],
  checkNetwork: () => [network, 'mlp'],
  writableFloats: () => [network],
  energyModel: () => [network, library.defaultRule],
  LearnedMemory: () => [{ model, parameters: initial, engine, name: 'x', trained: 2 }],
  stream: () => [0, 'x', 1],
  drawBatch: () => [task, corruption, 'test', 1, 0, 1, 2],
  parseCorruption: () => ['resample:2', task],
  InputError: () => ['x'],
  'networks.hopfield-site': () => [{ patternShape: [4], width: 2 }],
  'networks.key-value': () => [{ patternShape: [8, 8, 1], keys: 2, code: 2, width: 2 }],
  'networks.coded-slots': () => [{ patternShape: [8, 8, 1], slots: 2, code: 4 }],
  'networks.level-slots': () => [{ patternShape: [4], slots: 2, bits: 2 }],
  'networks.mlp': () => [{ patternShape: [4], hidden: [3], activation: 'tanh' }],
  'networks.gated-recurrent': () => [{ patternShape: [4], width: 4, hops: 1, memory: 2 }],
  'networks.convolutional': () => [
    { patternShape: [8, 8, 1], channels: [2, 4, 4], memory: [0, 2], hops: 1, hidden: 2 },
  ],
  'networks.fc-resnet': () => [{ patternShape: [8, 8, 1], channels: [2, 2, 2], features: 2, memory: 2, width: 4, hops: 1, hidden: 2 }], // biome-ignore format: a record
  'networks.conv-resnet': () => [{ patternShape: [8, 8, 1], channels: [2, 2], width: 4, memory: 2, hops: 1, hidden: 2 }], // biome-ignore format: a record
  'networks.universal': () => [{ patternShape: [4], slots: 2 }],
  ...Object.fromEntries(
    Object.keys(library.rivals).map((name) => [`rivals.${name}`, () => [{ range: [-1, 1], floats: 64, seed: 1 }]]), // biome-ignore format: one thought
  ),
};

/** Of `ebmm`: those of both, and its own. */
export const calls: Record<string, Call> = {
  ...shared,
  parseConfig: () => [written, 'x'],
  compiledEngine: () => [{ threads: 1, target: 'wasm', device: 'cpu', products: 'float32', parts: 1, cache: { programs: 1, bytes: 1 } }], // biome-ignore format: a record
  exportOnnx: () => [same, specs],
  tfjsEngine: () => ['cpu'],
  principalComponents: () => [new Float32Array(16).map((_, i) => i % 3), 4, 2, engine],
  ...Object.fromEntries(
    Object.keys(library.diffusionRivals).map((name) => [`diffusionRivals.${name}`, () => [{ range: [-1, 1], floats: 64, seed: 1 }]]), // biome-ignore format: one thought
  ),
  DivergedError: () => ['x', 'y', 1],
  loadTask: () => [{ name: 'binary', dimension: 4 }, source],
  exportMemory: () => [small, { patterns: 1, queries: 1, episodes: 1, known: true, steps: 1, bits: 8 }],
  evaluateMemories: () => [[memory], { task, corruption: 'resample:2', patterns: [1], episodes: 1, known: true, split: 'test', seed: 1, steps: 1 }], // biome-ignore format: a record
  'memories.classical': () => [{ rule: 'hebb', update: 'synchronous', selfConnections: false, range: [-1, 1], seed: 1 }], // biome-ignore format: a record
  'memories.dense': () => [{ interaction: 'polynomial', degree: 3, range: [-1, 1], seed: 1, floats: 64 }],
  'memories.modern': () => [{ beta: 1, similarity: 'dot', range: [-1, 1], floats: 64 }],
  'memories.nearest': () => [{ range: [-1, 1], floats: 64 }],
  'memories.coded': () => [{ coding: 'packed', floats: 64, range: [-1, 1] }],
  'memories.components': () => [{ basis: { mean: new Float32Array(4), components: new Float32Array(8) }, floats: 64, range: [-1, 1] }], // biome-ignore format: a record
  'memories.universal': () => [{ similarity: 'dot', separation: 'softmax', parameter: 1, range: [-1, 1], steps: 1, name: 'x', floats: 64 }], // biome-ignore format: a record
  'memories.sparseDistributed': () => [{ locations: 8, radius: 2, range: [-1, 1], seed: 1 }],
  'memories.epanechnikov': () => [{ beta: 1, range: [-1, 1], floats: 64 }],
  'memories.randomFeatures': () => [{ floats: 64, beta: 1, range: [-1, 1], seed: 1 }],
  'memories.diffusion': () => [
    { name: 'x', method: 'sde', range: [-1, 1], floats: 64, seed: 1, start: 2, end: 1 },
  ],
  'memories.trainedDiffusion': () => [{ name: 'x', network: { name: 'score-mlp' }, steps: 1, engine, seed: 1, learningRate: 0.1, decay: 'constant' }], // biome-ignore format: a record
  TrainedMemory: () => [trained.model, engine, trained.training],
  saveRun: () => [trained, folder(), { overwrite: true }],
  metaTrain: () => [{ ...written, engine, onUpdate: () => false, known: true, seed: 1, corruption: 'resample:2', source, onValidation: () => {}, loss: undefined, signal: undefined }], // biome-ignore format: a record
  'charts.energyTrace': () => [[[1, 2], [0, 1]], { title: 'x', notes: ['y'], unit: 'nats', format: 'svg' }], // biome-ignore format: a record
  'charts.filmstrip': () => [strip, { title: 'x', notes: ['y'], format: 'svg' }],
  'charts.learningCurve': () => [[{ name: 'x', metrics, unit: 'bits', validations: [validation] }], { title: 'x', format: 'svg' }], // biome-ignore format: a record
  'charts.errorAgainstPatterns': () => [evaluation, { name: 'x', published: [{ name: 'p', points: [[1, 2]] }], scale: 'linear', format: 'svg' }], // biome-ignore format: a record
  'charts.rateDistortion': () => [evaluation, { name: 'x', patterns: 1, scale: 'linear', format: 'svg' }],
  'charts.bitsDistortion': () => [{ ...evaluation, rows: evaluation.rows.map((row) => ({ ...row, memory_bits: 8 })) }, { name: 'x', patterns: 1, scale: 'linear', format: 'svg' }], // biome-ignore format: a record
  configure: () => ['demo', [['training.steps', 5]]],
  presetNames: () => [],
  loadRun: () => ['binary-64', { allowModules: false, best: false, weights: undefined, network: undefined }],
  memoryOf: () => [run, engine, 'x'],
  pretrainedNames: () => [],
  bestValidation: () => [[validation]],
  readValidations: () => [folder()],
  'Engine.compile': () => [same, specs],
  'Program.run': () => [{ x: new Float32Array(2) }],
  'AssociativeMemory.store': () => [bits()],
  'StoredMemory.recall': () => [bits(), { known: tf.onesLike(bits()), steps: 1, trace: true }],
  'LearnedMemory.store': () => [bits()],
  'LearnedMemory.recall': () => [bits(), { known: tf.onesLike(bits()), steps: 1, trace: true }],
  'LearnedMemory.energy': () => [bits()],
  'AssociativeMemory.restore': () => [stored.contents()],
  'AssociativeMemory.add': () => [storedModern, bits()],
  'LearnedMemory.restore': () => [storedLearned.contents()],
  'LearnedMemory.add': () => [storedLearned, bits()],
  'LearnedMemory.read': () => [state, values(), 1, 1, { known: new Float32Array(4), steps: 1, trace: true, diverged: 'throw' }], // biome-ignore format: a record
  'LearnedMemory.energies': () => [state, values(), 1, 1],
  'LearnedMemory.writeMore': () => [state, values(), 1, 1],
  'LearnedMemory.contentsOf': () => [state, 0],
  'Random.integer': () => [3],
  'Random.permutation': () => [3],
  'LearnedMemory.write': () => [
    new Float32Array([1, -1, 1, -1]),
    1,
    1,
    { diverged: 'throw', slowed: () => {} },
  ],
};

/** Of `ebmm/browser`, likewise. */
export const pageCalls: Record<string, Call> = {
  ...shared,
  adamW: () => [
    settings().optimiser,
    { w: one() },
    { 'm:w': one(), 'v:w': one() },
    { w: one() },
    one(),
    one(),
    one(),
  ],
  memoryLearner: () => [{ config, task, corruption, model }],
  metaStep: () => [settings()],
  metaStepInputs: () => [settings(), 1, 1],
  decodeSafetensors: () => [page.encodeSafetensors({ a: { shape: [1], values: new Float32Array(1) } }), 'x'],
  encodeSafetensors: () => [{ a: { shape: [1], values: new Float32Array(1) } }, { a: 'b' }],
  Trainer: () => [{ training: config.training, learner, engine, seed: 0 }],
  trainedParameters: () => [trained.training.state],
  webAssemblyEngine: () => [{ threads: 1 }],
  initialise: () => [model.parameters, 0],
  binaryTask: () => [{ dimension: 4 }],
};

// biome-ignore lint/suspicious/noExplicitAny: functions of all kinds
type Any = (...args: any[]) => unknown;

/** Of the objects that functions give. */
export const methods: Record<string, Any> = {
  'grad()': library.grad(square),
  'grads()': library.grads(sum),
  'valueAndGrad()': library.valueAndGrad(square),
  'valueAndGrads()': library.valueAndGrads(sum),
  'Engine.compile': engine.compile,
  'Program.run': (x) => program.run(x),
  'AssociativeMemory.store': (x) => memory.store(x),
  'StoredMemory.recall': (x, o) => stored.recall(x, o),
  'LearnedMemory.store': (x) => learned.store(x),
  'LearnedMemory.recall': (x, o) => storedLearned.recall(x, o),
  'LearnedMemory.energy': (x) => storedLearned.energy!(x),
  'AssociativeMemory.restore': (x) => memory.restore(x),
  'AssociativeMemory.add': (x, y) => modern.add!(x, y),
  'LearnedMemory.restore': (x) => learned.restore(x),
  'LearnedMemory.add': (x, y) => learned.add(x, y),
  'LearnedMemory.read': (...x) => learned.read(...(x as Parameters<typeof learned.read>)),
  'LearnedMemory.energies': (...x) => learned.energies(...(x as Parameters<typeof learned.energies>)),
  'LearnedMemory.writeMore': (...x) => learned.writeMore(...(x as Parameters<typeof learned.writeMore>)),
  'LearnedMemory.contentsOf': (x, y) => learned.contentsOf(x, y),
  'Random.integer': (n) => library.stream(1).integer(n),
  'Random.permutation': (n) => library.stream(1).permutation(n),
  'LearnedMemory.write': (...x: [Float32Array, number, number]) => learned.write(...x),
};

/** All that a module exports to be called, by name; what stands in a table by `table.name`. */
export function callable(exported: object, but: readonly string[] = []): Record<string, Any> {
  const found: Record<string, Any> = {};
  for (const [name, value] of Object.entries(exported)) {
    if (but.includes(name)) continue;
    if (typeof value === 'function')
      found[name] = /^class /.test(String(value)) ? (...a) => new value(...a) : value;
    else if (typeof value === 'object')
      for (const [key, f] of Object.entries(value))
        if (typeof f === 'function') found[`${name}.${key}`] = f as Any;
  }
  return found;
}
