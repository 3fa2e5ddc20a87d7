import { expect, test } from 'vitest';
import { foreseenUpdates, openTasks, rungsOf, type Standing } from '../../../runs/sweep/halving.ts';
import { stream } from '../../../src/random.ts';

const judged = (steps: number, error: number | null) => ({ steps, error, unit: 'bits' as const, errors: [], seconds: 1, engine: '' }); // biome-ignore format: one object
const standing = (name: string, ...errors: (number | null)[]): Standing => ({
  name,
  judgements: errors.map((error, i) => judged(RUNGS[i], error)),
});
const RUNGS = [10, 30, 90];
const halving = { factor: 3, rungs: RUNGS };
const tasks = (standings: Standing[]) => openTasks(standings, () => 90, halving);

test('rungs grow by the factor and end at all updates; by default about one trial gets there', () => {
  expect(rungsOf(900, 9, 3)).toEqual([100, 300, 900]);
  expect(rungsOf(900, 10, 3, 100)).toEqual([100, 300, 900]);
  expect(rungsOf(1000, 100, 2, 100)).toEqual([125, 250, 500, 1000]);
  expect(rungsOf(900, 8, 3)).toEqual([300, 900]);
  expect(rungsOf(4, 100, 3)).toEqual([1, 4]);
  expect(() => rungsOf(1, 100, 3)).toThrow('one rung of 1 updates');
  expect(() => rungsOf(900, 9, 3, 500)).toThrow('one rung');
});

test('without halving all that is not done is open', () => {
  const standings = [{ name: 'a', judgements: [judged(90, 1)] }, { name: 'b', judgements: [], held: true }, { name: 'c', judgements: [] }, { name: 'd', judgements: [], failed: true }]; // biome-ignore format: one list
  expect(openTasks(standings, () => 90)).toEqual([{ name: 'c', until: 90 }]);
});

test('of those judged the best third goes on, before another begins', () => {
  expect(tasks([standing('a', 3), standing('b', 1), standing('c'), standing('d')])).toEqual([
    { name: 'c', until: 10 },
    { name: 'd', until: 10 },
  ]);
  expect(tasks([standing('a', 3), standing('b', 1), standing('c', 2), standing('d')])).toEqual([
    { name: 'b', until: 30 },
    { name: 'd', until: 10 },
  ]);
});

test('what has failed, is worked on or is not finite does not go on', () => {
  const others = [standing('b', 2), standing('c', 3)];
  expect(tasks([{ ...standing('a', 1), held: true }, ...others])).toEqual([]);
  expect(tasks([{ ...standing('a', 1), failed: true }, ...others])).toEqual([{ name: 'b', until: 30 }]);
  expect(tasks([standing('a', null), standing('b', null), standing('c', null)])).toEqual([]);
});

test('when too few are judged at a rung and nobody is at work, the best of the highest goes on', () => {
  const few = [standing('a', 3), standing('b', 1, 5), standing('c', 2)];
  expect(tasks(few)).toEqual([{ name: 'b', until: 90 }]);
  expect(tasks([standing('a', 3, 2, 4), standing('b', 1), standing('c', 2)])).toEqual([
    { name: 'b', until: 30 },
  ]);
  expect(tasks([standing('a', 3), standing('b', 1, 5, 5), standing('c', 2)])).toEqual([]);
});

test.each([1, 4])(
  '27 trials on %d workers: each rung has at least its share, and the best trial is found',
  (workers) => {
    const random = stream('asha', workers);
    // The error after n updates: what the trial is worth, plus what training has still to gain.
    const worth = Array.from({ length: 27 }, (_, i) => (i * 10) % 27);
    const standings: Standing[] = worth.map((_, i) => standing(`t${i}`));
    const running: { name: string; until: number }[] = [];
    for (let step = 0; step < 1000; step++) {
      const open = tasks(standings.map((s) => ({ ...s, held: running.some(({ name }) => name === s.name) })));
      if (open.length > 0 && running.length < workers) running.push(open[0]);
      else if (running.length > 0) {
        const [{ name, until }] = running.splice(random.integer(running.length), 1);
        const i = Number(name.slice(1));
        standings[i].judgements.push(judged(until, worth[i] + 100 / until));
      } else break;
    }
    expect(running).toEqual([]);
    const at = (rung: number) => standings.filter((s) => s.judgements.some(({ steps }) => steps === rung));
    expect(at(10)).toHaveLength(27);
    expect(at(30).length).toBeGreaterThanOrEqual(9);
    expect(at(30).length).toBeLessThan(18);
    expect(at(90).length).toBeGreaterThanOrEqual(3);
    expect(at(90).map(({ name }) => name)).toContain(`t${worth.indexOf(0)}`);
  },
);

test('the updates that are foreseen: a share of the trials at every rung, and one to the end', () => {
  expect(foreseenUpdates(halving, 9)).toBe(9 * 10 + 3 * 20 + 1 * 60);
  expect(foreseenUpdates(halving, 18)).toBe(18 * 10 + 6 * 20 + 2 * 60);
  expect(foreseenUpdates(halving, 2)).toBe(2 * 10 + 20 + 60);
});
