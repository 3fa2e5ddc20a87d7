import { expect, test } from 'vitest';
import { warmStart } from '../../meta/warm-start.ts';
import { hopfieldSite, initialise, mlp } from '../../src/energy/index.ts';
import { energyModel } from '../../src/memory/energy-model.ts';
import { defaultRule, type Rule } from '../../src/memory/rule.ts';

const ruleOf = (write: number, read: number, momentum = 0): Rule => ({
  ...defaultRule,
  write: { ...defaultRule.write, steps: write, momentum },
  read: { ...defaultRule.read, steps: read },
});
const specsOf = (rule: Rule) => energyModel(hopfieldSite({ patternShape: [6], width: 2 }), rule).parameters;
const softplus = (x: number) => Math.log1p(Math.exp(x));

const had = specsOf(ruleOf(2, 2));
const trained: Record<string, Float32Array> = { ...initialise(had, 1), 'rule.read': Float32Array.of(1, 2) };
trained['rule.write'] = Float32Array.of(0.1, 0.2, 0.3, -1, -2, -3);

test('the same shapes are taken as they are', () => {
  expect(warmStart(had, initialise(had, 2), had, trained)).toEqual(trained);
});

test('more steps cover the same ground; what is new keeps its fresh values', () => {
  const specs = specsOf(ruleOf(4, 3, 0.5));
  const fresh = initialise(specs, 2);
  const started = warmStart(specs, fresh, had, trained);
  expect(started.W).toEqual(trained.W);
  expect(started['rule.write_momentum']).toEqual(fresh['rule.write_momentum']);
  expect(Array.from(started['rule.read'])).toEqual([1, 2, 2]);
  // Each of the two steps has become two of half its rates.
  const rates = Array.from(started['rule.write'], softplus);
  const old = Array.from(trained['rule.write'], (v) => softplus(v) / 2);
  const expected = [...old.slice(0, 3), ...old.slice(0, 3), ...old.slice(3), ...old.slice(3)];
  for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(expected[i], 6);
});

test('another network is refused', () => {
  const other = energyModel(hopfieldSite({ patternShape: [7], width: 2 }), defaultRule).parameters;
  expect(() => warmStart(other, initialise(other, 0), had, trained)).toThrow(
    '--from: tensor "W" has shape [6,6], expected [7,7]',
  );
  const different = energyModel(mlp({ patternShape: [6], hidden: [4] }), ruleOf(2, 2)).parameters;
  expect(() => warmStart(different, initialise(different, 0), had, trained)).toThrow(
    '--from: tensor "rule.write"',
  );
});

test('resized, a tensor takes the block that both sizes have, and what is new stays fresh', () => {
  const spec = (shape: number[]) => ({ w: { shape, init: { constant: 0 }, writable: false } });
  const source = { w: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const fresh = { w: Float32Array.from({ length: 8 }, () => -1) };
  const started = warmStart(spec([4, 2]), fresh, spec([2, 3]), source, true);
  expect(Array.from(started.w)).toEqual([1, 2, 4, 5, -1, -1, -1, -1]);
  expect(Array.from(fresh.w)).toEqual(Array(8).fill(-1));
  expect(() => warmStart(spec([4, 2]), fresh, spec([2, 3]), source)).toThrow(
    '--from: tensor "w" has shape [2,3], expected [4,2]',
  );
  expect(() => warmStart(spec([2, 2, 2]), fresh, spec([2, 3]), source, true)).toThrow(
    '--from: tensor "w" has shape [2,3], expected [2,2,2]',
  );
});
