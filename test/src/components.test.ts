import * as tf from '@tensorflow/tfjs';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { beforeAll, describe, expect, test } from 'vitest';
import { tfjsEngine } from '../../src/compile/index.ts';
import { principalComponents } from '../../src/components.ts';
import { InputError } from '../../src/errors.ts';
import { componentsHopfield } from '../../src/hopfield/index.ts';
import { stream } from '../../src/random.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const [n, d] = [300, 60];
/** Patterns whose variance falls from direction to direction, none of them along an axis. */
const patterns = (() => {
  const random = stream(1, 'patterns');
  const mix = Array.from({ length: d }, () => Array.from({ length: d }, () => random.normal()));
  return Float32Array.from({ length: n * d }, () => 0).map((_, i, all) => {
    if (i % d === 0) {
      const latent = Array.from({ length: d }, (_, k) => random.normal() / (k + 1));
      for (let j = 0; j < d; j++) all[i + j] = 3 + latent.reduce((sum, v, k) => sum + v * mix[k][j], 0);
    }
    return all[i];
  });
})();

/** The covariance's eigenvectors by a library, as rows by falling variance. */
function truth() {
  const x = Matrix.from1DArray(n, d, Array.from(patterns));
  const mean = x.mean('column');
  const centred = x.subRowVector(mean);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    centred.transpose().mmul(centred).div(n),
    { assumeSymmetric: true },
  );
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  return { mean, rows: order.map((k) => eigenvectorMatrix.getColumn(k)) };
}

describe('principal components', () => {
  test.each([5, 60])(
    'the first %i are those of the covariance, by falling variance, up to sign',
    async (count) => {
      const { mean, components } = await principalComponents(patterns, d, count, await tfjsEngine());
      const expected = truth();
      for (const [i, value] of mean.entries()) expect(value).toBeCloseTo(expected.mean[i], 4);
      for (let k = 0; k < Math.min(count, 10); k++) {
        const row = components.subarray(k * d, (k + 1) * d);
        expect(Math.abs(row.reduce((sum, v, i) => sum + v * expected.rows[k][i], 0))).toBeCloseTo(1, 3);
      }
      for (let j = 0; j < count; j++) {
        for (let k = 0; k <= j; k++) {
          let product = 0;
          for (let i = 0; i < d; i++) product += components[j * d + i] * components[k * d + i];
          expect(product).toBeCloseTo(Number(j === k), 4);
        }
      }
    },
  );

  test('one pattern has none, and no pattern has more than it has values', async () => {
    await expect(principalComponents(patterns.subarray(0, d), d, 1, await tfjsEngine())).rejects.toThrow(
      InputError,
    );
    await expect(principalComponents(patterns, d, d + 1, await tfjsEngine())).rejects.toThrow(InputError);
  });
});

describe('modern-components', () => {
  const range = [-20, 20] as const;
  const stored = tf.tensor(patterns.slice(0, 10 * d), [10, 10, 6, 1]);
  const memoryOf = async (floats?: number, count = d) =>
    componentsHopfield({
      basis: await principalComponents(patterns, d, count, await tfjsEngine()),
      floats,
      range,
    });
  const worst = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];

  test('with all components a pattern comes back', async () => {
    const held = await (await memoryOf()).store(stored);
    expect(held.floats).toBe(10 * d);
    expect(worst((await held.recall(stored)).patterns, stored)).toBeLessThan(1e-3);
  });

  test('a budget is shared out equally, and the error falls with it', async () => {
    const errors = [];
    for (const floats of [10, 50, 209, 600]) {
      const held = await (await memoryOf(floats)).store(stored);
      expect(held.floats).toBe(10 * Math.floor(floats / 10));
      errors.push(tf.sum(tf.squaredDifference((await held.recall(stored)).patterns, stored)).dataSync()[0]);
    }
    for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(errors[i - 1]);
    const few = await (await memoryOf(4)).store(stored);
    expect(few.floats).toBe(4);
  });

  test('what is known decides which is found, and stays', async () => {
    const held = await (await memoryOf()).store(stored);
    // The upper half of the first, the lower half of the second.
    const upper = tf.concat([tf.ones([1, 5, 6, 1]), tf.zeros([1, 5, 6, 1])], 1);
    const [first, second] = [tf.slice(stored, 0, 1), tf.slice(stored, 1, 1)];
    const query = tf.add(tf.mul(first, upper), tf.mul(second, tf.sub(1, upper)));
    expect(worst((await held.recall(query, { known: upper })).patterns, first)).toBeLessThan(1e-3);
    const { patterns: other } = await held.recall(query, { known: tf.sub(1, upper) });
    expect(worst(other, second)).toBeLessThan(1e-3);
  });

  test('what it holds makes the same memory again; other patterns are refused', async () => {
    const memory = await memoryOf(100);
    const held = await memory.store(stored);
    const again = await memory.restore(held.contents());
    expect(worst((await again.recall(stored)).patterns, (await held.recall(stored)).patterns)).toBe(0);
    await expect(memory.store(tf.zeros([2, 7]))).rejects.toThrow(InputError);
    await expect((await memoryOf(undefined, 3)).restore(held.contents())).rejects.toThrow(InputError);
  });
});
