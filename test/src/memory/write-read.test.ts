import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { hopfieldSite, initialise, keyValue } from '../../../src/energy/index.ts';
import { energyModel } from '../../../src/memory/energy-model.ts';
import { read } from '../../../src/memory/read.ts';
import { defaultRule, type Rule, ruleParameters } from '../../../src/memory/rule.ts';
import { write } from '../../../src/memory/write.ts';
import { stream } from '../../../src/random.ts';
import { names, noise, randomParameters, slotted, small } from '../energy/small.ts';
import * as reference from './reference.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const d = 5;
const [episodes, patterns] = [2, 3];
const network = reference.biasedHopfield(d);
const numbers = (t: tf.Tensor) => Array.from(t.dataSync());

const makeRule = (writing: Partial<Rule['write']> = {}, steps = 3): Rule => ({
  range: [-1, 1],
  write: { ...defaultRule.write, steps: 3, ...writing },
  read: { ...defaultRule.read, steps },
});

/** Random values of the rule's parameters, as tensors and as the reference wants them. */
function ruleValues(rule: Rule) {
  const p = Object.fromEntries(
    Object.entries(ruleParameters(rule, network)).map(([name, { shape }]) => [
      name,
      tf.sub(noise(shape, name), 1.5),
    ]),
  );
  const values: reference.RuleValues = {
    read: p['rule.read'].arraySync() as number[],
    momentum: p['rule.momentum'].arraySync() as number[],
  };
  if (rule.write.rates === 'terms') values.terms = p['rule.write'].arraySync() as number[][][];
  else {
    const weights = p['rule.weights'].arraySync() as [number, number];
    values.loss = { rates: p['rule.write'].arraySync() as number[], weights };
  }
  return { p, values };
}

const initial = () => ({ W: noise([d, d], 'W'), b: noise([d], 'b') });
const someWeights = () => ({ W: noise([episodes, d, d], 'W'), b: noise([episodes, d], 'b') });
const stored = () => noise([episodes, patterns, d], 'patterns');
const weightsOf = (W: tf.Tensor, b: tf.Tensor): reference.Weights => ({
  W: W.arraySync() as number[][],
  b: b.arraySync() as number[],
});

describe('writing is gradient descent on the writing loss', () => {
  const rules: Record<string, Rule> = {
    'a rate for each step, tensor and term': makeRule(),
    'a rate for each tensor and term': makeRule({ per_step: false }),
    'without the gradient term': makeRule({ gradient_term: false }),
    'one step': makeRule({ steps: 1 }),
    'divided by a constant': makeRule({ divisor: 7 }),
    'a rate for each step': makeRule({ rates: 'loss' }),
    'a rate for each step, without the gradient term': makeRule({ rates: 'loss', gradient_term: false }),
    'a rate for each step, divided by a constant': makeRule({ rates: 'loss', divisor: 2 }),
  };
  test.each(Object.entries(rules))('%s', (_, rule) => {
    const { p, values } = ruleValues(rule);
    const start = initial();
    const written = write(network, rule, { ...start, ...p }, stored());
    expect(written.W.shape).toEqual([episodes, d, d]);
    expect(written.b.shape).toEqual([episodes, d]);
    for (const [e, own] of (stored().arraySync() as number[][][]).entries()) {
      const expected = reference.write(rule, values, weightsOf(start.W, start.b), own);
      for (const [i, w] of numbers(tf.gather(written.W, e)).entries()) {
        expect(w).toBeCloseTo(expected.W.flat()[i], 5);
      }
      for (const [i, w] of numbers(tf.gather(written.b, e)).entries())
        expect(w).toBeCloseTo(expected.b[i], 5);
    }
  });

  test('what is not writable stays as it is', () => {
    const rule = makeRule();
    const { p } = ruleValues(rule);
    const written = write(network, rule, { ...initial(), ...p }, stored());
    for (const [name, value] of Object.entries(p)) expect(written[name], name).toBe(value);
  });

  test('one step on the energy alone is Hebb’s rule', () => {
    const hopfield = hopfieldSite({ patternShape: [d], width: 0, features: ['xh'], linear: { xh: -0.5 } });
    const rule = makeRule({ steps: 1, gradient_term: false });
    const rate = Math.log1p(Math.exp(0.3));
    const p = {
      W: tf.zeros([d, d]),
      'site.linear': tf.tensor2d([[-0.5]]),
      'rule.write': tf.fill([1, 1, 3], 0.3),
      'rule.read': tf.zeros([3]),
      'rule.momentum': tf.zeros([3]),
    };
    const x = stored();
    const outer = tf.matMul(x, x, true, false);
    const written = write(hopfield, rule, p, x).W;
    const expected = numbers(tf.mul(outer, rate / (2 * patterns)));
    for (const [i, w] of numbers(written).entries()) expect(w).toBeCloseTo(expected[i], 6);
  });
});

describe('a step divided by the curvature', () => {
  const network = keyValue({ patternShape: [4, 6, 1], keys: 5, code: 4, writing: 'code' });
  const random = () => ({ ...randomParameters(network), V: tf.zeros([5, 4]) });
  /** Patterns ever more alike: the largest eigenvalue of their keys' Gram matrix comes near to their number. */
  const patterns = (deviation: number, count: number) =>
    tf.add(tf.mul(noise([1, count, 4, 6, 1], 'own'), deviation), noise([1, 1, 4, 6, 1], 'common'));
  const loss = (p: Record<string, tf.Tensor>, x: tf.Tensor) =>
    numbers(tf.sum(network.writingEnergy!(p, x)))[0];
  const rule = (divisor: Rule['write']['divisor'], steps: number): Rule =>
    makeRule({ steps, divisor, gradient_term: false, rate: 1.9, distance: 1e-9, per_step: false });
  const written = (given: Rule, x: tf.Tensor) =>
    write(
      network,
      given,
      {
        ...random(),
        ...Object.fromEntries(
          Object.entries(initialise(ruleParameters(given, network), 0)).map(([name, v]) => [
            name,
            tf.tensor(v, ruleParameters(given, network)[name].shape),
          ]),
        ),
      },
      x,
    );

  test.each([1, 0.3, 0.01])('never raises the writing loss, of patterns that differ by %d', (deviation) => {
    const x = patterns(deviation, 12);
    let before = loss(random(), x);
    for (let steps = 1; steps <= 6; steps++) {
      const after = loss(written(rule('curvature', steps), x), x);
      expect(after).toBeLessThanOrEqual(before * (1 + 1e-5));
      before = after;
    }
    expect(before).toBeLessThan(0.9 * loss(random(), x));
  });

  test('a constant that serves unlike patterns diverges on patterns that are alike', () => {
    const gain = (deviation: number) => {
      const x = patterns(deviation, 12);
      return loss(written(rule(5, 12), x), x) / loss(random(), x);
    };
    expect(gain(4)).toBeLessThan(1);
    expect(gain(0.01)).toBeGreaterThan(10);
  });

  test('is refused where the network knows no bound', () => {
    expect(() => written({ ...rule('curvature', 1) }, patterns(1, 2))).not.toThrow();
    const { curvature, ...without } = network;
    expect(curvature).toBeDefined();
    expect(() => energyModel(without, rule('curvature', 1))).toThrow(
      'write.divisor is "curvature", but the network has no bound on its curvature',
    );
  });
});

/** Rates of writing and reading for a network of any architecture: small ones. */
function smallRates(
  rule: Rule,
  given: (typeof small)[keyof typeof small],
  raw: number,
): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(ruleParameters(rule, given)).map(([name, { shape }]) => [name, tf.fill(shape, raw)]),
  );
}

describe.each(names)('%s', (name) => {
  const given = small[name];
  const rule = makeRule({ steps: 4 }, 6);
  const p = () => ({ ...randomParameters(given), ...smallRates(rule, given, -5) });
  const x = () => tf.clipByValue(noise([episodes, patterns, ...given.patternShape], 'patterns'), -1, 1);

  test('writing lowers what writing descends, of what is written', () => {
    const descent = makeRule({ steps: 4, gradient_term: false });
    const before = p();
    const after = write(given, descent, before, x());
    const descended = given.writingEnergy ?? given.energy;
    const change = tf.mean(tf.sub(descended(after, x()), descended(before, x())), 1);
    for (const episode of numbers(change)) expect(episode).toBeLessThan(-1e-6);
  });

  test('an episode is written as if alone, and but for rows of slots in whatever order its patterns come', () => {
    const weights = Object.keys(given.parameters).filter((key) => given.parameters[key].writable);
    const all = write(given, rule, p(), x());
    const second = tf.slice(x(), [1], [1]);
    for (const patterns of slotted.includes(name) ? [second] : [second, tf.reverse(second, 1)]) {
      const alone = write(given, rule, p(), patterns);
      for (const key of weights) {
        const expected = numbers(tf.gather(all[key], 1));
        for (const [i, w] of numbers(alone[key]).entries()) expect(w).toBeCloseTo(expected[i], 5);
      }
    }
  });

  test('reading by small steps without momentum never raises the energy, and stays in range', () => {
    // Layer normalisation makes the residual energies flat: only longer steps are seen in float32.
    const rate = name.endsWith('resnet') ? 2 : -5;
    const still = { ...p(), 'rule.read': tf.fill([6], rate), 'rule.momentum': tf.fill([6], -30) };
    const { iterates, energies } = read(given, rule, still, x());
    // Two units in the last place of the energy, which is a sum over all entries.
    const rounding = 2 ** -22 * Math.max(...numbers(tf.abs(energies[0])));
    for (let k = 1; k < energies.length; k++) {
      const rise = Math.max(...numbers(tf.sub(energies[k], energies[k - 1])));
      expect(rise).toBeLessThan(Math.max(1e-6, rounding));
    }
    expect(Math.max(...numbers(tf.sub(energies[5], energies[0])))).toBeLessThan(-1e-6);
    for (const iterate of iterates) expect(Math.max(...numbers(tf.abs(iterate)))).toBeLessThanOrEqual(1);
  });

  test('known entries never change; where all are known nothing does', () => {
    const fast = { ...p(), ...smallRates(rule, given, 1) };
    const known = tf.greater(noise(x().shape, 'known'), 0);
    for (const iterate of read(given, rule, fast, x(), tf.cast(known, 'float32')).iterates) {
      expect(numbers(tf.where(known, iterate, 7))).toEqual(numbers(tf.where(known, x(), 7)));
      expect(numbers(iterate)).not.toEqual(numbers(x()));
    }
    const { iterates, energies } = read(given, rule, fast, x(), tf.onesLike(x()));
    for (const iterate of iterates) expect(numbers(iterate)).toEqual(numbers(x()));
    for (const energy of energies) expect(numbers(energy)).toEqual(numbers(energies[0]));
  });
});

describe('reading that starts at values of its own', () => {
  const rule: Rule = { ...makeRule(), read: { ...defaultRule.read, steps: 3, start: -0.4 } };
  const p = () => ({ ...someWeights(), ...ruleValues(rule).p, 'rule.start': tf.fill([d], -0.4) });
  const queries = () => tf.clipByValue(noise([episodes, patterns, d], 'query'), -1, 1);
  const known = () => tf.cast(tf.greater(noise([episodes, patterns, d], 'known'), 0), 'float32');
  const last = (x: tf.Tensor, mask?: tf.Tensor) => numbers(read(network, rule, p(), x, mask).iterates[2]);

  test('has one value for every entry of a pattern', () => {
    expect(ruleParameters(rule, network)['rule.start']).toEqual({
      shape: [d],
      init: { constant: -0.4 },
      writable: false,
    });
    expect(ruleParameters(makeRule(), network)['rule.start']).toBeUndefined();
  });

  test('what the query has at unknown entries makes no difference', () => {
    const other = tf.where(tf.cast(known(), 'bool'), queries(), 0.9);
    expect(last(other, known())).toEqual(last(queries(), known()));
    const { 'rule.start': _, ...query } = p();
    const plain = read(network, rule, query, other, known()).iterates[2];
    expect(numbers(plain)).not.toEqual(numbers(read(network, rule, query, queries(), known()).iterates[2]));
  });

  test('is reading from a query that has the start there', () => {
    const { 'rule.start': _, ...query } = p();
    const filled = tf.where(tf.cast(known(), 'bool'), queries(), -0.4);
    const plain = numbers(read(network, rule, query, filled, known()).iterates[2]);
    for (const [i, x] of last(queries(), known()).entries()) expect(x).toBeCloseTo(plain[i], 6);
  });

  test('nothing is replaced where recall is not told what is known', () => {
    const { 'rule.start': _, ...query } = p();
    expect(last(queries())).toEqual(numbers(read(network, rule, query, queries()).iterates[2]));
  });
});

describe('reading is projected Nesterov descent on the energy', () => {
  const query = () => tf.clipByValue(noise([episodes, patterns, d], 'query'), -1, 1);
  const mask = () => tf.cast(tf.greater(noise([episodes, patterns, d], 'known'), 0), 'float32');
  const range01: Rule = { ...makeRule(), range: [0, 1] };
  const cases: [string, Rule, boolean, number][] = [
    ['for as many steps as learned', makeRule(), false, 3],
    ['with known entries clamped', makeRule(), true, 3],
    ['for fewer steps', makeRule(), true, 1],
    ['for more steps, with the last step size and momentum again', makeRule(), true, 6],
    ['in the range of the paper', range01, false, 3],
    ['of one learned step', makeRule({}, 1), false, 4],
  ];
  test.each(cases)('%s', (_, rule, clamped, steps) => {
    const { p, values } = ruleValues(rule);
    // Fast enough that projection acts.
    const p2 = {
      ...p,
      'rule.read': tf.add(p['rule.read'], 2.5),
      'rule.momentum': tf.add(p['rule.momentum'], 2.5),
    };
    values.read = p2['rule.read'].arraySync() as number[];
    values.momentum = p2['rule.momentum'].arraySync() as number[];
    const { W, b } = someWeights();
    const queries = rule.range[0] === 0 ? tf.abs(query()) : query();
    const known = clamped ? mask() : undefined;
    const { iterates, energies } = read(network, rule, { W, b, ...p2 }, queries, known, steps);
    expect(iterates).toHaveLength(steps);
    expect(energies).toHaveLength(steps);
    const projected = numbers(iterates.at(-1)!).filter((v) => v === rule.range[0] || v === rule.range[1]);
    expect(projected.length).toBeGreaterThan(0);
    for (let e = 0; e < episodes; e++) {
      const weights = weightsOf(tf.gather(W, e), tf.gather(b, e));
      for (let n = 0; n < patterns; n++) {
        const at = (t: tf.Tensor) => numbers(tf.gather(tf.gather(t, e), n));
        const q = at(queries);
        const expected = reference.read(rule, values, weights, q, known ? at(known) : q.map(() => 0), steps);
        for (const [k, iterate] of iterates.entries()) {
          for (const [i, v] of at(iterate).entries()) expect(v).toBeCloseTo(expected.iterates[k][i], 4);
          expect(at(energies[k])[0]).toBeCloseTo(expected.energies[k], 4);
        }
      }
    }
  });

  test('no steps are the query itself', () => {
    const rule = makeRule();
    const { iterates } = read(
      network,
      rule,
      { ...someWeights(), ...ruleValues(rule).p },
      query(),
      undefined,
      0,
    );
    expect(iterates).toEqual([]);
  });
});

test('random patterns written by Hebb’s rule lie below all others, and are recalled from half of their bits', () => {
  const bits = 64;
  const hopfield = hopfieldSite({ patternShape: [bits], width: 0, features: ['xh'], linear: { xh: -0.5 } });
  const rule = makeRule({ steps: 1, gradient_term: false }, 5);
  const random = stream(0, 'bits');
  const sign = () => (random.bit() ? 1 : -1);
  const x = tf.tensor(Array.from({ length: 2 * 3 * bits }, sign), [2, 3, bits]);
  const known = tf.tensor(
    Array.from({ length: 2 * 3 * bits }, () => random.bit()),
    [2, 3, bits],
    'float32',
  );
  const queries = tf.add(tf.mul(known, x), tf.mul(tf.sub(1, known), Array.from({ length: bits }, sign)));
  const p = {
    W: tf.zeros([bits, bits]),
    'site.linear': tf.tensor2d([[-0.5]]),
    'rule.write': tf.fill([1, 1, 3], 1),
    'rule.read': tf.fill([5], 2),
    'rule.momentum': tf.fill([5], -2),
  };
  const strangers = tf.tensor(Array.from({ length: 2 * 20 * bits }, sign), [2, 20, bits]);
  const wrong = (y: tf.Tensor) => numbers(tf.sum(tf.notEqual(tf.sign(y), x)))[0];
  expect(wrong(queries)).toBeGreaterThan(60);
  const written = write(hopfield, rule, p, x);
  expect(wrong(read(hopfield, rule, written, queries, known).iterates.at(-1)!)).toBe(0);
  const highest = Math.max(...numbers(hopfield.energy(written, x)));
  expect(highest).toBeLessThan(Math.min(...numbers(hopfield.energy(written, strangers))));
});
