/** @file The first random functions of each kind, on every engine against tfjs; `npm run fuzz` runs thousands. */
import { expect, test } from 'vitest';
import { compiledEngines } from '../src/compile/engines.ts';
import { agreement } from './agreement.ts';
import { type Kind, kinds } from './kinds.ts';

const counts: Record<Kind, number> = { rough: 60, smooth: 8, energy: 4 };

test.each(Object.entries(counts))('random functions: %s', async (kind, count) => {
  let compared = 0;
  for (let seed = 0; seed < count; seed++) {
    const outcome = await agreement(kinds[kind as Kind](seed), compiledEngines());
    expect(outcome.faults, `${kind} ${seed}`).toEqual([]);
    compared += outcome.compared;
  }
  expect(compared).toBeGreaterThan(2 * count);
});
