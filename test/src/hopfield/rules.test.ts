import { Matrix, pseudoInverse } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { learn, type RuleName, rules } from '../../../src/hopfield/rules.ts';
import { episode } from './episode.ts';

const names = Object.keys(rules) as RuleName[];

/** Rows of the patterns as plain arrays. */
function rows({ patterns, count, d }: { patterns: Int8Array; count: number; d: number }): number[][] {
  return Array.from({ length: count }, (_, mu) => [...patterns.subarray(mu * d, (mu + 1) * d)]);
}

function greatestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference = Math.max(difference, Math.abs(a[i] - b[i]));
  return difference;
}

describe('every rule', () => {
  it.each(names)('%s gives symmetric weights', (rule) => {
    const { patterns, count, d } = episode(1, 9, 20, 0);
    const weights = learn(rule, patterns, count, d, true);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < i; j++) expect(weights[i * d + j]).toBe(weights[j * d + i]);
    }
  });

  it.each(names)('%s has a zero diagonal by default and the same weights off it', (rule) => {
    const { patterns, count, d } = episode(2, 7, 16, 0);
    const without = learn(rule, patterns, count, d);
    const kept = learn(rule, patterns, count, d, true);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) expect(without[i * d + j]).toBe(i === j ? 0 : kept[i * d + j]);
    }
  });

  it.each(names)('%s with one pattern is its outer product over d', (rule) => {
    const { patterns, d } = episode(3, 1, 12, 0);
    const weights = learn(rule, patterns, 1, d);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        expect(weights[i * d + j]).toBeCloseTo(i === j ? 0 : (patterns[i] * patterns[j]) / d, 7);
      }
    }
  });
});

describe('hebb', () => {
  it('equals its definition', () => {
    const { patterns, count, d } = episode(4, 11, 24, 0);
    const weights = learn('hebb', patterns, count, d, true);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        let sum = 0;
        for (let mu = 0; mu < count; mu++) sum += patterns[mu * d + i] * patterns[mu * d + j];
        expect(weights[i * d + j]).toBe(Math.fround(sum / d));
      }
    }
  });

  it('counts a duplicate twice', () => {
    const { patterns, d } = episode(5, 1, 16, 0);
    const twice = learn('hebb', Int8Array.from([...patterns, ...patterns]), 2, d);
    expect(twice).toEqual(learn('hebb', patterns, 1, d).map((weight) => 2 * weight));
  });
});

describe('storkey', () => {
  /** The published formula entry by entry, each field summed afresh: O(N d^3). */
  function naive(patterns: number[][], d: number, excludeSource: boolean): number[] {
    let weights = new Array<number>(d * d).fill(0);
    for (const x of patterns) {
      const field = (i: number, j: number) => {
        let sum = 0;
        for (let k = 0; k < d; k++) {
          if (k !== i && !(excludeSource && k === j)) sum += weights[i * d + k] * x[k];
        }
        return sum;
      };
      weights = weights.map((weight, at) => {
        const [i, j] = [Math.floor(at / d), at % d];
        if (i === j && !excludeSource) return 0;
        return weight + (x[i] * x[j] - x[i] * field(j, i) - field(i, j) * x[j]) / d;
      });
    }
    return weights;
  }

  it.each([
    ['storkey', true],
    ['storkey-simplified', false],
  ] as const)('%s equals its definition, entry by entry', (rule, excludeSource) => {
    const patterns = episode(6, 12, 18, 0);
    const expected = naive(rows(patterns), patterns.d, excludeSource);
    expect(greatestDifference(learn(rule, patterns.patterns, 12, 18, true), expected)).toBeLessThan(1e-6);
  });

  it('depends on the order of the patterns, as an incremental rule does', () => {
    const { patterns, count, d } = episode(7, 6, 20, 0);
    const reversed = Int8Array.from(rows({ patterns, count, d }).reverse().flat());
    expect(learn('storkey', reversed, count, d)).not.toEqual(learn('storkey', patterns, count, d));
  });

  it.each([
    ['storkey', 4],
    ['storkey-simplified', 2],
  ] as const)('%s unlearns a pattern that is shown again: %i/d of it is left', (rule, left) => {
    const { patterns, d } = episode(12, 1, 40, 0);
    const once = learn(rule, patterns, 1, d);
    const twice = learn(rule, Int8Array.from([...patterns, ...patterns]), 2, d);
    expect(
      greatestDifference(
        twice,
        once.map((weight) => (left / d) * weight),
      ),
    ).toBeLessThan(1e-8);
  });

  it('says so when its weights overflow', () => {
    const { patterns, d } = episode(8, 1, 4, 0);
    const many = Int8Array.from({ length: 2000 * d }, (_, k) => (((k * 2654435761) >>> 7) % 2) * 2 - 1);
    expect(patterns.length).toBe(d);
    expect(() => learn('storkey', many, 2000, d)).toThrow(InputError);
  });
});

describe('pseudo-inverse', () => {
  it.each([
    ['fewer patterns than units', 10, 24],
    ['nearly as many', 23, 24],
    ['more patterns than units', 40, 24],
  ])('is X^+ X with %s', (_, count, d) => {
    const batch = episode(9, count, d, 0);
    const x = new Matrix(rows(batch));
    const expected = pseudoInverse(x).mmul(x).to1DArray();
    expect(
      greatestDifference(learn('pseudo-inverse', batch.patterns, count, d, true), expected),
    ).toBeLessThan(1e-6);
  });

  it('ignores duplicates and negatives of patterns it has', () => {
    const { patterns, count, d } = episode(10, 5, 20, 0);
    const more = Int8Array.from([
      ...patterns,
      ...patterns.subarray(0, d),
      ...patterns.subarray(d, 2 * d).map((x) => -x),
    ]);
    expect(learn('pseudo-inverse', more, count + 2, d)).toEqual(learn('pseudo-inverse', patterns, count, d));
  });

  it('is a projection', () => {
    const { patterns, count, d } = episode(11, 30, 64, 0);
    const w = new Matrix(
      Array.from({ length: d }, (_, i) => [
        ...learn('pseudo-inverse', patterns, count, d, true).subarray(i * d, (i + 1) * d),
      ]),
    );
    expect(greatestDifference(w.mmul(w).to1DArray(), w.to1DArray())).toBeLessThan(1e-6);
    expect(w.trace()).toBeCloseTo(count, 5);
  });
});
