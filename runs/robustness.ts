/**
 * @file What the pretrained memories make of patterns unlike those of their training: `npx tsx runs/robustness.ts [NAME ...]`
 * prints a table, the mean error of a pattern and how many diverged. EBMM_DATA_DIR says where the data sets lie.
 */
import { taskOf } from '../meta/stored-task.ts';
import { compiledEngine } from '../src/compile/index.ts';
import { stream } from '../src/random.ts';
import { sizeOf } from '../src/shapes.ts';
import { loadCorruption, loadTask, type Task } from '../tasks/index.ts';
import { evaluate } from './evaluation.ts';
import { loadRun, memoryOf, pretrainedNames } from './run-folder.ts';
import { short, textTable } from './table.ts';

const EPISODES = 10;

/** Patterns [count, size] in [0, 1], of one episode. */
type Draw = (task: Task, index: number, count: number, size: number) => Float32Array;

const own: Draw = (task, index, count) => task.patterns('test', 1, index, count);
const bits =
  (ones: number): Draw =>
  (_, index, count, size) => {
    const random = stream(1, 'robustness', ones, index);
    return Float32Array.from({ length: count * size }, () => Number(random.uniform() < ones));
  };
const repeated =
  (distinct: (count: number) => number): Draw =>
  (task, index, count, size) => {
    const few = own(task, index, distinct(count), size);
    return Float32Array.from({ length: count * size }, (_, i) => few[i % few.length]);
  };

/** Kinds of patterns, with the factor of the load. */
const kinds: Record<string, { draw: Draw; load: number }> = {
  'as trained': { draw: own, load: 1 },
  'twice as many': { draw: own, load: 2 },
  'four times as many': { draw: own, load: 4 },
  'fair bits': { draw: bits(0.5), load: 1 },
  '25% ones': { draw: bits(0.25), load: 1 },
  '10% ones': { draw: bits(0.1), load: 1 },
  '2% ones': { draw: bits(0.02), load: 1 },
  '90% ones': { draw: bits(0.9), load: 1 },
  'every pattern twice': { draw: repeated((n) => Math.ceil(n / 2)), load: 1 },
  'all the same': { draw: repeated(() => 1), load: 1 },
  'all zero': { draw: bits(0), load: 1 },
  'all one': { draw: bits(2), load: 1 },
};

const names = process.argv.length > 2 ? process.argv.slice(2) : await pretrainedNames();
const rows: string[][] = [];
for (const name of names) {
  const run = await loadRun(name);
  const { config } = run;
  const memory = memoryOf(run, compiledEngine({ threads: 1 }));
  if (memory.holdsParameters) continue;
  const task = taskOf(
    config,
    await loadTask(config.task, { cache: '', directory: process.env.EBMM_DATA_DIR }),
  );
  const corruption = await loadCorruption(config.corruption ?? task.corruption, task);
  const load = Math.max(...[config.training.patterns].flat());
  const size = sizeOf(task.patternShape);
  const cells = [];
  for (const { draw, load: factor } of Object.values(kinds)) {
    const patterns = load * factor;
    const other: Task = { ...task, patterns: (_, __, index, count) => draw(task, index, count, size) };
    const protocol = { task: other, corruption, split: 'test' as const, known: config.known, seed: 1, episodes: EPISODES, patterns }; // biome-ignore format: one object
    const { error, diverged = 0 } = await evaluate(memory, protocol);
    cells.push(`${short(error)}${diverged ? ` (${diverged}/${patterns * EPISODES} diverged)` : ''}`);
  }
  rows.push([name, String(load), task.unit, ...cells]);
  console.error(`${name}: ${cells.join(', ')}`);
}
for (const line of textTable([['memory', 'patterns', 'unit', ...Object.keys(kinds)], ...rows]))
  console.log(line);
