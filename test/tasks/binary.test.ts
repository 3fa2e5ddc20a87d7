import { expect, test } from 'vitest';
import { binaryTask } from '../../tasks/binary.ts';

const task = binaryTask();

test('values are fair bits, independent along and across patterns', () => {
  const n = 2000;
  const values = task.patterns('train', 0, 0, n);
  expect(values).toHaveLength(n * 128);
  expect(values.every((value) => value === 0 || value === 1)).toBe(true);
  // each statistic is a mean over 256,000 bits: standard deviation 0.001
  const mean = (f: (i: number) => number) => values.reduce((sum, _, i) => sum + f(i), 0) / values.length;
  expect(mean((i) => values[i])).toBeCloseTo(0.5, 2);
  for (const lag of [1, 2, 32, 128]) {
    expect(mean((i) => Number(values[i] === values[(i + lag) % values.length]))).toBeCloseTo(0.5, 2);
  }
});

test('every column is fair', () => {
  const n = 4000;
  const values = task.patterns('train', 1, 0, n);
  for (let column = 0; column < 128; column++) {
    let ones = 0;
    for (let p = 0; p < n; p++) ones += values[p * 128 + column];
    // 5 standard deviations
    expect(Math.abs(ones - n / 2)).toBeLessThan(5 * Math.sqrt(n / 4));
  }
});

test('the same seed, split and index give the same episode, any other a different one', () => {
  const episode = task.patterns('train', 3, 7, 5);
  expect(binaryTask().patterns('train', 3, 7, 5)).toEqual(episode);
  for (const other of [
    task.patterns('validation', 3, 7, 5),
    task.patterns('train', 4, 7, 5),
    task.patterns('train', 3, 8, 5),
  ]) {
    const differing = other.filter((value, i) => value !== episode[i]).length;
    expect(differing).toBeGreaterThan(220);
    expect(differing).toBeLessThan(420);
  }
});

test('the first n patterns of an episode are the same whatever n', () => {
  const many = task.patterns('test', 0, 2, 64);
  expect(task.patterns('test', 0, 2, 9)).toEqual(many.slice(0, 9 * 128));
});

test('dimension sets the shape and the default corruption', () => {
  const small = binaryTask({ dimension: 30 });
  expect(small.patternShape).toEqual([30]);
  expect(small.corruption).toBe('resample:15');
  expect(small.patterns('train', 0, 0, 2)).toHaveLength(60);
});
