import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { learnedModel } from '../../../src/diffusion/learned-model.ts';
import { ladder, varianceExploding } from '../../../src/diffusion/process.ts';
import { type Denoiser, retrieve } from '../../../src/diffusion/retrieval.ts';
import { scoreMlp } from '../../../src/diffusion/score-mlp.ts';
import { denoise } from '../../../src/diffusion/score-network.ts';
import { randomParameters } from './parameters.ts';
import { gaussians } from './points.ts';

const d = 4;
const noise = { start: 10, end: 0.05 };

describe.each([false, true])('learnedModel, potential: %s', (potential) => {
  const network = scoreMlp({ patternShape: [d], noise, width: 5, layers: 2, potential });
  const p = randomParameters(network, 1);
  const denoiser: Denoiser = (x, { variance }) => {
    const n = x.length / d;
    return {
      means: denoise(
        network,
        p,
        tf.tensor2d(Float32Array.from(x), [n, d]),
        tf.fill([n], variance),
      ).dataSync(),
    };
  };
  const queries = Float32Array.from(gaussians(2, 3 * d));
  const mask = Float32Array.from(queries, (_, i) => Number(i % 4 < 2));

  it.each(['ode', 'denoise'] as const)(
    '%s is the retrieval of that name, with and without known entries',
    async (method) => {
      for (const known of [undefined, mask]) {
        const model = learnedModel(network, { method, process: 'exploding', start: 2, steps: 5 });
        const iterates = model.recall(
          p,
          {},
          tf.tensor3d(queries, [1, 3, d]),
          known && tf.tensor3d(known, [1, 3, d]),
        );
        expect(iterates.length).toBe(5);
        const levels = ladder(varianceExploding(), 2, noise.end, 5);
        const { states } = await retrieve(denoiser, queries, d, { method, levels, known });
        const last = iterates[4].dataSync();
        for (let i = 0; i < states.length; i++) expect(last[i]).toBeCloseTo(states[i], 3);
      }
    },
  );

  it('by erasure it is the retrieval of queries with 0 where nothing is known', async () => {
    const model = learnedModel(network, {
      method: 'denoise',
      process: 'exploding',
      start: 2,
      steps: 5,
      completion: 'erasure',
    });
    const recall = (known?: tf.Tensor) =>
      model.recall(p, {}, tf.tensor3d(queries, [1, 3, d]), known)[4].dataSync();
    const levels = ladder(varianceExploding(), 2, noise.end, 5);
    for (const known of [undefined, mask]) {
      const start = known ? queries.map((value, i) => (known[i] ? value : 0)) : queries;
      const { states } = await retrieve(denoiser, start, d, { method: 'denoise', levels, known });
      const last = recall(known && tf.tensor3d(known, [1, 3, d]));
      for (let i = 0; i < states.length; i++) expect(last[i]).toBeCloseTo(states[i], 3);
    }
  });

  it('takes a variance preserving query as 1 / scale of it', () => {
    const recall = (process: 'exploding' | 'preserving', scale: number) =>
      learnedModel(network, { method: 'ode', process, start: 3, steps: 4 })
        .recall(
          p,
          {},
          tf.tensor3d(
            queries.map((v) => v * scale),
            [1, 3, d],
          ),
        )
        .at(-1)!
        .dataSync();
    const [a, b] = [recall('preserving', 1), recall('exploding', 2)];
    for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(b[i], 4);
  });

  it('counts all its weights as its memory, and has an energy where it has a potential', () => {
    const model = learnedModel(network, { method: 'ode', process: 'exploding', start: 3, steps: 4 });
    // W1, T1, b1, W2, T2, b2, out
    expect(model.floats).toBe(d * 5 + 40 + 5 + 25 + 40 + 5 + 5 * (potential ? 1 : d));
    expect(model.energy !== undefined).toBe(potential);
    const energies = model.energy?.(p, {}, tf.tensor3d(queries, [1, 3, d]));
    if (potential) expect(energies!.shape).toEqual([1, 3]);
  });
});
