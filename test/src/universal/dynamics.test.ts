import { describe, expect, test } from 'vitest';
import { dynamics, type FeatureName, featureLayers, restEnergy } from '../../../src/universal/dynamics.ts';
import { universalNetwork } from '../../../src/universal/network.ts';
import { type SeparationName, separationNames, separations } from '../../../src/universal/separations.ts';
import {
  compare,
  differentiableSimilarities,
  type SimilarityName,
  similarities,
} from '../../../src/universal/similarities.ts';
import { randomVectors, rowOf, slopes } from './vectors.ts';

const [COUNT, D] = [5, 6];
const memories = randomVectors('memories', COUNT, D);
const continuous = separationNames.filter((name) => separations[name].continuous);
const PAIRS = differentiableSimilarities.flatMap((similarity) =>
  continuous.map((separation) => [similarity, separation] as const),
);
/** Mild, so that the flow is not stiff: reciprocals of distances are of the order of one, of divergences ten. */
const PARAMETERS: Partial<Record<SeparationName, number>> = {
  power: 3,
  exponential: 0.5,
  softmax: 2,
  sparsemax: 2,
  entmax: 2,
};

const of = (similarity: SimilarityName, separation: SeparationName, features: FeatureName, tauH = 1) =>
  dynamics(compare(similarity, memories, COUNT, D), {
    separation,
    parameter: PARAMETERS[separation],
    features,
    tauV: 1.5,
    tauH,
    input: randomVectors('input', 1, D, (r) => 0.3 * r.normal()),
  });

test.each(Object.keys(featureLayers) as FeatureName[])(
  'features %s: the activation is the slope of a convex Lagrangian',
  (name) => {
    const { lagrangian, activation } = featureLayers[name];
    for (let v = -5; v <= 5; v += 0.31) {
      const [slope] = slopes(([x]) => lagrangian(x), Float64Array.of(v));
      expect(activation(v)).toBeCloseTo(slope, 7);
      expect(activation(v + 0.1)).toBeGreaterThan(activation(v));
    }
    expect(Number.isFinite(lagrangian(1e4)) && Number.isFinite(lagrangian(-1e4))).toBe(true);
  },
);

describe.each(PAIRS)('%s with %s', (similarity, separation) => {
  // The sigmoid keeps features where the divergences are defined.
  const features = 'sigmoid';
  const state = (seed: number) => ({
    v: randomVectors(`v${seed}`, 1, D, (r) => r.normal()),
    h: randomVectors(`h${seed}`, 1, COUNT, (r) => r.normal()),
  });

  test.each([1, 0.2, 0])('the energy never rises, at tau_h = %d', (tauH) => {
    for (let seed = 0; seed < 2; seed++) {
      const { energies } = of(similarity, separation, features, tauH).simulate(state(seed), 0.02, 60);
      const span = Math.max(...energies) - Math.min(...energies);
      expect(energies.every(Number.isFinite)).toBe(true);
      for (let k = 1; k < energies.length; k++) {
        expect(energies[k] - energies[k - 1]).toBeLessThanOrEqual(1e-7 * span + 1e-12);
      }
      expect(energies.at(-1)!).toBeLessThan(energies[0]);
    }
  });

  test('the flow is minus the slope of the energy, through the Hessians of the Lagrangians', () => {
    const own = of(similarity, separation, features);
    const { v, h } = state(7);
    const { v: dv, h: dh } = own.flow({ v, h });
    const g = (x: number) => featureLayers[features].activation(x);
    const [hv] = [Float64Array.from(v, (x) => g(x) * (1 - g(x)))];
    const slopeV = slopes((x) => own.energy({ v: x, h }), v, 1e-6);
    slopeV.forEach((slope, i) => {
      expect(Math.abs(slope + 1.5 * hv[i] * dv[i])).toBeLessThan(2e-5 * (1 + Math.abs(slope)));
    });
    // dE/dh = -tau_h H_h h', with H_h by differences of the activation.
    const { activation } = separations[separation];
    const parameter = PARAMETERS[separation] ?? 0;
    const slopeH = slopes((x) => own.energy({ v, h: x }), h, 1e-6);
    slopeH.forEach((slope, mu) => {
      const [up, down] = [h.slice(), h.slice()];
      up[mu] += 1e-5;
      down[mu] -= 1e-5;
      const column = activation(up, parameter).map((f, nu) => (f - activation(down, parameter)[nu]) / 2e-5);
      const expected = -column.reduce((sum, x, nu) => sum + x * dh[nu], 0);
      expect(Math.abs(slope - expected)).toBeLessThan(2e-5 * (1 + Math.abs(slope)));
    });
  });
});

const divergences: SimilarityName[] = ['kl', 'reverse-kl', 'jensen-shannon'];
const RECIPROCAL = PAIRS.filter(([similarity]) => similarities[similarity].distance)
  // The exponential of the reciprocal of a divergence falls into its pole, faster than fixed steps can follow.
  .filter(([similarity, separation]) => !(divergences.includes(similarity) && separation === 'exponential'));

test.each(RECIPROCAL)('reciprocal %s with %s: the energy never rises', (similarity, separation) => {
  // Features in (0, 1), memories beyond 1.5: reciprocals that vary, and no poles on the way.
  const far = memories.map((m) => 1.5 + m);
  const comparison = compare(similarity, far, COUNT, D, { form: 'reciprocal' });
  const options = { separation, parameter: PARAMETERS[separation], features: 'sigmoid' } as const;
  const start = { v: randomVectors('v', 1, D, (r) => r.normal()), h: new Float64Array(COUNT) };
  // The reciprocal of a small divergence is steep, so that steps must be small.
  const dt = divergences.includes(similarity) ? 1e-5 : 0.01;
  const { energies } = dynamics(comparison, options).simulate(start, dt, 60);
  const span = Math.max(...energies) - Math.min(...energies);
  for (let k = 1; k < energies.length; k++) {
    expect(energies[k] - energies[k - 1]).toBeLessThanOrEqual(1e-6 * span + 1e-12);
  }
  expect(energies.at(-1)!).toBeLessThan(energies[0]);
});

test('identity features, too, for every similarity that is smooth everywhere', () => {
  for (const similarity of ['dot', 'cosine', 'euclidean'] as const) {
    const own = of(similarity, 'softmax', 'identity');
    const start = { v: randomVectors('v', 1, D, (r) => r.normal()), h: new Float64Array(COUNT) };
    const { energies } = own.simulate(start, 0.01, 400);
    for (let k = 1; k < energies.length; k++)
      expect(energies[k]).toBeLessThanOrEqual(energies[k - 1] + 1e-10);
  }
});

describe('limits', () => {
  const x = randomVectors('x', 1, D);

  test('dot product and softmax: the unit Euler step at tau_h = 0 is the single update', () => {
    const comparison = compare('dot', memories, COUNT, D);
    const { flow } = dynamics(comparison, { separation: 'softmax', parameter: 3, tauH: 0 });
    const { v } = flow({ v: x, h: new Float64Array(COUNT) });
    const update = universalNetwork(memories, COUNT, D, {
      similarity: 'dot',
      separation: 'softmax',
      parameter: 3,
    }).retrieve(x);
    update.forEach((value, i) => {
      expect(x[i] + v[i]).toBeCloseTo(value, 12);
    });
  });

  test('its fixed points are those of the flow', () => {
    const network = universalNetwork(memories, COUNT, D, {
      similarity: 'dot',
      separation: 'softmax',
      parameter: 20,
    });
    let fixed: Float64Array = rowOf(memories, 2, D).slice();
    for (let k = 0; k < 500; k++) fixed = network.retrieve(fixed);
    const { flow } = dynamics(network.comparison, { separation: 'softmax', parameter: 20, tauH: 0 });
    for (const slope of flow({ v: fixed, h: new Float64Array(COUNT) }).v)
      expect(Math.abs(slope)).toBeLessThan(1e-9);
  });

  test('squared distance: the flow rests at two thirds of a memory, not at it', () => {
    const far = memories.map((m) => 20 * m);
    const comparison = compare('euclidean', far, COUNT, D);
    const { simulate } = dynamics(comparison, { separation: 'softmax', parameter: 1, tauH: 0 });
    const { states } = simulate({ v: rowOf(far, 1, D).slice(), h: new Float64Array(COUNT) }, 0.02, 600);
    const end = states.at(-1)!.v;
    rowOf(far, 1, D).forEach((m, i) => {
      expect(end[i]).toBeCloseTo((2 / 3) * m, 3);
    });
  });

  test('the energy at rest is the modern Hopfield energy', () => {
    const energy = restEnergy(compare('dot', memories, COUNT, D), 'softmax', 2);
    let [norm2, sum] = [0, 0];
    for (let i = 0; i < D; i++) norm2 += x[i] * x[i];
    for (let mu = 0; mu < COUNT; mu++) {
      sum += Math.exp(2 * rowOf(memories, mu, D).reduce((s, m, i) => s + m * x[i], 0));
    }
    expect(energy(x)).toBeCloseTo(norm2 / 2 - Math.log(sum) / 2, 12);
  });
});

test('what cannot flow is refused', () => {
  const hamming = compare('hamming', memories, COUNT, D);
  expect(() => dynamics(hamming, { separation: 'softmax' })).toThrow('similarity "hamming" has no gradient');
  const dot = compare('dot', memories, COUNT, D);
  expect(() => dynamics(dot, { separation: 'softmax', features: 'relu' as never })).toThrow(
    /unknown features "relu"/,
  );
  expect(() => dynamics(dot, { separation: 'softmax', tauV: 0 })).toThrow(/time constants 0, 1/);
});
