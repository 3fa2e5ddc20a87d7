import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { compiledEngine } from '../../../src/compile/index.ts';
import { denoise } from '../../../src/diffusion/score-network.ts';
import { scoreUnet } from '../../../src/diffusion/score-unet.ts';
import { InputError } from '../../../src/errors.ts';
import { randomParameters } from './parameters.ts';
import { gaussians } from './points.ts';

const shape = [8, 8, 1];
const images = (seed: number, n: number) =>
  tf.tensor4d(Float32Array.from(gaussians(seed, n * 64)), [n, 8, 8, 1]);

describe.each([0, 3])('scoreUnet, perceptron of %d', (whole) => {
  const network = scoreUnet({ patternShape: shape, noise: { start: 10, end: 0.01 }, channels: 2, whole });
  const p = randomParameters(network, 1);

  it('denoises every image by itself, at its own level of noise', () => {
    const x = images(2, 3);
    const w = tf.tensor1d([0.1, 1, 5]);
    const together = denoise(network, p, x, w);
    expect(together.shape).toEqual([3, ...shape]);
    for (let n = 0; n < 3; n++) {
      const alone = denoise(network, p, tf.slice(x, [n, 0, 0, 0], [1, -1, -1, -1]), tf.slice(w, [n], [1]));
      const expected = tf.slice(together, [n, 0, 0, 0], [1, -1, -1, -1]).dataSync();
      for (const [i, value] of alone.dataSync().entries()) expect(value).toBeCloseTo(expected[i], 4);
    }
  });

  it('answers with what two halvings can see: every pixel depends on the far corner', () => {
    const x = images(3, 1);
    const w = tf.tensor1d([1]);
    const nudge = tf.buffer([1, 8, 8, 1]);
    nudge.set(1, 0, 7, 7, 0);
    const difference = tf.sub(denoise(network, p, x, w), denoise(network, p, tf.add(x, nudge.toTensor()), w));
    expect(Math.abs(difference.dataSync()[0])).toBeGreaterThan(1e-6);
  });

  it('runs alike on the compiled engine', async () => {
    const engine = compiledEngine({ threads: 1 });
    const f = ({ x, w, ...q }: Record<string, tf.Tensor>) => ({ means: denoise(network, q, x, w) });
    const x = images(4, 2);
    const specs = Object.fromEntries(
      Object.entries(network.parameters).map(([k, s]) => [k, { shape: s.shape }]),
    );
    const program = await engine.compile(f, { ...specs, x: { shape: [2, ...shape] }, w: { shape: [2] } });
    const values = Object.fromEntries(Object.entries(p).map(([k, t]) => [k, t.dataSync() as Float32Array]));
    const w = new Float32Array([0.2, 3]);
    const { means } = await program.run({ ...values, x: x.dataSync() as Float32Array, w });
    const expected = denoise(network, p, x, tf.tensor1d(w)).dataSync();
    for (const [i, value] of Array.from(means).entries()) expect(value).toBeCloseTo(expected[i], 3);
    await engine.dispose();
  });

  it('starts with the estimate 0', () => {
    expect(network.parameters['out.w'].init).toEqual({ constant: 0 });
    expect(network.parameters['out.b'].init).toEqual({ constant: 0 });
  });

  it('refuses what it cannot halve twice', () => {
    expect(() => scoreUnet({ patternShape: [6, 8, 1], noise: { start: 1, end: 0.1 } })).toThrow(InputError);
    expect(() => scoreUnet({ patternShape: [64], noise: { start: 1, end: 0.1 } })).toThrow(InputError);
  });
});
