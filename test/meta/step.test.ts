import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type AdamW, adamW, globalNorm } from '../../meta/adamw.ts';
import { memoryTrainable } from '../../meta/memory-learner.ts';
import { metaStep, metaStepInputs } from '../../meta/meta-step.ts';
import { objective } from '../../meta/objective.ts';
import { learningRate, type Schedule } from '../../meta/schedule.ts';
import {
  type Engine,
  loadTfjsBackend,
  type NamedTensors,
  type NamedValues,
  tfjsEngine,
} from '../../src/compile/index.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import { read } from '../../src/memory/read.ts';
import { defaultRule, type Rule } from '../../src/memory/rule.ts';
import { write } from '../../src/memory/write.ts';
import { compiledEngines } from '../src/compile/engines.ts';
import { names, noise, small } from '../src/energy/small.ts';

const cpu = await tfjsEngine('cpu');
const engines = compiledEngines();
const [, compiled] = engines.at(-1)!;
const native = await loadTfjsBackend('@tensorflow/tfjs-node-gpu').then(
  () => tfjsEngine('@tensorflow/tfjs-node-gpu'),
  (error: Error) => {
    console.warn(`not tested on tfjs-node-gpu: ${error.message}`);
    return undefined;
  },
);
beforeEach(async () => {
  await tf.setBackend('cpu');
});
afterAll(() => Promise.all(engines.map(([, engine]) => engine.dispose())));

const optimiser: AdamW = {
  learning_rate: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weight_decay: 0.1,
  clip: 0.05,
} as AdamW;
const schedule: Schedule = { learning_rate: 0.01, warmup: 10, decay: 'cosine', final: 0.1 };
const rule: Rule = {
  ...defaultRule,
  write: { ...defaultRule.write, steps: 2 },
  read: { ...defaultRule.read, steps: 2 },
};
const [episodes, patterns] = [2, 3];
const numbers = (t: tf.Tensor) => Array.from(t.dataSync());
const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** A step in the middle of training, moments and all. */
function prepare(name: keyof typeof small, known: boolean) {
  const network = small[name];
  const model = energyModel(network, rule);
  const settings = { trainable: memoryTrainable({ model, known }), optimiser, schedule, steps: 100 };
  const specs = metaStepInputs(settings, episodes, patterns);
  const shapes = Object.entries(model.parameters);
  const batch = [episodes, patterns, ...network.patternShape];
  const clipped = (key: string) => tf.clipByValue(noise(batch, key), -1, 1);
  const tensors: NamedTensors = {
    ...Object.fromEntries(
      shapes.flatMap(([key, { shape }]) => [
        // Small: where the loss is steep, float32 forgets what it was.
        [
          `p:${key}`,
          key.startsWith('rule.') ? tf.sub(noise(shape, key), 1.5) : tf.mul(noise(shape, key), 0.5),
        ],
        [`m:${key}`, tf.mul(noise(shape, 'm', key), 0.01)],
        [`v:${key}`, tf.mul(tf.add(tf.square(noise(shape, 'v', key)), 0.1), 1e-4)],
      ]),
    ),
    update: tf.scalar(25),
    patterns: clipped('patterns'),
    queries: clipped('queries'),
    ...(known ? { known: tf.mul(1, tf.cast(tf.greater(noise(batch, 'known'), 0), 'float32')) } : {}),
  };
  const values: NamedValues = Object.fromEntries(
    Object.entries(tensors).map(([key, t]) => [key, t.dataSync() as Float32Array]),
  );
  return { model, specs, values, f: metaStep(settings) };
}

describe('one whole update is the same on every engine', () => {
  const done = new Map<string, Promise<NamedValues>>();

  /** That of tfjs on the processor, which takes longest: computed once. */
  function reference(name: keyof typeof small, known: boolean): Promise<NamedValues> {
    const key = `${name} ${known}`;
    const { specs, values, f } = prepare(name, known);
    const made = done.get(key) ?? cpu.compile(f, specs).then((program) => program.run(values));
    done.set(key, made);
    return made;
  }

  async function expectSame(engine: Engine, name: keyof typeof small, known: boolean) {
    const { specs, values, f } = prepare(name, known);
    const expected = await reference(name, known);
    const actual = await (await engine.compile(f, specs)).run(values);
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
    expect(expected.finite[0]).toBe(1);
    for (const [key, e] of Object.entries(expected)) {
      const apart = largest(Array.from(e, (v, i) => v - actual[key][i]));
      expect(apart / largest(e), key).toBeLessThan(1e-4);
      // A parameter hardly moves: compare how far.
      if (!key.startsWith('p:')) continue;
      const moved = Array.from(e, (v, i) => v - values[key][i]);
      expect(largest(moved), key).toBeGreaterThan(1e-5);
      expect(apart / largest(moved), key).toBeLessThan(1e-3);
    }
  }

  for (const [way, engine] of engines)
    test.each(names)(`${way}: %s`, (name) => expectSame(engine, name, true));

  test('compiled, recall not told what is known', () => expectSame(compiled, 'gated-recurrent', false));

  test.skipIf(!native).each(names)('tfjs-node-gpu: %s', (name) => expectSame(native!, name, true));
});

test('a step gives the loss and what was recalled last, of the parameters before it', async () => {
  const { model, specs, values, f } = prepare('mlp', true);
  const step = await (await compiled.compile(f, specs)).run(values);
  const tensorOf = (key: string) => tf.tensor(values[key], [...specs[key].shape]);
  const p = Object.fromEntries(Object.keys(model.parameters).map((key) => [key, tensorOf(`p:${key}`)]));
  const written = write(small.mlp, rule, p, tensorOf('patterns'));
  const { iterates } = read(small.mlp, rule, written, tensorOf('queries'), tensorOf('known'));
  const errors = iterates.map((x) => numbers(tf.mean(tf.squaredDifference(x, tensorOf('patterns'))))[0]);
  expect(step.loss[0]).toBeCloseTo(errors[0] + errors[1], 5);
  for (const [i, v] of numbers(iterates[1]).entries()) expect(step.recalled[i]).toBeCloseTo(v, 5);
  // 25 updates of 100, of which 10 warmed up.
  expect(step.rate[0]).toBeCloseTo(0.01 * (0.1 + (0.9 * (1 + Math.cos((Math.PI * 15) / 90))) / 2), 7);
});

test('iterates count in the objective by their weights', () => {
  const { model, values, specs } = prepare('mlp', false);
  const tensorOf = (key: string) => tf.tensor(values[key], [...specs[key].shape]);
  const p = Object.fromEntries(Object.keys(model.parameters).map((key) => [key, tensorOf(`p:${key}`)]));
  const episode = { patterns: tensorOf('patterns'), queries: tensorOf('queries') };
  const loss = (weights?: number[]) => numbers(objective(model, p, episode, weights).loss)[0];
  expect(loss()).toBeCloseTo(loss([1, 0]) + loss([0, 1]), 5);
  expect(loss([0.5, 2])).toBeCloseTo(0.5 * loss([1, 0]) + 2 * loss([0, 1]), 5);
  expect(loss([1, 0])).not.toBeCloseTo(loss([0, 1]), 5);
});

describe('AdamW', () => {
  const shapes: Record<string, number[]> = { a: [2, 3], b: [4], c: [] };
  const keys = Object.keys(shapes);
  type State = Record<string, number[]>;

  /** Loshchilov and Hutter 2019, algorithm 2, after scaling the gradient to a norm of at most `clip`. */
  function reference(settings: AdamW, state: State, gradients: State, t: number, rate: number) {
    const { beta1, beta2, epsilon, weight_decay, clip } = settings;
    const norm = Math.hypot(...keys.flatMap((key) => gradients[key]));
    const scale = Math.min(1, clip / norm);
    const next: State = {};
    for (const key of keys) {
      const g = gradients[key].map((v) => v * scale);
      const m = state[`m:${key}`].map((v, i) => beta1 * v + (1 - beta1) * g[i]);
      const v = state[`v:${key}`].map((v, i) => beta2 * v + (1 - beta2) * g[i] ** 2);
      next[`m:${key}`] = m;
      next[`v:${key}`] = v;
      next[key] = state[key].map((p, i) => {
        const step = m[i] / (1 - beta1 ** t) / (Math.sqrt(v[i] / (1 - beta2 ** t)) + epsilon);
        return p - rate * step - rate * weight_decay * p;
      });
    }
    return { state: next, norm };
  }

  const gradientsAt = (t: number, size: number): NamedTensors =>
    Object.fromEntries(keys.map((key) => [key, tf.mul(noise(shapes[key], 'g', key, t), size)]));
  const start = (): NamedTensors => ({
    ...Object.fromEntries(keys.map((key) => [key, noise(shapes[key], key)])),
    ...Object.fromEntries(['m:', 'v:'].flatMap((m) => keys.map((key) => [m + key, tf.zeros(shapes[key])]))),
  });
  const listed = (tensors: NamedTensors): State =>
    Object.fromEntries(Object.entries(tensors).map(([key, t]) => [key, numbers(t)]));

  /** One update as a function of named tensors, for the engines. */
  const update =
    (settings: AdamW) =>
    (inputs: NamedTensors): NamedTensors => {
      const of = (prefix: string) => Object.fromEntries(keys.map((key) => [key, inputs[prefix + key]]));
      const { p, moments, norm, finite } = adamW(
        settings,
        of(''),
        inputs,
        of('g:'),
        (inputs.loss ?? tf.scalar(1)) as tf.Scalar,
        inputs.update as tf.Scalar,
        inputs.rate as tf.Scalar,
      );
      return { ...p, ...moments, norm, finite };
    };

  test.each([
    ['clipped', { ...optimiser, clip: 0.3 }],
    ['not clipped', { ...optimiser, clip: 100 }],
    ['without weight decay', { ...optimiser, weight_decay: 0 }],
    ['of other constants', { ...optimiser, beta1: 0.5, beta2: 0.9, epsilon: 0.01, clip: 1 }],
  ])('three updates by the book: %s', (_, settings) => {
    let tensors = start();
    let state = listed(tensors);
    for (const t of [1, 2, 3]) {
      const gradients = gradientsAt(t, t);
      const rate = 0.02 / t;
      const inputs = Object.fromEntries(keys.map((key) => [`g:${key}`, gradients[key]]));
      const { norm, finite, ...next } = update(settings)({
        ...tensors,
        ...inputs,
        update: tf.scalar(t),
        rate: tf.scalar(rate),
      });
      const expected = reference(settings, state, listed(gradients), t, rate);
      expect(numbers(norm)[0]).toBeCloseTo(expected.norm, 4);
      expect(numbers(finite)[0]).toBe(1);
      for (const [key, values] of Object.entries(expected.state)) {
        for (const [i, v] of numbers(next[key]).entries()) expect(v, key).toBeCloseTo(values[i], 6);
      }
      tensors = next;
      state = expected.state;
    }
  });

  test('the norm is that of all gradients together', () => {
    expect(numbers(globalNorm({ a: tf.tensor2d([[3], [4]]), b: tf.scalar(12) }))[0]).toBeCloseTo(13, 5);
  });

  test.each([
    ['not a number', Number.NaN],
    ['infinite', Infinity],
    ['too large to square', 1e30],
  ])('a gradient that is %s changes nothing, on both engines', async (_, wrong) => {
    const gradients = { ...gradientsAt(1, 1), b: tf.tensor1d([0, wrong, 0, 0]) } as NamedTensors;
    const inputs: NamedTensors = {
      ...start(),
      ...Object.fromEntries(
        ['m:', 'v:'].flatMap((m) => keys.map((key) => [m + key, tf.fill(shapes[key], 0.1)])),
      ),
      ...Object.fromEntries(keys.map((key) => [`g:${key}`, gradients[key]])),
      update: tf.scalar(7),
      rate: tf.scalar(0.01),
    };
    const values: NamedValues = Object.fromEntries(
      Object.entries(inputs).map(([key, t]) => [key, t.dataSync() as Float32Array]),
    );
    const specs = Object.fromEntries(Object.entries(inputs).map(([key, t]) => [key, { shape: t.shape }]));
    for (const engine of [cpu, compiled]) {
      const results = await (await engine.compile(update(optimiser), specs)).run(values);
      expect(results.finite[0]).toBe(0);
      for (const key of keys.flatMap((key) => [key, `m:${key}`, `v:${key}`])) {
        expect(results[key], key).toEqual(values[key]);
      }
    }
  });
});

test('a loss that is not finite skips the update as well', async () => {
  const p = { w: tf.tensor1d([1, 2]) };
  const moments = { 'm:w': tf.zeros([2]), 'v:w': tf.zeros([2]) };
  const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0, clip: 1 };
  const after = (loss: number) =>
    adamW(settings, p, moments, { w: tf.ones([2]) }, tf.scalar(loss), tf.scalar(1), tf.scalar(0.1));
  for (const loss of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const { p: next, finite } = after(loss);
    expect(finite.dataSync()[0]).toBe(0);
    expect(Array.from(next.w.dataSync())).toEqual([1, 2]);
  }
  expect(after(-3).finite.dataSync()[0]).toBe(1);
});

describe('the learning rate', () => {
  const at = (given: Schedule, update: number, total = 110) =>
    numbers(learningRate(given, total, tf.scalar(update)))[0];
  const cosine: Schedule = { learning_rate: 0.02, warmup: 10, decay: 'cosine', final: 0.1 };

  test('rises in a line to its peak, and falls by half a cosine to its final part', () => {
    expect(at(cosine, 0)).toBe(0);
    expect(at(cosine, 5)).toBeCloseTo(0.01, 7);
    expect(at(cosine, 10)).toBeCloseTo(0.02, 7);
    expect(at(cosine, 60)).toBeCloseTo(0.02 * 0.55, 7);
    expect(at(cosine, 110)).toBeCloseTo(0.002, 7);
    expect(at(cosine, 200)).toBeCloseTo(0.002, 7);
  });

  test('stays at its peak where it does not decay', () => {
    const constant: Schedule = { ...cosine, decay: 'constant' };
    expect([0, 5, 10, 60, 110].map((update) => at(constant, update) / 0.02)).toEqual(
      [0, 0.5, 1, 1, 1].map((v) => expect.closeTo(v, 5)),
    );
  });

  test('starts at its peak without a warm-up', () => {
    const sudden: Schedule = { ...cosine, warmup: 0 };
    expect(at(sudden, 0)).toBeCloseTo(0.02, 7);
    expect(at(sudden, 110)).toBeCloseTo(0.002, 7);
  });

  test('never rises after the warm-up', () => {
    const rates = Array.from({ length: 101 }, (_, i) => at(cosine, 10 + i));
    for (let i = 1; i < rates.length; i++) expect(rates[i]).toBeLessThanOrEqual(rates[i - 1]);
  });
});
