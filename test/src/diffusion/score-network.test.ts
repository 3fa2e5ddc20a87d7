import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { scoreMlp } from '../../../src/diffusion/score-mlp.ts';
import {
  denoise,
  denoisingLoss,
  learnedEnergy,
  type ScoreNetwork,
  timeFeatures,
} from '../../../src/diffusion/score-network.ts';
import { randomParameters } from './parameters.ts';
import { gaussians } from './points.ts';

const noise = { start: 50, end: 0.01 };
const d = 3;

describe.each(['pattern', 'residual'] as const)('a potential whose answer is the %s', (answer) => {
  const network = scoreMlp({ patternShape: [d], noise, answer, width: 6, layers: 2, potential: true });
  const p = randomParameters(network, 1);

  it('denoises by one gradient step on its energy: E[y | x] = x - grad E(x)', () => {
    for (const variance of [0.02, 1, 20]) {
      const x = Float32Array.from(gaussians(2, d));
      const energy = (values: Float32Array) =>
        learnedEnergy(network, p, tf.tensor2d(values, [1, d]), tf.fill([1], variance)).dataSync()[0];
      const means = denoise(network, p, tf.tensor2d(x, [1, d]), tf.fill([1], variance)).dataSync();
      for (let i = 0; i < d; i++) {
        const [up, down] = [x.slice(), x.slice()];
        // float32 energies: a wide difference, of a smooth function
        up[i] += 1e-2;
        down[i] -= 1e-2;
        expect(means[i]).toBeCloseTo(x[i] - (energy(up) - energy(down)) / (up[i] - down[i]), 2);
      }
    }
  });
});

describe('denoise', () => {
  const constant = (answer: 'pattern' | 'residual'): ScoreNetwork => ({
    patternShape: [d],
    parameters: {},
    noise,
    answer,
    estimate: (_, z) => tf.onesLike(z),
  });

  it('returns the estimate itself, or x / (1 + w) + sqrt(w / (1 + w)) times it', () => {
    const x = tf.tensor2d([2, -1, 3, 4, 5, 6], [2, d]);
    const w = tf.tensor1d([3, 0.25]);
    expect(Array.from(denoise(constant('pattern'), {}, x, w).dataSync())).toEqual([1, 1, 1, 1, 1, 1]);
    const means = denoise(constant('residual'), {}, x, w).dataSync();
    const expected = [2, -1, 3, 4, 5, 6].map((v, i) => {
      const own = i < d ? 3 : 0.25;
      return v / (1 + own) + Math.sqrt(own / (1 + own));
    });
    for (const [i, value] of expected.entries()) expect(means[i]).toBeCloseTo(value, 5);
  });

  it('shows the network states of unit variance, and time features that are 1 at the least noise', () => {
    const seen: tf.Tensor[] = [];
    const network: ScoreNetwork = {
      ...constant('pattern'),
      estimate(_, z, time) {
        seen.push(z, time);
        return z;
      },
    };
    denoise(network, {}, tf.tensor2d([4, 0, 0], [1, d]), tf.tensor1d([15]));
    expect(seen[0].dataSync()[0]).toBeCloseTo(1, 5);
    denoise(network, {}, tf.tensor2d([1, 0, 0], [1, d]), tf.tensor1d([noise.end]));
    expect(seen[3].shape).toEqual([1, timeFeatures]);
    for (const value of seen[3].dataSync()) expect(value).toBeCloseTo(1, 5);
    denoise(network, {}, tf.tensor2d([1, 0, 0], [1, d]), tf.tensor1d([noise.start]));
    for (const [k, value] of seen[5].dataSync().entries()) expect(value).toBeCloseTo((-1) ** k, 4);
  });
});

describe('denoisingLoss', () => {
  it('is the squared error of the denoised, weighted by 1 + 1 / w, by 5 at most for patterns', () => {
    const batch = {
      patterns: tf.tensor2d([0, 0, 0, 0, 0, 0], [2, d]),
      noisy: tf.tensor2d([1, 1, 1, 1, 1, 1], [2, d]),
      level: tf.tensor1d([2, 0.01]),
    };
    const network = (answer: 'pattern' | 'residual'): ScoreNetwork => ({
      patternShape: [d],
      parameters: {},
      noise,
      answer,
      estimate: (_, z) => (answer === 'pattern' ? tf.onesLike(z) : tf.zerosLike(z)),
    });
    expect(denoisingLoss(network('pattern'), {}, batch).loss.dataSync()[0]).toBeCloseTo((1.5 + 5) / 2, 5);
    const residual = (1.5 * (1 / 3) ** 2 + 101 * (1 / 1.01) ** 2) / 2;
    expect(denoisingLoss(network('residual'), {}, batch).loss.dataSync()[0]).toBeCloseTo(residual, 3);
  });
});

describe('scoreMlp', () => {
  it('with frequencies sees every input at 1, 2 and 4 times its size as sines and cosines', () => {
    const network = scoreMlp({ patternShape: [d], noise, width: 5, layers: 2, frequencies: 3 });
    expect(network.parameters.W1.shape).toEqual([d * 7, 5]);
    const p = randomParameters(network, 2);
    const only = (row: number) =>
      tf.tensor2d(
        Float32Array.from({ length: d * 7 * 5 }, (_, i) => +(Math.floor(i / 5) === row)),
        [d * 7, 5],
      );
    const x = tf.tensor2d([0.3, -0.7, 1.1], [1, d]);
    const w = tf.tensor1d([1]);
    const z = [0.3, -0.7, 1.1].map((v) => v / Math.SQRT2);
    // One row of W1 at a time: the network that sees that input alone, put in by hand.
    const plain = scoreMlp({ patternShape: [1], noise, width: 5, layers: 2 });
    const seen = [
      ...z,
      ...[1, 2, 4].flatMap((k) => z.map((v) => Math.sin(k * v))),
      ...[1, 2, 4].flatMap((k) => z.map((v) => Math.cos(k * v))),
    ];
    for (const [row, value] of seen.entries()) {
      const answer = denoise(network, { ...p, W1: only(row) }, x, w).dataSync();
      const expected = denoise(
        { ...plain, patternShape: [1] },
        { ...p, W1: tf.ones([1, 5]), out: tf.slice(p.out, [0, 0], [-1, 1]) },
        tf.tensor2d([value * Math.SQRT2], [1, 1]),
        w,
      ).dataSync();
      expect(answer[0]).toBeCloseTo(expected[0], 4);
    }
  });
});
