import { expect, test } from 'vitest';
import { agreement, disagreement, type Outcome } from '../../bench/agreement.ts';

const array = (...values: number[]) => ({ shape: [values.length], values: Float32Array.from(values) });
const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  losses: [2, 1.5],
  norm: 5,
  moments: { w: array(3, 4), b: array(0.25) },
  ...changes,
});

test('the same work agrees', () => {
  const found = agreement(outcome(), outcome());
  expect(found).toMatchObject({ loss: 0, second: 0, norm: 0, gradient: 0 });
  expect(disagreement(found)).toBeUndefined();
});

test.each([
  ['the loss', { losses: [2.01, 1.5] as const }],
  ['the loss after the first update', { losses: [2, 1.51] as const }],
  ['the norm of the gradient', { norm: 5.1 }],
  ['the gradient of "b"', { moments: { w: array(3, 4), b: array(0.251) } }],
  ['the gradient of "w"', { moments: { w: array(4, 3), b: array(0.25) } }],
])('%s that differs by more than a thousandth is named', (what, changes) => {
  expect(disagreement(agreement(outcome(), outcome(changes)))).toMatch(`${what} differs by`);
});

test('differences below a thousandth agree', () => {
  const near = outcome({
    losses: [2.001, 1.501],
    norm: 5.002,
    moments: { w: array(3.002, 4), b: array(0.2501) },
  });
  expect(disagreement(agreement(outcome(), near))).toBeUndefined();
});

test('the distance is relative to the length of the gradient', () => {
  const { gradient, parameter } = agreement(
    outcome(),
    outcome({ moments: { w: array(3.05, 4), b: array(0.25) } }),
  );
  expect(parameter).toBe('w');
  expect(gradient).toBeCloseTo(0.01, 6);
});

test('a gradient that is next to nothing beside the whole is held to the scale of the whole', () => {
  const tiny = (b: number) => outcome({ moments: { w: array(3, 4), b: array(b) } });
  // Twice as large, but 1e-6 of 5; the scale is a thousandth of 5.
  expect(disagreement(agreement(tiny(1e-6), tiny(2e-6)))).toBeUndefined();
  expect(disagreement(agreement(tiny(1e-6), tiny(1e-4)))).toMatch('"b"');
});

test('not a number agrees with nothing', () => {
  const broken = outcome({ moments: { w: array(3, Number.NaN), b: array(0.25) } });
  expect(disagreement(agreement(outcome(), broken))).toMatch('"w"');
  expect(disagreement(agreement(outcome(), outcome({ norm: Number.NaN })))).toMatch('norm');
});

test('a missing or wrongly sized gradient is an error', () => {
  expect(() => agreement(outcome(), outcome({ moments: { w: array(3, 4) } }))).toThrow('"b" has 0 entries');
  expect(() => agreement(outcome(), outcome({ moments: { w: array(3), b: array(1) } }))).toThrow('ours 2');
});
