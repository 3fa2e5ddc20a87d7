import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseGrid, parseRange } from '../../../runs/sweep/axes.ts';
import { describe, type PlanRequest, planTrials } from '../../../runs/sweep/plan.ts';
import { readPlanFile } from '../../../runs/sweep/plan-file.ts';
import { folderOfFile } from '../command.ts';

const folder = folderOfFile();
const nothing: PlanRequest = { set: [], grid: [], ranges: [], list: [], seeds: 1 };
const plan = (request: Partial<PlanRequest>) => planTrials('demo', { ...nothing, ...request });

test('all of a grid, the last key fastest, then seeds', async () => {
  const grid = ['network.width=8,16', 'training.learning_rate=0.01,0.02,0.03'].map(parseGrid);
  const { name, trials } = await plan({ grid, seeds: 2, seed: 5, set: [['known', false]] });
  expect(name).toBe('demo');
  expect(trials).toHaveLength(12);
  expect(trials.map(({ name }) => name).slice(0, 2)).toEqual(['trial-001', 'trial-002']);
  expect(trials.slice(0, 3).map(describe)).toEqual([
    'network.width=8 training.learning_rate=0.01 seed=5',
    'network.width=8 training.learning_rate=0.01 seed=6',
    'network.width=8 training.learning_rate=0.02 seed=5',
  ]);
  expect(trials[11].config).toMatchObject({
    network: { width: 16 },
    training: { learning_rate: 0.03, steps: 500 },
    known: false,
    seed: 6,
  });
});

test('draws depend on the seed alone, and none comes twice', async () => {
  const ranges = () => ['network.width=1:4', 'known=true,false'].map(parseRange);
  const draw = async (seed: number, random = 8) =>
    (await plan({ ranges: ranges(), random, seed })).trials.map(describe);
  expect(await draw(1)).toEqual(await draw(1));
  expect(await draw(1)).not.toEqual(await draw(2));
  // Widths 1 to 4 with known or not: eight in all.
  expect(new Set(await draw(3))).toHaveLength(8);
  await expect(draw(3, 9)).rejects.toThrow('hold hardly more than 8 different draws');
});

test('a list of trials, combined with a grid', async () => {
  const list = [{ 'network.width': 8, 'training.steps': 10 }, { 'network.width': 16 }];
  const { trials } = await plan({ list, grid: [parseGrid('known=true,false')] });
  expect(trials.map(describe)).toEqual([
    'network.width=8 training.steps=10 known=true seed=0',
    'network.width=8 training.steps=10 known=false seed=0',
    'network.width=16 known=true seed=0',
    'network.width=16 known=false seed=0',
  ]);
  expect(trials.map(({ config }) => config.training.steps)).toEqual([10, 10, 500, 500]);
});

test.each([
  [{ grid: [parseGrid('network.widht=8,16')] }, /unknown key "network.widht"; did you mean "width"/],
  [{ grid: [parseGrid('network.width=8,-1')] }, /network.width is -1/],
  [{ grid: [parseGrid('network.width=8,8')] }, /trial-001 and trial-002 are the same/],
  [{ grid: [parseGrid('known=true'), parseGrid('known=false')] }, /known is given twice/],
  [
    { grid: [parseGrid('network.width=8'), parseGrid('network={"name":"mlp"}')] },
    /network.width lies in another/,
  ],
  [{ grid: [parseGrid('seed=1,2')] }, /--seeds N/],
  [{ ranges: [parseRange('network.width=1:4')] }, /--range needs --random/],
  [{ random: 3 }, /--random needs --range/],
  [{ seeds: 10_001 }, /10001 trials, expected at most 10000/],
  [{ grid: [parseGrid('a=1'), parseGrid('__proto__.x=1')] }, /unknown key/],
])('%j is refused', async (request, why) => {
  await expect(plan(request)).rejects.toThrow(why);
});

test('the same as a file', async () => {
  const file = join(folder, 'plan.json');
  writeFileSync(
    file,
    JSON.stringify({
      set: { known: false },
      grid: { 'network.width': [8, 16] },
      random: 4,
      ranges: {
        'training.learning_rate': { low: 0.001, high: 0.01, scale: 'log' },
        'write.rates': ['terms', 'loss'],
      },
      seeds: 3,
    }),
  );
  const read = await readPlanFile(file);
  expect(read).toMatchObject({ set: { known: false }, random: 4, seeds: 3, list: [] });
  const { trials } = await plan({ ...nothing, ...read, set: Object.entries(read.set), seeds: 3 });
  expect(trials).toHaveLength(24);
  const flags = ['training.learning_rate=0.001:0.01:log', 'write.rates=terms,loss'].map(parseRange);
  const same = await plan({
    set: [['known', false]],
    grid: [parseGrid('network.width=8,16')],
    ranges: flags,
    random: 4,
    seeds: 3,
  });
  expect(trials).toEqual(same.trials);
});

test.each([
  ['{"grid": {"a": []}}', /grid.a: .*>=1/],
  ['{"gird": {}}', /gird/],
  ['{"ranges": {"a": {"low": 2, "high": 1}}}', /ranges.a: expected a low end below/],
  ['{"ranges": {"a": {"low": 0, "high": 1, "scale": "log"}}}', /ranges.a: log needs/],
  ['{"seeds": 0}', /seeds/],
  ['[]', /expected a JSON object/],
  ['{', /plan.json/],
])('the file %s is refused', async (text, why) => {
  const file = join(folder, 'bad-plan.json');
  writeFileSync(file, text);
  await expect(readPlanFile(file)).rejects.toThrow(why);
});
