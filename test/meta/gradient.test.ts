/**
 * @file The meta-gradient through writing and reading, third order and all, against an implementation in float64 of its
 * own (bench/reference/make_fixture.py) and against finite differences of the meta-loss.
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { metaParameters } from '../../meta/meta-step.ts';
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
import { defaultRule, type Rule } from '../../src/memory/rule.ts';
import { stream } from '../../src/random.ts';

interface Fixture {
  title: string;
  network: keyof NetworkOptions;
  options: object;
  rule: Pick<Rule, 'range'> & Pick<Rule['write'], 'rates' | 'per_step' | 'divisor'>;
  steps: { write: number; read: number };
  /** [episodes, patterns] */
  shape: [number, number];
  patterns: number[];
  queries: number[];
  known?: number[];
  parameters: Record<string, { shape: number[]; values: number[] }>;
  loss: number;
  gradients: Record<string, number[]>;
}

const fixtures: Fixture[] = JSON.parse(
  readFileSync(new URL('../fixtures/meta-gradient.json', import.meta.url), 'utf8'),
);

const compiled = compiledEngine({ threads: 1 });
const engines = { compiled, tfjs: await tfjsEngine('cpu') };
afterAll(() => compiled.dispose());

function prepare(fixture: Fixture) {
  const make = networks[fixture.network] as (options: object) => EnergyNetwork;
  const network = make(fixture.options);
  const { range, ...writing } = fixture.rule;
  const rule: Rule = {
    range,
    write: { ...defaultRule.write, ...writing, steps: fixture.steps.write },
    read: { ...defaultRule.read, steps: fixture.steps.read },
  };
  const shape = [...fixture.shape, ...network.patternShape];
  const data = ['patterns', 'queries', ...(fixture.known ? ['known'] : [])] as (
    | 'patterns'
    | 'queries'
    | 'known'
  )[];
  const specs: Record<string, InputSpec> = Object.fromEntries([
    ...data.map((name) => [name, { shape }]),
    ...Object.entries(fixture.parameters).map(([name, p]) => [`p:${name}`, { shape: p.shape }]),
  ]);
  const values: NamedValues = Object.fromEntries([
    ...data.map((name) => [name, Float32Array.from(fixture[name]!)]),
    ...Object.entries(fixture.parameters).map(([name, p]) => [`p:${name}`, Float32Array.from(p.values)]),
  ]);
  const names = Object.keys(fixture.parameters);
  const parametersOf = (inputs: NamedTensors) =>
    Object.fromEntries(names.map((name) => [name, inputs[`p:${name}`]]));
  const loss = (p: NamedTensors, { patterns, queries, known }: NamedTensors) =>
    objective(network, rule, p, { patterns, queries, known }).loss;
  return { network, rule, specs, values, names, parametersOf, loss };
}

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

describe.each(fixtures.map((fixture) => [fixture.title, fixture] as const))('%s', (_, fixture) => {
  const { network, rule, specs, values, names, parametersOf, loss } = prepare(fixture);
  const withGradient = (inputs: NamedTensors): NamedTensors => {
    const { value, grads } = valueAndGradsOf((p) => loss(p, inputs))(parametersOf(inputs));
    return { loss: value, ...grads };
  };

  test('the reference knows every meta-parameter', () => {
    const shapes = (of: Record<string, { shape: number[] }>) =>
      Object.fromEntries(Object.entries(of).map(([name, { shape }]) => [name, shape]));
    expect(shapes(fixture.parameters)).toEqual(shapes(metaParameters(network, rule)));
    // Where a gradient vanishes there is nothing to compare.
    for (const name of names) expect(largest(fixture.gradients[name]), name).toBeGreaterThan(1e-5);
  });

  test.each(['compiled', 'tfjs'] as const)(
    'loss and gradient of float64, on the %s engine',
    async (engine) => {
      const results = await (await engines[engine].compile(withGradient, specs)).run(values);
      expect(Math.abs(results.loss[0] / fixture.loss - 1)).toBeLessThan(1e-5);
      for (const name of names) {
        const expected = fixture.gradients[name];
        const error = largest(expected.map((g, i) => g - results[name][i]));
        expect(error / largest(expected), name).toBeLessThan(1e-4);
      }
    },
  );

  test('slopes of the loss along random directions', async () => {
    const { loss: _, ...gradients } = await (await engines.compiled.compile(withGradient, specs)).run(values);
    const program = await engines.compiled.compile(
      (inputs) => ({ loss: loss(parametersOf(inputs), inputs) }),
      specs,
    );
    for (const name of names) {
      const key = `p:${name}`;
      const gradient = Array.from(gradients[name]);
      const length = Math.hypot(...gradient);
      const random = stream(0, 'direction', name);
      // Half along the gradient, so that the slope stands out of float32's noise, and half anywhere.
      const noise = gradient.map(() => random.normal());
      const noiseLength = Math.hypot(...noise);
      const direction = gradient.map((g, i) => g / length + noise[i] / noiseLength);
      const at = async (step: number) => {
        const moved = Float32Array.from(values[key], (v, i) => v + step * direction[i]);
        return (await program.run({ ...values, [key]: moved })).loss[0];
      };
      const difference = async (step: number) => ((await at(step)) - (await at(-step))) / (2 * step);
      // Far enough to change the loss by a thousand roundings, near enough to meet no edge of the projection.
      const step = Math.min(0.004, 4e-4 / length);
      const measured = (4 * (await difference(step)) - (await difference(2 * step))) / 3;
      const slope = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
      expect(Math.abs(measured - slope), `${name}: ${measured} for ${slope}`).toBeLessThan(
        0.02 * length + 5e-5,
      );
    }
  });
});
