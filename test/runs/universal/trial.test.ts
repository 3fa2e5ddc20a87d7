import { expect, test } from 'vitest';
import { experiments, type Series } from '../../../runs/universal/experiments.ts';
import { allScores, makeSlice, outcome } from '../../../runs/universal/trial.ts';
import { universalNetwork } from '../../../src/universal/index.ts';
import { randomVectors, rowOf } from '../../src/universal/vectors.ts';

const [COUNT, D] = [30, 16];
const images = Float32Array.from(randomVectors('images', COUNT, D));
const queries = Float32Array.from(randomVectors('images', COUNT, D), (x, i) => (i % D < 7 ? 0 : x));
// One image twice: an output equal to both is not nearer to the other.
images.copyWithin(3 * D, 0, D);

const series: Series[] = [
  ...experiments.similarity.series,
  ...experiments.separation.series,
  { name: 'soft', similarity: 'euclidean', separation: 'softmax', parameter: 3 },
];

/** By making every output and comparing it with every stored image. */
function direct(one: Series, n: number, lower: number) {
  const network = universalNetwork(images.subarray(0, n * D), n, D, one);
  const stored = Float64Array.from(images.subarray(0, n * D));
  if (lower > 0) for (let mu = 0; mu < n; mu++) stored.fill(0, mu * D, mu * D + lower);
  return Array.from({ length: n }, (_, j) => {
    const weights = network.weights(network.comparison.scores(queries.subarray(j * D, (j + 1) * D)));
    const out = new Float64Array(D);
    for (let mu = 0; mu < n; mu++) for (let i = 0; i < D; i++) out[i] += weights[mu] * stored[mu * D + i];
    const distances = Array.from({ length: n }, (_, k) =>
      rowOf(stored, k, D).reduce((sum, x, i) => sum + (x - out[i]) ** 2, 0),
    );
    // A copy of the target is as good as the target; half way between two is not nearer to either.
    const nearest = distances.every(
      (distance, k) =>
        distance > distances[j] + 1e-9 || rowOf(stored, k, D).join() === rowOf(stored, j, D).join(),
    );
    return { error: distances[j], nearest };
  });
}

test.each(series)(
  '$name: errors and the nearest by products of all pairs are those of the outputs',
  async (one) => {
    const slice = makeSlice(images, queries, D, 8);
    let ticks = 0;
    const { network, scores } = await allScores(slice, one, COUNT, async (n) => {
      ticks += n;
    });
    expect(ticks).toBe(COUNT);
    for (const [target, lower] of [
      ['image', 0],
      ['lower-half', 8],
    ] as const) {
      for (const n of [1, 7, COUNT]) {
        const { errors, nearest } = outcome(network, scores, COUNT, slice.gram(target), COUNT, n);
        direct(one, n, lower).forEach((wanted, j) => {
          expect(errors[j]).toBeCloseTo(wanted.error, 6);
          expect(Boolean(nearest[j])).toBe(wanted.nearest);
        });
      }
    }
  },
);

test("the public code's NaN is neither within a threshold nor nearest", async () => {
  const zero = images.slice();
  zero.fill(0, 5 * D, 6 * D);
  const slice = makeSlice(zero, queries, D, 8);
  const one: Series = { name: 'soft', similarity: 'kl', separation: 'softmax', mode: 'official' };
  const { network, scores } = await allScores(slice, one, COUNT, async () => {});
  const { errors, nearest } = outcome(network, scores, COUNT, slice.gram('image'), COUNT, COUNT);
  expect(errors.every(Number.isNaN)).toBe(true);
  expect(nearest.every((flag) => flag === 0)).toBe(true);
});
