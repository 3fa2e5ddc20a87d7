import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { NamedTensors } from '../../../src/autodiff/index.ts';
import { initialise } from '../../../src/energy/index.ts';
import type { MemoryModel } from '../../../src/memory/model.ts';
import { stream } from '../../../src/random.ts';
import { type DynamicKanervaOptions, dynamicKanerva } from '../../../src/rivals/index.ts';
import { inverseSoftplus } from '../../../src/softplus.ts';
import { eye, inverted, type Matrix, plus, rows, scaled, times, trace, turned } from './solve.ts';

beforeAll(() => tf.setBackend('cpu'));

const random = stream(2, 'dynamic-kanerva');
const normal = (n: number, m: number): Matrix =>
  Array.from({ length: n }, () => Array.from({ length: m }, () => random.normal()));
const [d, slots, code] = [8, 4, 6];
const LEAST = 1e-3;
/** lambda, rho, the ridges of recall and the weight of a guess, as the memory has them, not before softplus. */
const ridges = { address: 0.02, noise: 0.3, recall: [0.05, 0.07], believed: [0.2] };

/** A memory whose decoder only says what the linear map says, and its parameters: prior, mean, A and D random. */
function linear(options: Partial<DynamicKanervaOptions> = {}) {
  const model = dynamicKanerva({ patternShape: [d], slots, code, hidden: 3, ...options });
  const values = initialise(model.parameters, 1);
  const raw = (list: number[]) => Float32Array.from(list, (v) => inverseSoftplus(v - LEAST));
  Object.assign(values, {
    address: raw([ridges.address]),
    noise: raw([ridges.noise]),
    recall: raw(ridges.recall),
    believed: raw(ridges.believed),
    gain: new Float32Array([1]),
    'decode.c': values['decode.c'].map(() => 0),
    mean: values.mean.map((_, i) => 0.1 * Math.sin(i + 1)),
  });
  return { model, values };
}
const tensors = (model: MemoryModel, values: Record<string, Float32Array>): NamedTensors =>
  Object.fromEntries(
    Object.entries(values).map(([name, v]) => [name, tf.tensor(v, model.parameters[name].shape)]),
  );
const stored = (x: Matrix) => tf.tensor([x]);
const worst = (a: Matrix, b: Matrix) =>
  Math.max(...a.flatMap((row, i) => row.map((v, j) => Math.abs(v - b[i][j]))));
const bits = (n: number, width = d): Matrix =>
  Array.from({ length: n }, () => Array.from({ length: width }, () => 2 * random.bit() - 1));

/** What the formulas say, in float64. */
function direct(values: Record<string, Float32Array>) {
  const scale = d / 4;
  const A = scaled(rows(values['code.w'], code), 1 / scale);
  const D = rows(values['decode.w'], d);
  const mean = [...values.mean];
  const centred = (x: Matrix) => x.map((row) => row.map((v, i) => v - mean[i]));
  return {
    R0: scaled(rows(values.prior, code), 1 / Math.sqrt(code)),
    codes: (x: Matrix) => times(centred(x), A),
    addresses(z: Matrix, R: Matrix, ridge = ridges.address) {
      const gram = times(R, turned(R));
      return times(times(z, turned(R)), inverted(plus(gram, eye(slots), (ridge * trace(gram)) / slots)));
    },
    /** Kalman's update of mean and covariance by one pattern, the noise being 1. */
    update(R: Matrix, U: Matrix, w: number[], z: number[]): [Matrix, Matrix] {
      const reach = times(U, turned([w]));
      const spread = times([w], reach)[0][0] + 1;
      const surprise = plus([z], times([w], R), -1);
      return [plus(R, times(reach, surprise), 1 / spread), plus(U, times(reach, turned(reach)), -1 / spread)];
    },
    /** The image of the address that is least in squares where `trust` says so. */
    read(R: Matrix, x: number[], trust: number[], ridge: number) {
      const B = times(R, D);
      const weighted = B.map((row) => row.map((v, i) => v * trust[i]));
      const gram = times(weighted, turned(B));
      const right = times(centred([x]), turned(weighted));
      const w = times(right, inverted(plus(gram, eye(slots), (ridge * trace(gram)) / slots)));
      return times(w, B)[0].map((v, i) => v + mean[i]);
    },
  };
}

describe('writing', () => {
  const patterns = bits(7);

  test.each([3, 4, 7])(
    'of %i patterns at once is Kalman filtering of one after another, addresses from the prior',
    (count) => {
      const few = patterns.slice(0, count);
      const { model, values } = linear({ rounds: 1, posterior: true });
      const { memory, covariance } = model.store(tensors(model, values), stored(few));
      const { R0, codes, addresses, update } = direct(values);
      const z = codes(few);
      const w = addresses(z, R0);
      let [R, U] = [R0, scaled(eye(slots), 1 / ridges.noise)];
      for (const [n, one] of z.entries()) [R, U] = update(R, U, w[n], one);
      expect(worst(rows(memory.dataSync(), code), R)).toBeLessThan(1e-4);
      expect(worst(rows(covariance.dataSync(), slots), U)).toBeLessThan(1e-4);
    },
  );

  test('of one pattern after another finds each address on the table so far, as the paper does', () => {
    const { model, values } = linear({ rounds: 1, posterior: true });
    const p = tensors(model, values);
    const state = patterns.reduce((s, x) => model.add!(p, s, stored([x])), model.empty!(p, 1));
    const { R0, codes, addresses, update } = direct(values);
    let [R, U] = [R0, scaled(eye(slots), 1 / ridges.noise)];
    for (const one of codes(patterns)) [R, U] = update(R, U, addresses([one], R)[0], one);
    expect(worst(rows(state.memory.dataSync(), code), R)).toBeLessThan(1e-4);
  });

  test('of a batch does not depend on their order', () => {
    const { model, values } = linear({ rounds: 3 });
    const p = tensors(model, values);
    const memory = (x: Matrix) => rows(model.store(p, stored(x)).memory.dataSync(), code);
    expect(worst(memory(patterns), memory([...patterns].reverse()))).toBeLessThan(1e-4);
  });

  test('of more rounds fits the codes better', () => {
    const many = bits(12);
    const misfits = [1, 2, 4].map((rounds) => {
      const { model, values } = linear({ rounds });
      // Next to no ridges: alternating least squares, whose error cannot grow.
      values.address = values.noise = new Float32Array([-20]);
      const R = rows(model.store(tensors(model, values), stored(many)).memory.dataSync(), code);
      const z = direct(values).codes(many);
      const left = plus(z, times(direct(values).addresses(z, R, 1e-9), R), -1);
      return left.flat().reduce((sum, v) => sum + v * v, 0);
    });
    expect(misfits[1]).toBeLessThan(misfits[0]);
    expect(misfits[2]).toBeLessThan(misfits[1]);
  });
});

test.each([1, 6])(
  'reading %i queries finds addresses by what is known, and then also by its own guess',
  (count) => {
    const { model, values } = linear({ rounds: 1 });
    const p = tensors(model, values);
    const R = normal(slots, code);
    const queries = bits(count);
    const known = queries.map((row) => row.map(() => Number(random.uniform() < 0.7)));
    const state = { memory: tf.tensor([R]) };
    const told = model.recall(p, state, stored(queries), stored(known));
    const { read } = direct(values);
    const answer = (n: number, rough: number[]) =>
      rough.map((v, i) => (known[n][i] ? queries[n][i] : Math.tanh(v)));
    const first = queries.map((x, n) => answer(n, read(R, x, known[n], ridges.recall[0])));
    expect(worst(rows(told[0].dataSync(), d), first)).toBeLessThan(1e-3);
    const trust = known.map((row) => row.map((t) => (t ? 1 : ridges.believed[0])));
    const second = first.map((x, n) => answer(n, read(R, x, trust[n], ridges.recall[1])));
    expect(worst(rows(told[1].dataSync(), d), second)).toBeLessThan(1e-3);
    // Told nothing, or -1, every entry is believed and none is kept.
    const all = queries.map((row) => row.map(() => 1));
    const untold = queries.map((x, n) => read(R, x, all[n], ridges.recall[0]).map(Math.tanh));
    for (const nothing of [undefined, stored(scaled(all, -1))]) {
      const [x] = model.recall(p, state, stored(queries), nothing, 1);
      expect(worst(rows(x.dataSync(), d), untold)).toBeLessThan(1e-3);
    }
  },
);

/** Rows of Hadamard's matrix of 8: orthogonal patterns of bits. */
const hadamard = Array.from({ length: 8 }, (_, i) =>
  Array.from({ length: 8 }, (_, j) => ([1, 2, 4].filter((b) => i & j & b).length % 2 ? -1 : 1)),
);

/** Codes that are the patterns themselves, almost no noise and almost no ridge. */
function exact(rowsOf: number, prior: Matrix, options: Partial<DynamicKanervaOptions> = {}) {
  const model = dynamicKanerva({
    patternShape: [d],
    slots: rowsOf,
    code: d,
    hidden: 3,
    rounds: 1,
    ...options,
  });
  const values = initialise(model.parameters, 1);
  const tiny = (count: number) => new Float32Array(count).fill(-20);
  const identity = Float32Array.from(
    { length: d * d },
    (_, i) => Math.sqrt(d / 4) * Number(i % (d + 1) === 0),
  );
  Object.assign(values, {
    prior: Float32Array.from(prior.flat()),
    'code.w': identity,
    'decode.w': identity,
    address: tiny(1),
    noise: tiny(1),
    recall: tiny(2),
    'decode.c': values['decode.c'].map(() => 0),
  });
  return { model, p: tensors(model, values) };
}

test('orthogonal addresses, no noise, codes that are the patterns: recall is exact', () => {
  const patterns = hadamard.slice(0, 4);
  const { model, p } = exact(
    4,
    normal(4, d).map((row, i) => row.map((v, j) => v * 0.3 + hadamard[i][j])),
  );
  const state = model.store(p, stored(patterns));
  // Three tenths of a pattern that is not stored, and is orthogonal to all that are.
  const queries = patterns.map((x, n) => x.map((v, i) => v + 0.3 * hadamard[4 + n][i]));
  const [x] = model.recall(p, state, stored(queries), undefined, 1);
  const expected = patterns.map((row) => row.map((v) => Math.tanh(2 * v)));
  expect(worst(rows(x.dataSync(), d), expected)).toBeLessThan(2e-3);
});

test('more patterns than the table has rows make errors gradually, and stay finite', () => {
  const wide = 64;
  const model = dynamicKanerva({ patternShape: [wide], slots: 8, code: wide, hidden: 3, posterior: true });
  const values = initialise(model.parameters, 3);
  const identity = Float32Array.from({ length: wide * wide }, (_, i) => 4 * Number(i % (wide + 1) === 0));
  Object.assign(values, { 'code.w': identity, 'decode.w': identity });
  const p = tensors(model, values);
  const patterns = bits(48, wide);
  const half = patterns.map((row) => row.map((_, i) => Number(i < wide / 2)));
  const queries = patterns.map((row, n) => row.map((v, i) => (half[n][i] ? v : 0)));
  let state = model.empty!(p, 1);
  const errors = [];
  for (let n = 0; n < 48; n += 4) {
    state = model.add!(p, state, stored(patterns.slice(n, n + 4)));
    const x = model.recall(p, state, stored(queries.slice(0, 4)), stored(half.slice(0, 4))).at(-1)!;
    const wrong = [...x.dataSync()].map((v, i) => Number(v * patterns.slice(0, 4).flat()[i] <= 0));
    errors.push(wrong.reduce((sum, v) => sum + v, 0) / 4);
  }
  const [four, eight, last] = [errors[0], errors[1], errors.at(-1)!];
  expect(four).toBeLessThan(1);
  expect(eight).toBeLessThan(4);
  // Of 32 bits that are not known, chance has 16 wrong.
  expect(last).toBeGreaterThan(eight);
  expect(last).toBeLessThan(20);
});

test('floats are those of the mean, and of half the covariance where that is kept', () => {
  expect(dynamicKanerva({ patternShape: [128] }).floats).toBe(32 * 128);
  expect(linear().model.floats).toBe(slots * code);
  expect(linear({ posterior: true }).model.floats).toBe(slots * code + (slots * (slots + 1)) / 2);
});

test('what cannot be is refused in a line', () => {
  expect(() => dynamicKanerva({ patternShape: [8], code: 9 })).toThrow('network.code is 9');
  expect(() => dynamicKanerva({ patternShape: [9, 10, 1], code: 8 })).toThrow('even');
});
