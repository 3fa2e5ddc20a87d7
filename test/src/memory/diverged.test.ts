/** @file Storing that diverges is told, or made not to. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { evaluate } from '../../../runs/evaluation.ts';
import { loadRun, memoryOf } from '../../../runs/run-folder.ts';
import { compiledEngine, tfjsEngine } from '../../../src/compile/index.ts';
import type { EnergyNetwork } from '../../../src/energy/index.ts';
import { initialise } from '../../../src/energy/index.ts';
import { boundedScale, largestEigenvalue } from '../../../src/memory/bounded.ts';
import { DivergedError } from '../../../src/memory/diverged.ts';
import { energyModel } from '../../../src/memory/energy-model.ts';
import { LearnedMemory } from '../../../src/memory/learned-memory.ts';
import { defaultRule } from '../../../src/memory/rule.ts';
import { stream } from '../../../src/random.ts';
import { binaryTask } from '../../../tasks/binary.ts';
import { parseCorruption } from '../../../tasks/index.ts';

/** Its energy is not finite where its weights have grown, however small the steps. */
const wild: EnergyNetwork = {
  patternShape: [4],
  parameters: { W: { shape: [4], init: { constant: 1 }, writable: true } },
  energy: (p, x) => tf.sum(tf.mul(tf.exp(tf.mul(tf.reshape(p.W, [-1, 1, 4]), 80)), tf.neg(tf.square(x))), -1),
};

for (const [name, engine] of [
  ['tfjs', await tfjsEngine()],
  ['compiled', compiledEngine({ threads: 1 })],
] as const) {
  test(`storing that diverges names the tensor and the step (${name})`, async () => {
    const model = energyModel(wild, { ...defaultRule, write: { ...defaultRule.write, steps: 3, gradient_term: false } }); // biome-ignore format: one line
    const memory = new LearnedMemory({ model, parameters: initialise(model.parameters, 1), engine });
    const patterns = tf.tensor([1, -1, 1, -1], [1, 4]);
    const error = await memory.store(patterns).then(() => undefined, (e) => e); // biome-ignore format: one line
    expect(error).toBeInstanceOf(DivergedError);
    expect(error).toMatchObject({ tensor: 'W', step: expect.any(Number) });
    expect(error.message).toMatch(
      /^storing diverged: "W" is not finite after step [123] of 3; 1 patterns, of ebmm: they may be more/,
    );
    const corruption = parseCorruption('resample:2', { patternShape: [4], bitsPerValue: 1 });
    const protocol = { task: binaryTask({ dimension: 4 }), corruption, split: 'test', known: false, seed: 1, episodes: 3, patterns: 2 } as const; // biome-ignore format: one line
    const row = await evaluate(memory, protocol);
    expect(row).toMatchObject({ error: 4, diverged: 6, error_p5: 4, error_p95: 4 });
    const squares = { ...protocol.task, unit: 'squared error' as const, bitsPerValue: 8, patterns: () => new Float32Array(8).fill(0.25) }; // biome-ignore format: one line
    expect((await evaluate(memory, { ...protocol, task: squares })).error).toBeCloseTo(4 * 0.75 ** 2, 5);
  });
}

test('the largest eigenvalue is that of the sum of x x′', () => {
  const random = stream(3, 'eigen');
  const bits = Float32Array.from({ length: 40 * 24 }, () => 2 * random.bit() - 1);
  // Fair bits: at the edge of Marchenko and Pastur. All alike: count times d.
  const edge = (Math.sqrt(40) + Math.sqrt(24)) ** 2;
  expect(largestEigenvalue(bits, 40, 24) / edge).toBeCloseTo(1, 0);
  expect(largestEigenvalue(bits.map((_, i) => bits[i % 24]), 40, 24)).toBeCloseTo(40 * 24, 6); // biome-ignore format: one line
  expect(boundedScale(bits, 40, 24, 40).scale).toBe(1);
  expect(boundedScale(bits.map((_, i) => bits[i % 24]), 40, 24, 40).scale).toBeLessThan(0.1); // biome-ignore format: one line
});

test('the pretrained memories hold sparse, biased, equal and too many patterns without diverging', {
  timeout: 120_000,
}, async () => {
  const d = 128;
  const kinds: Record<string, [count: number, draw: (i: number, bit: (p: number) => number) => number]> = {
    'as trained': [48, (_, bit) => bit(0.5)],
    'four times as many': [192, (_, bit) => bit(0.5)],
    sparse: [48, (_, bit) => bit(0.1)],
    biased: [48, (_, bit) => bit(0.8)],
    equal: [48, (i) => (i % d) % 2],
    constant: [48, () => 1],
  };
  for (const name of ['binary-64', 'binary-96', 'binary-unknown']) {
    const memory = memoryOf(await loadRun(name), compiledEngine({ threads: 1 }));
    for (const [kind, [count, draw]] of Object.entries(kinds)) {
      const random = stream(1, 'kinds', kind);
      const bit = (p: number) => Number(random.uniform() < p);
      const patterns = Float32Array.from({ length: count * d }, (_, i) => 2 * draw(i, bit) - 1);
      const slowed: number[] = [];
      const refused = await memory
        .write(patterns, 1, count, { slowed: (_, scale) => slowed.push(scale) })
        .then(() => undefined, (e) => e.message); // biome-ignore format: one line
      if (kind === 'as trained') expect(slowed, `${name}, ${kind}`).toEqual([]);
      if (refused) {
        expect(refused, `${name}, ${kind}`).toMatch(
          /cannot hold these \d+ patterns: recalled from themselves, \d+ of 128 values are wrong/,
        );
        expect(kind, `${name}, ${kind}`).not.toMatch(/trained|equal|constant|sparse/);
      }
      const state = await memory.write(patterns, 1, count, { diverged: 'keep' });
      const { iterates } = await memory.read(state, patterns, 1, count);
      const wrong = iterates.at(-1)!.filter((v, i) => v > 0 !== patterns[i] > 0).length / count;
      if (kind === 'equal' || kind === 'constant') expect(wrong, `${name}, ${kind}`).toBeLessThan(1);
    }
  }
});
