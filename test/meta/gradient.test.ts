/**
 * @file The meta-gradient through writing and reading, third order and all, against an implementation in float64 of its
 * own (bench/reference/make_fixture.py) and against finite differences of the meta-loss.
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { objective } from '../../meta/objective.ts';
import { valueAndGradsOf } from '../../src/autodiff/index.ts';
import {
  compiledEngine,
  type InputSpec,
  type NamedTensors,
  type NamedValues,
  tfjsEngine,
} from '../../src/compile/index.ts';
import { type EnergyNetwork, type NetworkOptions, networks } from '../../src/energy/index.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import { defaultRule, type Rule } from '../../src/memory/rule.ts';
import { stream } from '../../src/random.ts';
import { noise, small, names as smallNames } from '../src/energy/small.ts';

/** A meta-loss and where to differentiate it. */
interface Problem {
  network: EnergyNetwork;
  rule: Rule;
  /** [episodes, patterns] */
  shape: [number, number];
  patterns: number[];
  queries: number[];
  known?: number[];
  parameters: Record<string, { shape: number[]; values: number[] }>;
}

/** What the reference gives for a problem. */
interface Fixture extends Omit<Problem, 'network' | 'rule'> {
  title: string;
  network: keyof NetworkOptions;
  options: object;
  rule: Pick<Rule, 'range'> & Pick<Rule['write'], 'rates' | 'per_step' | 'divisor'>;
  steps: { write: number; read: number };
  loss: number;
  gradients: Record<string, number[]>;
}

const fixtures: Fixture[] = JSON.parse(
  readFileSync(new URL('../fixtures/meta-gradient.json', import.meta.url), 'utf8'),
);

function problemOf(fixture: Fixture): Problem {
  const { range, ...writing } = fixture.rule;
  const rule: Rule = {
    range,
    write: { ...defaultRule.write, ...writing, steps: fixture.steps.write },
    read: { ...defaultRule.read, steps: fixture.steps.read },
  };
  const make = networks[fixture.network] as (options: object) => EnergyNetwork;
  return { ...fixture, network: make(fixture.options), rule };
}

/** A problem for a network that the reference does not know. */
function problemFor(name: keyof NetworkOptions): Problem {
  const network = small[name];
  const rule: Rule = {
    ...defaultRule,
    write: { ...defaultRule.write, steps: 2 },
    read: { ...defaultRule.read, steps: 2 },
  };
  const shape: [number, number] = [2, 3];
  const values = (t: tf.Tensor) => Array.from(t.dataSync());
  const images = (key: string) =>
    values(tf.clipByValue(noise([...shape, ...network.patternShape], key), -0.9, 0.9));
  const parameters = Object.fromEntries(
    Object.entries(energyModel(network, rule).parameters).map(([key, spec]) => {
      const rates = key.startsWith('rule.');
      const drawn = noise(spec.shape, key);
      return [key, { shape: spec.shape, values: values(rates ? tf.sub(drawn, 1.5) : drawn) }];
    }),
  );
  return { network, rule, shape, patterns: images('patterns'), queries: images('queries'), parameters };
}

const compiled = compiledEngine({ threads: 1 });
const engines = { compiled, tfjs: await tfjsEngine('cpu') };
afterAll(() => compiled.dispose());

/** Functions of named tensors, as engines take them, with their inputs. */
function prepare(problem: Problem) {
  const { network, rule, parameters } = problem;
  const shape = [...problem.shape, ...network.patternShape];
  const data = (['patterns', 'queries', 'known'] as const).filter((name) => problem[name]);
  const specs: Record<string, InputSpec> = Object.fromEntries([
    ...data.map((name) => [name, { shape }]),
    ...Object.entries(parameters).map(([name, p]) => [`p:${name}`, { shape: p.shape }]),
  ]);
  const values: NamedValues = Object.fromEntries([
    ...data.map((name) => [name, Float32Array.from(problem[name]!)]),
    ...Object.entries(parameters).map(([name, p]) => [`p:${name}`, Float32Array.from(p.values)]),
  ]);
  const names = Object.keys(parameters);
  const parametersOf = (inputs: NamedTensors) =>
    Object.fromEntries(names.map((name) => [name, inputs[`p:${name}`]]));
  const lossOf = (p: NamedTensors, { patterns, queries, known }: NamedTensors) =>
    objective(energyModel(network, rule), p, { patterns, queries, known }).loss;
  const loss = (inputs: NamedTensors): NamedTensors => ({ loss: lossOf(parametersOf(inputs), inputs) });
  const lossAndGradient = (inputs: NamedTensors): NamedTensors => {
    const { value, grads } = valueAndGradsOf((p) => lossOf(p, inputs))(parametersOf(inputs));
    return { loss: value, ...grads };
  };
  return { specs, values, names, loss, lossAndGradient };
}

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** Compares the gradient with differences of the loss along one random direction for every parameter. */
async function expectSlopes(
  { specs, values, names, loss, lossAndGradient }: ReturnType<typeof prepare>,
  network?: Problem['network'],
) {
  // Attention over rows never written bends so sharply that differences four times as wide are wrong by 2% (they converge).
  const sharp = Object.values(network?.parameters ?? {}).some((spec) => spec.empty);
  const empty = new Set(names.filter((name) => network?.parameters[name]?.empty));
  const gradients = await (await compiled.compile(lossAndGradient, specs)).run(values);
  const program = await compiled.compile(loss, specs);
  for (const name of names) {
    const key = `p:${name}`;
    const gradient = Array.from(gradients[name]);
    if (empty.has(name)) {
      // Writing starts it from zeros, whatever it is.
      expect(largest(gradient), name).toBe(0);
      continue;
    }
    const length = Math.hypot(...gradient);
    const random = stream(0, 'direction', name);
    // Along the gradient, so that the slope stands out of float32's noise, and half as far anywhere.
    const anywhere = gradient.map(() => random.normal());
    const direction = gradient.map((g, i) => g / length + anywhere[i] / (2 * Math.hypot(...anywhere)));
    const at = async (step: number) => {
      const moved = Float32Array.from(values[key], (v, i) => v + step * direction[i]);
      return (await program.run({ ...values, [key]: moved })).loss[0];
    };
    const difference = async (step: number) => ((await at(step)) - (await at(-step))) / (2 * step);
    // Far enough to change the loss by a thousand roundings, near enough to meet no edge of the projection.
    const step = (sharp ? 0.25 : 1) * Math.min(0.004, 4e-4 / length);
    // Where steps are so small that rounding decides, the mean of several.
    const factors = sharp ? [0.7, 0.85, 1, 1.15, 1.3] : [1];
    let measured = 0;
    for (const factor of factors) {
      const h = factor * step;
      measured += (4 * (await difference(h)) - (await difference(2 * h))) / 3 / factors.length;
    }
    const slope = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
    expect(Math.abs(slope), name).toBeGreaterThan(0.4 * length);
    // The loss is of order one: ten roundings.
    const noise = 6e-7 / step;
    expect(Math.abs(measured - slope), `${name}: ${measured} for ${slope}`).toBeLessThan(
      0.02 * length + noise,
    );
  }
}

describe.each(fixtures.map((fixture) => [fixture.title, fixture] as const))('%s', (_, fixture) => {
  const problem = problemOf(fixture);
  const prepared = prepare(problem);

  test('the reference knows every meta-parameter', () => {
    const shapes = (of: Record<string, { shape: number[] }>) =>
      Object.fromEntries(Object.entries(of).map(([name, { shape }]) => [name, shape]));
    expect(shapes(fixture.parameters)).toEqual(shapes(energyModel(problem.network, problem.rule).parameters));
    // Where a gradient vanishes there is nothing to compare, but for tables that writing starts from zeros, whatever they are.
    for (const [name, gradient] of Object.entries(fixture.gradients)) {
      if (problem.network.parameters[name]?.empty) expect(largest(gradient)).toBe(0);
      else expect(largest(gradient), name).toBeGreaterThan(1e-5);
    }
  });

  test.each(['compiled', 'tfjs'] as const)(
    'loss and gradient of float64, on the %s engine',
    async (engine) => {
      const { specs, values, names, lossAndGradient } = prepared;
      const results = await (await engines[engine].compile(lossAndGradient, specs)).run(values);
      expect(Math.abs(results.loss[0] / fixture.loss - 1)).toBeLessThan(1e-5);
      for (const name of names) {
        const expected = fixture.gradients[name];
        const error = largest(expected.map((g, i) => g - results[name][i]));
        expect(error / (largest(expected) || 1), name).toBeLessThan(1e-4);
      }
    },
  );

  test('slopes of the loss along random directions', () => expectSlopes(prepared, problem.network));
});

describe.each(smallNames.filter((name) => !fixtures.some(({ network }) => network === name)))(
  '%s',
  (name) => {
    // The residual networks have thousands of operations, and a slope for each of fifty parameters.
    test('slopes of the loss along random directions', { timeout: 240_000 }, () =>
      expectSlopes(prepare(problemFor(name)), small[name]),
    );
  },
);
