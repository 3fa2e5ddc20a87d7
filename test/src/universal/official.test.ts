import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { universalNetwork } from '../../../src/universal/network.ts';
import { officialScores, officialWeights } from '../../../src/universal/official.ts';
import type { SeparationName } from '../../../src/universal/separations.ts';
import type { SimilarityName } from '../../../src/universal/similarities.ts';

interface Case {
  name: string;
  d: number;
  memories: number[];
  query: number[];
  /** null where the public code has no finite number. */
  scores: Record<string, (number | null)[]>;
  out: Record<string, (number | null)[]>;
}

/** What the public functions.py itself gave: see make_universal_official.py. */
const cases: Case[] = JSON.parse(
  readFileSync(new URL('../../fixtures/universal-official.json', import.meta.url), 'utf8'),
);
const PARAMETERS: Record<string, number> = { softmax: 50, power: 3 };

function agree(own: Float64Array, official: (number | null)[]) {
  official.forEach((value, i) => {
    if (value === null) expect(Number.isFinite(own[i])).toBe(false);
    else expect(Math.abs(own[i] - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
  });
}

describe.each(cases)('$name', ({ d, memories, query, scores, out }) => {
  const [M, q] = [Float64Array.from(memories), Float64Array.from(query)];

  test.each(Object.keys(scores))('scores of %s', (similarity) => {
    agree(officialScores(similarity, M, q, d), scores[similarity]);
  });

  test.each(Object.keys(out))('output of %s', (pair) => {
    const [similarity, separation] = pair.split(' ') as [SimilarityName, SeparationName];
    const parameter = PARAMETERS[separation];
    const network = universalNetwork(M, M.length / d, d, {
      similarity,
      separation,
      parameter,
      mode: 'official',
    });
    agree(network.retrieve(q), out[pair]);
  });
});

test('its quirks: beta cancels, Jensen-Shannon and the logarithm are upside down, NaN means memory 0', () => {
  const scores = Float64Array.of(1, 5, 2);
  expect([...officialWeights('softmax', scores, 3, 1)]).toEqual([
    ...officialWeights('softmax', scores, 3, 1000),
  ]);
  const logarithm = officialWeights('logarithm', scores);
  expect(logarithm.indexOf(Math.min(...logarithm))).toBe(1);
  expect([...officialWeights('maximum', Float64Array.of(1, Number.NaN, 2))]).toEqual([1, 0, 0]);
  const [first] = cases;
  const js = officialScores(
    'jensen-shannon',
    Float64Array.from(first.memories),
    Float64Array.from(first.query),
    first.d,
  );
  // The query is memory 2 with noise.
  expect(js.indexOf(Math.min(...js))).toBe(2);
});

test('what the public code has not is refused', () => {
  const options = { similarity: 'hamming', separation: 'maximum', mode: 'official' } as const;
  const network = universalNetwork(new Float64Array(4), 2, 2, options);
  expect(() => network.retrieve(new Float64Array(2))).toThrow(
    /^the public code has no similarity "hamming"; it has normalised-dot, /,
  );
  expect(() => officialWeights('threshold', new Float64Array(2))).toThrow(/has no separation "threshold"/);
  expect(() =>
    network.comparison.pull(new Float64Array(2), new Float64Array(2), new Float64Array(2)),
  ).toThrow(/no gradients/);
});
