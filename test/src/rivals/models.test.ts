import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { objective } from '../../../meta/objective.ts';
import { type NamedTensors, valueAndGradsOf } from '../../../src/autodiff/index.ts';
import { compiledEngine } from '../../../src/compile/index.ts';
import { initialise } from '../../../src/energy/index.ts';
import type { MemoryModel } from '../../../src/memory/model.ts';
import { stream } from '../../../src/random.ts';
import {
  dynamicKanerva,
  fastWeightRules,
  fastWeights,
  lstm,
  mann,
  memoryNetwork,
  plasticity,
} from '../../../src/rivals/index.ts';
import { sizeOf } from '../../../src/shapes.ts';

beforeAll(() => tf.setBackend('cpu'));

const patternShape = [6];
const models: Record<string, MemoryModel> = {
  'memory-network': memoryNetwork({ patternShape, slots: 4, code: 5, hidden: 7, steps: 2 }),
  mann: mann({ patternShape, slots: 4, word: 5, units: 3, hidden: 7 }),
  lstm: lstm({ patternShape, units: 5, hidden: 7 }),
  plasticity: plasticity({ patternShape, steps: 2 }),
  ...Object.fromEntries(
    fastWeightRules.map((rule) => [`fast-weights ${rule}`, fastWeights({ patternShape, rule, steps: 2 })]),
  ),
  'memory-network, tied': memoryNetwork({ patternShape, slots: 4, code: 5, hidden: 7, tied: true }),
  'dynamic-kanerva': dynamicKanerva({ patternShape, slots: 4, code: 5, hidden: 7 }),
  'dynamic-kanerva, added to': dynamicKanerva({
    patternShape,
    slots: 4,
    code: 5,
    hidden: 7,
    posterior: true,
  }),
  'dynamic-kanerva of images': awake(
    dynamicKanerva({ patternShape: [4, 4, 1], slots: 3, code: 5, width: 3 }),
  ),
  'memory-network of images': memoryNetwork({ patternShape: [4, 4, 1], slots: 3, code: 5, hidden: 7 }),
};
const [episodes, patterns] = [2, 3];

/** With a last layer of convolutions that is not 0 at first, so that those before it have a slope. */
function awake(model: MemoryModel): MemoryModel {
  const last = { ...model.parameters['decode6.w'], init: { normal: 0.2 } };
  return { ...model, parameters: { ...model.parameters, 'decode6.w': last } };
}

function prepare(model: MemoryModel, range = model.range) {
  const shape = [episodes, patterns, ...model.patternShape];
  const random = stream(3, 'rivals');
  const bits = () =>
    tf.tensor(
      Float32Array.from({ length: sizeOf(shape) }, () => range[random.bit()]),
      shape,
    );
  const p: NamedTensors = Object.fromEntries(
    Object.entries(initialise(model.parameters, 1)).map(([name, values]) => [
      name,
      tf.tensor(values, model.parameters[name].shape),
    ]),
  );
  const known = tf.tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => random.bit()),
    shape,
  );
  return { p, patterns: bits(), queries: bits(), known };
}

describe.each(Object.entries(models))('%s', (name, model) => {
  test('stores a state of the shapes it names, which are its floats', () => {
    const { p, patterns: stored } = prepare(model);
    const state = model.store(p, stored);
    const shapes = Object.fromEntries(Object.entries(state).map(([key, t]) => [key, t.shape.slice(1)]));
    expect(shapes).toEqual(model.state);
    const sum = Object.values(model.state).reduce((total, shape) => total + sizeOf(shape), 0);
    // Of a symmetric trace one half is enough, and of a hollow matrix without its diagonal.
    const halves: Record<string, number> = {
      plasticity: 21,
      'fast-weights momentum': 30,
      'dynamic-kanerva, added to': 30,
    };
    expect(model.floats).toBe(halves[name] ?? (name.startsWith('fast-weights') ? 15 : sum));
  });

  test('recalls in its range, and keeps what is known', () => {
    const { p, patterns: stored, queries, known } = prepare(model);
    const iterates = model.recall(p, model.store(p, stored), queries, known);
    expect(iterates).toHaveLength(model.steps);
    const mask = known.dataSync();
    for (const x of iterates) {
      expect(x.shape).toEqual(queries.shape);
      const asked = queries.dataSync();
      for (const [i, v] of x.dataSync().entries()) {
        expect(Math.abs(v)).toBeLessThanOrEqual(1 + 1e-6);
        if (mask[i] === 1) expect(v).toBeCloseTo(asked[i], 6);
      }
    }
    expect(model.recall(p, model.store(p, stored), queries, known, 0)).toEqual([]);
  });

  test('what one episode stores, another does not see', () => {
    const { p, patterns: stored, queries, known } = prepare(model);
    const recalled = (x: tf.Tensor) => {
      const last = model.recall(p, model.store(p, x), queries, known).at(-1)!;
      return Array.from(tf.slice(last, 0, 1).dataSync());
    };
    const other = tf.concat([tf.slice(stored, 0, 1), tf.neg(tf.slice(stored, 1, 1))], 0);
    for (const [i, v] of recalled(other).entries()) expect(v).toBeCloseTo(recalled(stored)[i], 5);
  });

  test('its meta-gradient is the slope of its loss', async () => {
    const { p, patterns: stored, queries, known } = prepare(model);
    const episode = { patterns: stored, queries, known };
    const names = Object.keys(p);
    const engine = compiledEngine({ threads: 1 });
    const specs = Object.fromEntries(names.map((key) => [key, { shape: p[key].shape }]));
    const values = Object.fromEntries(names.map((key) => [key, p[key].dataSync() as Float32Array]));
    const lossOf = (q: NamedTensors) => objective(model, q, episode).loss;
    const program = await engine.compile((q) => ({ loss: lossOf(q) }), specs);
    const gradients = await (await engine.compile((q) => valueAndGradsOf(lossOf)(q).grads, specs)).run(
      values,
    );
    for (const key of names) {
      const gradient = Array.from(gradients[key]);
      const length = Math.hypot(...gradient);
      expect(length, key).toBeGreaterThan(1e-6);
      const at = async (step: number) => {
        const moved = values[key].map((v, i) => v + (step * gradient[i]) / length);
        return (await program.run({ ...values, [key]: moved })).loss[0];
      };
      const step = Math.min(0.02, 2e-3 / length);
      const slope = ((await at(step)) - (await at(-step))) / (2 * step);
      expect(Math.abs(slope - length), `${key}: ${slope} for ${length}`).toBeLessThan(
        0.02 * length + 4e-7 / step,
      );
    }
    await engine.dispose();
  });
});

test('a memory network with more patterns than slots keeps the last of each slot', () => {
  const model = memoryNetwork({ patternShape, slots: 3, code: 5, hidden: 7 });
  const { p } = prepare(model);
  const random = stream(5, 'slots');
  const shown = tf.tensor(
    Float32Array.from({ length: 8 * 6 }, () => 2 * random.bit() - 1),
    [1, 8, 6],
  );
  const codesOf = (i: number) =>
    model
      .store(p, tf.slice(shown, [0, i, 0], [1, 1, 6]))
      .slots.dataSync()
      .slice(0, 5);
  const slots = model.store(p, shown).slots.dataSync();
  // Pattern i goes to slot i mod 3: of 0 ... 7 the last are 6, 7 and 5.
  for (const [slot, i] of [6, 7, 5].entries()) {
    for (const [k, v] of codesOf(i).entries()) expect(slots[slot * 5 + k]).toBeCloseTo(v, 5);
  }
});

test('the trace of plasticity is what showing one pattern after another makes', () => {
  const model = plasticity({ patternShape });
  const { p, patterns: stored } = prepare(model);
  const rate = 1 / (1 + Math.exp(4));
  const x = stored.dataSync();
  const expected = new Float64Array(36);
  for (let n = 0; n < patterns; n++) {
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 6; j++) {
        const k = 6 * i + j;
        expected[k] = (1 - rate) * expected[k] + rate * x[6 * n + i] * x[6 * n + j];
      }
    }
  }
  const trace = model.store(p, stored).trace.dataSync();
  for (const [k, v] of expected.entries()) expect(trace[k]).toBeCloseTo(v, 6);
});
