import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { grad } from '../../../src/autodiff/index.ts';
import { slotSeparations, slotSimilarities, universalEnergy } from '../../../src/energy/index.ts';
import { modernNetwork } from '../../../src/hopfield/index.ts';
import { compare, differentiableSimilarities, separations } from '../../../src/universal/index.ts';
import { noise } from './small.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const [EPISODES, PATTERNS, SLOTS, D] = [2, 3, 4, 6];
const x = () => tf.clipByValue(noise([EPISODES, PATTERNS, D], 'x'), -0.95, 0.95);
const memories = (written: boolean) => noise(written ? [EPISODES, SLOTS, D] : [SLOTS, D], 'M');
const beta = 2;
const parameters = (written = true) => ({
  M: memories(written),
  'log.beta': tf.tensor1d([Math.log(beta)]),
  'log.scale': tf.tensor1d([Math.log(0.7)]),
  decay: tf.tensor1d([0.3]),
});

test('every differentiable similarity and every smooth separation of src/universal is there', () => {
  expect([...slotSimilarities].sort()).toEqual([...differentiableSimilarities].sort());
  // Their shares become 0 at a kink, where higher derivatives mean nothing.
  const kinked = ['sparsemax', 'entmax'];
  const smooth = Object.keys(separations).filter(
    (name) => separations[name as 'softmax'].continuous && !kinked.includes(name),
  );
  expect([...slotSeparations].sort()).toEqual(smooth.sort());
});

const PAIRS = slotSimilarities.flatMap((similarity) =>
  slotSeparations.map((separation) => [similarity, separation] as const),
);

describe.each(PAIRS)('%s with %s', (similarity, separation) => {
  const network = universalEnergy({ patternShape: [D], slots: SLOTS, similarity, separation, degree: 3 });
  const bounded = ['normalised-dot', 'cosine', 'kl', 'reverse-kl', 'jensen-shannon'].includes(similarity);

  test.each([true, false])(
    'is that of src/universal in double precision, memories written: %s',
    (written) => {
      const p = parameters(written);
      const energies = network.energy(p, x()).arraySync() as number[][];
      const M = Float64Array.from(p.M.dataSync());
      const patterns = Float64Array.from(x().dataSync());
      for (let e = 0; e < EPISODES; e++) {
        const own = written ? M.subarray(e * SLOTS * D, (e + 1) * SLOTS * D) : M;
        for (let n = 0; n < PATTERNS; n++) {
          const at = patterns.subarray((e * PATTERNS + n) * D, (e * PATTERNS + n + 1) * D);
          const scores = compare(similarity, own, SLOTS, D, { range: [-1, 1] }).scores(at);
          const h = scores.map((score) => (beta * score) / (bounded ? 1 : D));
          // beta is in h already, so the separation's own is one.
          const memory = separations[separation].lagrangian(h, separation === 'power' ? 3 : 1);
          const norm2 = at.reduce((sum, value) => sum + value * value, 0);
          expect(energies[e][n]).toBeCloseTo(0.15 * norm2 - D * 0.7 * memory, 3);
        }
      }
    },
  );

  test('can be written and trained through: third derivatives are finite', () => {
    const p = parameters();
    const slope = (M: tf.Tensor) => grad((y) => tf.sum(network.energy({ ...p, M }, y)))(x());
    const written = (M: tf.Tensor) => grad((m) => tf.sum(tf.square(slope(m))))(M);
    const third = grad((M) => tf.sum(tf.square(written(M))))(p.M);
    expect(third.shape).toEqual(p.M.shape);
    expect(third.dataSync().every(Number.isFinite)).toBe(true);
  });
});

test('dot product and softmax at decay 1 is the modern Hopfield energy, up to its constant', () => {
  const network = universalEnergy({ patternShape: [D], slots: SLOTS });
  const M = memories(false);
  const p = {
    M,
    'log.beta': tf.tensor1d([Math.log(beta * D)]),
    'log.scale': tf.tensor1d([-Math.log(beta * D)]),
    decay: tf.tensor1d([1]),
  };
  const own = network.energy(p, x()).dataSync();
  const modern = modernNetwork(M.dataSync() as Float32Array, SLOTS, D, beta);
  const theirs = Array.from({ length: EPISODES * PATTERNS }, (_, n) =>
    modern.energy(
      x()
        .dataSync()
        .subarray(n * D, (n + 1) * D),
    ),
  );
  theirs.forEach((energy, n) => {
    expect(own[n] - own[0]).toBeCloseTo(energy - theirs[0], 4);
  });
});

test('a mean is taken from patterns before they are compared and before their length counts', () => {
  const options = { patternShape: [D], slots: SLOTS, separation: 'identity' as const };
  const centred = universalEnergy({ ...options, mean: -0.5 });
  expect(centred.parameters.mean).toEqual({ shape: [D], init: { constant: -0.5 }, writable: false });
  const shift = noise([D], 'mean');
  const own = centred.energy({ ...parameters(), mean: shift }, x()).dataSync();
  const plain = universalEnergy(options).energy(parameters(), tf.sub(x(), shift)).dataSync();
  own.forEach((energy, n) => {
    expect(energy).toBeCloseTo(plain[n], 5);
  });
  expect(() => universalEnergy({ ...options, similarity: 'kl', mean: 0 })).toThrow(
    'network.mean is 0, expected none with network.similarity "kl"',
  );
});

test('unknown names are refused', () => {
  expect(() => universalEnergy({ patternShape: [D], similarity: 'hamming' as never })).toThrow(
    /^network\.similarity is "hamming", expected dot, normalised-dot/,
  );
  expect(() => universalEnergy({ patternShape: [D], separation: 'maximum' as never })).toThrow(
    /^network\.separation is "maximum", expected softmax/,
  );
});
