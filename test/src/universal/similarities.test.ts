import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/random.ts';
import {
  compare,
  differentiableSimilarities,
  type SimilarityName,
  similarities,
  similarityNames,
} from '../../../src/universal/similarities.ts';
import { randomVectors, rowOf, slopes } from './vectors.ts';

const FORMS = ['negative', 'reciprocal'] as const;
const D = 24;

/** The textbook definition of each, as a plain loop; distances positive. */
const DIRECT: Record<SimilarityName, (m: Float64Array, q: Float64Array) => number> = {
  dot: (m, q) => sum(m, (x, i) => x * q[i]),
  'normalised-dot': (m, q) => sum(m, (x, i) => (x / sum(m)) * (q[i] / sum(q))),
  cosine: (m, q) => sum(m, (x, i) => x * q[i]) / Math.sqrt(sum(m, (x) => x * x) * sum(q, (x) => x * x)),
  euclidean: (m, q) => sum(m, (x, i) => (x - q[i]) ** 2),
  manhattan: (m, q) => sum(m, (x, i) => Math.abs(x - q[i])),
  hamming: (m, q) => sum(m, (x, i) => (x < 0.5 === q[i] < 0.5 ? 0 : 1)),
  kl: (m, q) => divergence(share(m), share(q)),
  'reverse-kl': (m, q) => divergence(share(q), share(m)),
  'jensen-shannon'(m, q) {
    const [p, r] = [share(m), share(q)];
    const mean = p.map((x, i) => (x + r[i]) / 2);
    return (divergence(p, mean) + divergence(r, mean)) / 2;
  },
};

function sum(values: Float64Array, term = (x: number, _: number) => x): number {
  return values.reduce((total, x, i) => total + term(x, i), 0);
}
const share = (x: Float64Array) => x.map((v) => (v + 0.01) / (sum(x) + 0.01 * x.length));
const divergence = (p: Float64Array, q: Float64Array) => sum(p, (x, i) => x * Math.log(x / q[i]));

test.each(similarityNames)('%s is what its definition says', (name) => {
  const [memories, queries] = [randomVectors('m', 9, D), randomVectors('q', 5, D)];
  for (const form of FORMS) {
    const scores = compare(name, memories, 9, D, { form }).scores(queries);
    for (let q = 0; q < 5; q++) {
      for (let mu = 0; mu < 9; mu++) {
        const direct = DIRECT[name](rowOf(memories, mu, D), rowOf(queries, q, D));
        const { distance } = similarities[name];
        const wanted = distance ? (form === 'negative' ? -direct : 1 / direct) : direct;
        expect(scores[q * 9 + mu]).toBeCloseTo(wanted, 9);
      }
    }
  }
});

/**
 * Memories that are rearrangements of one vector: all of the same sum and length, so that the nearest is the same under
 * every similarity, the dot products included.
 */
function rearrangements(count: number, d: number) {
  const values = randomVectors('values', 1, d, (r) => r.bit());
  const random = stream('universal', 'rearrangements');
  const memories = new Float64Array(count * d);
  for (let mu = 0; mu < count; mu++) {
    const order = random.permutation(d);
    for (let i = 0; i < d; i++) memories[mu * d + i] = values[order[i]];
  }
  return memories;
}

describe.each(similarityNames)('%s', (name) => {
  describe.each(FORMS)('%s', (form) => {
    test('the memory nearest to the query ranks first', () => {
      const [count, d] = [100, 64];
      const memories = rearrangements(count, d);
      const queries = memories.slice();
      // Three entries in twenty are pulled half way to the other side.
      const random = stream('universal', 'noise');
      for (let i = 0; i < queries.length; i++) {
        if (random.uniform() < 0.15) queries[i] += (0.6 * (1 - 2 * queries[i])) as number;
        else queries[i] += 0.1 * (random.uniform() - 0.5) * (1 - 2 * queries[i]);
      }
      const scores = compare(name, memories, count, d, { form }).scores(queries);
      for (let q = 0; q < count; q++) {
        const own = rowOf(scores, q, count);
        const better = own.filter((score) => score >= own[q]).length;
        expect(better).toBe(1);
      }
    });

    test('an exact match ranks first, an all-zero memory is no obstacle, all in float32', () => {
      const [count, d] = [50, 40];
      const memories = Float32Array.from(rearrangements(count, d), (x) => 0.1 + 0.8 * x);
      memories.fill(0, 7 * d, 8 * d);
      const scores = compare(name, memories, count, d, { form }).scores(memories);
      expect(scores.every(Number.isFinite)).toBe(true);
      for (let q = 0; q < count; q++) {
        if (q === 7) continue;
        const own = rowOf(scores, q, count);
        expect(own.indexOf(own.reduce((a, b) => Math.max(a, b)))).toBe(q);
      }
    });

    test('one memory, thousands of memories and an all-zero query have finite scores', () => {
      const many = randomVectors('many', 5000, 3);
      expect(compare(name, many, 5000, 3, { form }).scores(many.subarray(0, 6)).every(Number.isFinite)).toBe(
        true,
      );
      const one = compare(name, Float64Array.of(0, 0, 0), 1, 3, { form });
      expect(Number.isFinite(one.scores(new Float64Array(3))[0])).toBe(true);
      expect(Number.isFinite(one.scores(Float64Array.of(1, 0, 1))[0])).toBe(true);
    });
  });

  test.runIf(similarities[name].distance)('of equal vectors it is exactly zero, wherever they stand', () => {
    const [count, d] = [9, 1030];
    const memories = randomVectors('m', count, d);
    const scores = compare(name, memories, count, d).scores(memories);
    for (let q = 0; q < count; q++) expect(Math.abs(scores[q * count + q])).toBe(0);
  });

  test('the first memories can be compared alone', () => {
    const [memories, queries] = [randomVectors('m', 9, D), randomVectors('q', 3, D)];
    const all = compare(name, memories, 9, D).scores(queries);
    const some = compare(name, memories, 9, D).scores(queries, 6);
    for (let q = 0; q < 3; q++) {
      for (let mu = 0; mu < 6; mu++) expect(some[q * 6 + mu]).toBe(all[q * 9 + mu]);
    }
  });
});

test.each(differentiableSimilarities)('the pull of %s is the slope of its weighted scores', (name) => {
  for (const form of FORMS) {
    const memories = randomVectors('m', 4, 6);
    const query = randomVectors('query', 1, 6);
    const weights = Float64Array.of(0.5, 2, 0, 1);
    const comparison = compare(name, memories, 4, 6, { form });
    const pull = new Float64Array(6);
    comparison.pull(query, weights, pull);
    const numeric = slopes((x) => sum(comparison.scores(x), (score, mu) => score * weights[mu]), query);
    const scale = Math.max(...numeric.map(Math.abs));
    numeric.forEach((slope, i) => {
      expect(Math.abs(pull[i] - slope)).toBeLessThan(1e-6 * scale);
    });
  }
});

test('every similarity but the Hamming distance has a gradient', () => {
  expect(similarityNames.filter((name) => !differentiableSimilarities.includes(name))).toEqual(['hamming']);
  const hamming = compare('hamming', new Float64Array(4), 2, 2);
  expect(() => hamming.pull(new Float64Array(2), new Float64Array(2), new Float64Array(2))).toThrow(
    'similarity "hamming" has no gradient',
  );
});

test('the range shifts bits and distributions', () => {
  const [memories, query] = [Float64Array.of(-1, 1, 1, -1, -1, 1), Float64Array.of(-1, 1, 0.2)];
  const range = [-1, 1] as const;
  expect([...compare('hamming', memories, 2, 3, { range }).scores(query)]).toEqual([-0, -1]);
  const shifted = (x: Float64Array) => x.map((v) => (v + 1) / 2);
  const plain = compare('jensen-shannon', shifted(memories), 2, 3).scores(shifted(query));
  const scores = compare('jensen-shannon', memories, 2, 3, { range }).scores(query);
  plain.forEach((score, mu) => {
    expect(scores[mu]).toBeCloseTo(score, 12);
  });
});

test.each([
  [
    () => compare('manhatten' as never, new Float64Array(1), 1, 1),
    /^unknown similarity "manhatten"; there are dot, /,
  ],
  [
    () => compare('kl', new Float64Array(1), 1, 1, { form: 'inverse' as never }),
    /form "inverse", expected negative/,
  ],
  [
    () => compare('kl', new Float64Array(1), 1, 1, { smoothing: 0 }),
    /smoothing 0, expected a number above 0/,
  ],
])('bad options are refused', (make, message) => {
  expect(make).toThrow(message);
});
