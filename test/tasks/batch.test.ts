import { expect, test } from 'vitest';
import { drawBatch } from '../../tasks/batch.ts';
import { binaryTask } from '../../tasks/binary.ts';
import { parseCorruption } from '../../tasks/corruption.ts';

const task = binaryTask();
const resample = parseCorruption(task.corruption, task);
const episodeSize = 10 * 128;

test('a batch has its shape, and its queries differ from its patterns only where they are not known', () => {
  const { patterns, queries, known, shape } = drawBatch(task, resample, 'train', 0, 0, 3, 10);
  expect(shape).toEqual([3, 10, 128]);
  for (const values of [patterns, queries, known]) expect(values).toHaveLength(3 * episodeSize);
  expect(patterns.every((value, i) => !known[i] || value === queries[i])).toBe(true);
  for (let query = 0; query < 30; query++) {
    const unknown = known.subarray(query * 128, (query + 1) * 128).filter((value) => value === 0);
    expect(unknown).toHaveLength(64);
  }
  expect(patterns.slice(0, episodeSize)).toEqual(task.patterns('train', 0, 0, 10));
});

test('an episode is the same whatever batch it is drawn in', () => {
  const whole = drawBatch(task, resample, 'test', 5, 0, 6, 10);
  for (let e = 0; e < 6; e++) {
    const alone = drawBatch(task, resample, 'test', 5, e, 1, 10);
    for (const part of ['patterns', 'queries', 'known'] as const) {
      expect(alone[part]).toEqual(whole[part].slice(e * episodeSize, (e + 1) * episodeSize));
    }
  }
});

test('the first queries of an episode are the same whatever their number', () => {
  const many = drawBatch(task, resample, 'train', 0, 4, 1, 10);
  const few = drawBatch(task, resample, 'train', 0, 4, 1, 3);
  for (const part of ['patterns', 'queries', 'known'] as const) {
    expect(few[part]).toEqual(many[part].slice(0, 3 * 128));
  }
});

test('the patterns do not depend on the corruption', () => {
  const flip = parseCorruption('flip:3', task);
  const flipped = drawBatch(task, flip, 'train', 0, 0, 2, 10);
  expect(flipped.patterns).toEqual(drawBatch(task, resample, 'train', 0, 0, 2, 10).patterns);
});

test('episodes and seeds are corrupted in different places', () => {
  const { known } = drawBatch(task, resample, 'train', 0, 0, 2, 10);
  expect(known.slice(0, episodeSize)).not.toEqual(known.slice(episodeSize));
  expect(drawBatch(task, resample, 'train', 1, 0, 2, 10).known).not.toEqual(known);
});
