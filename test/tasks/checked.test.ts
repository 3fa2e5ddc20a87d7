/** @file Tasks and corruptions of one's own are checked when they are made, and every time they are used. */
import { expect, test } from 'vitest';
import { stream } from '../../src/random.ts';
import { type Corruption, checkedCorruption, checkedTask, drawBatch, type Task } from '../../tasks/index.ts';

const good: Task = {
  name: 'mine',
  patternShape: [4],
  unit: 'bits',
  bitsPerValue: 1,
  corruption: 'flip:1',
  patterns: (split, seed, index, count) => {
    const random = stream(seed, 'mine', split, index);
    return Float32Array.from({ length: 4 * count }, () => random.bit());
  },
};

test('a task of one’s own gives what it gives, also one that is an object of a class', () => {
  class Mine implements Task {
    readonly name = 'mine';
    readonly patternShape = [4];
    readonly unit = 'bits';
    readonly bitsPerValue = 1;
    readonly corruption = 'flip:1';
    readonly #values = [0, 1, 1, 0];
    patterns(_split: string, _seed: number, _index: number, count: number) {
      return Float32Array.from({ length: 4 * count }, (_, i) => this.#values[i % 4]);
    }
  }
  const task = { ...checkedTask(new Mine(), 'mine.ts') };
  expect([...task.patterns('test', 1, 0, 2)]).toEqual([0, 1, 1, 0, 0, 1, 1, 0]);
  expect(task.found).toEqual({ shape: [4], unit: 'bits' });
  expect(checkedTask(good, 'mine.ts').patterns('train', 3, 7, 5)).toEqual(good.patterns('train', 3, 7, 5));
});

let calls = 0;
test.each<[string, Partial<Record<keyof Task, unknown>>, string]>([
  ['no patterns', { patterns: undefined }, 'has no function patterns(split, seed, index, count)'],
  ['no shape', { patternShape: 4 }, 'patternShape is 4, expected a list of positive integers'],
  ['a shape without channels', { patternShape: [2, 2] }, 'patternShape is [2,2], expected [d] for a vector or [height, width, channels]'],
  ['another unit', { unit: 'bytes' }, 'unit is "bytes", expected "bits" or "squared error"'],
  ['no bits', { bitsPerValue: 0 }, 'bitsPerValue is 0'],
  ['no corruption', { corruption: undefined }, 'corruption is undefined, expected the one to use where none is asked for'],
  ['a wrong corruption', { corruption: 'flip:9' }, 'invalid corruption "flip:9"'],
  ['too few numbers', { patterns: () => new Float32Array(4) }, "patterns('train', 0, 0, 2) gives 4 numbers, expected a Float32Array of 2 x 4"],
  ['a list', { patterns: () => [0, 1] }, 'gives object, expected a Float32Array of 2 x 4'],
  ['-1 and +1', { patterns: (_: string, __: number, ___: number, n: number) => new Float32Array(4 * n).fill(-1) }, 'pattern 1, value 1 is -1, expected numbers from 0 to 1'],
  ['NaN', { patterns: (_: string, __: number, ___: number, n: number) => new Float32Array(4 * n).fill(Number.NaN) }, 'is NaN, expected numbers from 0 to 1'],
  ['chance', { patterns: (_: string, __: number, ___: number, n: number) => new Float32Array(4 * n).fill((calls++ % 3) / 3) }, 'differ when asked for again'],
  ['other first patterns', { patterns: (_: string, __: number, ___: number, n: number) => new Float32Array(4 * n).fill(n / 4) }, "patterns('train', 0, 0, 1) is not the first"],
])('a task with %s is refused', (_, change, said) => {
  expect(() => checkedTask({ ...good, ...change } as unknown as Task, 'mine.ts')).toThrow(said);
}); // biome-ignore format: a table

const spoiled = (apply: Corruption['apply']) => checkedCorruption(apply, good, 'mine');

test('a corruption of one’s own is applied as it is', () => {
  const task = checkedTask(good, 'mine.ts');
  const corruption = spoiled((query, known, random) => {
    const at = random.integer(4);
    query[at] = 1 - query[at];
    known[at] = 0;
  });
  const { patterns, queries, known } = drawBatch(task, corruption, 'train', 0, 0, 2, 3);
  const changed = [...patterns].map((v, i) => Number(v === queries[i]));
  expect(changed).toEqual([...known]);
  expect(changed.filter((same) => same === 0)).toHaveLength(6);
});

test.each<[string, unknown, string]>([
  ['no function', 3, 'expected a function (query, known, random)'],
  ['a value that is none', (q: Float32Array, k: Float32Array) => { q[1] = Number.NaN; k[1] = 0; }, 'value 2 becomes NaN'],
  ['a value out of range', (q: Float32Array, k: Float32Array) => { q[1] = -1; k[1] = 0; }, 'value 2 becomes -1, expected numbers from 0 to 1'],
  ['a mask that is none', (_: Float32Array, k: Float32Array) => { k[2] = 0.5; }, 'known 3 becomes 0.5, expected 0 or 1'],
  ['a change that stays known', (q: Float32Array) => { q[0] = 0.5; }, 'value 1 was changed and stays known; set known[0] to 0'],
  ['chance of its own', (q: Float32Array, k: Float32Array) => { q[0] = (calls++ % 5) / 5; k[0] = 0; }, 'differs when applied again'],
])('a corruption with %s is refused', (_, apply, said) => {
  expect(() => spoiled(apply as Corruption['apply'])).toThrow(`corruption "mine": ${said}`);
}); // biome-ignore format: a table

test('what goes wrong later is told, too', () => {
  const late = spoiled((query) => {
    if (query[0] === 1) query[1] = 7;
  });
  expect(() => late.apply(Float32Array.of(1, 0, 0, 0), Float32Array.of(1, 1, 1, 1), stream(0, 'x'))).toThrow(
    'value 2 becomes 7',
  );
});
