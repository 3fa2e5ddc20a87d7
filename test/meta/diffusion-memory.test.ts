import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../meta/config.ts';
import type { ScoreNetworkConfig } from '../../meta/diffusion-config.ts';
import { learnedDenoiser, scoreTrainer, trainedDiffusion } from '../../meta/diffusion-memory.ts';
import { compiledEngine } from '../../src/compile/index.ts';
import { cached } from '../../src/compile/program/programs.ts';
import {
  denoiserOf,
  patternDiffusion,
  varianceExploding,
  variancePreserving,
} from '../../src/diffusion/index.ts';
import { stream } from '../../src/random.ts';

const engine = compiledEngine({ threads: 1 });
afterAll(() => engine.dispose());
const d = 6;
const patterns = Float32Array.from([1, 1, 1, -1, -1, -1, -1, 1, -1, 1, -1, 1, -1, -1, 1, 1, 1, -1]);

const network = (name: string) =>
  configSchema.shape.network.parse({
    name,
    width: 32,
    layers: 2,
    batch: 64,
    noise: { start: 20, end: 0.05 },
  }) as ScoreNetworkConfig;

describe.each(['score-mlp', 'score-energy'])('%s', (name) => {
  it('trained on three patterns, is near the exact denoiser at every level of noise; energies differ by a constant', async () => {
    const options = { network: network(name), steps: 500, engine, seed: 0, learningRate: 0.005 };
    const trained = await scoreTrainer([d], options)(patterns);
    const learned = learnedDenoiser(trained.network, trained.parameters, engine);
    const exact = denoiserOf(patternDiffusion(patterns, 3, d));
    for (const noise of [0.1, 1, 5].map((variance) => varianceExploding().at(variance))) {
      const random = stream(1, 'noise', noise.variance);
      const x = Float64Array.from({ length: 100 * d }, (_, i) => {
        return patterns[i % patterns.length] + Math.sqrt(noise.variance) * random.normal();
      });
      const [a, b] = [await learned(x, noise), await exact(x, noise)];
      let error = 0;
      for (let i = 0; i < x.length; i++) error += (a.means[i] - b.means[i]) ** 2 / x.length;
      expect(error).toBeLessThan(0.03);
      // At little noise no sample lies between two patterns, so that nothing ties their energies together.
      if (name === 'score-mlp' || noise.variance < 1) continue;
      const differences = a.energies!.map((energy, q) => energy - b.energies![q]);
      const mean = differences.reduce((u, v) => u + v) / differences.length;
      const spread = (values: number[], centre: number) =>
        Math.sqrt(values.reduce((u, v) => u + (v - centre) ** 2, 0) / values.length);
      const all = b.energies!.reduce((u, v) => u + v) / b.energies!.length;
      expect(spread(differences, mean)).toBeLessThan(0.3 * spread(b.energies!, all));
    }
  });
});

describe('scoreTrainer', () => {
  it('with one seed gives the same weights', async () => {
    const train = (seed: number) =>
      scoreTrainer([d], { network: network('score-mlp'), steps: 5, engine, seed })(patterns);
    const [a, b, c] = [await train(1), await train(1), await train(2)];
    expect(a.parameters).toEqual(b.parameters);
    expect(a.parameters.W1).not.toEqual(c.parameters.W1);
  });

  it('compiles its update once, and what it trained before leaves no trace', async () => {
    let programs = 0;
    const counting = {
      ...engine,
      compile: cached((f, specs) => {
        programs += 1;
        return engine.compile(f, specs);
      }),
    };
    const train = scoreTrainer([d], { network: network('score-mlp'), steps: 5, engine: counting, seed: 1 });
    const first = await train(patterns);
    const other = await train(patterns.map((v) => -v));
    const again = await train(patterns);
    expect(programs).toBe(1);
    expect(again.parameters).toEqual(first.parameters);
    expect(other.parameters.W1).not.toEqual(first.parameters.W1);
  });
});

describe('learnedDenoiser', () => {
  it('reads a variance preserving state as a variance exploding one, rescaled', async () => {
    const { network: trained, parameters } = await scoreTrainer([d], {
      network: network('score-energy'),
      steps: 5,
      engine,
      seed: 1,
    })(patterns);
    const learned = learnedDenoiser(trained, parameters, engine);
    const process = variancePreserving();
    const noise = process.at(process.timeOf(2));
    const x = Float64Array.from(patterns, (v, i) => v + i / 10);
    const preserving = await learned(
      x.map((v) => v * noise.scale),
      noise,
    );
    const exploding = await learned(x, { scale: 1, variance: 2 });
    for (let i = 0; i < x.length; i++) expect(preserving.means[i]).toBeCloseTo(exploding.means[i], 4);
    for (const [q, energy] of exploding.energies!.entries()) {
      expect(preserving.energies![q]).toBeCloseTo(energy * noise.scale ** 2, 4);
    }
  });
});

describe('trainedDiffusion', () => {
  it('stores by training, and completes; its memory is all its weights', async () => {
    const memory = trainedDiffusion({ network: network('score-mlp'), steps: 150, engine, seed: 0 });
    const stored = await memory.store(tf.tensor2d(patterns, [3, d]));
    expect(stored.floats).toBe(d * 32 + 32 * 32 + 2 * (8 * 32 + 32) + 32 * d);
    const queries = patterns.map((v, i) => (i % d < 3 ? v : 0));
    const known = patterns.map((_, i) => Number(i % d < 3));
    const { patterns: recalled } = await stored.recall(tf.tensor2d(queries, [3, d]), {
      known: tf.tensor2d(known, [3, d]),
    });
    expect(Array.from(await recalled.data(), Math.sign)).toEqual(Array.from(patterns));
  });

  it('stores other patterns afterwards as one that has stored nothing', async () => {
    const make = () => trainedDiffusion({ network: network('score-mlp'), steps: 150, engine, seed: 0 });
    const others = tf.tensor2d(
      patterns.map((v, i) => (i % 2 ? v : -v)),
      [3, d],
    );
    const used = make();
    const before = await used.store(tf.tensor2d(patterns, [3, d]));
    const answers = [];
    for (const stored of [await used.store(others), await make().store(others)])
      answers.push(await (await stored.recall(others)).patterns.data());
    expect(answers[0]).toEqual(answers[1]);
    const { patterns: old } = await before.recall(tf.tensor2d(patterns, [3, d]));
    expect(Array.from(await old.data(), Math.sign)).toEqual(Array.from(patterns));
  });
});
